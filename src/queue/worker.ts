import { setMaxListeners } from 'node:events';
import { within } from '../bounded.ts';
import type { Work } from '../core/request/work.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import { throttled } from '../throttled-log.ts';
import type { Backend, JobWorker } from './backend.ts';
import { LANES, type Lane, toWork } from './job.ts';
import type { WorkQueue } from './open-queue.ts';
import { queueWords } from './queue-words.ts';
import { earliness, nextTryMs, runJob, Stopping } from './run-job.ts';

export interface WorkerSettings {
  readonly queue: WorkQueue;
  readonly perform: (work: Work, signal: AbortSignal) => Promise<void>;
  /** The store's clock: a job is never run before its work is due by it. */
  readonly clock: Clock;
  readonly logger: Logger;
  /** Jobs at once in this process, by lane. */
  readonly concurrency?: Readonly<Record<Lane, number>>;
  /** Takes no job until `resume`: for a copy of another installation. */
  readonly paused?: boolean;
  /** Replaces the total deadline of every work, in milliseconds. */
  readonly deadlineMs?: number;
}

export interface RunningWorker {
  /** Takes no further job; those that run go on. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Takes no further job, gives those that run `graceMs`, then aborts them: they run again elsewhere. */
  stop(graceMs?: number): Promise<void>;
}

/*
 * A killed worker's job is picked up after its lock lapsed and two checks found it so: at most 5 + 2 × 2 s, well within
 * 15 s. Shorter locks would be lost to ordinary stalls of a busy machine; that is safe too, since every work may run
 * twice, but noisy. https://docs.bullmq.io/guide/workers/stalled-jobs
 */
const LOCK_MS = 5_000;
const STALLED_CHECK_MS = 2_000;
/** BullMQ fails a job for good after this many stalls; for an ending there must be no such number. */
const STALLS_MAX = 1_000_000_000;
/** How long an idle worker waits before it looks by itself, and a failed look-up before the next. */
const IDLE_SECONDS = 2;
const RECONNECT_MS = 1_000;
const CONCURRENCY: Readonly<Record<Lane, number>> = { access: 24, chat: 8 };
const STOP_MS = 10_000;
const CUT_MS = 2_000;
const ERROR_EVERY_MS = 30_000;

/**
 * Runs jobs of both lanes until stopped. Every job may run twice, in two processes, early or late: the row is the
 * truth. A rejection is retried with growing waits; after the last attempt the job is gone, and the sweep adds the work
 * again for as long as its row wants it.
 */
export async function startWorker(settings: WorkerSettings): Promise<RunningWorker> {
  const stopping = new AbortController();
  // Each job that runs listens, and Node would take more than ten for a leak.
  setMaxListeners(0, stopping.signal);
  const workers = LANES.map((lane) => startLane(lane, settings, stopping.signal));
  // A PostgreSQL backend that once failed to get ready stays so: better not to start. Redis is waited for.
  if (settings.queue.backend.kind === 'postgres') await Promise.all(workers.map((worker) => worker.waitUntilReady()));
  return {
    pause: async () => {
      await Promise.all(workers.map((worker) => worker.pause(true)));
    },
    resume: async () => {
      await Promise.all(workers.map((worker) => worker.resume()));
    },
    stop: (graceMs = STOP_MS) => stop(workers, settings.queue.backend, stopping, graceMs),
  };
}

function startLane(lane: Lane, settings: WorkerSettings, stopping: AbortSignal): JobWorker {
  const { queue, perform, clock, logger, deadlineMs, concurrency = CONCURRENCY, paused = false } = settings;
  const running = { perform, earlyMs: earliness(clock), deadlineMs, stopping, putOff: queue.backend.putOff };
  return queue.backend.worker(
    lane,
    (job, token) => queue.load.count(lane, concurrency[lane], () => runJob(running, job, token)),
    {
      concurrency: concurrency[lane],
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: STALLS_MAX,
      drainDelay: IDLE_SECONDS,
      runRetryDelay: RECONNECT_MS,
      autorun: !paused,
      settings: {
        backoffStrategy: (made, _strategy, error, job) => nextTryMs(toWork(job?.data).name, made, error),
      },
    },
    {
      onError: throttled<Error>(ERROR_EVERY_MS, (error, unsaid) =>
        logger.warn({ lane, why: queueWords(error), unsaid }, 'the queue had a problem; the sweep does without it'),
      ),
      onFailed: (job, error) =>
        logger.info({ job: job?.id, attempts: job?.attemptsMade, why: String(error) }, 'a job did not succeed'),
    },
  );
}

async function stop(
  workers: readonly JobWorker[],
  backend: Backend,
  stopping: AbortController,
  graceMs: number,
): Promise<void> {
  const closed = Promise.all(workers.map((worker) => worker.close()));
  try {
    await within(graceMs, 'running work', closed);
  } catch {
    stopping.abort(new Stopping('this process is stopping'));
    try {
      await within(CUT_MS, 'aborted work', closed);
    } catch {
      // The server is gone too: nothing more can be said to it, and its locks lapse by themselves.
      backend.letGo();
      await within(CUT_MS, 'cut connections', closed).catch(() => undefined);
    }
  }
}
