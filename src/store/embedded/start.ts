import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

const KEEPER = fileURLToPath(new URL('keeper.mjs', import.meta.url));
const START_SECONDS = 90;
const STOP_SECONDS = 20;
const POLL_MS = 100;

const ADMIN = 'postgres';
const OWNER = 'breakglass_owner';
const APP = 'breakglass_app';
const DATABASE = 'breakglass';

export interface EmbeddedOptions {
  /** Everything lives below it: data, address, passwords. `.breakglass` for people. */
  readonly dir: string;
  readonly log: (line: string) => void;
  /** More flags of the server, for tests (`-c fsync=off`). */
  readonly flags?: readonly string[];
}

export interface Embedded {
  /** With the role that owns the tables: for `migrate`. */
  readonly ownerUrl: string;
  readonly appUrl: string;
  /** With the server's superuser: for tests that make databases. */
  readonly adminUrl: string;
  /** Stops the server if this call started it; one that was found running is left alone. */
  stop(): Promise<void>;
}

/** What stands beside the data, readable by its owner only. */
interface Address {
  readonly port: number;
  readonly keeper: number;
  readonly adminPassword: string;
  readonly ownerPassword: string;
  readonly appPassword: string;
}

/**
 * A PostgreSQL of our own: found running, or started by a keeper that stops it when this process ends, however it ends.
 * Two roles and a database are made at the first start. Rejects with an `Error` whose message says what to do.
 */
export async function startEmbedded({ dir, log, flags = [] }: EmbeddedOptions): Promise<Embedded> {
  const folder = resolve(dir);
  await mkdir(folder, { recursive: true });
  // User `postgres` must pass through here when we are root; the data below and the address are closed by themselves.
  if (process.getuid?.() === 0) await chmod(folder, 0o755);
  const until = Date.now() + START_SECONDS * 1000;
  while (Date.now() < until) {
    const found = await running(folder);
    if (found !== undefined) return { ...urlsOf(found), stop: async () => {} };
    const release = await startAlone(folder);
    if (release === undefined) {
      await delay(POLL_MS);
      continue;
    }
    try {
      // Somebody may have finished between the look and the lock.
      const meanwhile = await running(folder);
      return meanwhile === undefined
        ? await startKeeper(folder, flags, log)
        : { ...urlsOf(meanwhile), stop: async () => {} };
    } finally {
      await release();
    }
  }
  throw new Error(
    `PostgreSQL in ${folder} did not come up in ${START_SECONDS} s: look for a process that hangs there.`,
  );
}

const addressFile = (folder: string): string => join(folder, 'postgres.json');

async function readAddress(folder: string): Promise<Address | undefined> {
  try {
    return JSON.parse(await readFile(addressFile(folder), 'utf8')) as Address;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${addressFile(folder)} cannot be read: ${(error as Error).message}`);
  }
}

async function writeAddress(folder: string, address: Address): Promise<void> {
  const file = addressFile(folder);
  await writeFile(`${file}.new`, `${JSON.stringify(address, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** The server that runs here, if one does. Its password proves that it is this one, whoever has the port. */
async function running(folder: string): Promise<Address | undefined> {
  const address = await readAddress(folder);
  if (address === undefined || address.port === 0) return undefined;
  const client = new pg.Client({ connectionString: urlsOf(address).appUrl, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return address;
  } catch {
    return undefined;
  } finally {
    await client.end().catch(() => {});
  }
}

function urlsOf({ port, adminPassword, ownerPassword, appPassword }: Address) {
  const url = (role: string, password: string, database: string) =>
    `postgresql://${role}:${password}@127.0.0.1:${port}/${database}`;
  return {
    ownerUrl: url(OWNER, ownerPassword, DATABASE),
    appUrl: url(APP, appPassword, DATABASE),
    adminUrl: url(ADMIN, adminPassword, 'postgres'),
  };
}

/** Only one process starts a server here at a time. Undefined while another one that lives is about it. */
async function startAlone(folder: string): Promise<(() => Promise<void>) | undefined> {
  const file = join(folder, 'starting');
  try {
    const handle = await open(file, 'wx', 0o600);
    await handle.writeFile(String(process.pid));
    await handle.close();
    return () => rm(file, { force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const pid = Number(await readFile(file, 'utf8').catch(() => ''));
  if (pid > 0 && !alive(pid)) {
    // Whoever renames it has it; two at once cannot. The server's own lock on its data stands behind this one.
    await rename(file, `${file}.${process.pid}`).catch(() => {});
    await rm(`${file}.${process.pid}`, { force: true });
  }
  return undefined;
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const password = (): string => randomBytes(24).toString('hex');

async function startKeeper(folder: string, flags: readonly string[], log: (line: string) => void): Promise<Embedded> {
  const before = await readAddress(folder);
  log(
    before === undefined ? `Preparing a PostgreSQL database in ${folder} (first start only).` : 'Starting PostgreSQL.',
  );
  const kept = before ?? {
    port: 0,
    keeper: 0,
    adminPassword: password(),
    ownerPassword: password(),
    appPassword: password(),
  };
  // Before the data: a database whose password nobody knows could never be opened again.
  if (before === undefined) await writeAddress(folder, kept);
  const keeper = fork(KEEPER, { detached: true, stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] });
  try {
    const port = await answerOf(keeper, {
      folder,
      password: kept.adminPassword,
      flags: ['-c', 'max_connections=200', ...flags],
    });
    const address = { ...kept, port, keeper: keeper.pid ?? 0 };
    await provision(address);
    await writeAddress(folder, address);
    // The keeper watches us; we do not stay alive for its sake.
    keeper.unref();
    keeper.channel?.unref();
    log('PostgreSQL is ready.');
    return { ...urlsOf(address), stop: () => stopKeeper(keeper) };
  } catch (error) {
    await stopKeeper(keeper);
    throw error;
  }
}

async function answerOf(keeper: ChildProcess, order: object): Promise<number> {
  const gone = once(keeper, 'exit').then(() => {
    throw new Error('The keeper of PostgreSQL ended before it answered. Start again.');
  });
  keeper.send(order);
  const [answer] = (await Promise.race([once(keeper, 'message'), gone])) as [{ port?: number; failed?: string }];
  if (answer.port === undefined) throw new Error(answer.failed ?? 'The keeper of PostgreSQL gave no reason.');
  gone.catch(() => {});
  return answer.port;
}

async function stopKeeper(keeper: ChildProcess): Promise<void> {
  if (keeper.exitCode !== null || keeper.signalCode !== null) return;
  const exited = once(keeper, 'exit');
  if (keeper.connected) keeper.disconnect();
  const late = new AbortController();
  await Promise.race([exited, delay(STOP_SECONDS * 1000, undefined, { signal: late.signal })]);
  late.abort();
}

/** Two roles and a database, if they are not there. */
async function provision(address: Address): Promise<void> {
  const admin = new pg.Client({ connectionString: urlsOf(address).adminUrl });
  await admin.connect();
  try {
    for (const [role, secret] of [
      [OWNER, address.ownerPassword],
      [APP, address.appPassword],
    ] as const) {
      const { rowCount } = await admin.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
      if (rowCount === 0) await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD ${admin.escapeLiteral(secret)}`);
    }
    const { rowCount } = await admin.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await admin.query(`CREATE DATABASE ${DATABASE} OWNER ${OWNER}`);
  } finally {
    await admin.end();
  }
}
