import { z } from 'zod';
import { WORK_NAMES, type Work, type WorkName } from '../core/request/work.ts';

/** What is not urgent (chat, deleting tombstones) has a queue of its own, so that it never delays a grant or an ending. */
export const LANES = ['access', 'chat'] as const;
export type Lane = (typeof LANES)[number];

interface Handling {
  readonly lane: Lane;
  /** Total time of one attempt, in milliseconds; then its id is free again, whatever the call does. */
  readonly deadlineMs: number;
  /** First wait after a failed attempt, and the longest; it doubles in between. */
  readonly firstRetryMs: number;
  readonly longestRetryMs: number;
  /** Attempts of one job. Never the end of an ending: the sweep adds the work again as long as the row wants it. */
  readonly attempts: number;
  /** Work due later than this (milliseconds) is left to the sweep, which adds it when it is near: not for what ends access. */
  readonly farMs?: number;
}

const access = (longestRetryMs: number, attempts: number): Handling => ({
  lane: 'access',
  deadlineMs: 60_000,
  firstRetryMs: 500,
  longestRetryMs,
  attempts,
});
const chat: Handling = { lane: 'chat', deadlineMs: 30_000, firstRetryMs: 1_000, longestRetryMs: 60_000, attempts: 12 };

/** How each work is run. */
export const HANDLING: Readonly<Record<WorkName, Handling>> = {
  // Quickly again until `grantBy`: then the work itself fails the request and succeeds as a job.
  grant: access(5_000, 80),
  expire: access(15_000, 40),
  revoke: access(15_000, 40),
  // Another look is due in a minute, however this one ends.
  observe: access(15_000, 3),
  verify_sessions: access(15_000, 40),
  lapse: access(15_000, 40),
  warn: access(15_000, 10),
  extend: access(5_000, 80),
  lapse_extension: access(15_000, 40),
  page: chat,
  stand_down: chat,
  remind: chat,
  delete_tombstone: { ...chat, deadlineMs: 60_000, attempts: 5, farMs: 600_000 },
  invite: chat,
  draw: chat,
  post: chat,
};

const written = z.object({
  name: z.enum(WORK_NAMES),
  requestId: z.string().min(1),
  grantId: z.string().min(1).optional(),
  chat: z.string().min(1).optional(),
  dueAt: z.iso.datetime().transform((at) => new Date(at)),
  generation: z.string().min(1),
});

/** A work as a job holds it: ids and its due time, nothing to decide by. The row is the truth. */
export type JobContent = z.input<typeof written>;

export const toContent = ({ name, requestId, grantId, chat, dueAt, generation }: Work): JobContent => ({
  name,
  requestId,
  ...(grantId === undefined ? {} : { grantId }),
  ...(chat === undefined ? {} : { chat }),
  dueAt: dueAt.toISOString(),
  generation,
});

/** The work that a job holds. Rejects content that no `toContent` wrote. */
export const toWork = (content: unknown): Work => written.parse(content);

/**
 * `<work>-<chat, where it is of one>-<grant or request>-<generation>`: the same work added twice is one job, and an early end is another job than
 * the delayed one. BullMQ wants no `:` and no pure integer: https://docs.bullmq.io/guide/jobs/job-ids
 */
export const jobId = ({ name, requestId, grantId, chat, generation }: Work): string =>
  [name, ...(chat === undefined ? [] : [chat]), grantId ?? requestId, generation].join('-');

/** Wait before the next attempt: doubling, capped, and up to a half off, so that many do not come back at one instant. */
export function retryMs(name: WorkName, attemptsMade: number): number {
  const { firstRetryMs, longestRetryMs } = HANDLING[name];
  const full = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(attemptsMade - 1, 30));
  return Math.round(full * (1 - Math.random() / 2));
}

/** Is it too early to put this work on the queue? */
export const isFar = (work: Work, now: Date): boolean =>
  delayMs(work, now) > (HANDLING[work.name].farMs ?? Number.POSITIVE_INFINITY);

/** Milliseconds until the work is due; 0 when it is. */
export const delayMs = ({ dueAt }: Pick<Work, 'dueAt'>, now: Date): number =>
  Math.max(0, dueAt.getTime() - now.getTime());
