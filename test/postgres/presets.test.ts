import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { DEFINITIONS } from '../../src/definitions.ts';
import { connect, openPool } from '../../src/postgres/connection.ts';
import { lookAtSession, type Session } from '../../src/postgres/session.ts';
import { judgedSettings, type SessionNeeds, sessionSettings } from '../../src/postgres/settings.ts';
import { openQueue } from '../../src/queue/open-queue.ts';
import { migrate } from '../../src/store/migrate.ts';
import { openLedger } from '../../src/store/open-ledger.ts';
import { openStore } from '../../src/store/open-store.ts';
import { silent } from '../store/silent-logger.ts';
import { playTo } from '../store/stories.ts';
import { freshDatabase, type TestDatabase, withClient } from '../support/database.ts';
import { aWork, keepingLogger, put } from '../support/queues.ts';
import { HARMLESS, OF_THE_ADMINISTRATOR } from './unpinned-settings.ts';

const NEEDS: SessionNeeds = {
  schema: 'public',
  statementMs: 10_000,
  idleInTransactionMs: 5_000,
  idleSessionMs: 60_000,
};
const addressed = (url: string) => ({ url, setting: 'DATABASE_URL' });
const settingsFor = (url: string, needs: SessionNeeds = NEEDS) => ({
  address: addressed(url),
  needs,
  connectMs: 30_000,
  name: 'breakglass test',
});

/** For each setting that we set, one that somebody may preset and that would change what is read or done. */
const HOSTILE: Readonly<Record<string, string>> = {
  client_encoding: 'LATIN1',
  DateStyle: 'German',
  IntervalStyle: 'sql_standard',
  TimeZone: 'Pacific/Auckland',
  timezone_abbreviations: 'Australia',
  extra_float_digits: '-15',
  bytea_output: 'escape',
  xmlbinary: 'hex',
  xmloption: 'document',
  lc_monetary: 'POSIX',
  lc_numeric: 'POSIX',
  lc_time: 'POSIX',
  row_security: 'on',
  standard_conforming_strings: 'off',
  backslash_quote: 'off',
  array_nulls: 'off',
  transform_null_equals: 'on',
  quote_all_identifiers: 'on',
  gin_fuzzy_search_limit: '1',
  restrict_nonsystem_relation_kind: 'view',
  'plpgsql.extra_errors': 'all',
  'plpgsql.check_asserts': 'off',
  default_transaction_isolation: 'serializable',
  default_transaction_read_only: 'on',
  default_transaction_deferrable: 'on',
  synchronous_commit: 'off',
  lock_timeout: '2s',
  transaction_timeout: '3s',
  exit_on_error: 'on',
  check_function_bodies: 'off',
  createrole_self_grant: 'set',
  default_tablespace: 'pg_default',
  password_encryption: 'md5',
  search_path: 'pg_catalog',
  statement_timeout: '2s',
  idle_in_transaction_session_timeout: '1h',
  idle_session_timeout: '1h',
};
/** A server of ours knows no other. */
const ONE_VALUE_ONLY = ['default_table_access_method'];

describe('what a session may be told before it is ours (A3, D2, D6)', () => {
  it('is all set by us, or only makes it slower, or is the server administrator’s: every setting of this PostgreSQL', async () => {
    const database = await freshDatabase();
    const names = await withClient(database.adminUrl, async (client) => {
      await client.query('DO $$ BEGIN PERFORM 1; END $$');
      const { rows } = await client.query<{ name: string }>(
        `SELECT name FROM pg_settings WHERE context IN ('user', 'superuser', 'backend', 'superuser-backend') ORDER BY name`,
      );
      return rows.map(({ name }) => name);
    });
    await database.drop();
    const judged = new Set(judgedSettings(NEEDS));
    const listed = new Set([...HARMLESS, ...OF_THE_ADMINISTRATOR]);
    expect(names.filter((name) => !judged.has(name) && !listed.has(name))).toEqual([]);
    expect([...judged].filter((name) => listed.has(name))).toEqual([]);
    expect(Object.keys(sessionSettings(NEEDS)).sort()).toEqual([...Object.keys(HOSTILE), ...ONE_VALUE_ONLY].sort());
  });
});

describe('a session that is preset', () => {
  let database: TestDatabase;
  let name: string;
  beforeAll(async () => {
    database = await freshDatabase();
    name = new URL(database.appUrl).pathname.slice(1);
  });
  afterAll(() => database.drop());

  // From another database, which none of these is preset for.
  const asAdmin = <T>(work: (admin: pg.Client) => Promise<T>): Promise<T> =>
    withClient(Object.assign(new URL(database.adminUrl), { pathname: '/postgres' }).href, work);
  const presets = async (of: string): Promise<void> => {
    await asAdmin(async (admin) => {
      for (const [setting, value] of Object.entries(HOSTILE)) {
        await admin.query(`ALTER ${of} SET ${setting} = ${admin.escapeLiteral(value)}`);
      }
    });
  };
  const forDatabase = (of = name) => presets(`DATABASE ${of}`);
  const forRole =
    (role: string) =>
    (of = name) =>
      presets(`ROLE ${role} IN DATABASE ${of}`);
  const nobody = async (): Promise<void> => {
    await asAdmin(async (admin) => {
      await admin.query(`ALTER DATABASE ${name} RESET ALL`);
      for (const role of ['breakglass_app', 'breakglass_owner', 'breakglass_seal']) {
        await admin.query(`ALTER ROLE ${role} IN DATABASE ${name} RESET ALL`);
      }
    });
  };
  afterEach(nobody);
  const inAddress = (url: string): string => {
    const options = Object.entries(HOSTILE).map(([setting, value]) => `-c ${setting}=${value.replaceAll(' ', '\\ ')}`);
    return `${url}?options=${encodeURIComponent(options.join(' '))}&statement_timeout=1&lock_timeout=1&query_timeout=1&client_encoding=LATIN1&idle_in_transaction_session_timeout=1`;
  };

  it('shows its presets to a driver that does nothing about them, or these tests would show nothing', async () => {
    const shown = (url: string) =>
      withClient(url, async (client) => (await client.query('SHOW DateStyle')).rows[0]?.DateStyle);
    await forDatabase();
    expect(await shown(database.appUrl)).toBe('German, DMY');
    await nobody();
    await forRole('breakglass_app')();
    expect(await shown(database.appUrl)).toBe('German, DMY');
    await nobody();
    expect(await shown(`${database.appUrl}?options=-c%20DateStyle%3DGerman`)).toBe('German, DMY');
  });

  describe.each([
    ['its database', forDatabase, (url: string) => url],
    ['its role', forRole('breakglass_app'), (url: string) => url],
    ['its address', nobody, inAddress],
  ])('by %s', (_what, preset, through) => {
    beforeEach(() => preset());

    it.each(['public', 'bullmq'] as const)(
      'is what we need all the same, in a pool and alone, in schema %s',
      async (schema) => {
        const needs = { ...NEEDS, schema };
        const url = through(database.appUrl);
        const found: Session[] = [];
        const pool = openPool({
          ...settingsFor(url, needs),
          max: 1,
          idleMs: 1_000,
          onIdleLost: () => undefined,
          onSession: (session) => found.push(session),
        });
        const client = await pool.connect();
        const { rows } = await client.query('SELECT name, setting FROM pg_settings WHERE name = ANY ($1)', [
          Object.keys(sessionSettings(needs)),
        ]);
        expect(Object.fromEntries(rows.map((row) => [row.name, row.setting]))).toMatchObject({
          DateStyle: 'ISO, MDY',
          TimeZone: 'UTC',
          IntervalStyle: 'postgres',
          row_security: 'off',
          search_path: schema,
          statement_timeout: '10000',
          idle_session_timeout: '60000',
          synchronous_commit: 'on',
        });
        client.release();
        await pool.end();
        const alone = await connect(settingsFor(url, needs));
        found.push(await lookAtSession(alone, needs));
        await alone.end();
        expect(found).toEqual([
          { isDirect: true, problems: [] },
          { isDirect: true, problems: [] },
        ]);
      },
    );

    it('reads and writes as any other: the whole life of a request, the clock, locks and the queue', async () => {
      const url = through(database.appUrl);
      const store = openStore({ definitions: DEFINITIONS, url, logger: silent });
      expect(await store.readBack()).toEqual([]);
      const id = `P${randomBytes(4).toString('hex')}`;
      const row = await playTo(store, 'closed', { id });
      expect(await store.find(id)).toEqual(row);
      expect(Math.abs((await store.clock.now()).getTime() - Date.now())).toBeLessThan(60_000);
      expect((await store.events(`request/${id}`)).every(({ at }) => Number.isFinite(at.getTime()))).toBe(true);
      expect(await store.withLock('preset', 0, async () => 'held')).toEqual({ value: 'held' });
      const logger = keepingLogger();
      const queue = await openQueue({ logger, postgresUrl: url });
      await put(queue, [aWork()]);
      await queue.close();
      expect(logger.lines).toEqual([]);
      await store.close();
    });
  });

  it.each([
    ['its database', forDatabase, (url: string) => url],
    ['its role', forRole('breakglass_owner'), (url: string) => url],
    ['its address', nobody, inAddress],
  ])('is migrated as any other, where the owner is preset by %s', async (_what, preset, through) => {
    const bare = await freshDatabase({ template: 'template1' });
    await preset(new URL(bare.appUrl).pathname.slice(1));
    await migrate({ ...bare, ownerUrl: through(bare.ownerUrl), log: () => undefined });
    const store = openStore({ definitions: DEFINITIONS, url: bare.appUrl, logger: silent });
    expect((await playTo(store, 'closed', { id: 'MIGRATED' })).request.state).toBe('closed');
    await store.close();
    await bare.drop();
  });

  it('is read back for the sealer too', async () => {
    await forRole('breakglass_seal')();
    const ledger = openLedger({ url: database.sealUrl, logger: silent });
    expect(await ledger.readBack()).toEqual([]);
    expect((await ledger.now()).getTime()).not.toBeNaN();
    await ledger.close();
  });

  it('acts as the role that signed in, whatever other role it was to become', async () => {
    const other = `other_${randomBytes(4).toString('hex')}`;
    const admin = (sql: string) => asAdmin((client) => client.query(sql));
    await admin(`CREATE ROLE ${other}; GRANT ${other} TO breakglass_app`);
    await admin(`ALTER ROLE breakglass_app IN DATABASE ${name} SET role = ${other}`);
    try {
      const client = await connect(settingsFor(database.appUrl));
      expect((await client.query('SELECT current_user AS "user"')).rows).toEqual([{ user: 'breakglass_app' }]);
      await client.end();
    } finally {
      await admin(`REVOKE ${other} FROM breakglass_app; DROP ROLE ${other}`);
    }
  });

  it.each([
    ['session_replication_role', 'replica'],
    ['zero_damaged_pages', 'on'],
  ])('says what we may not set: %s', async (setting, value) => {
    await asAdmin((admin) => admin.query(`ALTER DATABASE ${name} SET ${setting} = ${value}`));
    const store = openStore({ definitions: DEFINITIONS, url: database.appUrl, logger: silent });
    expect(await store.readBack()).toEqual([
      expect.stringMatching(
        new RegExp(`^the sessions of DATABASE_URL are not as they must be: ${setting} is "${value}"`),
      ),
    ]);
    await store.close();
    const { ownerUrl, appUrl } = database;
    await expect(migrate({ ownerUrl, appUrl, log: () => undefined })).rejects.toThrow(`DATABASE_OWNER_URL are not`);
  });

  it.each(['DateStyle', 'IntervalStyle', 'TimeZone', 'search_path', 'row_security', 'synchronous_commit'])(
    'is found to differ when its %s changes under way',
    async (setting) => {
      const client = await connect(settingsFor(database.appUrl));
      await client.query(`SELECT set_config($1, $2, false)`, [setting, HOSTILE[setting]]);
      expect((await lookAtSession(client, NEEDS)).problems).toEqual(
        expect.arrayContaining([expect.stringContaining(`${setting} is "`)]),
      );
      await client.end();
    },
  );

  it('leaves a commit that waits for replicas as strong as it is', async () => {
    await asAdmin((admin) => admin.query(`ALTER DATABASE ${name} SET synchronous_commit = remote_apply`));
    const client = await connect(settingsFor(database.appUrl));
    expect((await client.query('SHOW synchronous_commit')).rows).toEqual([{ synchronous_commit: 'remote_apply' }]);
    expect(await lookAtSession(client, NEEDS)).toEqual({ isDirect: true, problems: [] });
    await client.end();
  });

  it('keeps what an address says of where it leads', async () => {
    const url = new URL(database.appUrl);
    url.searchParams.set('options', '-c geqo=off');
    url.searchParams.set('application_name', 'somebody else');
    const client = await connect(settingsFor(url.href));
    expect((await client.query('SHOW geqo')).rows).toEqual([{ geqo: 'off' }]);
    expect((await client.query('SHOW application_name')).rows).toEqual([{ application_name: 'breakglass test' }]);
    await client.end();
    expect(client).toBeInstanceOf(pg.Client);
  });
});
