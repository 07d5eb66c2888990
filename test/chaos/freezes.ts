import { frozenAgain } from '../../src/core/decide-freeze.ts';
import type { StoredEvent } from '../../src/core/events.ts';
import type { Freeze } from '../../src/core/freeze.ts';

/** A time in which nothing may be opened, with what was said of it by then. */
export interface Frozen {
  readonly freeze: Freeze;
  readonly from: Date;
  /** When it was lifted, or somebody froze once more; undefined while it lasts. */
  readonly until: Date | undefined;
}

/** Every freeze that the system stream tells of; one that somebody added to is there once more, from then on. */
export function freezesIn(events: readonly StoredEvent[]): readonly Frozen[] {
  const found: Frozen[] = [];
  let current: Frozen | undefined;
  for (const { type, at, data } of events) {
    if (type !== 'openings_frozen' && type !== 'openings_thawed') continue;
    if (current !== undefined) found.push({ ...current, until: at });
    if (type === 'openings_thawed') {
      current = undefined;
      continue;
    }
    const by = { id: String(data.by), name: String(data.name) };
    const word: Freeze = { at, by, reason: String(data.reason), all: data.all === true, lifts: [] };
    current = { freeze: current === undefined ? word : frozenAgain(current.freeze, word), from: at, until: undefined };
  }
  return current === undefined ? found : [...found, current];
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
