import type { StoredEvent } from '../../src/core/events.ts';
import type { Freeze } from '../../src/core/freeze.ts';

/** A time in which nothing may be opened. */
export interface Frozen {
  readonly freeze: Freeze;
  /** Undefined while nobody lifted it. */
  readonly until: Date | undefined;
}

/** Every freeze that the system stream tells of. */
export function freezesIn(events: readonly StoredEvent[]): readonly Frozen[] {
  return events.flatMap((event) => {
    if (event.type !== 'openings_frozen') return [];
    const { by, name, reason, all } = event.data;
    const until = events.find(({ type, seq }) => type === 'openings_thawed' && seq > event.seq)?.at;
    const freeze = {
      at: event.at,
      by: { id: String(by), name: String(name) },
      reason: String(reason),
      all: all === true,
    };
    return [{ freeze: { ...freeze, lifts: [] }, until }];
  });
}

/**
 * A freeze locks nothing (docs/decisions/0011): what had looked before it was committed may be recorded a moment later, and
 * is asked again before anything is written to a cloud.
 */
export const CONCURRENT_MS = 1_000;
const OPENING: ReadonlySet<string> = new Set([
  'approval_recorded',
  'access_planned',
  'access_opened',
  'extension_planned',
  'access_extended',
]);

/** Whatever was opened all the same: empty when all is well (B11). */
export const openedWhileFrozen = (events: readonly StoredEvent[], freezes: readonly Frozen[]): readonly string[] =>
  events.flatMap(({ type, at }) => {
    const found = OPENING.has(type)
      ? freezes.find(
          ({ freeze, until }) =>
            at.getTime() > freeze.at.getTime() + CONCURRENT_MS && (until === undefined || at < until),
        )
      : undefined;
    return found === undefined
      ? []
      : [`${type} at ${at.toISOString()}, while openings were frozen since ${found.freeze.at.toISOString()}`];
  });
