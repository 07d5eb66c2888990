import { DEFINITIONS } from '../../src/definitions.ts';
import type { Store } from '../../src/ports/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { freshDatabase, type TestDatabase, withClient } from '../support/database.ts';
import { silent } from './silent-logger.ts';

describe('the two database roles', () => {
  let database: TestDatabase;
  let store: Store;
  beforeEach(async () => {
    database = await freshDatabase();
    store = openStore({ definitions: DEFINITIONS, url: database.appUrl, logger: silent });
    await store.record('operator:test', [{ type: 'alarm', data: { what: 'test' } }]);
  });
  afterEach(async () => {
    await store.close();
    await database.drop();
  });

  const refusedTo = (url: string, sql: string) =>
    withClient(url, (client) =>
      client.query(sql).then(
        () => 'allowed',
        (error: { code?: string }) => error.code,
      ),
    );

  it.each([
    `UPDATE events SET actor = 'somebody else'`,
    'DELETE FROM events',
    'TRUNCATE events CASCADE',
    'DELETE FROM requests',
    'TRUNCATE requests CASCADE',
    'DELETE FROM grants',
    `UPDATE policies SET digest = ''`,
    'DROP TABLE events CASCADE',
    'ALTER TABLE events DISABLE TRIGGER ALL',
    'CREATE TABLE mine (id int)',
    'CREATE SCHEMA mine',
    'SET session_replication_role = replica',
  ])('the app may not: %s', async (sql) => {
    expect(await refusedTo(database.appUrl, sql)).toBe('42501');
  });

  it('lets the sealer read events and the rows that they explain, add checkpoints, and nothing else', async () => {
    const refused = [
      `INSERT INTO events (stream) VALUES ('system')`,
      `UPDATE events SET actor = 'somebody else'`,
      'SELECT * FROM messages',
      'SELECT * FROM forms',
      `UPDATE requests SET seq = 1`,
      'INSERT INTO policies (number) VALUES (1)',
      'DELETE FROM "freeze"',
      `UPDATE checkpoints SET hash = ''`,
      'DELETE FROM checkpoint_leaves',
      'DELETE FROM sealed_heads',
      'CREATE TABLE mine (id int)',
    ];
    for (const sql of refused) expect([sql, await refusedTo(database.sealUrl, sql)]).toEqual([sql, '42501']);
    for (const table of ['events', 'requests', 'grants', 'policies', 'freeze']) {
      expect([table, await refusedTo(database.sealUrl, `SELECT * FROM "${table}"`)]).toEqual([table, 'allowed']);
    }
  });

  it.each([`UPDATE events SET actor = 'somebody else'`, 'DELETE FROM events', 'TRUNCATE events CASCADE'])(
    'a trigger stops even the owner: %s',
    async (sql) => {
      expect(await refusedTo(database.ownerUrl, sql)).toBe('23001');
      expect(await store.events('system')).toHaveLength(1);
    },
  );

  it('finds no excess privileges in the rights that migrate gives', async () => {
    expect(await store.excessPrivileges()).toBeUndefined();
  });

  it.each([
    ['may UPDATE rows of events', 'GRANT UPDATE ON events TO breakglass_app'],
    ['may DELETE rows of events', 'GRANT DELETE ON events TO breakglass_app'],
    ['may TRUNCATE rows of events', 'GRANT TRUNCATE ON events TO breakglass_app'],
    ['may TRIGGER rows of events', 'GRANT TRIGGER ON events TO breakglass_app'],
    ['may update columns of events', 'GRANT UPDATE (actor) ON events TO breakglass_app'],
    ['may INSERT rows of checkpoints', 'GRANT INSERT ON checkpoints TO breakglass_app'],
    ['may DELETE rows of grants', 'GRANT DELETE ON grants TO breakglass_app'],
    ['may create in schema public', 'GRANT CREATE ON SCHEMA public TO breakglass_app'],
    ['owns forms', 'ALTER TABLE forms OWNER TO breakglass_app'],
    ['owns function lock_stream', 'ALTER FUNCTION lock_stream OWNER TO breakglass_app'],
  ])('says so where the app %s', async (words, sql) => {
    await withClient(database.adminUrl, (client) => client.query(sql));
    expect(await store.excessPrivileges()).toContain(words);
  });

  it('says so where the app is the owner, or a superuser', async () => {
    const asOwner = openStore({ definitions: DEFINITIONS, url: database.ownerUrl, logger: silent });
    expect(await asOwner.excessPrivileges()).toMatch(/breakglass_owner .*owns|may/);
    await asOwner.close();
    const asAdmin = openStore({ definitions: DEFINITIONS, url: database.adminUrl, logger: silent });
    expect(await asAdmin.excessPrivileges()).toContain('is a superuser');
    await asAdmin.close();
  });

  it('may not take the lock on streams away from the clock: functions of ours cannot be replaced', async () => {
    const sql = `CREATE OR REPLACE FUNCTION public.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'`;
    expect(await refusedTo(database.appUrl, sql)).toBe('42501');
  });
});
