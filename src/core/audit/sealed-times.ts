import type { StoredEvent } from '../events.ts';
import { CADENCE } from './checkpoint.ts';

/** A checkpoint that found a stream changed, and how long it was then. */
export interface Change {
  readonly checkpoint: number;
  readonly length: number;
}

/** Which checkpoint, and when it was made: ISO. */
export interface Placed {
  readonly number: number;
  readonly at: string;
}

/**
 * An event is sealed within this time of its own, in milliseconds, or its time is not believed: it was held back, or put
 * in later and dated back.
 */
export const SEALED_WITHIN_MS = CADENCE.changedMs;

/** How far a server's clock may be set back while it runs before that counts as lying, in milliseconds. */
const CLOCK_STEP_MS = 1_000;

/** The first checkpoint that covers each event of a stream, by the changes oldest first; undefined where none does. */
export const coveredBy = (changes: readonly Change[], seq: number): number | undefined =>
  changes.find(({ length }) => length >= seq)?.checkpoint;

/**
 * Why an event's time cannot be true, or undefined. Its floor is the checkpoint that it names, which was there before
 * it; its ceiling the first checkpoint that covers it, which cannot see what is to come; and the one before that saw
 * everything older than itself.
 * `placeOf` gives the checkpoints at hand, `newest` is the last of all.
 */
export function timeProblem(
  event: StoredEvent,
  changes: readonly Change[],
  newest: Placed | undefined,
  placeOf: (number: number) => Placed | undefined,
): string | undefined {
  if (event.checkpoint > 0) {
    const floor = placeOf(event.checkpoint);
    if (floor === undefined) return `names checkpoint ${event.checkpoint}, which is not here`;
    if (event.at.getTime() < Date.parse(floor.at) - CLOCK_STEP_MS) {
      return `is dated back: it says ${event.at.toISOString()}, and names checkpoint ${floor.number} of ${floor.at}`;
    }
  }
  const first = coveredBy(changes, event.seq);
  const covers = first === undefined ? undefined : placeOf(first);
  if (covers !== undefined && event.at.getTime() > Date.parse(covers.at) + CLOCK_STEP_MS) {
    return `is dated ahead: it says ${event.at.toISOString()}, and checkpoint ${covers.number} of ${covers.at} has seen it`;
  }
  // The first checkpoint of all takes in whatever was there before there were any.
  if (first === 1) return undefined;
  const without = first === undefined ? newest : placeOf(first - 1);
  if (without === undefined)
    return first === undefined ? undefined : `needs checkpoint ${first - 1}, which is not here`;
  if (Date.parse(without.at) <= event.at.getTime() + SEALED_WITHIN_MS) return undefined;
  return `is dated back: it says ${event.at.toISOString()}, and checkpoint ${without.number} of ${without.at} has not seen it`;
}
