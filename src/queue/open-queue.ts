import type { JobsOptions } from 'bullmq';
import { within } from '../bounded.ts';
import type { Work } from '../core/request/work.ts';
import type { Logger } from '../ports/logger.ts';
import type { Schedule } from '../ports/schedule.ts';
import type { Session } from '../postgres/session.ts';
import { throttled } from '../throttled-log.ts';
import { type Backend, type BackendSettings, type JobQueue, openBackend } from './backend.ts';
import { delayMs, HANDLING, isFar, jobId, LANES, type Lane, toContent } from './job.ts';
import { Load } from './load.ts';
import { longestWaitMs } from './longest-wait.ts';
import { queueWords } from './queue-words.ts';

/** An add that the queue did not take by then is given up: nobody waits longer for a dead queue. */
const ADD_MS = 2_000;
/** The same for what is asked of it. */
const ASK_MS = 2_000;
const OPEN_MS = 10_000;
const CLOSE_MS = 3_000;
/** From so many on, one `addBulk` is faster than as many adds; on PostgreSQL one of a few takes longer. */
const BULK = 12;
/** BullMQ takes jobs without a priority first. https://docs.bullmq.io/guide/jobs/prioritized */
const PATIENT_PRIORITY = 10;
/** Adds that may still be waiting for a queue that does not answer; more are turned away at once. */
const UNANSWERED_MAX = 64;
const ERROR_EVERY_MS = 30_000;

/** The open queue: producers add through it, and workers are started on its backend. */
export interface WorkQueue extends Schedule {
  readonly backend: Backend;
  /** Of the worker that runs on it in this process. */
  readonly load: Load;
  /** As `longestWaitMs`, over both lanes; `now` is the store's clock. */
  longestWaitMs(now: Date): Promise<number>;
  close(): Promise<void>;
}

/**
 * Opens the queue that the settings choose. A Redis that does not answer is no reason to reject: adds reject meanwhile,
 * and the sweep does without. One that no queue can live on is: `QueueRefused` says why. On PostgreSQL it rejects when the
 * schema is missing or the role may not use it.
 */
export async function openQueue({
  logger,
  ...settings
}: BackendSettings & { readonly logger: Logger }): Promise<WorkQueue> {
  // Jobs carry ids alone: what is wrong here is said, and keeps no ending waiting.
  const onSession = throttled<Session>(ERROR_EVERY_MS, ({ problems }) =>
    logger.warn({ problems }, 'a database session of the queue is not as it must be'),
  );
  const backend = await openBackend({
    ...settings,
    onSession: (found) => found.problems.length > 0 && onSession(found),
  });
  const onError = throttled<Error>(ERROR_EVERY_MS, (error, unsaid) =>
    logger.warn(
      { backend: backend.kind, why: queueWords(error), unsaid },
      'the queue does not answer; the sweep does without it',
    ),
  );
  const queues: Readonly<Record<Lane, JobQueue>> = {
    access: backend.queue('access', { onError }),
    chat: backend.queue('chat', { onError }),
  };
  const close = async (): Promise<void> => {
    await Promise.all(LANES.map((lane) => closeQueue(queues[lane], backend)));
  };
  if (backend.kind === 'postgres') {
    try {
      await within(OPEN_MS, 'the queue', Promise.all(LANES.map((lane) => queues[lane].waitUntilReady())));
    } catch (error) {
      await close();
      throw error;
    }
  }
  const lanes = { access: adder(queues.access), chat: adder(queues.chat) };
  const load = new Load();
  // The sweep adds it, as it does all that the queue does not hold.
  const isLeft = ({ patient }: Work): boolean => patient === true && load.isPressed();
  return {
    backend,
    load,
    add: async (work, now) => {
      // Access first, and by itself: commits of the chat's jobs beside it would only make it later.
      for (const lane of LANES) {
        const mine = work.filter((one) => HANDLING[one.name].lane === lane && !isFar(one, now) && !isLeft(one));
        if (mine.length === 0) continue;
        await lanes[lane](mine, now);
        backend.wake();
      }
    },
    longestWaitMs: (now) => within(ASK_MS, 'the queue', longestWaitMs(Object.values(queues), now)),
    close,
  };
}

function adder(queue: JobQueue): (work: readonly Work[], now: Date) => Promise<void> {
  let unanswered = 0;
  return async (work, now) => {
    if (unanswered >= UNANSWERED_MAX) throw new Error('the queue has not answered for a while');
    unanswered += 1;
    const jobs = work.map((one) => ({ name: one.name, data: toContent(one), opts: optionsOf(one, now) }));
    const adding =
      jobs.length < BULK
        ? Promise.all(jobs.map(({ name, data, opts }) => queue.add(name, data, opts)))
        : queue.addBulk(jobs);
    const added = adding.finally(() => {
      unanswered -= 1;
    });
    try {
      await within(ADD_MS, 'the queue', added);
    } catch (error) {
      throw new Error(queueWords(error), { cause: error });
    }
  };
}

function optionsOf(work: Work, now: Date): JobsOptions {
  return {
    jobId: jobId(work),
    delay: delayMs(work, now),
    // BullMQ counts a delay from this instant, by the clocks of the processes. The earlier of ours and the store's:
    // a clock that is wrong can make a job come early, and then the worker puts it off by the store's clock.
    timestamp: Math.min(now.getTime(), Date.now()),
    attempts: HANDLING[work.name].attempts,
    backoff: { type: 'by-work' },
    // An id that still exists swallows every later add, so nothing is kept.
    removeOnComplete: true,
    removeOnFail: true,
    stackTraceLimit: 0,
    ...(work.patient ? { priority: PATIENT_PRIORITY } : {}),
  };
}

/** Closing waits for a server that may be gone; then the connection is cut. */
async function closeQueue(queue: JobQueue, backend: Backend): Promise<void> {
  try {
    await within(CLOSE_MS, 'closing the queue', queue.close());
  } catch {
    // There is nothing left to lose in a producer.
    backend.letGo();
  }
}
