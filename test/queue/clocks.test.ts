import { jest } from '@jest/globals';
import type { Work } from '../../src/core/request/work.ts';
import { openQueue, type WorkQueue } from '../../src/queue/open-queue.ts';
import { type RunningWorker, startWorker } from '../../src/queue/worker.ts';
import { aWork, keepingLogger, put, type QueueServer, queueBackends } from '../support/queues.ts';
import { until } from '../support/until.ts';

const HOUR = 3_600_000;
const realNow = Date.now.bind(Date);
/** The store's clock, right whatever this process believes. */
const storeClock = { now: async () => new Date(realNow()) };

/** From here on this process believes it is `offsetMs` later than it is. */
const turnClock = (offsetMs: number): void => {
  jest.spyOn(Date, 'now').mockImplementation(() => realNow() + offsetMs);
};

describe.each(queueBackends())('delays on %s, in a process whose clock is wrong', (_name, start) => {
  let server: QueueServer;
  let queue: WorkQueue;
  let worker: RunningWorker | undefined;
  const logger = keepingLogger();
  const ran = new Map<string, number>();
  let nextId = 0;

  beforeAll(async () => {
    server = await start();
    queue = await openQueue({ ...server.settings, logger });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await worker?.stop(100);
    worker = undefined;
  });
  afterAll(async () => {
    await queue.close();
    await server.stop();
  });

  const dueIn = (ms: number): Work => {
    nextId += 1;
    return aWork({ requestId: `C${nextId}x`, grantId: `C${nextId}x`, dueAt: new Date(realNow() + ms) });
  };
  const startRecording = async (): Promise<void> => {
    const perform = async ({ requestId }: Work) => {
      ran.set(requestId, realNow());
    };
    worker = await startWorker({ queue, perform, clock: storeClock, logger });
  };
  const expectOnTime = async (work: Work): Promise<void> => {
    await until(() => ran.has(work.requestId), 'the delayed work');
    expect(ran.get(work.requestId)).toBeGreaterThanOrEqual(work.dueAt.getTime());
  };

  it.each([
    ['ahead', HOUR],
    ['behind', -HOUR],
  ])('runs work when the store says it is due, if the process that added it is an hour %s', async (_which, offset) => {
    turnClock(offset);
    const work = dueIn(1_500);
    await put(queue, [work], await storeClock.now());
    jest.restoreAllMocks();
    await startRecording();
    await expectOnTime(work);
  });

  it.each([
    ['ahead', HOUR],
    ['behind', -HOUR],
  ])('runs work when the store says it is due, if the only process is an hour %s', async (_which, offset) => {
    turnClock(offset);
    await startRecording();
    const work = dueIn(1_500);
    await put(queue, [work], await storeClock.now());
    await expectOnTime(work);
  });

  it('puts work off that a worker an hour ahead takes too early, and runs it when it is due', async () => {
    const work = dueIn(4_000);
    await put(queue, [work], await storeClock.now());
    turnClock(HOUR);
    await startRecording();
    await expectOnTime(work);
  });
});
