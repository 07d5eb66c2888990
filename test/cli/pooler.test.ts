import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { type Pgbouncer, pgbouncerBinary, startPgbouncer } from '../support/pgbouncer.ts';

const CLI = fileURLToPath(new URL('../../dist/cli/breakglass.js', import.meta.url));
const WORDS = 'DATABASE_URL leads through a connection pooler; connect to PostgreSQL itself';

const binary = pgbouncerBinary();
if (binary === undefined) console.warn('No pgbouncer found: the command line is not tried through a pooler.');

(binary === undefined ? describe.skip : describe)('the command line on a database behind a pooler (A3, D2)', () => {
  let database: TestDatabase;
  let pooler: Pgbouncer;
  beforeAll(async () => {
    database = await freshDatabase();
    const { appUrl, ownerUrl } = database;
    const dbname = new URL(appUrl).pathname.slice(1);
    const lent = { dbname, pool_mode: 'transaction', pool_size: '1' };
    pooler = await startPgbouncer(binary ?? '', [appUrl, ownerUrl], { lent });
  });
  afterAll(async () => {
    await pooler.stop();
    await database.drop();
  });

  const breakglass = (args: readonly string[], query = '') =>
    new Promise<{ code: number; said: string }>((resolve) => {
      const env = {
        PATH: process.env.PATH,
        DATABASE_URL: `${pooler.through(database.appUrl, 'lent')}${query}`,
        DATABASE_OWNER_URL: `${pooler.through(database.ownerUrl, 'lent')}${query}`,
        SLACK_BOT_TOKEN: 'xoxb-nobody',
        SLACK_APP_ID: 'A0NOBODY',
        SLACK_SIGNING_SECRET: 'a secret of nobody at all',
        LOG_LEVEL: 'silent',
      };
      execFile(process.execPath, [CLI, ...args], { env }, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, said: stdout + stderr }),
      );
    });

  it('does not start, migrate or judge the log, in words and without a stack', async () => {
    const [started, refused, migrated, verified] = await Promise.all([
      breakglass(['start']),
      breakglass(['start'], '?options=-c%20geqo%3Don'),
      breakglass(['migrate']),
      breakglass(['audit', 'verify']),
    ]);
    expect(started).toMatchObject({ code: 1, said: expect.stringContaining(WORDS) });
    expect(refused).toMatchObject({ code: 1, said: expect.stringContaining(WORDS) });
    expect(migrated).toMatchObject({
      code: 1,
      said: expect.stringContaining(WORDS.replace('DATABASE', 'DATABASE_OWNER')),
    });
    expect(verified).toMatchObject({ code: 2, said: expect.stringContaining(WORDS) });
    for (const { said } of [started, refused, migrated, verified]) expect(said).not.toMatch(/\n +at /);
  });

  it('adopts what moved all the same, which ends again only then, but makes no copy its own', async () => {
    const [moved, copied] = await Promise.all([breakglass(['adopt', '--moved']), breakglass(['adopt', '--copy'])]);
    expect(moved).toMatchObject({ code: 0, said: expect.stringContaining(`Careful: ${WORDS}`) });
    expect(copied.code).not.toBe(0);
    expect(copied.said).toContain(WORDS);
  });

  it('lists what is open all the same, and says to be careful', async () => {
    const listed = await breakglass(['list']);
    expect(listed).toMatchObject({ code: 0, said: expect.stringContaining(`Careful: ${WORDS}`) });
    expect(listed.said).toContain('Nothing is open.');
  });
});
