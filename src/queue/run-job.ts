import { setTimeout as wait } from 'node:timers/promises';
import { until } from '../bounded.ts';
import type { Work } from '../core/request/work.ts';
import { storableText } from '../core/storable.ts';
import type { Clock } from '../ports/clock.ts';
import { delayMs, HANDLING, type JobContent, retryMs, toWork } from './job.ts';

/** A job as its processor sees it: BullMQ's `Job`, as far as we use it. */
export interface TakenJob {
  readonly data: JobContent;
  readonly opts: { readonly delay?: number | undefined };
  moveToDelayed(timestamp: number, token?: string): Promise<void>;
}

export interface Running {
  readonly perform: (work: Work, signal: AbortSignal) => Promise<void>;
  /** How early work is by the store's clock, in milliseconds: a job is never run before its work is due by it. */
  readonly earlyMs: Earliness;
  /** Replaces the total deadline of every work, in milliseconds. */
  readonly deadlineMs?: number | undefined;
  /** Aborts when this process must let go of everything. */
  readonly stopping: AbortSignal;
  /** Makes what is thrown after the job was put back into the queue. */
  readonly putOff: () => Error;
}

export type Earliness = (work: Pick<Work, 'dueAt'>) => Promise<number>;

/** Asks the clock only for work that was not due yet when it was last asked: what was due then is due now. */
export function earliness(clock: Clock): Earliness {
  let asked: Date | undefined;
  return async (work) => {
    if (asked !== undefined && work.dueAt <= asked) return 0;
    const now = await clock.now();
    asked = now;
    return delayMs(work, now);
  };
}

/** Up to here an early job is waited for; past it, it goes back into the queue. */
const SHORT_WAIT_MS = 1_000;

/** Thrown into a work that outlived its total deadline. */
export class PastDeadline extends Error {
  override readonly name = 'PastDeadline';
}

/** Thrown into work that still runs when its process stops. */
export class Stopping extends Error {
  override readonly name = 'Stopping';
}

/**
 * One attempt of one job, which ends by its deadline even if the work ignores the signal: the attempt has failed then,
 * its id and its place are free, and whatever the work still does meets the row's rules like any late worker.
 */
export async function runJob(running: Running, job: TakenJob, token: string | undefined): Promise<void> {
  const work = toWork(job.data);
  await untilDue(running, work, job, token);
  await attempt(running, work);
}

/** One attempt at a work, with its total deadline. */
export async function attempt(running: Pick<Running, 'perform' | 'deadlineMs' | 'stopping'>, work: Work) {
  const ms = running.deadlineMs ?? HANDLING[work.name].deadlineMs;
  const { stopping } = running;
  // Of its own: a signal as old as the process remembers every other that was ever combined with it.
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(new PastDeadline(`${work.name} took more than ${ms} ms`)), ms);
  const stop = (): void => limit.abort(stopping.reason);
  if (stopping.aborted) stop();
  else stopping.addEventListener('abort', stop, { once: true });
  try {
    await until(limit.signal, running.perform(work, limit.signal));
  } catch (error) {
    throw keepable(error);
  } finally {
    clearTimeout(timer);
    stopping.removeEventListener('abort', stop);
  }
}

/** The same error in words that the queue can keep. It is changed and not wrapped: how it is tried again hangs on its class. */
function keepable(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { message, stack } = error;
  if (storableText(message) !== message) error.message = storableText(message);
  if (stack !== undefined && storableText(stack) !== stack) error.stack = storableText(stack);
  return error;
}

/** A delayed job comes by the clocks of processes, which may be wrong; its work is due by the store's. */
async function untilDue({ earlyMs, putOff, stopping }: Running, work: Work, job: TakenJob, token: string | undefined) {
  if (!job.opts.delay) return;
  const early = await earlyMs(work);
  if (early === 0) return;
  if (early <= SHORT_WAIT_MS) {
    await until(stopping, wait(early));
    return;
  }
  // By this process's own clock, which is the one that will find it due again.
  await job.moveToDelayed(Date.now() + early, token);
  throw putOff();
}

/** Wait before the next attempt, in milliseconds. Work that only its process left behind runs again at once. */
export const nextTryMs = (name: Work['name'], attemptsMade: number, error: Error | undefined): number =>
  error instanceof Stopping ? 0 : retryMs(name, attemptsMade);
