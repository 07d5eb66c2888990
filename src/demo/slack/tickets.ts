import { randomBytes } from 'node:crypto';

/** How long a trigger id may be exchanged for a modal. https://docs.slack.dev/interactivity/handling-user-interaction */
export const TRIGGER_MS = 3000;
/** How long, and how often, a `response_url` works. Same source. */
export const RESPONSE_URL_MS = 30 * 60_000;
export const RESPONSE_URL_USES = 5;

/** Why Slack takes no trigger id. */
export type TriggerRefusal = 'invalid_trigger_id' | 'expired_trigger_id' | 'exchanged_trigger_id';

interface Trigger {
  readonly user: string;
  readonly at: number;
  /** The view in which the person acted, for `views.push`. */
  readonly viewId?: string;
  used: boolean;
}

/** Trigger ids: short-lived, single-use proof that a person acted just now. */
export class Triggers {
  readonly #now: () => number;
  readonly #lifeMs: number;
  readonly #known = new Map<string, Trigger>();

  constructor(now: () => number, lifeMs = TRIGGER_MS) {
    this.#now = now;
    this.#lifeMs = lifeMs;
  }

  /** A fresh trigger id for what `user` just did. */
  issue(user: string, viewId?: string): string {
    const id = `${this.#now()}.${randomBytes(4).readUInt32BE()}.${randomBytes(16).toString('hex')}`;
    this.#known.set(id, { user, at: this.#now(), used: false, ...(viewId === undefined ? {} : { viewId }) });
    return id;
  }

  /** Says whose trigger this is, or why it is none. Does not use it up. */
  look(id: string): { readonly user: string; readonly viewId?: string } | TriggerRefusal {
    const trigger = this.#known.get(id);
    if (!trigger) return 'invalid_trigger_id';
    if (trigger.used) return 'exchanged_trigger_id';
    return this.#now() - trigger.at > this.#lifeMs ? 'expired_trigger_id' : trigger;
  }

  /** Uses a trigger id up: from now on it is `exchanged_trigger_id`. */
  spend(id: string): void {
    const trigger = this.#known.get(id);
    if (trigger) trigger.used = true;
  }

  /** Dial: every trigger id given out so far is too old from now on. */
  expireAll(): void {
    for (const [id, trigger] of this.#known) this.#known.set(id, { ...trigger, at: Number.NEGATIVE_INFINITY });
  }
}

/** Where an answer through a `response_url` goes. */
export interface ReplyPlace {
  readonly user: string;
  readonly channel: string;
  /** The message that was acted on, for `replace_original` and `delete_original`. */
  readonly ts?: string;
  readonly threadTs?: string;
}

/** The `response_url`s handed out: each works five times within half an hour. */
export class ReplyUrls {
  readonly #now: () => number;
  readonly #known = new Map<string, { readonly place: ReplyPlace; readonly at: number; uses: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A fresh secret for the path of a response URL. */
  issue(place: ReplyPlace): string {
    const id = randomBytes(18).toString('hex');
    this.#known.set(id, { place, at: this.#now(), uses: 0 });
    return id;
  }

  /** Counts one use. Undefined when the URL is unknown, used up or too old, which Slack answers with 404 `used_url`. */
  use(id: string): ReplyPlace | undefined {
    const known = this.#known.get(id);
    if (!known || known.uses >= RESPONSE_URL_USES || this.#now() - known.at > RESPONSE_URL_MS) return undefined;
    known.uses += 1;
    return known.place;
  }
}
