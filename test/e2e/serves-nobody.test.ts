import { createServer, type Server } from 'node:net';
import { parse } from 'yaml';
import { policySchema } from '../../src/core/policy/policy.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import { DEMO_FLOORS } from '../../src/demo/overlay.ts';
import { openStage, type Stage } from '../../src/demo/stage.ts';
import { applyPolicy } from '../../src/policy-in-force.ts';
import { openStore } from '../../src/store/open-store.ts';
import { silent } from '../store/silent-logger.ts';
import { type BotProcess, startBot } from '../support/bot-process.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';

/** A port that somebody else has. */
async function taken(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 };
}

let stage: Stage;
let database: TestDatabase;
let bot: BotProcess | undefined;
beforeAll(async () => {
  [stage, database] = await Promise.all([openStage(), freshDatabase()]);
});
afterAll(async () => {
  await bot?.kill();
  await stage.close();
  await database.drop();
});

it('a start that serves nobody says so at error, again and again, and once when all is well; nothing is mended by a restart', async () => {
  const { server, port } = await taken();
  stage.slack.dials.fail('auth.test', 'before', { error: 'token_revoked' }, 10_000);
  bot = await startBot({
    env: { ...stage.env, DATABASE_URL: database.appUrl, PORT: String(port), LOG_LEVEL: 'info' },
    role: 'web',
    file: 'there-is-no-such-file.yaml',
    lowered: { floors: DEMO_FLOORS, monitor: { everyMs: 500, sayEveryMs: 1_000 } },
  });
  interface Line {
    readonly level: number;
    readonly msg: string;
    readonly red?: Readonly<Record<string, string>>;
  }
  const lines = (): readonly Line[] =>
    (bot?.log() ?? '').split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []));
  const said = (msg: RegExp) => lines().filter((line) => msg.test(line.msg));
  await until(() => said(/^nobody is served by this process/).length >= 3, 'it to be said three times');
  const last = said(/^nobody is served by this process/).at(-1);
  expect(last?.level).toBe(50);
  expect(last?.red).toMatchObject({
    listening: 'HOST and PORT are not listened on.',
    chat_slack: "Slack refuses us (token_revoked): look at the app's token and where it is installed.",
    policy: 'No policy is in force: run "breakglass apply FILE".',
  });
  expect(said(/^ready$/)).toEqual([]);
  expect(said(/^started, and not ready/)).toHaveLength(1);
  expect(said(/^the chat refuses us; endings go on/)).toHaveLength(1);
  expect(said(/^the chat does not answer/)).toEqual([]);
  expect(said(/^HOST and PORT cannot be listened on/)).toHaveLength(1);

  const store = openStore({ definitions: DEFINITIONS, url: database.appUrl, logger: silent });
  await applyPolicy(
    store,
    policySchema(DEMO_FLOORS, DEFINITIONS).parse(parse(stage.policyText)),
    stage.policyText,
    'operator:ana',
    undefined,
  );
  // There is no worker here.
  await store.noteSweep(600_000);
  await store.close();
  stage.slack.dials.clearFaults();
  await new Promise((resolve) => server.close(resolve));
  await until(() => said(/^all is well again/).length > 0, 'the good news');
  expect((await fetch(`http://127.0.0.1:${port}/health/status`)).status).toBe(200);
  expect(said(/^all is well again/)).toHaveLength(1);
}, 150_000);
