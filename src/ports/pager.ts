/** Something that a person must look at now, one round of it. */
export interface Page {
  /** Names the trouble, the same in every round: `<installation id>/<request id>`, or `<installation id>/cloud-sweep`. */
  readonly key: string;
  /** Counts from 1. Sending one round twice must not page twice. */
  readonly round: number;
  /** One line: what happened, and where. */
  readonly summary: string;
  /** What to know besides, a line each. No secret. */
  readonly details: readonly string[];
  /** What a human can run by hand to end it, whole lines of a shell; none where there is no such command. */
  readonly commands: readonly string[];
  /** When it began, by the store's clock. */
  readonly at: Date;
}

/**
 * A way to wake somebody outside the chat. Each call may be repeated, rejects with `Failure` when it should be tried
 * again, and stops at its signal.
 */
export interface Pager {
  /** Of `A-Z a-z 0-9 -`, and its own. */
  readonly name: string;
  page(page: Page, signal: AbortSignal): Promise<void>;
  /**
   * It is over: all rounds up to the newest are resolved. Where each takes a call of its own, `resolved` hears how far it
   * came, again and again: whoever is cut off goes on from there.
   */
  resolve(over: Over, signal: AbortSignal, resolved: (upTo: number) => void): Promise<void>;
}

/** Rounds that are over. */
export interface Over {
  /** As in their pages. */
  readonly key: string;
  /** The newest. */
  readonly round: number;
  /** Up to this one all are resolved already; 0 at first. */
  readonly after: number;
}

/** By name of a pager: the round up to which it has resolved all. */
export type Resolved = Readonly<Record<string, number>>;

/** What came of calling off: which pagers are asked again, and how far each came. */
export interface CalledOff {
  readonly again: readonly string[];
  readonly resolved: Resolved;
}

/** What came of calling several: ids of people, and pagers as `pager:<name>`. */
export interface Called {
  readonly reached: readonly string[];
  readonly missed: readonly string[];
  /** The part of `missed` that another try may reach. */
  readonly again: readonly string[];
}

/** Something to page about that is no request: the cloud holds what nobody can explain. */
export interface Trouble {
  /** Short and stable, such as `cloud-sweep`: its rounds are counted by it. */
  readonly key: string;
  readonly summary: string;
  readonly details: readonly string[];
  readonly commands?: readonly string[] | undefined;
}

/** A round of a trouble that is to be made, or to be finished. */
export interface TroubleRound {
  readonly round: number;
  readonly at: Date;
  /** Whom and what it has reached so far. */
  readonly reached: readonly string[];
}

/** Rounds of paging about troubles, in the same database as the requests. */
export interface TroubleMemory {
  /**
   * Begins a round: the next one if the last began at least `everySeconds` ago, else the last one again while it has
   * reached nobody. Undefined when nothing is due. Two processes that ask at once are given one round. `once`: a next
   * one begins only when the trouble was over meanwhile.
   */
  begin(key: string, everySeconds: number | 'once'): Promise<TroubleRound | undefined>;
  /**
   * Begins a round that lasts until it is over; the same one again when it has reached nobody for `retrySeconds`.
   * Undefined when nothing is due. No pager hears of it, so none is told that it is over.
   */
  beginOnce(key: string, retrySeconds: number): Promise<(TroubleRound & { readonly isNew: boolean }) | undefined>;
  /** Has a trouble of this name begun and is not over? */
  isOn(key: string): Promise<boolean>;
  reached(key: string, round: number, names: readonly string[]): Promise<void>;
  /** The newest round of a trouble that was not over yet, which it is from now on; undefined when there is none. */
  over(key: string): Promise<number | undefined>;
  /** Troubles that are over, of which some pager has not heard so. */
  unresolved(): Promise<readonly { readonly key: string; readonly round: number; readonly resolved: Resolved }[]>;
  /** How far the pagers came; `whole` when none is to be asked again. */
  resolved(key: string, round: number, came: { readonly resolved: Resolved; readonly whole: boolean }): Promise<void>;
}
