import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { inspect } from 'node:util';
import { createPostgresBackend, Queue } from 'bullmq';
import { DEFINITIONS } from '../../src/definitions.ts';
import { migrate } from '../../src/store/migrate.ts';
import { openStore } from '../../src/store/open-store.ts';
import { freshDatabase, type TestDatabase, withClient } from '../support/database.ts';
import { silent } from './silent-logger.ts';
import { playTo } from './stories.ts';

const MIGRATIONS = new URL('../../prisma/migrations/', import.meta.url);

describe('migrate', () => {
  let database: TestDatabase;
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const run = (change: Partial<TestDatabase> = {}) => migrate({ ...database, log, ...change });
  beforeEach(async () => {
    database = await freshDatabase({ template: 'template1' });
    lines.length = 0;
  });
  afterEach(() => database.drop());

  it('makes a database that the app can use, and says what it did', async () => {
    const { applied } = await run();
    expect(applied).toEqual((await readdir(MIGRATIONS)).filter((name) => /^\d/.test(name)).sort());
    const store = openStore({ definitions: DEFINITIONS, url: database.appUrl, logger: silent });
    expect((await playTo(store, 'closed', { id: 'M1' })).request.state).toBe('closed');
    expect(await store.excessPrivileges()).toBeUndefined();
    await store.close();
    expect(lines.at(-1)).toMatch(/Applied/);
  });

  it('changes nothing the second time', async () => {
    await run();
    const installationId = () =>
      withClient(database.ownerUrl, async (client) => (await client.query('SELECT * FROM installation')).rows);
    const before = await installationId();
    expect(await run()).toEqual({ applied: [] });
    expect(await installationId()).toEqual(before);
    expect(lines.at(-1)).toBe('The database is up to date.');
  });

  it('applies each migration once when two run at the same time', async () => {
    const both = await Promise.all([run(), run()]);
    expect(both.flatMap(({ applied }) => applied)).toHaveLength(new Set(both.flatMap(({ applied }) => applied)).size);
  });

  it('writes the table that `prisma migrate deploy` reads: every migration finished, with the SHA-256 of its file', async () => {
    await run();
    const { rows } = await withClient(database.ownerUrl, (client) =>
      client.query(`SELECT * FROM "_prisma_migrations" ORDER BY migration_name`),
    );
    for (const row of rows) {
      const text = await readFile(new URL(`${row.migration_name}/migration.sql`, MIGRATIONS));
      expect(row).toMatchObject({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        checksum: createHash('sha256').update(text).digest('hex'),
        finished_at: expect.any(Date),
        rolled_back_at: null,
        logs: null,
        applied_steps_count: 1,
      });
    }
    expect(rows).not.toHaveLength(0);
  });

  it('refuses a database whose migration was edited, or begun and never finished', async () => {
    await run();
    const spoil = (sql: string) => withClient(database.ownerUrl, (client) => client.query(sql));
    await spoil(`UPDATE "_prisma_migrations" SET finished_at = NULL`);
    await expect(run()).rejects.toThrow(/not finished.*restore/);
    await spoil(`UPDATE "_prisma_migrations" SET finished_at = now(), checksum = 'other'`);
    await expect(run()).rejects.toThrow(/edited/);
  });

  it('sets all rights at once or none: the app never stands there with half of them', async () => {
    await run();
    await withClient(database.ownerUrl, (client) => client.query('ALTER TABLE policies RENAME TO elsewhere'));
    await expect(run()).rejects.toThrow('policies');
    const store = openStore({ definitions: DEFINITIONS, url: database.appUrl, logger: silent });
    expect((await playTo(store, 'closed', { id: 'M2' })).request.state).toBe('closed');
    await store.close();
  });

  it('takes back rights that were given by hand', async () => {
    await run();
    await withClient(database.ownerUrl, (client) => client.query('GRANT DELETE ON events TO breakglass_app'));
    await run();
    const store = openStore({ definitions: DEFINITIONS, url: database.appUrl, logger: silent });
    expect(await store.excessPrivileges()).toBeUndefined();
    await store.close();
  });

  it('refuses an address that is none, without repeating its password', async () => {
    const error: unknown = await run({ appUrl: 'user:secret@' }).catch((thrown) => thrown);
    expect(inspect(error)).toContain('DATABASE_URL is not like');
    expect(inspect(error)).not.toContain('secret');
  });

  it('refuses to run the app as the owner', async () => {
    await expect(run({ appUrl: database.ownerUrl })).rejects.toThrow(/another role/);
  });

  it('says how to make the app’s role where it is missing and the owner may not, and makes it where the owner may', async () => {
    const appUrl = database.appUrl.replace(/\/\/[^:]+:/, '//another_app:');
    await expect(run({ appUrl })).rejects.toThrow(/CREATE ROLE "another_app" LOGIN/);
    await run({ appUrl, ownerUrl: database.adminUrl });
    const store = openStore({ definitions: DEFINITIONS, url: appUrl, logger: silent });
    expect(await store.excessPrivileges()).toBeUndefined();
    await store.close();
    await withClient(database.adminUrl, (client) => client.query('DROP OWNED BY another_app; DROP ROLE another_app'));
  });

  it('lets the app use BullMQ’s tables without owning them', async () => {
    await run();
    const queue = new Queue('q', { connection: { connectionString: database.appUrl } }, createPostgresBackend);
    queue.on('error', () => {});
    const job = await queue.add('work', { n: 1 }, { jobId: 'one-job' });
    expect(job.id).toBe('one-job');
    expect(await queue.count()).toBe(1);
    await queue.close();
  });
});
