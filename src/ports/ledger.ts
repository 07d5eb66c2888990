import type { Unexplained } from '../core/audit/explain.ts';
import type { Leaf } from '../core/audit/merkle.ts';
import type { StoredEvent } from '../core/events.ts';
import type { KeptCheckpoint, LeafChange } from './checkpoints.ts';
import type { EvidenceReader } from './evidence.ts';
import type { Store } from './store.ts';

/** A stream that is not as it was sealed last: it went on, is new, or is not what it was. */
export interface MovedStream extends Leaf {
  /** How far it was sealed; undefined for a new one. */
  readonly sealed: { readonly length: number; readonly head: string } | undefined;
  /** The hash that stands now where the sealed head stood. */
  readonly standsThere: string | undefined;
}

/** A piece of a stream: the events after one number, up to another. */
export interface Span {
  readonly stream: string;
  readonly after: number;
  readonly upTo: number;
}

/** One moment of the log, as the sealer sees it: nothing moves while it looks. */
export interface LedgerView {
  /** The database's clock, read no later than anything else here was seen. */
  readonly now: Date;
  newest(): Promise<KeptCheckpoint | undefined>;
  find(number: number): Promise<KeptCheckpoint | undefined>;
  /** Every sealed head, sorted by stream, after the given one; at most `limit`. */
  sealedHeads(after: string, limit: number): Promise<readonly Leaf[]>;
  moved(): Promise<readonly MovedStream[]>;
  /** A sealed stream that has no event any more. */
  gone(): Promise<string | undefined>;
  /** What the newest look found unexplained: the first of it by stream, and how much it is in all. */
  unexplained(limit: number): Promise<{ readonly first: readonly Unexplained[]; readonly rows: number }>;
  /** The events of these pieces of streams, in order within each stream. */
  events(spans: readonly Span[]): Promise<readonly StoredEvent[]>;
  /** Records a checkpoint with the leaves that changed, and remembers them as the sealed heads. */
  save(checkpoint: KeptCheckpoint, leaves: readonly Leaf[]): Promise<void>;
}

/** How far a round over all requests came. */
export interface Round {
  /** The last stream that it looked at; empty before the first. */
  readonly after: string;
  readonly beganAt: Date;
  /** How many streams it has looked at. */
  readonly done: number;
}

/** What the sealer needs to hold rows to their events, and where it keeps what it found. */
export interface RowLedger {
  readonly evidence: EvidenceReader;
  /** Requests that are not closed, by id, after the given one; at most `limit`. */
  open(limit: number, after: string): Promise<readonly string[]>;
  /** Requests that have a sealed stream, sorted by stream, after the given stream; at most `limit`. */
  sealed(limit: number, after: string): Promise<readonly string[]>;
  /** Rows that have no event at all; at most `limit`. Looks at every row. */
  eventless(limit: number): Promise<readonly string[]>;
  round(): Promise<Round | undefined>;
  setRound(round: Round): Promise<void>;
  /** What was found before; at most `limit`. */
  found(limit: number): Promise<readonly Unexplained[]>;
  /** Puts this in the place of all that was found before. */
  setFound(found: readonly Unexplained[]): Promise<void>;
}

/** The sealer's side of the database. Every method rejects with `Failure` when it does not answer. */
export interface Ledger {
  readonly withLock: Store['withLock'];
  readonly rows: RowLedger;
  /** Why this database role may do more than a sealer should, or undefined. */
  excessPrivileges(): Promise<string | undefined>;
  /** As `Store.readBack`. */
  readBack: Store['readBack'];
  /** Looks at one moment, and records what `work` saves: all of it or nothing. */
  look<T>(work: (view: LedgerView) => Promise<T>): Promise<T>;
  now(): Promise<Date>;
  /** Checkpoints after a number, oldest first; at most `limit`. */
  after(number: number, limit: number): Promise<readonly KeptCheckpoint[]>;
  newest(): Promise<KeptCheckpoint | undefined>;
  leaves(number: number): Promise<readonly LeafChange[]>;
  /** The newest checkpoint that an anchor is known to hold; undefined for one that never held any. */
  anchored(anchor: string): Promise<number | undefined>;
  setAnchored(anchor: string, number: number): Promise<void>;
  close(): Promise<void>;
}
