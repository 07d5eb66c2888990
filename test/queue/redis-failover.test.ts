import { queuePrefix } from '../../src/config.ts';
import type { Work } from '../../src/core/request/work.ts';
import { openQueue, type WorkQueue } from '../../src/queue/open-queue.ts';
import { reconnectingQueue } from '../../src/queue/reconnecting-queue.ts';
import { type RunningWorker, startWorker } from '../../src/queue/worker.ts';
import { aWork, clockAhead, keepingLogger, put } from '../support/queues.ts';
import { type RedisServer, redisBinary, startRedis } from '../support/redis.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

const binary = redisBinary();
const whereRedis = binary === undefined ? describe.skip : describe;
const UNUSED = 'postgres://nobody@127.0.0.1:1/never-used';
const PREFIX = queuePrefix('0123456789abcdef');

/** A queue with a worker that notes what it did. */
async function working(redisUrl: string) {
  const logger = keepingLogger();
  const queue = await openQueue({ redisUrl, postgresUrl: UNUSED, prefix: PREFIX, logger });
  const done: string[] = [];
  const perform = async ({ requestId }: Work) => {
    done.push(requestId);
  };
  const worker = await startWorker({ queue, perform, clock: clockAhead(), logger });
  return { logger, queue, worker, done };
}

const both = (requestId: string): readonly Work[] => [
  aWork({ requestId, grantId: undefined }),
  aWork({ name: 'post', requestId, grantId: undefined }),
];

/** How often this server said so, to anybody. */
async function saidBy(redis: RedisServer, word: string): Promise<number> {
  const stats = String(await redis.ask('INFO', 'errorstats'));
  return Number(new RegExp(`errorstat_${word}:count=(\\d+)`).exec(stats)?.[1] ?? 0);
}

whereRedis('a replica that was promoted while old connections stay (E1)', () => {
  let servers: RedisServer[] = [];
  let ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.reverse()) await end();
    await Promise.all(servers.map((one) => one.stop()));
    [servers, ends] = [[], []];
  });

  it('is found by every connection: adds, pages of adds, fetches and the blocking wait', async () => {
    const [primary, replica] = await Promise.all([startRedis(binary ?? ''), startRedis(binary ?? '')]);
    servers = [primary, replica];
    await replica.ask('REPLICAOF', '127.0.0.1', String(primary.port));
    await until(
      async () => String(await replica.ask('INFO', 'replication')).includes('master_link_status:up'),
      'the replica to follow',
    );
    let name = primary.url;
    const proxy = await startTcpProxy(() => name);
    const { queue, worker, done } = await working(proxy.through(primary.url));
    // An installation's second process: it adds pages, and nothing one by one.
    const pages = await openQueue({
      redisUrl: proxy.through(primary.url),
      postgresUrl: UNUSED,
      prefix: PREFIX,
      logger: keepingLogger(),
    });
    ends = [proxy.close, () => queue.close(), () => pages.close(), () => worker.stop(100)];
    await put(queue, both('before'));
    await put(pages, [aWork({ requestId: 'paged before', grantId: undefined })]);
    await until(() => done.length === 3, 'work before');

    await replica.ask('REPLICAOF', 'NO', 'ONE');
    await primary.ask('REPLICAOF', '127.0.0.1', String(replica.port));
    name = replica.url;
    await put(queue, both('after'));
    const page = Array.from({ length: 20 }, (_one, index) => aWork({ requestId: `p${index}`, grantId: undefined }));
    await put(pages, page);
    await until(() => done.filter((one) => one === 'after').length === 2, 'work after');
    await until(() => page.every(({ requestId }) => done.includes(requestId)), 'a page of work after');
    // Each of the connections may hear it once or twice; one that stays hears it for ever.
    expect(await saidBy(primary, 'READONLY')).toBeGreaterThan(0);
    expect(await saidBy(primary, 'READONLY')).toBeLessThan(60);
  });
});

whereRedis('a Redis in cluster mode (E1)', () => {
  let [first, second]: RedisServer[] = [];
  let opened: { queue: WorkQueue; worker: RunningWorker } | undefined;
  const info = async (node: RedisServer | undefined) => String(await node?.ask('CLUSTER', 'INFO'));

  beforeAll(async () => {
    const start = () => startRedis(binary ?? '', { cluster: true });
    [first, second] = await Promise.all([start(), start()]);
    await first.ask('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await until(async () => (await info(first)).includes('cluster_state:ok'), 'the cluster of one node');
  });
  afterAll(async () => {
    await opened?.worker.stop(100);
    await opened?.queue.close();
    await Promise.all([first?.stop(), second?.stop()]);
  });

  it('of one shard is served: all keys of a queue have one slot', async () => {
    const working_ = await working(first?.url ?? '');
    opened = working_;
    const page = Array.from({ length: 20 }, (_one, index) => aWork({ requestId: `p${index}`, grantId: undefined }));
    await put(working_.queue, [...both('one'), ...page]);
    const later = aWork({ requestId: 'later', grantId: undefined, dueAt: new Date(Date.now() + 300) });
    await put(working_.queue, [later]);
    await until(() => new Set(working_.done).size === 22, 'all work');
    expect(await saidBy(first as RedisServer, 'CROSSSLOT')).toBe(0);
  });

  it('of two shards is refused in words when it is opened, at error, and tried again', async () => {
    await first?.ask('CLUSTER', 'DELSLOTSRANGE', '8192', '16383');
    await second?.ask('CLUSTER', 'ADDSLOTSRANGE', '8192', '16383');
    await first?.ask('CLUSTER', 'MEET', '127.0.0.1', String(second?.port), String(second?.busPort));
    for (const node of [first, second]) {
      await until(async () => (await info(node)).includes('cluster_size:2'), 'both nodes to know of each other');
    }
    const logger = keepingLogger();
    // Whichever of them has our slot.
    for (const node of [first, second]) {
      const opening = () => openQueue({ redisUrl: node?.url, postgresUrl: UNUSED, prefix: PREFIX, logger });
      await expect(opening()).rejects.toThrow(/leads to a Redis Cluster of 2 shards.*use a Redis without cluster mode/);
    }
    const eventual = reconnectingQueue(
      () => openQueue({ redisUrl: first?.url, postgresUrl: UNUSED, prefix: PREFIX, logger }),
      logger,
    );
    await eventual.first;
    await eventual.close();
    expect(logger.lines).toContainEqual({
      level: 'error',
      message: 'the queue cannot be opened; the sweep ends what is due, and it is tried again',
      fields: { why: expect.stringContaining('REDIS_URL leads to a Redis Cluster of 2 shards') },
    });
  });

  it('that does not say of how many shards is refused too', async () => {
    await second?.ask('ACL', 'SETUSER', 'default', '-cluster');
    const opening = openQueue({ redisUrl: second?.url, postgresUrl: UNUSED, prefix: PREFIX, logger: keepingLogger() });
    await expect(opening).rejects.toThrow(/leads to a Redis Cluster of a number of shards that it does not say/);
  });
});
