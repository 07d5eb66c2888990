export interface Pace {
  /** Writes per second and account, over time. */
  readonly perSecond: number;
  /** How many may go at once after a quiet spell. */
  readonly burst: number;
}

/** AWS publishes no rate; this is our own choice, low enough for an account that others write to as well. */
export const DEFAULT_PACE: Pace = { perSecond: 2, burst: 4 };

/** What endings took from the pace holds up other writes no longer than this (milliseconds). */
const OWED_MS = 10_000;

/**
 * When the next write may go, given the theoretical arrival time that the last one left (all in milliseconds of one
 * monotonic clock). The generic cell rate algorithm: one number of state, no timer.
 * @see https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
 */
export function nextSlot(
  pace: Pace,
  due: number | undefined,
  now: number,
): { readonly at: number; readonly due: number } {
  const interval = 1000 / pace.perSecond;
  const from = Math.max(due ?? now, now);
  return { at: Math.max(now, from - (pace.burst - 1) * interval), due: from + interval };
}

/**
 * Paces writes by account. An urgent one (an ending) takes its place in the count but never waits: access must not go
 * on because many others are being opened. Nor must nothing be opened any more because many others have ended: an opening
 * has minutes, and after hundreds of endings its place would be later.
 */
export class Limiter {
  readonly #due = new Map<string, number>();
  readonly #pace: Pace;

  constructor(pace: Pace) {
    this.#pace = pace;
  }

  /** Milliseconds to wait before this write. */
  reserve(account: string, now: number, urgent: boolean): number {
    const { at, due } = nextSlot(this.#pace, this.#due.get(account), now);
    const owed = Math.max(this.#due.get(account) ?? now, now + OWED_MS);
    this.#due.set(account, urgent ? Math.min(due, owed) : due);
    return urgent ? 0 : at - now;
  }
}
