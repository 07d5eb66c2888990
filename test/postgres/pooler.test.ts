import { DEFINITIONS } from '../../src/definitions.ts';
import { migrate } from '../../src/store/migrate.ts';
import { openLedger } from '../../src/store/open-ledger.ts';
import { openStore } from '../../src/store/open-store.ts';
import { silent } from '../store/silent-logger.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { type Pgbouncer, pgbouncerBinary, startPgbouncer } from '../support/pgbouncer.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

const binary = pgbouncerBinary();
if (binary === undefined) console.warn('No pgbouncer found: connection poolers are not tested.');

const WORDS = 'DATABASE_URL leads through a connection pooler; connect to PostgreSQL itself';
const IGNORED =
  'options,statement_timeout,lock_timeout,idle_in_transaction_session_timeout,extra_float_digits,search_path';

(binary === undefined ? describe.skip : describe)('a connection pooler (A3, D2)', () => {
  let database: TestDatabase;
  let usual: Pgbouncer;
  let ignoring: Pgbouncer;
  beforeAll(async () => {
    database = await freshDatabase();
    const { appUrl, ownerUrl, sealUrl } = database;
    const dbname = new URL(appUrl).pathname.slice(1);
    const databases = {
      [dbname]: { dbname, pool_mode: 'transaction', pool_size: '1' },
      one: { dbname, pool_mode: 'transaction', pool_size: '1' },
      two: { dbname, pool_mode: 'transaction', pool_size: '2' },
      many: { dbname, pool_mode: 'transaction', pool_size: '20', min_pool_size: '8' },
      statement: { dbname, pool_mode: 'statement', pool_size: '3' },
      session: { dbname, pool_mode: 'session', pool_size: '20' },
    };
    const start = (settings?: Record<string, string>) =>
      startPgbouncer(binary ?? '', [appUrl, ownerUrl, sealUrl], databases, settings);
    [usual, ignoring] = await Promise.all([
      start(),
      start({ ignore_startup_parameters: IGNORED, server_round_robin: '1', server_reset_query: '' }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([usual.stop(), ignoring.stop()]);
    await database.drop();
  });

  const readBack = async (url: string): Promise<readonly string[]> => {
    const store = openStore({ definitions: DEFINITIONS, url, logger: silent });
    try {
      return await store.readBack();
    } finally {
      await store.close();
    }
  };

  describe.each(['one', 'two', 'many', 'statement'])('that lends sessions (%s)', (name) => {
    it('is refused in words', async () => {
      expect(await readBack(usual.through(database.appUrl, name))).toContain(WORDS);
    });

    it('is refused in words where it ignores what the address presets, and takes its servers in turns', async () => {
      const url = `${ignoring.through(database.appUrl, name)}?options=-c%20geqo%3Don&statement_timeout=0`;
      expect(await readBack(url)).toContain(WORDS);
    });
  });

  it('is refused in words where it refuses what the address presets', async () => {
    const url = `${usual.through(database.appUrl, 'many')}?options=-c%20geqo%3Don`;
    await expect(readBack(url)).rejects.toThrow(WORDS);
    const store = openStore({ definitions: DEFINITIONS, url, logger: silent });
    await expect(store.record('test', [])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(store.freezeNews.notified({ chat: 'slack', channel: 'default' }, 1)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    await store.close();
  });

  it('is named by the setting that leads through it, for the owner and for the sealer', async () => {
    const { appUrl, ownerUrl, sealUrl } = database;
    const migrating = migrate({ ownerUrl: usual.through(ownerUrl, 'one'), appUrl, log: () => undefined });
    await expect(migrating).rejects.toThrow(WORDS.replace('DATABASE_URL', 'DATABASE_OWNER_URL'));
    const ledger = openLedger({ url: usual.through(sealUrl, 'many'), logger: silent });
    expect(await ledger.readBack()).toContain(WORDS.replace('DATABASE_URL', 'SEAL_DATABASE_URL'));
    await ledger.close();
  });

  it('is found by a process that runs, with its first session and at its next look', async () => {
    let target = database.appUrl;
    const proxy = await startTcpProxy(() => target);
    const doubts: (readonly string[])[] = [];
    const direct = proxy.through(database.appUrl);
    const store = openStore({
      definitions: DEFINITIONS,
      url: direct,
      logger: silent,
      onDoubt: (problems) => doubts.push(problems),
    });
    expect(await store.readBack()).toEqual([]);
    expect(doubts).toEqual([]);
    // The name of the database goes with every connection: the pooler knows it too.
    target = usual.through(database.appUrl, 'one');
    await Promise.all([store.clock.now(), store.clock.now()]);
    expect(doubts).toContainEqual([WORDS]);
    expect(await store.readBack()).toEqual([WORDS]);
    await store.close();
    await proxy.close();
  });

  it('gives each client a session of its own in session mode, which is set and read back like any other', async () => {
    expect(await readBack(ignoring.through(database.appUrl, 'session'))).toEqual([]);
    expect(await readBack(usual.through(database.appUrl, 'session'))).toEqual([]);
  });
});
