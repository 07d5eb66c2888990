import type { JobsOptions, Processor, RedisClient, WorkerOptions } from 'bullmq';
import type { JobContent } from './job.ts';

export interface BackendSettings {
  /** Redis, where it is given: production. */
  readonly redisUrl?: string | undefined;
  /** Otherwise BullMQ's own PostgreSQL backend, schema `bullmq`, as the app's role; `migrate` has made the schema. */
  readonly postgresUrl: string;
  /** Keeps installations apart that share one Redis: their mark. */
  readonly prefix?: string | undefined;
}

/** What both of BullMQ's queues are to us. */
export interface JobQueue {
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
 * Chooses by `redisUrl`, and loads only what that choice needs: BullMQ itself requires `ioredis` or `pg` at the first
 * connection, not before.
 */
export async function openBackend(settings: BackendSettings): Promise<Backend> {
  const bullmq = await import('bullmq');
  return settings.redisUrl === undefined
    ? onPostgres(bullmq, settings.postgresUrl)
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

function onPostgres(bullmq: BullMq, connectionString: string): Backend {
  const connection = (max: number) => ({
    connectionString,
    schema: 'bullmq',
    max,
    connectionTimeoutMillis: 5_000,
    // A database that stopped answering is found out, instead of holding a worker for ever.
    query_timeout: 15_000,
    keepAlive: true,
  });
  const { createPostgresBackend } = bullmq;
  return {
    kind: 'postgres',
    queue: (name, { onError }) =>
      new bullmq.Queue(name, { connection: connection(2) }, createPostgresBackend).on('error', onError),
    worker: (name, processor, more, { onError, onFailed }) => {
      const settings = { ...more, connection: connection(4) };
      const worker = new bullmq.Worker(name, processor, settings, createPostgresBackend);
      return worker.on('error', onError).on('failed', (job, error) => onFailed?.(job, error));
    },
    putOff: () => new bullmq.DelayedError(),
    letGo: () => undefined,
  };
}
