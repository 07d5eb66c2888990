import { keepTrying } from '../keep-trying.ts';
import type { Logger } from '../ports/logger.ts';
import type { Schedule } from '../ports/schedule.ts';
import type { WorkQueue } from './open-queue.ts';
import { queueWords } from './queue-words.ts';
import type { RunningWorker } from './worker.ts';

const RETRY_MS = 5_000;

/** A queue that may not be there yet. Until it is, adds reject and the sweep does without. */
export interface EventualQueue extends Schedule {
  readonly first: Promise<void>;
  readonly opened: Promise<WorkQueue>;
  /** As the queue's own; rejects until it is there. */
  longestWaitMs(now: Date): Promise<number>;
  close(): Promise<void>;
}

/** Opens the queue, again and again until it is there: endings must not wait for it, and so the start does not either. */
export function reconnectingQueue(open: () => Promise<WorkQueue>, logger: Logger): EventualQueue {
  let queue: WorkQueue | undefined;
  const trying = keepTrying(open, RETRY_MS, (error) =>
    logger.error(
      { why: queueWords(error) },
      'the queue cannot be opened; the sweep ends what is due, and it is tried again',
    ),
  );
  const opened = trying.done.then((there) => {
    queue = there;
    return there;
  });
  const there = (): WorkQueue => {
    if (queue === undefined) throw new Error('the queue is not there yet');
    return queue;
  };
  return {
    first: trying.first,
    opened,
    add: async (work, now) => there().add(work, now),
    longestWaitMs: async (now) => there().longestWaitMs(now),
    close: async () => {
      trying.stop();
      await queue?.close();
    },
  };
}

/** The worker of a queue that may come later. Pausing and resuming before that is remembered. */
export function reconnectingWorker(
  queue: Promise<WorkQueue>,
  start: (queue: WorkQueue) => Promise<RunningWorker>,
  logger: Logger,
): RunningWorker {
  let worker: RunningWorker | undefined;
  let resumed = false;
  let stopped = false;
  const begin = async (): Promise<void> => {
    const begun = await start(await queue);
    if (stopped) return begun.stop();
    worker = begun;
    if (resumed) await worker.resume();
  };
  const trying = keepTrying(begin, RETRY_MS, (error) =>
    logger.error(
      { why: queueWords(error) },
      'the worker cannot be started; the sweep ends what is due, and it is tried again',
    ),
  );
  return {
    pause: async () => {
      resumed = false;
      await worker?.pause();
    },
    resume: async () => {
      resumed = true;
      await worker?.resume();
    },
    stop: async (graceMs) => {
      stopped = true;
      trying.stop();
      await worker?.stop(graceMs);
    },
  };
}
