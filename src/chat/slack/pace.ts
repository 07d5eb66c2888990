/** A monotonic clock, in milliseconds. */
export type Monotonic = () => number;

interface Limited {
  /** Between two calls, in milliseconds. */
  intervalMs: number;
  /** The first place that nobody has taken. */
  nextAt: number;
  /** Slack said to come back no earlier. */
  blockedUntil: number;
}

/** A limit that nobody met for so long is forgotten (milliseconds). */
const FORGET_MS = 60_000;
/** How far above its usual interval a limit is stretched when Slack says no again: other processes share it. */
const STRETCH_MAX = 8;
const RELAX = 0.98;

/**
 * Keeps the calls of one process within limits that Slack has shown. Until it answers 429 nothing waits; from then on
 * calls of that name take places an interval apart, the first when Slack said. Each further 429 doubles the interval,
 * since the other processes of the app, which share the limit, cannot be seen; each success relaxes it a little.
 */
export class Pace {
  readonly #now: Monotonic;
  readonly #limited = new Map<string, Limited>();

  constructor(now: Monotonic) {
    this.#now = now;
  }

  /** Takes the next place: milliseconds until then, or undefined, and nothing taken, where that is beyond `oneMs`. */
  take(name: string, oneMs: number): number | undefined {
    const known = this.#limited.get(name);
    const now = this.#now();
    if (known === undefined) return 0;
    if (now - known.nextAt > FORGET_MS) {
      this.#limited.delete(name);
      return 0;
    }
    const at = Math.max(known.nextAt, now);
    if (at - now > oneMs) return undefined;
    known.nextAt = at + known.intervalMs;
    return at - now;
  }

  /** Must a place that was taken be given up, because Slack said no to a call before it? */
  isBlocked(name: string): boolean {
    return this.#now() < (this.#limited.get(name)?.blockedUntil ?? 0);
  }

  /** Slack turned a call away. `usualMs` is the interval that its documentation promises. */
  limited(name: string, usualMs: number, retryAfterMs: number): void {
    const now = this.#now();
    const known = this.#limited.get(name) ?? { intervalMs: usualMs / 2, nextAt: now, blockedUntil: now };
    // Calls that were under way together are turned away together: that is one lesson.
    const lesson = now >= known.blockedUntil;
    // Whatever it says: a call that is made again at once would be turned away again at once.
    const blockedUntil = Math.max(known.blockedUntil, now + retryAfterMs, now + usualMs);
    this.#limited.set(name, {
      intervalMs: lesson ? Math.min(known.intervalMs * 2, usualMs * STRETCH_MAX) : known.intervalMs,
      nextAt: lesson ? blockedUntil : Math.max(known.nextAt, blockedUntil),
      blockedUntil,
    });
  }

  /** A call went through. */
  passed(name: string, usualMs: number): void {
    const known = this.#limited.get(name);
    if (known !== undefined) known.intervalMs = Math.max(usualMs, known.intervalMs * RELAX);
  }
}
