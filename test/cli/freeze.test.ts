import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { decide } from '../../src/core/request/decide.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import { applyPolicy } from '../../src/policy-in-force.ts';
import type { Store } from '../../src/ports/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { accepted, aPolicy, okFacts, storyOf } from '../support/requests.ts';

const CLI = fileURLToPath(new URL('../../dist/cli/breakglass.js', import.meta.url));
const silent = { info: () => {}, warn: () => {}, error: () => {} };

let database: TestDatabase;
let store: Store;
beforeAll(async () => {
  database = await freshDatabase();
  store = openStore({ definitions: DEFINITIONS, url: database.appUrl, logger: silent });
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

/** Runs the built command line with the database and nothing else: no chat, no Redis, no cloud, no policy. */
const breakglass = (...args: readonly string[]) => run({ DATABASE_URL: database.appUrl }, args);
const run = (settings: NodeJS.ProcessEnv, args: readonly string[]) =>
  new Promise<{ code: number; said: string }>((resolve) => {
    const env = { PATH: process.env.PATH, ...settings };
    execFile(process.execPath, [CLI, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, said: stdout + stderr }),
    );
  });

it('"breakglass freeze" needs the database alone, ends what is open, and shows above every list (B11)', async () => {
  const { installationId } = await store.installation();
  for (const { state, actor, command } of storyOf('R1')) {
    await store.change('R1', 'test', (row, now) => {
      const wanted = command(row?.request, now);
      const marked =
        wanted.type === 'issue' && wanted.plan ? { ...wanted, plan: { ...wanted.plan, installationId } } : wanted;
      return accepted(decide(row?.request, marked, actor, okFacts(now), now));
    });
    if (state === 'active') break;
  }
  const frozen = await breakglass('freeze', '--all', '--reason', 'keys are out');
  expect(frozen).toMatchObject({ code: 0, said: expect.stringMatching(/Openings are frozen by .*\(keys are out\)/) });
  expect(frozen.said).toMatch(/1 of what is open began to end/);
  expect(frozen.said).toContain('Nobody can lift it yet: no policy in force names a security team');
  expect(await store.freeze()).toMatchObject({ all: true, reason: 'keys are out' });
  expect((await store.find('R1'))?.request).toMatchObject({ state: 'revoking', cause: 'frozen' });
  const [listed, status, again] = await Promise.all([
    breakglass('list'),
    breakglass('status', 'R1'),
    breakglass('freeze', '--reason', 'twice'),
  ]);
  for (const { said } of [listed, status])
    expect(said).toMatch(/^FROZEN\. Openings are frozen by .*\n.*R1 {2}revoking/);
  expect(again).toMatchObject({ code: 1, said: expect.stringContaining('Nothing was changed') });
});

it('nobody thaws from the command line, and its help says why; a freeze wants a reason', async () => {
  const [thaw, help, mute] = await Promise.all([
    breakglass('thaw'),
    breakglass('freeze', '--help'),
    breakglass('freeze'),
  ]);
  expect(thaw.code).toBe(2);
  expect(help.said.replace(/\s+/g, ' ')).toContain('There is no thaw here: two security people lift it in the chat');
  expect(mute.code).toBe(2);
});

it('hears sub-commands and ids as phones and editors write them, and ends by them', async () => {
  const id = 'r2-typed';
  for (const { state, actor, command } of storyOf(id)) {
    await store.change(id, 'test', (row, now) =>
      accepted(decide(row?.request, command(row?.request, now), actor, okFacts(now), now)),
    );
    if (state === 'pending') break;
  }
  const [status, unknown, help, ended] = await Promise.all([
    breakglass('STATUS', `“${id.toUpperCase()}”`),
    breakglass('Status', '“nobody-asked”'),
    breakglass('“HELP”'),
    breakglass('‘End’', `\`${id}\``),
  ]);
  expect(status).toMatchObject({ code: 0, said: expect.stringMatching(/r2-typed {2}pending/) });
  expect(unknown).toMatchObject({ code: 1, said: expect.stringContaining('There is no request “nobody-asked”') });
  expect(help.said).toContain('Usage: breakglass');
  expect(ended.said).toContain('This request is still waiting for its approvals');
  expect((await breakglass('AUDIT', 'Verify')).said).toMatch(/every link holds/i);
});

it('exports an incident however it is spelled, and names it as the log does', async () => {
  const written = await breakglass('audit', 'export', '--incident', '“inc-1”');
  expect(written.said).toMatch(/"incident":"INC-1".*INC-1: \d+ requests?,/s);
  expect((await breakglass('audit', 'export', '--incident', 'inc-2')).said).toContain('ever opened for inc-2');
});

it('tells no channel past a proxy whose setting cannot be read, and freezes all the same', async () => {
  const asked: string[] = [];
  const slack = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.setHeader('content-type', 'application/json').end('{"ok":true,"channel":"C0SECURITY","ts":"1.1"}');
  });
  await once(slack.listen(0, '127.0.0.1'), 'listening');
  const own = await freshDatabase();
  const its = openStore({ definitions: DEFINITIONS, url: own.appUrl, logger: silent });
  try {
    await applyPolicy(its, aPolicy(), '', 'operator:test', undefined);
    const settings = {
      DATABASE_URL: own.appUrl,
      SLACK_API_URL: `http://127.0.0.1:${(slack.address() as AddressInfo).port}/api/`,
      SLACK_BOT_TOKEN: 'xoxb-test',
      SLACK_APP_ID: 'A0TEST',
      SLACK_SIGNING_SECRET: 'a secret of this test',
    };
    const frozen = await run({ ...settings, HTTPS_PROXY: 'http://ann:s3%zz@proxy' }, ['freeze', '--reason', 'now']);
    expect(frozen).toMatchObject({
      code: 0,
      said: expect.stringContaining('The channels could not be told from here'),
    });
    expect(frozen.said).not.toContain('s3%zz');
    expect(asked).toEqual([]);
    expect(await its.freeze()).toMatchObject({ reason: 'now' });
    // With a setting that can be read, the same shell does tell them.
    await run(settings, ['freeze', '--all', '--reason', 'all of it']);
    expect(asked).toContain('/api/chat.postMessage');
  } finally {
    await its.close();
    await own.drop();
    slack.close();
  }
});
