import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import bolt from '@slack/bolt';
import { type LocalSlack, type LocalSlackOptions, startLocalSlack } from '../../../src/demo/slack/local-slack.ts';

/** The scopes the app on this stage has. Tests of missing scopes give their own. */
export const SCOPES = [
  'commands',
  'chat:write',
  'users:read',
  'channels:read',
  'channels:history',
  'groups:read',
  'groups:history',
  'im:read',
  'im:write',
  'im:history',
];

/** A small workspace: four people, the bot in two channels of three. */
export function stageOptions(more: Partial<LocalSlackOptions> = {}): LocalSlackOptions {
  return {
    team: { id: 'T0LOCAL', name: 'Local', domain: 'local' },
    app: { botUserId: 'U0BOT', commands: ['/breakglass'], scopes: SCOPES, ...more.app },
    people: [
      { id: 'U0ANA', name: 'ana', realName: 'Ana Ruiz', tz: 'Europe/Madrid', title: 'SRE', team: 'Serving' },
      { id: 'U0BO', name: 'bo', realName: 'Bo Lind', tz: 'America/New_York' },
      { id: 'U0GUEST', name: 'gus', realName: 'Gus Guest', guest: 'multi_channel' },
      { id: 'U0OTHER', name: 'olga', realName: 'Olga Other', stranger: { teamId: 'T0ELSE', enterpriseId: 'E0ELSE' } },
    ],
    channels: [
      { id: 'C0INC', name: 'inc-42', members: ['U0BOT', 'U0ANA', 'U0BO', 'U0GUEST', 'U0OTHER'] },
      { id: 'C0SECRET', name: 'secret', members: ['U0BOT', 'U0ANA'], private: true },
      { id: 'C0NOBOT', name: 'random', members: ['U0ANA', 'U0BO'] },
      { id: 'C0HIDDEN', name: 'hidden', members: ['U0BO'], private: true },
    ],
    ...Object.fromEntries(Object.entries(more).filter(([name]) => name !== 'app')),
  };
}

/** A real Bolt app behind a server of our own, connected to a local workspace. */
export interface Stage {
  readonly slack: LocalSlack;
  readonly app: InstanceType<typeof bolt.App>;
  readonly close: () => Promise<void>;
}

const open: Stage[] = [];

/** Closes every stage that was opened, for `afterEach`. */
export async function closeStages(): Promise<void> {
  await Promise.all(open.splice(0).map((stage) => stage.close()));
}

/** Starts a workspace and a Bolt app that talks to it over signed HTTP. */
export async function openStage(more: Partial<LocalSlackOptions> = {}): Promise<Stage> {
  const slack = await startLocalSlack(stageOptions(more));
  const receiver = new bolt.HTTPReceiver({
    signingSecret: slack.app.signingSecret,
    endpoints: '/slack/events',
    logLevel: bolt.LogLevel.ERROR,
  });
  const app = new bolt.App({
    token: slack.app.botToken,
    receiver,
    deferInitialization: true,
    logLevel: bolt.LogLevel.ERROR,
    clientOptions: { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } },
  });
  await app.init();
  const server = createServer(receiver.requestListener);
  slack.connectApp(`${await listening(server)}/slack/events`);
  const stage: Stage = {
    slack,
    app,
    close: async () => {
      await slack.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  open.push(stage);
  return stage;
}

/** Starts a server on a free port of this machine and gives its address. */
export async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

/** One Web API call with the bot's token, as JSON. */
export async function call(
  slack: LocalSlack,
  method: string,
  args: object,
  token = slack.app.botToken,
): Promise<Record<string, unknown>> {
  const response = await fetch(`${slack.apiUrl}${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8', authorization: `Bearer ${token}` },
    body: JSON.stringify(args),
  });
  return (await response.json()) as Record<string, unknown>;
}

/** Waits until `check` holds, looking every 10 ms. @throws after fifteen seconds */
export async function eventually(check: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1500; tries++) {
    if (check()) return;
    await wait(10);
  }
  throw new Error('It did not happen within fifteen seconds.');
}
