import { once } from 'node:events';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';

export const ADMIN = 'postgres';
export const OWNER = 'breakglass_owner';
export const APP = 'breakglass_app';
export const DATABASE = 'breakglass';

const LEASE_MS = 5_000;

/** What stands beside the data, readable by its owner only. */
export interface Address {
  readonly port: number;
  /** Process id of the keeper, for people. */
  readonly keeper: number;
  /** Where the keeper gives leases. */
  readonly leasePort: number;
  readonly adminPassword: string;
  readonly ownerPassword: string;
  readonly appPassword: string;
}

const fileIn = (folder: string): string => join(folder, 'postgres.json');

/** Undefined where nothing was ever started. */
export async function readAddress(folder: string): Promise<Address | undefined> {
  try {
    return JSON.parse(await readFile(fileIn(folder), 'utf8')) as Address;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${fileIn(folder)} cannot be read: ${(error as Error).message}`);
  }
}

export async function writeAddress(folder: string, address: Address): Promise<void> {
  const file = fileIn(folder);
  await writeFile(`${file}.new`, `${JSON.stringify(address, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** The addresses of the three roles. */
export function urlsOf({ port, adminPassword, ownerPassword, appPassword }: Address) {
  const url = (role: string, password: string, database: string) =>
    `postgresql://${role}:${password}@127.0.0.1:${port}/${database}`;
  return {
    ownerUrl: url(OWNER, ownerPassword, DATABASE),
    appUrl: url(APP, appPassword, DATABASE),
    adminUrl: url(ADMIN, adminPassword, 'postgres'),
  };
}

/** Does this server answer? Its password proves that it is this one, whoever has the port now. */
export async function answers(address: Address): Promise<boolean> {
  const client = new pg.Client({ connectionString: urlsOf(address).adminUrl, connectionTimeoutMillis: LEASE_MS });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * A lease: while this connection is open, the keeper goes on, even when the process that started it has ended. Closed
 * by the system when we end. Undefined if no keeper is there, or it is about to stop.
 */
export async function takeLease({ leasePort }: Address): Promise<Socket | undefined> {
  if (leasePort === 0) return undefined;
  const socket = connect(leasePort, '127.0.0.1');
  socket.on('error', () => {});
  const granted = once(socket, 'data', { signal: AbortSignal.timeout(LEASE_MS) }).then(
    () => true,
    () => false,
  );
  const closed = once(socket, 'close').then(() => false);
  if (await Promise.race([granted, closed])) {
    socket.unref();
    return socket;
  }
  socket.destroy();
  return undefined;
}
