import { within } from '../bounded.ts';
import type { Broker } from '../broker/broker.ts';
import type { Logger } from '../ports/logger.ts';
import type { Store } from '../ports/store.ts';
import { throttled } from '../throttled-log.ts';
import { Stopping } from './run-job.ts';

export interface CloudSweepSettings {
  readonly store: Pick<Store, 'withLock'>;
  readonly broker: Pick<Broker, 'sweepCloud'>;
  readonly logger: Logger;
  /** From the beginning of one pass over the clouds to that of the next, whoever makes it, in milliseconds. */
  readonly everyMs?: number;
  /** How often this process looks whether anything is due, in milliseconds. */
  readonly lookMs?: number;
}

export interface CloudSweep {
  /** Does now what is due. False when it could not be done, or is being done, here or in another process. */
  pass(): Promise<boolean>;
  stop(): Promise<void>;
}

const EVERY_MS = 300_000;
/** A second look by name is due at any time, and a stopped process's pass is gone on with: so more often than passes. */
const LOOK_MS = 60_000;
/** One look holds the lock so long at most; the next goes on where it was. */
const PASS_MS = 300_000;
const STOP_MS = 5_000;
const PROBLEM_EVERY_MS = 300_000;
const LOCK = 'cloud-sweep';

/**
 * Compares the clouds with the rows, one process at a time: a timer beside the sweep's, since clouds are slow and
 * endings are not to wait for them. When a pass is due stands in the store, so more processes make no more passes.
 */
export function startCloudSweep({
  store,
  broker,
  logger,
  everyMs = EVERY_MS,
  lookMs = Math.min(LOOK_MS, everyMs),
}: CloudSweepSettings): CloudSweep {
  const stopping = new AbortController();
  const onProblem = throttled<unknown>(PROBLEM_EVERY_MS, (error, unsaid) =>
    logger.error({ why: String(error), unsaid }, 'the clouds were not compared with the rows; the next pass goes on'),
  );
  let current: Promise<boolean> | undefined;

  const look = async (): Promise<boolean> => {
    const made = await store.withLock(LOCK, 0, async (lost) => {
      const enough = AbortSignal.timeout(PASS_MS);
      try {
        // Not left before it ended: nothing of it may go on without the lock.
        await broker.sweepCloud({ everyMs, signal: AbortSignal.any([lost, stopping.signal, enough]) });
      } catch (error) {
        if (!enough.aborted) throw error;
        logger.warn({}, 'comparing the clouds with the rows takes long; it is gone on with after a pause');
      }
    });
    return made !== undefined;
  };
  const pass = async (): Promise<boolean> => {
    if (current !== undefined || stopping.signal.aborted) return false;
    current = look().catch((error: unknown) => {
      if (!stopping.signal.aborted) onProblem(error);
      return false;
    });
    const made = await current;
    current = undefined;
    return made;
  };
  const timer = setInterval(() => void pass(), lookMs);
  return {
    pass,
    stop: async () => {
      clearInterval(timer);
      stopping.abort(new Stopping('this process is stopping'));
      if (current !== undefined) await within(STOP_MS, 'the sweep of the clouds', current).catch(onProblem);
    },
  };
}
