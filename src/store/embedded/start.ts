import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import {
  type Address,
  APP,
  answers,
  DATABASE,
  OWNER,
  readAddress,
  takeLease,
  urlsOf,
  writeAddress,
} from './address.ts';

const KEEPER = fileURLToPath(new URL('keeper.mjs', import.meta.url));
const START_SECONDS = 90;
const STOP_SECONDS = 20;
const POLL_MS = 100;

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
  /** Lets go of the server, which stops when nobody else uses it. */
  stop(): Promise<void>;
}

/**
 * A PostgreSQL of our own: found running, or started by a keeper that stops it when the last process that uses it has
 * ended, however it ended. Two roles and a database are made at the first start. Rejects with an `Error` whose message
 * says what to do.
 */
export async function startEmbedded({ dir, log, flags = [] }: EmbeddedOptions): Promise<Embedded> {
  const folder = resolve(dir);
  await mkdir(folder, { recursive: true });
  // User `postgres` must pass through here when we are root; the data below and the address are closed by themselves.
  if (process.getuid?.() === 0) await chmod(folder, 0o755);
  const until = performance.now() + START_SECONDS * 1000;
  while (performance.now() < until) {
    const found = await joinRunning(folder);
    if (found !== undefined) return found;
    const release = await startAlone(folder);
    if (release === undefined) {
      await delay(POLL_MS);
      continue;
    }
    try {
      // Somebody may have finished between the look and the lock.
      return (await joinRunning(folder)) ?? (await startKeeper(folder, flags, log));
    } finally {
      await release();
    }
  }
  throw new Error(`PostgreSQL in ${folder} did not start in ${START_SECONDS} s: look for a process that hangs there.`);
}

/** The server that runs here, if one does and its keeper promises to go on for us. */
async function joinRunning(folder: string): Promise<Embedded | undefined> {
  const address = await readAddress(folder);
  const lease = address && (await takeLease(address));
  if (address === undefined || lease === undefined) return undefined;
  if (await answers(address)) {
    const stop = async () => {
      lease.destroy();
    };
    return { ...urlsOf(address), stop };
  }
  lease.destroy();
  return undefined;
}

/** Only one process starts a server here at a time. Undefined while another one that lives is about it. */
async function startAlone(folder: string): Promise<(() => Promise<void>) | undefined> {
  const file = `${folder}/starting`;
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
const newAddress = (): Address => ({
  port: 0,
  keeper: 0,
  leasePort: 0,
  adminPassword: password(),
  ownerPassword: password(),
  appPassword: password(),
});

async function startKeeper(folder: string, flags: readonly string[], log: (line: string) => void): Promise<Embedded> {
  const before = await readAddress(folder);
  log(
    before === undefined ? `Preparing a PostgreSQL database in ${folder} (first start only).` : 'Starting PostgreSQL.',
  );
  const kept = before ?? newAddress();
  // Before the data: a database whose password nobody knows could never be opened again.
  if (before === undefined) await writeAddress(folder, kept);
  else await stopOrphan(folder, before);
  const keeper = fork(KEEPER, { detached: true, stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] });
  try {
    const order = { folder, password: kept.adminPassword, flags: ['-c', 'max_connections=200', ...flags] };
    const address = { ...kept, ...(await answerOf(keeper, order)), keeper: keeper.pid ?? 0 };
    await provision(address);
    await writeAddress(folder, address);
    // The keeper watches us; we do not stay alive for its sake.
    keeper.unref();
    keeper.channel?.unref();
    log('PostgreSQL is ready.');
    return { ...urlsOf(address), stop: () => letGo(keeper) };
  } catch (error) {
    await letGo(keeper);
    throw error;
  }
}

/** A server whose keeper was killed: nobody would ever stop it, so it is stopped, and started anew. */
async function stopOrphan(folder: string, address: Address): Promise<void> {
  if (address.port === 0 || !(await answers(address))) return;
  // It answered to its password, so the process in its file is its own.
  const pid = Number((await readFile(`${folder}/postgres/postmaster.pid`, 'utf8')).split('\n')[0]);
  if (pid > 0) process.kill(pid, 'SIGINT');
}

type Answer = Pick<Address, 'port' | 'leasePort'>;

async function answerOf(keeper: ChildProcess, order: object): Promise<Answer> {
  const gone = once(keeper, 'exit').then(() => {
    throw new Error('The keeper of PostgreSQL ended before it answered. Start again.');
  });
  keeper.send(order, unheard);
  const [answer] = (await Promise.race([once(keeper, 'message'), gone])) as [Answer | { readonly failed: string }];
  gone.catch(() => {});
  if ('failed' in answer) throw new Error(answer.failed);
  return answer;
}

/** A keeper that ends just now hears nothing more. Its exit says so; an error of its own would hide why it ended. */
const unheard = (): void => undefined;

/** Returns when the server has stopped, or as soon as its keeper says that somebody else still uses it. */
async function letGo(keeper: ChildProcess): Promise<void> {
  if (keeper.exitCode !== null || keeper.signalCode !== null) return;
  keeper.ref();
  const waiting = new AbortController();
  const exited = once(keeper, 'exit');
  const late = delay(STOP_SECONDS * 1000, undefined, { signal: waiting.signal }).catch(() => {});
  if (keeper.connected) {
    keeper.channel?.ref();
    keeper.send('bye', unheard);
    const staying = once(keeper, 'message').then(([answer]) => (answer as { staying?: boolean }).staying === true);
    const stays = await Promise.race([staying, exited.then(() => false), late.then(() => false)]);
    if (keeper.connected) keeper.disconnect();
    keeper.unref();
    if (stays) return waiting.abort();
    keeper.ref();
  }
  await Promise.race([exited, late]);
  waiting.abort();
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
