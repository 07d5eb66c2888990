import { type StoredEvent, SYSTEM_STREAM } from '../../src/core/events.ts';
import { frozenAgain } from '../../src/core/request/decide-freeze.ts';
import type { Freeze } from '../../src/core/request/freeze.ts';
import { withClient } from '../support/database.ts';

/** An event with when it could be seen: a machine that stalls lets a moment pass after the time that it bears. */
export type Committed = Pick<StoredEvent, 'type' | 'at' | 'data'> & { readonly committedAt: Date };

/** A time in which nothing may be opened, with what was said of it by then. */
export interface Frozen {
  readonly freeze: Freeze;
  readonly from: Date;
  /** When everybody could see that openings are frozen. */
  readonly inForce: Date;
  /** When it was lifted, or somebody froze once more, and when everybody could see that; undefined while it lasts. */
  readonly until: Date | undefined;
  readonly gone: Date | undefined;
}

/** Every freeze that the system stream tells of; one that somebody added to is there once more, from then on. */
export function freezesIn(events: readonly Committed[]): readonly Frozen[] {
  const found: Frozen[] = [];
  let current: Frozen | undefined;
  for (const { type, at, committedAt, data } of events) {
    if (type !== 'openings_frozen' && type !== 'openings_thawed') continue;
    if (current !== undefined) found.push({ ...current, until: at, gone: committedAt });
    if (type === 'openings_thawed') {
      current = undefined;
      continue;
    }
    const by = { id: String(data.by), name: String(data.name) };
    const word: Freeze = { at, by, reason: String(data.reason), all: data.all === true, lifts: [] };
    current = {
      freeze: current === undefined ? word : frozenAgain(current.freeze, word),
      from: at,
      inForce: current?.inForce ?? committedAt,
      until: undefined,
      gone: undefined,
    };
  }
  return current === undefined ? found : [...found, current];
}

/** The events of the system stream, from a server that keeps the times of its commits. */
export const systemEvents = (adminUrl: string): Promise<readonly Committed[]> =>
  withClient(adminUrl, async (client) => {
    const { rows } = await client.query<Committed>(
      `SELECT "type", "at", "data", pg_xact_commit_timestamp(xmin) AS "committedAt"
       FROM "events" WHERE "stream" = $1 ORDER BY "seq"`,
      [SYSTEM_STREAM],
    );
    return rows;
  });

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
          ({ inForce, until }) =>
            at.getTime() > inForce.getTime() + CONCURRENT_MS && (until === undefined || at < until),
        )
      : undefined;
    return found === undefined
      ? []
      : [`${type} at ${at.toISOString()}, while openings were frozen since ${found.inForce.toISOString()}`];
  });
