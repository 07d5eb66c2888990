import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { databaseUrl } from '../../src/config.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import { openQueue } from '../../src/queue/open-queue.ts';
import { startWorker } from '../../src/queue/worker.ts';
import { type Embedded, startEmbedded } from '../../src/store/embedded/start.ts';
import { migrate } from '../../src/store/migrate.ts';
import { openLedger } from '../../src/store/open-ledger.ts';
import { openStore } from '../../src/store/open-store.ts';
import { type Authority, makeAuthority, opensslBinary } from '../support/certificates.ts';
import { freshDatabase, withClient } from '../support/database.ts';
import { aWork, clockAhead, keepingLogger, put } from '../support/queues.ts';
import { until } from '../support/until.ts';

const CLI = fileURLToPath(new URL('../../dist/cli/breakglass.js', import.meta.url));
const openssl = opensslBinary();
const HBA = 'hostssl all all 127.0.0.1/32 scram-sha-256\nhostssl all all ::1/128 scram-sha-256\n';
const logger = keepingLogger();
const log = () => undefined;

(openssl === undefined ? describe.skip : describe)('a PostgreSQL that takes nobody without TLS (E1)', () => {
  let authority: Authority;
  let dir: string;
  let server: Embedded;
  const query = (search: string) => (url: string) => Object.assign(new URL(url), { search }).href;
  const trusted = (url: string) => query(`?sslmode=verify-full&sslrootcert=${authority.file}`)(url);

  beforeAll(async () => {
    authority = await makeAuthority(openssl ?? '');
    const { certFile, keyFile } = authority.certify('IP:127.0.0.1');
    dir = await mkdtemp(join(tmpdir(), 'breakglass-tls-store-'));
    await chmod(dir, 0o755);
    const flags = ['ssl=on', `ssl_cert_file=${certFile}`, `ssl_key_file=${keyFile}`, 'fsync=off'];
    server = await startEmbedded({ dir, log, flags: flags.flatMap((one) => ['-c', one]) });
    await withClient(server.adminUrl, (admin) => admin.query(`CREATE ROLE breakglass_seal LOGIN PASSWORD 'seal'`));
    await writeFile(join(dir, 'postgres', 'pg_hba.conf'), HBA);
    // The last that it takes without.
    await withClient(server.adminUrl, (admin) => admin.query('SELECT pg_reload_conf()'));
  });
  afterAll(async () => {
    await server?.stop();
    await rm(dir, { recursive: true, force: true });
    await authority.remove();
  });

  const urls = (change: (url: string) => string) => ({
    ownerUrl: change(server.ownerUrl),
    appUrl: change(server.appUrl),
    sealUrl: change(Object.assign(new URL(server.appUrl), { username: 'breakglass_seal', password: 'seal' }).href),
  });

  it('goes on, by new connections too, when the file of the authority is gone for a while', async () => {
    const file = join(dir, 'authority.crt');
    await copyFile(authority.file, file);
    const store = openStore({
      definitions: DEFINITIONS,
      url: query(`?sslmode=verify-full&sslrootcert=${file}`)(server.appUrl),
      logger,
    });
    const ours = `FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'breakglass'`;
    const asAdmin = (sql: string) => withClient(trusted(server.adminUrl), (admin) => admin.query(sql));
    try {
      await store.clock.now();
      await rm(file);
      await asAdmin(`SELECT pg_terminate_backend(pid) ${ours}`);
      await until(async () => (await asAdmin(`SELECT 1 ${ours}`)).rowCount === 0, 'the sessions to be gone');
      await Promise.all(Array.from({ length: 12 }, () => store.clock.now()));
      const { rows } = await asAdmin(`SELECT DISTINCT ssl ${ours}`);
      expect(rows).toEqual([{ ssl: true }]);
    } finally {
      await store.close();
    }
  });

  it('is migrated, read, locked, queued in and sealed by sslmode=verify-full and sslrootcert', async () => {
    const { appUrl, sealUrl, ownerUrl } = urls(trusted);
    await migrate({ ownerUrl, appUrl, sealUrl, log });
    const store = openStore({ definitions: DEFINITIONS, url: appUrl, logger });
    const queue = await openQueue({ postgresUrl: appUrl, logger });
    const ledger = openLedger({ url: sealUrl, logger });
    const done: string[] = [];
    const perform = async ({ requestId }: { requestId: string }) => void done.push(requestId);
    const worker = await startWorker({ queue, perform, clock: clockAhead(), logger });
    try {
      await put(queue, [aWork({ requestId: 'T1', grantId: undefined })]);
      await until(() => done.includes('T1'), 'the work');
      await ledger.now();
      const locked = await store.withLock('tls', 0, async () =>
        withClient(trusted(server.adminUrl), async (admin) => {
          const { rows } = await admin.query<{ name: string; ssl: boolean }>(
            `SELECT DISTINCT application_name AS name, ssl
             FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename IN ('breakglass_app', 'breakglass_seal')`,
          );
          return rows;
        }),
      );
      expect(locked?.value.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['breakglass', 'breakglass lock', 'breakglass queue', 'access', 'chat']),
      );
      expect(locked?.value.filter(({ ssl }) => !ssl)).toEqual([]);
    } finally {
      await worker.stop(100);
      await queue.close();
      await Promise.all([store.close(), ledger.close()]);
    }
  });

  /** What each of us says of a URL. */
  const saidOf = async (change: (url: string) => string) => {
    const { appUrl, sealUrl, ownerUrl } = urls(change);
    const store = openStore({ definitions: DEFINITIONS, url: appUrl, logger });
    const ledger = openLedger({ url: sealUrl, logger });
    const outcomes = await Promise.allSettled([
      store.ping(),
      store.clock.now(),
      store.installation(),
      store.withLock('tls', 0, async () => undefined),
      ledger.now(),
      ledger.withLock('tls', 0, async () => undefined),
      migrate({ ownerUrl, appUrl, sealUrl, log }),
    ]);
    await Promise.allSettled([store.close(), ledger.close()]);
    return outcomes.map((one) => (one.status === 'rejected' ? String(one.reason) : 'connected'));
  };
  const WAYS: readonly (readonly [what: string, change: (url: string) => string, words: RegExp])[] = [
    [
      'without TLS',
      (url) => url,
      /the database wants TLS: add sslmode=verify-full to (DATABASE_URL|SEAL_DATABASE_URL|DATABASE_OWNER_URL),/,
    ],
    [
      'with an authority that nobody named',
      query('?sslmode=verify-full'),
      /of an authority that Node does not know: name its file as sslrootcert=FILE/,
    ],
    [
      'by a name that the certificate does not hold',
      (url) => Object.assign(new URL(trusted(url)), { hostname: 'localhost' }).href,
      /certificate is for another name: write the host that stands in it/,
    ],
    [
      'with a file that is not there',
      query('?sslmode=verify-full&sslrootcert=/nowhere/authority.crt'),
      /the file \/nowhere\/authority\.crt, which .* names for TLS, cannot be read/,
    ],
  ];

  it.each(WAYS)('says in a sentence what to change where it is asked %s', async (_what, change, words) => {
    const passwords = Object.values(urls(trusted)).map((url) => new URL(url).password);
    for (const said of await saidOf(change)) {
      expect(said).toMatch(words);
      expect(said).not.toContain('\n');
      for (const password of passwords) expect(said).not.toContain(password === 'seal' ? ':seal@' : password);
    }
  });

  /** The built command line, with these settings and nothing else. */
  const breakglass = (command: string, env: NodeJS.ProcessEnv) =>
    new Promise<{ code: unknown; said: string }>((resolve) => {
      execFile(process.execPath, [CLI, command], { env: { PATH: process.env.PATH, ...env } }, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, said: stdout + stderr }),
      );
    });

  it('is migrated and listed by the command line, which trusts NODE_EXTRA_CA_CERTS too, and else says one sentence', async () => {
    // The weaker words mean the same, without a warning.
    const { ownerUrl, appUrl } = urls(query('?sslmode=require'));
    const env = { DATABASE_OWNER_URL: ownerUrl, DATABASE_URL: appUrl };
    const known = { ...env, NODE_EXTRA_CA_CERTS: authority.file };
    const migrated = await breakglass('migrate', known);
    expect(migrated).toMatchObject({ code: 0 });
    expect(migrated.said).not.toMatch(/warning/i);
    expect(await breakglass('list', known)).toMatchObject({ code: 0 });
    for (const command of ['migrate', 'list']) {
      const { code, said } = await breakglass(command, env);
      expect(code).toBe(1);
      expect(said).toMatch(
        /^[A-Z_]+: .*of an authority that Node does not know: name its file as sslrootcert=FILE.*\n$/,
      );
    }
  });
});

describe('a PostgreSQL that speaks no TLS', () => {
  it('says so in a sentence', async () => {
    const database = await freshDatabase();
    const store = openStore({ definitions: DEFINITIONS, url: `${database.appUrl}?sslmode=verify-full`, logger });
    await expect(store.ping()).rejects.toThrow(
      /the database speaks no TLS: turn it on in the server, or take sslmode out/,
    );
    await store.close();
    await database.drop();
  });
});

describe('the words of sslmode', () => {
  const read = (url: string) => databaseUrl({ DATABASE_URL: url }, 'DATABASE_URL');

  it.each(['prefer', 'require', 'verify-ca'])('%s means verify-full, whatever the driver makes of it later', (word) => {
    expect(read(`postgres://u:p@h/d?sslmode=${word}`)).toBe('postgres://u:p@h/d?sslmode=verify-full');
  });

  it.each([
    'postgres://u:p@h/d?sslmode=verify-full&sslrootcert=/a/b.pem',
    'postgres://u:p@h/d?sslmode=disable',
    'postgres://u:p@h/d?sslmode=no-verify',
    'postgres://u:p@h/d?uselibpqcompat=true&sslmode=require',
    'postgres://u:p@h/d',
  ])('are left as they stand in %s', (url) => {
    expect(read(url)).toBe(url);
  });
});
