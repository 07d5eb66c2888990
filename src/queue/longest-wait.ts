import type { JobQueue, QueuedJob } from './backend.ts';
import { HANDLING, type JobContent, toWork } from './job.ts';

/** As many of each list as can hide one that waits longer: a job that was put off lies before it, and is not due yet. */
const LOOKED_AT = 20;
const WAITING = ['waiting', 'prioritized', 'delayed'] as const;

/**
 * For how long the due job that waits longest has waited, in milliseconds, at the least; 0 where none waits. Of one that was tried
 * before, BullMQ keeps no instant at which it is due again, so the latest is taken that its deadline and its longest
 * pause allow. Rejects where the queue does not answer.
 */
export async function longestWaitMs(queues: readonly JobQueue[], now: Date): Promise<number> {
  const lists = await Promise.all(
    queues.flatMap((queue) => WAITING.map((list) => queue.getJobs([list], 0, LOOKED_AT - 1, true))),
  );
  return Math.max(0, ...lists.flat().map((job) => now.getTime() - dueBy(job)));
}

/** The latest instant at which this job became due or will, in milliseconds since 1970. */
function dueBy({ data, timestamp, opts, processedOn }: QueuedJob): number {
  const first = timestamp + (opts.delay ?? 0);
  const work = workOf(data);
  if (work === undefined) return first;
  const { deadlineMs, longestRetryMs } = HANDLING[work.name];
  const again = processedOn === undefined ? first : processedOn + deadlineMs + longestRetryMs;
  return Math.max(first, again, work.dueAt.getTime());
}

function workOf(data: JobContent) {
  try {
    return toWork(data);
  } catch {
    // What nobody of ours wrote waits as well.
    return undefined;
  }
}
