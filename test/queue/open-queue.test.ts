import { openQueue, type WorkQueue } from '../../src/queue/open-queue.ts';
import { startWorker } from '../../src/queue/worker.ts';
import { aWork, clockAhead, keepingLogger, put } from '../support/queues.ts';
import { type RedisServer, redisBinary, startRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

const binary = redisBinary();
/** Many times what an add may take: only what would wait for ever takes longer, on however busy a machine. */
const BOUND_MS = 20_000;
const UNUSED = 'postgres://nobody@127.0.0.1:1/never-used';

const elapsed = async (run: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await run();
  return performance.now() - began;
};

describe('a queue that is not there', () => {
  it('does not open on a PostgreSQL that does not answer, and says so', async () => {
    const opening = openQueue({ postgresUrl: UNUSED, logger: keepingLogger() });
    await expect(opening).rejects.toThrow('ECONNREFUSED');
  });

  it('opens on a Redis that does not answer, rejects what is added, and closes', async () => {
    const logger = keepingLogger();
    const queue = await openQueue({ redisUrl: 'redis://127.0.0.1:1', postgresUrl: UNUSED, logger });
    const took = await elapsed(() => expect(queue.add([aWork()], new Date())).rejects.toThrow('did not answer'));
    expect(took).toBeLessThan(BOUND_MS);
    await queue.close();
    expect(logger.lines.length).toBeGreaterThan(0);
    expect(logger.lines.length).toBeLessThan(3);
  });

  it('turns work away at once when much of it is waiting for an answer already', async () => {
    const queue = await openQueue({ redisUrl: 'redis://127.0.0.1:1', postgresUrl: UNUSED, logger: keepingLogger() });
    const adds = await Promise.allSettled(Array.from({ length: 100 }, () => queue.add([aWork()], new Date())));
    const turnedAway = adds.filter((add) => add.status === 'rejected' && String(add.reason).includes('for a while'));
    expect(turnedAway).toHaveLength(100 - 64);
    await queue.close();
  });
});

(binary === undefined ? describe.skip : describe)('a Redis that goes away and comes back', () => {
  let redis: RedisServer;
  let queue: WorkQueue;
  const logger = keepingLogger();

  beforeAll(async () => {
    redis = await startRedis(binary ?? '');
    queue = await openQueue({ redisUrl: redis.url, postgresUrl: UNUSED, logger });
  });
  afterAll(async () => {
    await queue.close();
    await redis.stop();
  });

  it('rejects what is added while it is gone, and takes and runs work once it is back', async () => {
    const done: string[] = [];
    const perform = async ({ requestId }: { requestId: string }) => {
      done.push(requestId);
    };
    const worker = await startWorker({ queue, perform, clock: clockAhead(), logger });
    await put(queue, [aWork({ requestId: 'before', grantId: undefined })]);
    await until(() => done.includes('before'), 'work before');

    await redis.kill();
    const took = await elapsed(() => expect(queue.add([aWork()], new Date())).rejects.toThrow());
    expect(took).toBeLessThan(BOUND_MS);

    await redis.start();
    await until(async () => {
      await queue.add([aWork({ requestId: 'after', grantId: undefined })], new Date()).catch(() => undefined);
      return done.includes('after');
    }, 'work after');
    await worker.stop();
  });

  it('stops a worker and closes in bounded time while it is gone', async () => {
    const other = await openQueue({ redisUrl: redis.url, postgresUrl: UNUSED, logger });
    const worker = await startWorker({ queue: other, perform: async () => undefined, clock: clockAhead(), logger });
    await put(other, [aWork({ requestId: 'once' })]);
    await redis.kill();
    const took = await elapsed(async () => {
      await worker.stop(500);
      await other.close();
    });
    expect(took).toBeLessThan(2 * BOUND_MS);
    await redis.start();
  });
});
