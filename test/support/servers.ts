import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Embedded, startEmbedded } from '../../src/store/embedded/start.ts';
import { migrate } from '../../src/store/migrate.ts';
import { withClient } from './database.ts';
import { type RedisServer, redisBinary, startRedis } from './redis.ts';

/** Where an installation's database is now: another address after every start of the server. */
export interface Urls {
  readonly ownerUrl: string;
  readonly appUrl: string;
}

/** A PostgreSQL and a Redis of our own, to be stopped and started while everything runs. */
export interface Servers {
  /** Undefined where no Redis can be had. */
  readonly redis: RedisServer | undefined;
  /** Rejects while PostgreSQL is stopped. */
  urls(database: string): Urls;
  /** With the server's superuser. Rejects while PostgreSQL is stopped. */
  adminUrl(database: string): string;
  /** Makes a database and brings it up to date; again for one that lost its queue. */
  migrated(database: string): Promise<void>;
  stopPostgres(): Promise<void>;
  startPostgres(): Promise<void>;
  close(): Promise<void>;
}

// Data of tests outlives nothing: no reason to wait for the disk. When something could be seen is for judges to ask.
const FLAGS = ['-c', 'fsync=off', '-c', 'full_page_writes=off', '-c', 'track_commit_timestamp=on'];
const log = (): void => undefined;

export async function openServers(): Promise<Servers> {
  const dir = await mkdtemp(join(tmpdir(), 'breakglass-servers-'));
  await chmod(dir, 0o755);
  let postgres: Embedded | undefined;
  const startPostgres = async (): Promise<void> => {
    postgres ??= await startEmbedded({ dir, log, flags: FLAGS });
  };
  const stopPostgres = async (): Promise<void> => {
    const running = postgres;
    postgres = undefined;
    await running?.stop();
  };
  const server = (): Embedded => {
    if (postgres === undefined) throw new Error('PostgreSQL is stopped');
    return postgres;
  };
  const at = (url: string, database: string) => Object.assign(new URL(url), { pathname: `/${database}` }).href;
  const urls = (database: string): Urls => ({
    ownerUrl: at(server().ownerUrl, database),
    appUrl: at(server().appUrl, database),
  });
  const binary = redisBinary();
  const [redis] = await Promise.all([binary === undefined ? undefined : startRedis(binary), startPostgres()]);
  return {
    redis,
    urls,
    adminUrl: (database) => at(server().adminUrl, database),
    migrated: async (database) => {
      await withClient(server().adminUrl, async (admin) => {
        const { rowCount } = await admin.query('SELECT FROM pg_database WHERE datname = $1', [database]);
        if (rowCount === 0) await admin.query(`CREATE DATABASE ${database} OWNER breakglass_owner`);
      });
      await migrate({ ...urls(database), log });
    },
    stopPostgres,
    startPostgres,
    close: async () => {
      await Promise.all([redis?.stop(), stopPostgres()]);
      await rm(dir, { recursive: true, force: true });
    },
  };
}
