import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFINITIONS } from '../../src/definitions.ts';
import type { Store } from '../../src/ports/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { edited, SMALL } from '../policy-file/small-policy.ts';
import { freshDatabase, type TestDatabase, withClient } from '../support/database.ts';

const CLI = fileURLToPath(new URL('../../dist/cli/breakglass.js', import.meta.url));
const silent = { info: () => {}, warn: () => {}, error: () => {} };

let database: TestDatabase;
let store: Store;
let dir: string;
beforeAll(async () => {
  database = await freshDatabase();
  store = openStore({ definitions: DEFINITIONS, url: database.appUrl, logger: silent });
  dir = await mkdtemp(join(tmpdir(), 'bg-apply-'));
});
afterAll(async () => {
  await store.close();
  await Promise.all([database.drop(), rm(dir, { recursive: true })]);
});

/** Runs the built command line with the database and nothing else: no chat. */
async function apply(text: string) {
  const file = join(dir, 'policy.yaml');
  await writeFile(file, text);
  const env = { PATH: process.env.PATH, DATABASE_URL: database.appUrl };
  return new Promise<{ code: number; said: string }>((resolve) => {
    execFile(process.execPath, [CLI, 'apply', file], { env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, said: stdout + stderr }),
    );
  });
}
/** `SMALL`, for roles that may really be applied. */
const written = (security: string) => edited('security: C0TWO', `security: ${security}`, SMALL);
const owed = async () => ({
  before: (await store.policyNews.pendingNotifications({ chat: 'slack', channel: 'policy_before' })).map(
    ({ data }) => data.oldSecurityChannels,
  ),
  after: (await store.policyNews.pendingNotifications({ chat: 'slack', channel: 'policy_after' })).map(
    ({ data }) => data.newSecurityChannels,
  ),
});

it('"breakglass apply" needs the database alone: both security channels are left to the workers, and named', async () => {
  const first = await apply(written('C0TWO'));
  expect(first).toMatchObject({ code: 0, said: expect.stringContaining('A worker tells C0TWO within a minute.') });
  const second = await apply(written('C0NEW'));
  expect(second.said).toMatch(/Policy 2 is in force\.[\s\S]*A worker tells C0TWO and C0NEW within a minute\./);
  expect(await owed()).toEqual({ before: [{}, { slack: 'C0TWO' }], after: [{ slack: 'C0TWO' }, { slack: 'C0NEW' }] });
  const again = await apply(written('C0NEW'));
  expect(again).toMatchObject({ code: 0, said: expect.stringContaining('Nothing to do: policy 2') });
});

it('mends a policy in force that opens nothing, with the same file too, and says why nothing was opened (B4)', async () => {
  await withClient(database.appUrl, (app) =>
    app.query(
      `INSERT INTO policies (number, digest, policy, document, applied_at, applied_by)
       SELECT 3, digest, policy, document, applied_at, applied_by FROM policies WHERE number = 2`,
    ),
  );
  expect((await store.policyInForce())?.doubt).toMatch(/no event/);
  const mended = await apply(written('C0NEW'));
  expect(mended).toMatchObject({
    code: 0,
    said: expect.stringMatching(/Policy 4 is in force\.\n.*by policy 3: no event/),
  });
  expect((await store.policyInForce())?.doubt).toBeUndefined();
});
