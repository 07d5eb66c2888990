import { DEFINITIONS } from '../../src/definitions.ts';
import type { Store } from '../../src/ports/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { freshDatabase, PATIENT, type TestDatabase, withClient } from '../support/database.ts';
import { silent } from './silent-logger.ts';

const CONNECTIONS = 6;

describe('a warm store (A3)', () => {
  let database: TestDatabase;
  let store: Store;
  beforeAll(async () => {
    database = await freshDatabase();
    store = openStore({
      definitions: DEFINITIONS,
      url: database.appUrl,
      logger: silent,
      limits: PATIENT,
      connections: CONNECTIONS,
    });
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });
  const ask = <T>(sql: string) =>
    withClient(database.adminUrl, async (client) => (await client.query(sql)).rows as readonly T[]);

  it('has every connection open, and the last statement of the way to a form run on each', async () => {
    await store.warm();
    const sessions = await ask<{ query: string }>(
      `SELECT query FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'breakglass'`,
    );
    expect(sessions).toHaveLength(CONNECTIONS);
    expect(sessions.filter(({ query }) => query === 'ROLLBACK')).toHaveLength(CONNECTIONS);
  });

  it('has changed nothing', async () => {
    const tables = ['requests', 'grants', 'events', 'forms', 'messages', 'chat_identities', 'sweeps'];
    const counts = await Promise.all(
      tables.map(async (table) => [table, (await ask<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`))[0]?.n]),
    );
    expect(Object.fromEntries(counts)).toEqual(Object.fromEntries(tables.map((table) => [table, 0])));
  });

  it('rejects while the database is away, and may be asked again', async () => {
    const away = openStore({ definitions: DEFINITIONS, url: 'postgresql://app@127.0.0.1:1/x', logger: silent });
    await expect(away.warm()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await away.close();
    await store.warm();
  });
});
