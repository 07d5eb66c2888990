import { once } from 'node:events';
import type { Work } from '../../src/core/request/work.ts';
import { openBackend } from '../../src/queue/backend.ts';
import { openQueue, type WorkQueue } from '../../src/queue/open-queue.ts';
import { type RunningWorker, startWorker, type WorkerSettings } from '../../src/queue/worker.ts';
import { aWork, clockAhead, keepingLogger, put, type QueueServer, queueBackends } from '../support/queues.ts';
import { until } from '../support/until.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const inMs = (ms: number): Date => new Date(Date.now() + ms);

describe.each(queueBackends())('jobs on %s', (_name, start) => {
  let server: QueueServer;
  let queue: WorkQueue;
  let worker: RunningWorker | undefined;
  let nextId = 0;
  const logger = keepingLogger();

  beforeAll(async () => {
    server = await start();
    queue = await openQueue({ ...server.settings, logger });
  });
  afterEach(async () => {
    await worker?.stop(100);
    worker = undefined;
  });
  afterAll(async () => {
    await queue.close();
    await server.stop();
  });

  const fresh = (change: Partial<Work> = {}): Work => {
    nextId += 1;
    const requestId = `R${nextId}x`;
    return aWork({ requestId, grantId: requestId, ...change });
  };
  const work = async (perform: WorkerSettings['perform'], more: Partial<WorkerSettings> = {}): Promise<void> => {
    worker = await startWorker({ queue, perform, clock: clockAhead(), logger, ...more });
  };

  it('makes one job of the same work added twice, and performs it as it was written', async () => {
    const twice = fresh({ name: 'verify_sessions' });
    const last = fresh();
    const seen: Work[] = [];
    await put(queue, [twice]);
    await put(queue, [twice, last]);
    await work(async (one) => {
      seen.push(one);
    });
    await until(() => seen.some(({ requestId }) => requestId === last.requestId), 'the last work');
    await worker?.stop();
    expect(seen.filter(({ requestId }) => requestId === twice.requestId)).toEqual([twice]);
  });

  it('runs an early end although the delayed end of the same grant still waits', async () => {
    const later = fresh({ name: 'revoke', dueAt: inMs(HOUR) });
    const early = { ...later, dueAt: new Date(), generation: String(Date.now()) };
    const seen: string[] = [];
    await put(queue, [later]);
    await put(queue, [early]);
    await work(async ({ requestId, generation }) => {
      if (requestId === later.requestId) seen.push(generation);
    });
    await until(() => seen.length > 0, 'the early end');
    await worker?.stop();
    expect(seen).toEqual([early.generation]);
  });

  it('frees the id of a job that succeeded', async () => {
    const again = fresh();
    let runs = 0;
    await work(async ({ requestId }) => {
      if (requestId === again.requestId) runs += 1;
    });
    await put(queue, [again]);
    await until(() => runs >= 1, 'the first run');
    await until(async () => {
      await put(queue, [again]);
      return runs >= 2;
    }, 'a second run of the same id');
  });

  it('tries a failed work again, and lets go of its id after the last attempt', async () => {
    const failing = fresh({ name: 'delete_tombstone' });
    let runs = 0;
    await work(async ({ requestId }) => {
      // What the test before left on the queue succeeds here.
      if (requestId !== failing.requestId) return;
      runs += 1;
      throw new Error('the cloud said no');
    });
    await put(queue, [failing]);
    await until(() => runs >= 5, 'all attempts to delete a tombstone');
    expect(runs).toBe(5);
    await until(async () => {
      await put(queue, [failing]);
      return runs > 5;
    }, 'the same work as a new job');
  });

  it.each([
    ['a NUL', 'channel_not_found\u0000'],
    ['half of a surrogate pair', 'broken \uD83D here'],
  ])('tries again what failed with %s in the words of its error', async (_what, words) => {
    const one = fresh({ name: 'verify_sessions' });
    let tries = 0;
    await put(queue, [one]);
    await work(async ({ requestId }) => {
      if (requestId !== one.requestId) return;
      tries += 1;
      if (tries === 1) throw new Error(words);
    });
    await until(() => tries === 2, 'the second try');
    // Kept as a failure, and not run again only because a job that nobody could note as failed looks stalled.
    const failed = ({ message, fields }: (typeof logger.lines)[number]) =>
      message === 'a job did not succeed' && JSON.stringify(fields).includes(one.requestId);
    await until(() => logger.lines.some(failed), 'the first try to be kept as a failure');
  });

  it('frees the id and the place of work that hangs, although it ignores its signal', async () => {
    const hanging = fresh({ name: 'revoke' });
    const signals: AbortSignal[] = [];
    await work(
      async ({ requestId }, signal) => {
        if (requestId !== hanging.requestId) return;
        signals.push(signal);
        await new Promise(() => undefined);
      },
      { deadlineMs: 200, concurrency: { access: 1, chat: 1 } },
    );
    await put(queue, [hanging]);
    await until(() => signals.length >= 3, 'the hung work to be tried again in its only place');
    expect(signals[0]?.aborted).toBe(true);
    expect(String(signals[0]?.reason)).toContain('revoke took more than 200 ms');
  });

  it('does not let a backlog of hung chat work delay an ending', async () => {
    const backlog = Array.from({ length: 60 }, () => fresh({ name: 'post', grantId: undefined }));
    const ending = fresh({ name: 'expire', grantId: undefined });
    const done: string[] = [];
    let posts = 0;
    await work(async (one, signal) => {
      if (one.name === 'post') {
        posts += 1;
        await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      }
      done.push(one.name);
    });
    await put(queue, backlog);
    await until(() => posts > 0, 'the chat to be busy');
    await put(queue, [ending]);
    await until(() => done.includes('expire'), 'the ending');
    expect(posts).toBeLessThan(backlog.length);
  });

  it('does what somebody waits for before a whole page of what only tells of what is over', async () => {
    const told = Array.from({ length: 20 }, () => fresh({ name: 'draw', grantId: undefined, patient: true }));
    const waited = fresh({ name: 'draw', grantId: undefined, patient: false });
    const ids = new Set([...told, waited].map(({ requestId }) => requestId));
    const seen: string[] = [];
    await put(queue, told);
    await put(queue, [waited]);
    await work(
      async ({ requestId }) => {
        if (ids.has(requestId)) seen.push(requestId);
      },
      { concurrency: { access: 1, chat: 1 } },
    );
    await until(() => new Set(seen).size === ids.size, 'all of it');
    expect(seen[0]).toBe(waited.requestId);
  });

  it('takes no more of what only tells of what is over while endings fill every place, and all else', async () => {
    const places = { access: 2, chat: 3 };
    const letGo = new AbortController();
    const busy = [fresh(), fresh(), ...[1, 2].map(() => fresh({ name: 'draw', grantId: undefined }))];
    const over = fresh({ name: 'post', grantId: undefined, patient: true });
    const red = fresh({ name: 'post', grantId: undefined, patient: false });
    const begun: string[] = [];
    await work(
      async ({ requestId }) => {
        begun.push(requestId);
        if (busy.some((one) => one.requestId === requestId)) await once(letGo.signal, 'abort');
      },
      { concurrency: places },
    );
    await put(queue, busy);
    await until(() => busy.every((one) => begun.includes(one.requestId)), 'every place to be taken');
    expect(queue.load.isPressed()).toBe(true);
    await put(queue, [over, red]);
    await until(() => begun.includes(red.requestId), 'what somebody waits for');
    expect(begun).not.toContain(over.requestId);
    letGo.abort();
    await until(() => !queue.load.isPressed(), 'the endings to be done');
    // As the sweep does.
    await put(queue, [over]);
    await until(() => begun.includes(over.requestId), 'what was left');
  });

  it('hands work that runs at a stop to the next worker at once', async () => {
    const unfinished = fresh();
    const taken: string[] = [];
    await work(async ({ requestId }) => {
      taken.push(requestId);
      await new Promise(() => undefined);
    });
    await put(queue, [unfinished]);
    await until(() => taken.includes(unfinished.requestId), 'the work to begin');
    await worker?.stop(100);
    const finished: string[] = [];
    await work(async ({ requestId }) => {
      finished.push(requestId);
    });
    await until(() => finished.includes(unfinished.requestId), 'the next worker');
  });

  it('takes no job while it is paused, and takes them again after', async () => {
    const elsewhere: string[] = [];
    const here: string[] = [];
    const noting =
      (list: string[]) =>
      async ({ requestId }: Work) => {
        list.push(requestId);
      };
    await work(noting(here), { paused: true });
    const other = await startWorker({ queue, perform: noting(elsewhere), clock: clockAhead(), logger });
    const during = Array.from({ length: 20 }, () => fresh());
    await put(queue, during);
    await until(() => during.every(({ requestId }) => elsewhere.includes(requestId)), 'the worker that is not paused');
    await other.stop();
    expect(here).toEqual([]);

    await worker?.resume();
    const after = fresh();
    await put(queue, [after]);
    await until(() => here.includes(after.requestId), 'work after resuming');
  });

  it('pauses a lane whose every call is refused, and takes jobs again as soon as one was added', async () => {
    const backend = await openBackend(server.settings);
    const errors: Error[] = [];
    const done: string[] = [];
    const settings = {
      concurrency: 4,
      lockDuration: 5_000,
      stalledInterval: 2_000,
      drainDelay: 1,
      runRetryDelay: 1_000,
    };
    const waiting = fresh();
    await put(queue, [waiting]);
    await server.refuse(true);
    // A lane that has not been idle yet asks for a job, and waits for nothing before.
    const lane = backend.worker('access', async ({ data }) => void done.push(data.requestId), settings, {
      onError: (error) => errors.push(error),
    });
    await until(() => errors.length > 0, 'the first error');
    const from = performance.now();
    await until(() => errors.length >= 4, 'errors');
    // Timers never come early: the pauses were made. Without any there are thousands in the first second.
    expect(performance.now() - from).toBeGreaterThan(1_000);
    expect(errors.length).toBeLessThan(20);
    await server.refuse(false);
    // As an open queue does with each add that was taken.
    backend.wake();
    await until(() => done.includes(waiting.requestId), 'the work that waited');
    await lane.close();
  });
});
