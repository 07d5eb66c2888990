/**
 * Slack's published limits, as far as an app that posts and edits meets them: about one message per second into one
 * channel, with short bursts, and for every method a number of calls per minute by its tier.
 * @see https://docs.slack.dev/apis/web-api/rate-limits
 */
const PER_CHANNEL = { perSecond: 1, burst: 5 };
const TIERS: Readonly<Record<string, number>> = {
  'chat.update': 50,
  'chat.delete': 50,
  'conversations.open': 50,
  'conversations.replies': 50,
  'conversations.history': 50,
  'users.info': 100,
};
/** A method that is called in one go gets so many calls before its minute counts. */
const BURST_OF_TIER = 10;

/** Counts calls and says which of them Slack would turn away. */
export class Limits {
  readonly #due = new Map<string, number>();
  on = false;

  /** Whole seconds after which to come back, or undefined where the call may go on. */
  refuse(method: string, channel: string, now: number): number | undefined {
    if (!this.on) return undefined;
    if (method === 'chat.postMessage') return this.#take(`${method} ${channel}`, PER_CHANNEL, now);
    const perMinute = TIERS[method];
    if (perMinute === undefined) return undefined;
    return this.#take(method, { perSecond: perMinute / 60, burst: BURST_OF_TIER }, now);
  }

  /** The generic cell rate algorithm; a call that is turned away costs nothing. */
  #take(key: string, { perSecond, burst }: { perSecond: number; burst: number }, now: number): number | undefined {
    const interval = 1000 / perSecond;
    const from = Math.max(this.#due.get(key) ?? now, now);
    const early = from - (burst - 1) * interval - now;
    if (early > 0) return Math.ceil(early / 1000);
    this.#due.set(key, from + interval);
    return undefined;
  }
}
