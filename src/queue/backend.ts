import type { IQueueBackend, JobsOptions, PgPool, Processor, RedisClient, WorkerOptions } from 'bullmq';
import { type OnSession, openPool } from '../postgres/connection.ts';
import { askRedis } from './ask-redis.ts';
import { type Hold, makeHold } from './hold.ts';
import type { JobContent } from './job.ts';
import { isOfAnother } from './queue-words.ts';

export interface BackendSettings {
  /** Redis, where it is given: production. */
  readonly redisUrl?: string | undefined;
  /** Otherwise BullMQ's own PostgreSQL backend, schema `bullmq`, as the app's role; `migrate` has made the schema. */
  readonly postgresUrl: string;
  /** Keeps installations apart that share one Redis: `queuePrefix` of their id. */
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
  /** The server took something: lanes that pause after an error look again at once. */
  wake(): void;
  /** From here on no lost connection is made again: what waits for a server that is gone comes to its end. */
  letGo(): void;
}

/** Redis is found again within two seconds of coming back, not within the 20 s of BullMQ's own schedule. */
const reconnectMs = (times: number): number => Math.min(2_000, 100 * times);

/**
 * Chooses by `redisUrl`, and loads only what that choice needs: BullMQ itself requires `ioredis` at the first connection,
 * not before. Rejects with `QueueRefused` where the Redis is none that a queue can live on.
 */
export async function openBackend(settings: BackendSettings): Promise<Backend> {
  if (settings.redisUrl !== undefined) await askRedis(settings.redisUrl);
  const bullmq = await import('bullmq');
  return settings.redisUrl === undefined
    ? onPostgres(bullmq, settings.postgresUrl, settings.onSession)
    : onRedis(bullmq, settings.redisUrl, settings.prefix ?? '{breakglass}');
}

type BullMq = typeof import('bullmq');

function onRedis(bullmq: BullMq, url: string, prefix: string): Backend {
  let gone = false;
  const retryStrategy = (times: number): number | null => (gone ? null : reconnectMs(times));
  // Scripts, pipelines and blocking commands reject through it too, and BullMQ makes the blocking connection from it.
  const reconnectOnError = firstOfMany(isOfAnother);
  const connection = { url, connectTimeout: 2_000, keepAlive: 10_000, retryStrategy, reconnectOnError };
  // A producer fails fast. A worker waits for Redis for ever: BullMQ demands null there.
  const producer = { ...connection, enableOfflineQueue: false, maxRetriesPerRequest: 1 };
  const consumer = { ...connection, maxRetriesPerRequest: null };
  const clients: (() => Promise<RedisClient>)[] = [];
  const holds = new Holds();
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
      worker.on('error', onError).on('failed', (job, error) => onFailed?.(job, error));
      return holds.hold(worker, connections);
    },
    putOff: () => new bullmq.DelayedError(),
    wake: () => holds.wake(),
    letGo: () => {
      gone = true;
      for (const client of clients) client().then(endWaiting, () => undefined);
    },
  };
}

/** A page of work is refused job by job, in one answer: one of them is reason enough to leave the connection. */
function firstOfMany(isReason: (error: Error) => boolean): (error: Error) => boolean {
  let given = false;
  return (error) => {
    if (given || !isReason(error)) return false;
    given = true;
    queueMicrotask(() => {
      given = false;
    });
    return true;
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
  const holds = new Holds();
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
      return closingPool(holds.hold(worker, worker.getBackend()), pool);
    },
    putOff: () => new bullmq.DelayedError(),
    wake: () => holds.wake(),
    letGo: () => undefined,
  };
}

/** The pauses of all lanes on one backend. */
class Holds {
  readonly #all = new Set<Hold>();

  /** Pauses what a worker asks for its jobs with, after each error; closing ends the pause. To be called before it asks. */
  hold<T extends { close(): Promise<void> }>(worker: T, asked: Pick<IQueueBackend, 'moveToActive' | 'waitForJob'>): T {
    const hold = makeHold();
    this.#all.add(hold);
    asked.moveToActive = hold.around(asked.moveToActive.bind(asked));
    asked.waitForJob = hold.around(asked.waitForJob.bind(asked));
    const close = worker.close.bind(worker);
    worker.close = () => {
      this.#all.delete(hold);
      hold.release();
      return close();
    };
    return worker;
  }

  wake(): void {
    for (const hold of this.#all) hold.wake();
  }
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
