import { Failure } from '../../src/core/failure.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import { openLocks } from '../../src/store/lock.ts';
import { openStore } from '../../src/store/open-store.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { startTcpProxy, type TcpProxy, withFarewell } from '../support/tcp-proxy.ts';
import { silent } from './silent-logger.ts';

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no failure',
    (error: unknown) => (error instanceof Failure ? error.code : `not a Failure: ${String(error)}`),
  );

describe('a database that is shut down in the moment of an answer', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  beforeEach(async () => {
    database = await freshDatabase();
    proxy = await startTcpProxy(database.appUrl);
  });
  afterEach(async () => {
    await proxy.close();
    await database.drop();
  });

  it('ends no process that was just connecting for a transaction', async () => {
    const store = openStore({ definitions: DEFINITIONS, url: proxy.through(database.appUrl), logger: silent });
    proxy.edit(withFarewell);
    expect(await codeOf(store.record('test', []))).toBe('STORE_UNAVAILABLE');
    proxy.edit((chunk) => chunk);
    expect(await codeOf(store.record('test', []))).toBe('no failure');
    await store.close();
  });

  it('ends no process in which a transaction waits for the connection of a statement', async () => {
    const store = openStore({
      definitions: DEFINITIONS,
      url: proxy.through(database.appUrl),
      logger: silent,
      connections: 1,
    });
    await store.ping();
    proxy.edit(withFarewell);
    const outcomes = await Promise.all([codeOf(store.ping()), codeOf(store.record('test', []))]);
    expect(outcomes).toEqual(['no failure', 'STORE_UNAVAILABLE']);
    await store.close();
  });

  it('ends no process that was just connecting for a lock', async () => {
    const locks = openLocks({
      address: { url: proxy.through(database.appUrl), setting: 'DATABASE_URL' },
      logger: silent,
    });
    proxy.edit(withFarewell);
    expect(await codeOf(locks.withLock('any', 0, async () => 'held'))).toBe('STORE_UNAVAILABLE');
    await locks.close();
  });
});
