import { setTimeout as pause } from 'node:timers/promises';
import { withDeadline } from '../../../bounded.ts';
import { Failure } from '../../../core/failure.ts';
import { failureOf, judge } from './errors.ts';

/** One request gets this long before it is tried again (milliseconds). */
const REQUEST_MS = 8_000;
/** Tries of one call. The job behind it tries again later, so these only ride over a short stumble. */
const TRIES = 5;
const PAUSE_MS = 150;
const PAUSE_MAX_MS = 4_000;

export interface Attempt {
  /** What is done, for the log: an action and an object, no secret. */
  readonly what: string;
  readonly signal: AbortSignal;
  /** Strings that no message may show. */
  readonly secrets?: readonly string[];
  /** Throws away the credentials in use; given, a call refused for them is tried once more. */
  readonly renew?: () => void;
  /** 0 to 1, for the jitter. */
  readonly random: () => number;
  /** Told of every try that is followed by another. */
  readonly again?: (wire: string, tried: number) => void;
}

/** Waits, or rejects with `PROVIDER_UNAVAILABLE` as soon as the signal says stop. */
export async function waitFor(ms: number, what: string, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw stopped(what);
  if (ms <= 0) return;
  await pause(ms, undefined, { signal }).catch(() => {
    throw stopped(what);
  });
}

const stopped = (what: string): Failure => new Failure('PROVIDER_UNAVAILABLE', `${what}: stopped at its deadline`);

/**
 * Does one call, again after throttling and stumbles, with a pause that grows and jitters. Rejects with `Failure` and
 * nothing else. Every call here may be repeated: what an unknown outcome left is seen by the next read.
 */
export async function attempt<T>(how: Attempt, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  let renewed = false;
  for (let tried = 1; ; tried += 1) {
    if (how.signal.aborted) throw stopped(how.what);
    try {
      return await call(withDeadline(REQUEST_MS, how.signal));
    } catch (error) {
      if (how.signal.aborted) throw stopped(how.what);
      if (error instanceof Failure) throw error;
      const { remedy, wire } = judge(error);
      const renewable = remedy === 'renew' && how.renew !== undefined && !renewed;
      if (!renewable && (remedy !== 'again' || tried >= TRIES)) throw failureOf(error, how.what, how.secrets);
      how.again?.(wire, tried);
      if (renewable) {
        renewed = true;
        how.renew?.();
      } else {
        await waitFor(how.random() * Math.min(PAUSE_MAX_MS, PAUSE_MS * 2 ** tried), how.what, how.signal);
      }
    }
  }
}
