import { globMatches } from './glob.ts';
import type { World } from './world.ts';

/**
 * What a dial does to a request. `fail_*` answers 5xx, `drop_*` cuts the connection, `hold_*` waits for a release; `before`
 * and `after` are before and after the work was done.
 */
export type DialKind =
  | 'throttle'
  | 'delay'
  | 'fail_before'
  | 'fail_after'
  | 'drop_before'
  | 'drop_after'
  | 'hold_before'
  | 'hold_after';

/** Which requests a dial is for, and how many of them (1 unless told). */
export interface Dial {
  readonly kind: DialKind;
  /** An action such as `CreateRole`; `*` is any run of characters. */
  readonly action: string;
  readonly times?: number;
  /** The delay in milliseconds, for `delay`. */
  readonly ms?: number;
  /** The caller's account. */
  readonly account?: string;
  /** The caller's ARN; `*` is any run of characters. */
  readonly principal?: string;
  /** Request parameters that must be exactly so, such as `{ PolicyName: '99-revoked' }`. */
  readonly where?: Readonly<Record<string, string>>;
}

/** What dials, holds and the log know of a request. */
export interface Arrival {
  readonly service: string;
  readonly action: string;
  readonly account: string;
  readonly principal: string;
  readonly params: Readonly<Record<string, string>>;
}

/** A request that waits. `side` says whether its work was done yet. */
export interface Held extends Arrival {
  readonly id: number;
  readonly side: 'before' | 'after';
}

/** `proceed`: as if it had never waited. `drop`: the connection is cut; a request held before never reached AWS. */
export type Release = 'proceed' | 'drop';

/** One request, as it ended. `outcome` is `ok`, an error code, or `dropped`. Secrets are left out. */
export interface LogEntry extends Arrival {
  readonly seq: number;
  readonly at: string;
  readonly requestId: string;
  readonly outcome: string;
  readonly status: number;
}

const LOG_LENGTH_MAX = 20_000;

/** The knobs that make this AWS slow, unwilling or unreliable, and the record of what it was asked. */
export class Dials {
  readonly #world: World;
  #dials: { readonly dial: Dial; left: number }[] = [];
  readonly #held = new Map<number, { readonly held: Held; readonly release: (how: Release) => void }>();
  #log: LogEntry[] = [];
  #nextSeq = 1;
  readonly #waiting = new Set<() => void>();
  #nextHold = 1;

  constructor(world: World) {
    this.#world = world;
  }

  /** Turns a dial. It applies to the next `times` requests that match, then no more. */
  add(dial: Dial): void {
    this.#dials.push({ dial, left: dial.times ?? 1 });
  }

  /** Takes back every dial that has requests left. Held requests stay held. */
  clear(): void {
    this.#dials = [];
  }

  /** Moves the server's clock this far from its base clock, in milliseconds. */
  setClockOffset(ms: number): void {
    this.#world.bends.clockOffsetMs = ms;
  }

  /** With `true`, no clock condition ends anything: what then still ends access is not the cloud's own date. */
  setIgnoreDates(on: boolean): void {
    this.#world.bends.ignoreDates = on;
  }

  /** Changes to roles count for sessions only after this many milliseconds. */
  setPropagation(ms: number): void {
    this.#world.bends.propagationMs = ms;
  }

  /** With `true`, a caller limited to a path is denied, not told `NoSuchEntity`, about a role that does not exist. */
  setMissingRolesAreDenied(on: boolean): void {
    this.#world.bends.missingRolesAreDenied = on;
  }

  /** A role appears in listings only this many milliseconds after it was made; reads by name find it at once. */
  setListLag(ms: number): void {
    this.#world.bends.listLagMs = ms;
  }

  /** With `true`, answers carry no date. */
  setUndated(on: boolean): void {
    this.#world.bends.undated = on;
  }

  /** The account's summary leaves these out, such as `RolesQuota`. */
  setUnsaid(names: readonly string[]): void {
    this.#world.bends.unsaid = names;
  }

  /** Requests that wait now, oldest first. */
  held(): readonly Held[] {
    return [...this.#held.values()].map(({ held }) => held);
  }

  /** Resolves with the requests that wait, as soon as there is one; with an empty list after `timeoutMs`. */
  async whenHeld(timeoutMs: number): Promise<readonly Held[]> {
    if (this.#held.size > 0) return this.held();
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#waiting.add(done);
    });
    return this.held();
  }

  /** Lets a held request go. Answers whether there was one. */
  release(id: number, how: Release = 'proceed'): boolean {
    const waiting = this.#held.get(id);
    this.#held.delete(id);
    waiting?.release(how);
    return waiting !== undefined;
  }

  /** Lets every held request go; answers how many. */
  releaseAll(how: Release = 'proceed'): number {
    return [...this.#held.keys()].filter((id) => this.release(id, how)).length;
  }

  /** Every request since entry `after`, oldest first. Of a long day only the newest thousands are kept. */
  log(after = 0): readonly LogEntry[] {
    return this.#log.filter(({ seq }) => seq > after);
  }

  /** Uses up the dials that match this request and says what they do. For the server. */
  take(arrival: Arrival): readonly Dial[] {
    const matching = this.#dials.filter(({ dial }) => matches(dial, arrival));
    for (const entry of matching) entry.left -= 1;
    this.#dials = this.#dials.filter(({ left }) => left > 0);
    return matching.map(({ dial }) => dial);
  }

  /** Waits until the request is released. For the server. */
  hold(arrival: Arrival, side: Held['side']): Promise<Release> {
    const id = this.#nextHold;
    this.#nextHold += 1;
    return new Promise((release) => {
      this.#held.set(id, { held: { ...arrival, id, side }, release });
      for (const wake of this.#waiting) wake();
    });
  }

  /** Writes a request down. For the server. */
  record(entry: Omit<LogEntry, 'seq' | 'at'>): void {
    this.#log.push({ ...entry, seq: this.#nextSeq, at: this.#world.now().toISOString() });
    this.#nextSeq += 1;
    if (this.#log.length > LOG_LENGTH_MAX) this.#log = this.#log.slice(-LOG_LENGTH_MAX / 2);
  }
}

function matches(dial: Dial, arrival: Arrival): boolean {
  const like = (pattern: string | undefined, text: string) =>
    pattern === undefined || globMatches(pattern, text, { ignoreCase: false });
  return (
    like(dial.action, arrival.action) &&
    like(dial.account, arrival.account) &&
    like(dial.principal, arrival.principal) &&
    Object.entries(dial.where ?? {}).every(([name, value]) => arrival.params[name] === value)
  );
}
