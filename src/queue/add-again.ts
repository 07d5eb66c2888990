import { within } from '../bounded.ts';
import { workFor } from '../core/request/work.ts';
import type { Logger } from '../ports/logger.ts';
import type { Schedule } from '../ports/schedule.ts';
import type { Store } from '../ports/store.ts';

export interface AddingAgain {
  readonly store: Pick<Store, 'clock' | 'find'>;
  readonly schedule: Schedule;
  readonly logger: Logger;
}

/** A queue whose lost adds are made good by this process. */
export interface LastingSchedule extends Required<Schedule> {
  /** Resolves when nothing is lost any more, to true, or after `ms`, to false: for a process that is about to end. */
  settled(ms: number): Promise<boolean>;
  /** Nothing is added again from here on; what was lost is the sweep's. */
  stop(): Promise<void>;
}

const FIRST_MS = 1_000;
const DOUBLINGS_MAX = 5;
/** By then a sweep has derived everything anew. */
const SWEEP_MS = 60_000;
/** Requests that are remembered; those beyond them are left to the sweep. */
const REMEMBERED_MAX = 1_000;
/** A queue that rejects so many rows one after the other is not asked about the rest, this time. */
const REJECTIONS_MAX = 3;
const STOP_MS = 3_000;
const POLL_MS = 50;

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * What the queue did not take after a commit is derived from its row as it is then, and added after 1, 2, 4 … s, until the
 * queue takes it or a sweep must have done so. Only ids are remembered, never jobs. As soon as the queue takes anything
 * else, it is tried at once.
 */
export function addingAgain({ store, schedule, logger }: AddingAgain): LastingSchedule {
  /** Request id to when it was lost, by this process's own clock. */
  const lost = new Map<string, number>();
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<void> | undefined;
  let stopped = false;

  const addRow = async (requestId: string): Promise<void> => {
    const row = await store.find(requestId);
    if (row === undefined) return;
    const now = await store.clock.now();
    const work = workFor(row, now);
    if (work.length > 0) await schedule.add(work, now);
  };

  const round = async (): Promise<void> => {
    let [added, rejections] = [0, 0];
    for (const [requestId, lostAt] of [...lost]) {
      if (stopped || rejections === REJECTIONS_MAX) break;
      // Lost once more while it is being added, it is remembered anew.
      lost.delete(requestId);
      if (performance.now() - lostAt > SWEEP_MS) continue;
      try {
        await addRow(requestId);
        added += 1;
        rejections = 0;
      } catch {
        rejections += 1;
        // At the end, so that one which the queue will not take costs the others nothing.
        if (!lost.has(requestId)) lost.set(requestId, lostAt);
      }
    }
    if (added > 0) logger.info({ requests: added }, 'what the queue had not taken was added again');
    failures = rejections === 0 ? 0 : Math.min(failures + 1, DOUBLINGS_MAX);
  };

  const plan = (ms: number): void => {
    if (stopped || current !== undefined || lost.size === 0) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      current = round().finally(() => {
        current = undefined;
        plan(FIRST_MS * 2 ** failures);
      });
    }, ms);
  };

  return {
    add: async (work, now) => {
      await schedule.add(work, now);
      if (lost.size > 0) plan(0);
    },
    addAgain: (requestId) => {
      if (lost.size >= REMEMBERED_MAX && !lost.has(requestId)) return;
      lost.set(requestId, performance.now());
      if (timer === undefined) plan(FIRST_MS * 2 ** failures);
    },
    settled: async (ms) => {
      const until = performance.now() + ms;
      while ((lost.size > 0 || current !== undefined) && performance.now() < until) await wait(POLL_MS);
      return lost.size === 0 && current === undefined;
    },
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      lost.clear();
      if (current !== undefined) await within(STOP_MS, 'adding again', current).catch(() => undefined);
    },
  };
}
