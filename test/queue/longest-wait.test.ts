import type { Work } from '../../src/core/request/work.ts';
import { openQueue, type WorkQueue } from '../../src/queue/open-queue.ts';
import { startWorker } from '../../src/queue/worker.ts';
import { aWork, clockAhead, keepingLogger, put, type QueueServer, queueBackends } from '../support/queues.ts';
import { until } from '../support/until.ts';

const MINUTE = 60_000;
const job = (id: string, change: Partial<Work> = {}): Work => aWork({ requestId: id, grantId: id, ...change });

describe.each(queueBackends())('how long a due job has waited (D2), on %s', (_name, start) => {
  let server: QueueServer;
  let queue: WorkQueue;
  beforeAll(async () => {
    server = await start();
    queue = await openQueue({ ...server.settings, logger: keepingLogger() });
  });
  afterAll(async () => {
    await queue.close();
    await server.stop();
  });
  const waited = (inMs = 0) => queue.longestWaitMs(new Date(Date.now() + inMs));

  it('counts from the instant at which each was due, in every list, and not what is not due yet', async () => {
    const now = Date.now();
    expect(await waited()).toBe(0);
    await put(queue, [job('later', { dueAt: new Date(now + 10 * MINUTE) })]);
    expect(await waited()).toBe(0);
    // Nobody takes it out of the delayed ones: no worker runs.
    expect(await waited(12 * MINUTE)).toBeGreaterThanOrEqual(2 * MINUTE - 1_000);
    await put(queue, [job('patient', { patient: true })]);
    expect(await waited(MINUTE)).toBeGreaterThanOrEqual(MINUTE - 1_000);
    await put(queue, [job('now')]);
    expect(await waited(5 * MINUTE)).toBeGreaterThanOrEqual(5 * MINUTE - 1_000);
  });

  it('finds the one that waits longest behind many that were put off, and none once a worker did all', async () => {
    const soon = Array.from({ length: 30 }, (_, index) => job(`soon${index}`));
    await put(queue, soon);
    expect(await waited(2 * MINUTE)).toBeGreaterThanOrEqual(2 * MINUTE - 10_000);
    const done: string[] = [];
    const perform = async ({ requestId }: { readonly requestId: string }) => {
      if (requestId === 'soon0' && !done.includes(requestId)) {
        done.push(requestId);
        throw new Error('once more, please');
      }
      done.push(requestId);
    };
    const worker = await startWorker({ queue, perform, clock: clockAhead(0), logger: keepingLogger() });
    try {
      await until(() => new Set(done).size === 32, 'the first attempts');
      // One that was tried a moment ago and waits for its next turn has not waited since it was added.
      expect(await waited(MINUTE)).toBeLessThan(MINUTE);
      await until(() => new Set(done).size === 32 && done.length === 33, 'all to be done');
      expect(await waited()).toBe(0);
    } finally {
      await worker.stop(0);
    }
  });

  it('rejects where the queue does not answer', async () => {
    const away = { redisUrl: 'redis://127.0.0.1:1', postgresUrl: 'postgres://nobody@127.0.0.1:1/never-used' };
    const nowhere = await openQueue({ ...away, logger: keepingLogger() });
    await expect(nowhere.longestWaitMs(new Date())).rejects.toThrow('did not answer');
    await nowhere.close();
  });
});
