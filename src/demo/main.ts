import { main, type Running } from '../main.ts';
import { startEmbedded } from '../store/embedded/start.ts';
import { migrate } from '../store/migrate.ts';
import { DEMO_FLOORS } from './overlay.ts';
import { playStory } from './script.ts';
import { openStage } from './stage.ts';

// The SDK announces the end of Node 20 at every start; that is the README's business, not a visitor's.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const DIR = '.breakglass';
const say = (line: string): void => console.log(line);

/**
 * The whole product on this machine: PostgreSQL, the queue, the production bot, and a Slack and an AWS that speak the
 * real protocols. With `--script` it plays a story to its end instead of waiting for a browser.
 */
async function demo(): Promise<number> {
  const scripted = process.argv.includes('--script');
  const opened: (() => Promise<unknown>)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of opened.splice(0).reverse()) await close();
  };
  const interrupted = new Promise<number>((resolve) => {
    process.once('SIGINT', () => resolve(0));
    process.once('SIGTERM', () => resolve(0));
  });
  try {
    say('Starting PostgreSQL …');
    const database = await startEmbedded({ dir: DIR, log: say });
    opened.push(() => database.stop());
    await migrate({ ownerUrl: database.ownerUrl, appUrl: database.appUrl, log: () => undefined });
    say('Starting the local Slack workspace and the local AWS …');
    const stage = await openStage({ dir: DIR, ...(scripted ? {} : { slackPort: Number(process.env.PORT ?? 4173) }) });
    opened.push(() => stage.close());
    say('Starting the bot …');
    const env = { ...stage.env, DATABASE_URL: database.appUrl, PORT: '0', LOG_LEVEL: process.env.LOG_LEVEL ?? 'error' };
    // The AWS SDK reads its settings from the process itself.
    Object.assign(process.env, env);
    const running: Running = await main({
      env,
      role: 'all',
      file: 'breakglass.example.yaml',
      lowered: { floors: DEMO_FLOORS, policyText: stage.policyText },
    });
    opened.push(() => running.stop());
    stage.slack.connectApp(`${running.url}/slack/events`);
    if (scripted) return await Promise.race([playStory(stage, { databaseUrl: database.appUrl, say }), interrupted]);
    say(`\nReady. Open ${stage.slack.url} and type /breakglass in #inc-2041.\nCtrl-C stops everything.`);
    return await interrupted;
  } finally {
    say('Stopping …');
    await closeAll();
  }
}

demo().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
