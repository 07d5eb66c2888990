import type { JobsOptions, PgPool, Processor, RedisClient, WorkerOptions } from 'bullmq';
import { type OnSession, openPool } from '../postgres/connection.ts';
import type { JobContent } from './job.ts';

export interface BackendSettings {
  /** Redis, where it is given: production. */
  readonly redisUrl?: string | undefined;
  /** Otherwise BullMQ's own PostgreSQL backend, schema `bullmq`, as the app's role; `migrate` has made the schema. */
  readonly postgresUrl: string;
  /** Keeps installations apart that share one Redis: their mark. */
  readonly prefix?: string | undefined;
  /** Told of each new session on PostgreSQL. */
  readonly onSession?: OnSession | undefined;
}

/** Milliseconds. What BullMQ asks of PostgreSQL takes a few. */
const QUERY_MS = 15_000;
const QUEUE_NEEDS = {
  schema: 'bullmq',
  statementMs: QUERY_MS,
  idleInTransactionMs: QUERY_MS,
  idleSessionMs: 0,
} as const;

/** A job that nobody works on: BullMQ's `Job`, as far as we read it. Times are milliseconds, by the clocks of processes. */
export interface QueuedJob {
  readonly data: JobContent;
  /** When it was added. */
  readonly timestamp: number;
  readonly opts: { readonly delay?: number | undefined };
  /** When it was last begun. */
  readonly processedOn?: number | undefined;
}

/** What both of BullMQ's queues are to us. */
export interface JobQueue {
  getJobs(
    lists: ('waiting' | 'prioritized' | 'delayed')[],
    from: number,
    to: number,
    oldestFirst: boolean,
  ): Promise<readonly QueuedJob[]>;
  add(name: string, data: JobContent, opts: JobsOptions): Promise<unknown>;
  addBulk(jobs: { name: string; data: JobContent; opts: JobsOptions }[]): Promise<unknown>;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
}

/** What both of BullMQ's workers are to us. */
export interface JobWorker {
  waitUntilReady(): Promise<unknown>;
  pause(doNotWaitActive: boolean): Promise<void>;
  resume(): Promise<void>;
  close(): Promise<void>;
}

export type JobProcessor = Processor<JobContent, void, string>;

/** Listeners every connection needs: an `error` that nobody listens to ends the process. */
export interface Listeners {
  onError(error: Error): void;
  onFailed?(job: { readonly id?: string | undefined; readonly attemptsMade: number } | undefined, error: Error): void;
}

/** Makes queues and workers on one of the two backends. What runs on them cannot tell which it is. */
export interface Backend {
  readonly kind: 'redis' | 'postgres';
  queue(name: string, listeners: Listeners): JobQueue;
  worker(
    name: string,
    processor: JobProcessor,
    settings: Omit<WorkerOptions, 'connection' | 'prefix'>,
    listeners: Listeners,
  ): JobWorker;
  /** What a processor throws after it put its own job off. */
  putOff(): Error;
  /** From here on no lost connection is made again: what waits for a server that is gone comes to its end. */
  letGo(): void;
}

/** Redis is found again within two seconds of coming back, not within the 20 s of BullMQ's own schedule. */
const reconnectMs = (times: number): number => Math.min(2_000, 100 * times);

/**
 * Chooses by `redisUrl`, and loads only what that choice needs: BullMQ itself requires `ioredis` at the first connection,
 * not before.
 */
export async function openBackend(settings: BackendSettings): Promise<Backend> {
  const bullmq = await import('bullmq');
  return settings.redisUrl === undefined
    ? onPostgres(bullmq, settings.postgresUrl, settings.onSession)
    : onRedis(bullmq, settings.redisUrl, settings.prefix ?? 'breakglass');
}

type BullMq = typeof import('bullmq');

function onRedis(bullmq: BullMq, url: string, prefix: string): Backend {
  let gone = false;
  const retryStrategy = (times: number): number | null => (gone ? null : reconnectMs(times));
  const connection = { url, connectTimeout: 2_000, keepAlive: 10_000, retryStrategy };
  // A producer fails fast. A worker waits for Redis for ever: BullMQ demands null there.
  const producer = { ...connection, enableOfflineQueue: false, maxRetriesPerRequest: 1 };
  const consumer = { ...connection, maxRetriesPerRequest: null };
  const clients: (() => Promise<RedisClient>)[] = [];
  return {
    kind: 'redis',
    queue: (name, { onError }) => {
      const queue = new bullmq.Queue<JobContent, void>(name, { prefix, connection: producer });
      clients.push(() => queue.getBackend().client);
      return queue.on('error', onError);
    },
    worker: (name, processor, more, { onError, onFailed }) => {
      const worker = new bullmq.Worker<JobContent, void>(name, processor, { ...more, prefix, connection: consumer });
      const connections = worker.getBackend();
      clients.push(
        () => connections.client,
        () => connections.blockingClient ?? connections.client,
      );
      return worker.on('error', onError).on('failed', (job, error) => onFailed?.(job, error));
    },
    putOff: () => new bullmq.DelayedError(),
    letGo: () => {
      gone = true;
      for (const client of clients) client().then(endWaiting, () => undefined);
    },
  };
}

/**
 * ioredis, told to disconnect while it waits to connect again, forgets that attempt and never says that it ended; its
 * commands, and BullMQ with them, wait for ever. One more attempt, which nobody repeats, ends it.
 */
function endWaiting(client: RedisClient): void {
  // Its owner has stopped listening by now, or is about to.
  client.on('error', () => undefined);
  if (client.status !== 'reconnecting') return;
  client.connect().then(
    () => client.disconnect(),
    () => undefined,
  );
}

function onPostgres(bullmq: BullMq, url: string, onSession: BackendSettings['onSession']): Backend {
  const { createPostgresBackend, isPgPool } = bullmq;
  const poolOf = (max: number): PgPool => {
    const pool: unknown = openPool({
      address: { url, setting: 'DATABASE_URL' },
      needs: QUEUE_NEEDS,
      connectMs: 5_000,
      // A database that stopped answering is found out, instead of holding a worker for ever.
      queryMs: QUERY_MS,
      name: 'breakglass queue',
      max,
      idleMs: 10_000,
      onSession,
      // BullMQ listens itself.
      onIdleLost: () => undefined,
    });
    if (!isPgPool(pool)) throw new Error('this version of BullMQ does not take this version of pg');
    return pool;
  };
  return {
    kind: 'postgres',
    queue: (name, { onError }) => {
      const pool = poolOf(2);
      const queue = new bullmq.Queue(name, { connection: pool }, createPostgresBackend).on('error', onError);
      return closingPool(queue, pool);
    },
    worker: (name, processor, more, { onError, onFailed }) => {
      // One of its connections only listens for news.
      const pool = poolOf(5);
      const worker = new bullmq.Worker(name, processor, { ...more, connection: pool }, createPostgresBackend);
      worker.on('error', onError).on('failed', (job, error) => onFailed?.(job, error));
      return closingPool(worker, pool);
    },
    putOff: () => new bullmq.DelayedError(),
    letGo: () => undefined,
  };
}

/** BullMQ leaves a pool that it was given open. */
function closingPool<T extends { close(): Promise<void> }>(owner: T, pool: PgPool): T {
  const close = owner.close.bind(owner);
  let closed: Promise<void> | undefined;
  owner.close = () => {
    closed ??= close().then(() => pool.end());
    return closed;
  };
  return owner;
}
