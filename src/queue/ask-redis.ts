import type { Redis } from 'ioredis';
import { TookTooLong, within } from '../bounded.ts';
import { tlsProblemOf } from '../core/tls-failure.ts';
import { isReply, queueWords } from './queue-words.ts';

/** A server that the queue cannot work on as it is asked: says why, and what to do. */
export class QueueRefused extends Error {
  override readonly name = 'QueueRefused';
}

const ASK_MS = 2_000;

/**
 * Asks a Redis what it is, on a connection of its own. Rejects with `QueueRefused` where it answers, but not to us (another
 * password, TLS, too many clients), and where it is one of several shards: our keys share a slot, which another node may
 * have, today or after the next move. One shard is served: its primary takes every key. A server that is not there, or has
 * not answered in two seconds, is none of these: it may come. Behind TLS silence is: a server without it says nothing either.
 * @see https://redis.io/docs/latest/commands/cluster-info/
 */
export async function askRedis(url: string): Promise<void> {
  const options = optionsIn(url);
  if (options.length > 0) {
    throw new QueueRefused(`REDIS_URL carries options (${options.join(', ')}): take them out, the queue sets its own`);
  }
  const { Redis } = await import('ioredis');
  const redis = new Redis(url, { lazyConnect: true, connectTimeout: ASK_MS, retryStrategy: () => null });
  let reached = false;
  let lost: Error | undefined;
  redis.on('connect', () => {
    reached = true;
  });
  redis.on('error', (error) => {
    lost = error;
  });
  try {
    await within(ASK_MS, 'Redis', ask(redis));
  } catch (error) {
    if (error instanceof QueueRefused) throw error;
    const why = lost ?? error;
    if (isReply(why) || tlsProblemOf(why) !== undefined) throw new QueueRefused(queueWords(why), { cause: why });
    if (!reached && why instanceof TookTooLong && new URL(url).protocol === 'rediss:') {
      throw new QueueRefused(
        'the Redis in REDIS_URL has not answered TLS in two seconds: it is away, or speaks none there; then write redis:// ' +
          'instead of rediss://, or its TLS port',
        { cause: why },
      );
    }
    if (reached && !(why instanceof TookTooLong)) {
      throw new QueueRefused(
        'the Redis in REDIS_URL ends the connection before it answers: if it speaks TLS there, write rediss:// instead of redis://',
        { cause: why },
      );
    }
  } finally {
    redis.disconnect();
  }
}

/** What the URL would set in ioredis in place of us, by name. The address family alone is the URL's to say. */
const optionsIn = (url: string): readonly string[] =>
  [...new Set(new URL(url).searchParams.keys())].filter((name) => name !== 'family');

async function ask(redis: Redis): Promise<void> {
  await redis.connect();
  if (!/^cluster_enabled:1\r?$/m.test(await redis.info())) return;
  const shards = Number(/^cluster_size:(\d+)\r?$/m.exec(await sizeOf(redis))?.[1]);
  if (shards === 1) return;
  const found = Number.isNaN(shards) ? 'of a number of shards that it does not say' : `of ${shards} shards`;
  throw new QueueRefused(
    `REDIS_URL leads to a Redis Cluster ${found}, and the queue needs all of its keys in one place: use a Redis ` +
      'without cluster mode, or with one shard; or leave REDIS_URL out, and the queue lives in PostgreSQL',
  );
}

/** Whoever may not ask gets what a cluster without an answer gets. */
const sizeOf = async (redis: Redis): Promise<string> => {
  try {
    return String(await redis.cluster('INFO'));
  } catch {
    return '';
  }
};
