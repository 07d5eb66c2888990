import type { Head } from '../core/audit/log.ts';
import type { NewEvent, StoredEvent } from '../core/events.ts';
import type { ChatKey } from '../core/policy/directory.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { FreezeDecision } from '../core/request/decide-freeze.ts';
import type { Decision } from '../core/request/decision.ts';
import type { HistoryOf, RequesterHistory } from '../core/request/facts.ts';
import type { Freeze } from '../core/request/freeze.ts';
import type { Refusal } from '../core/request/refusal.ts';
import type { State } from '../core/request/request.ts';
import type { Row } from '../core/request/work.ts';
import type { ChatMemory } from './chat-memory.ts';
import type { CheckpointReader } from './checkpoints.ts';
import type { Clock } from './clock.ts';
import type { CloudMemory } from './cloud-memory.ts';
import type { EvidenceReader } from './evidence.ts';
import type { FreezeChannel, News, PolicyChannel } from './news.ts';
import type { TroubleMemory } from './pager.ts';

/** The row and its new events as they were committed, or why nothing was written. */
export type Changed =
  | { readonly ok: true; readonly row: Row; readonly events: readonly StoredEvent[] }
  | { readonly ok: false; readonly refusal: Refusal; readonly row: Row | undefined };

/**
 * What decides inside the transaction: it runs after the row lock, with the database's clock, the freeze as it is then
 * and what was asked before, where that was wanted, and does no I/O.
 */
export type Decide = (
  row: Row | undefined,
  now: Date,
  head: Head,
  frozen: Freeze | undefined,
  history: RequesterHistory | undefined,
) => Decision;
/** The same for the freeze itself. */
export type DecideFreeze = (current: Freeze | undefined, now: Date) => FreezeDecision;

/** The newest policy that was applied. */
export interface PolicyInForce {
  readonly number: number;
  readonly digest: string;
  readonly policy: Policy;
  readonly appliedAt: Date;
  readonly appliedBy: string;
  /**
   * Why nothing may be opened by it: the log does not explain its row, or this version cannot read it whole. Then
   * `policy` is what endings go by, the newest that the log explains.
   */
  readonly doubt: string | undefined;
}

/** A policy to be put in force. */
export interface Application {
  readonly policy: Policy;
  /** The file as it was written, comments included. */
  readonly document: string;
  readonly actor: string;
  /** Number of the policy that this one replaces; 0 for the first. */
  readonly previous: number;
  /** What it changes, in words, for the log and the security channels. */
  readonly changes: readonly string[];
}

/** Which requests to list. */
export interface Listing {
  readonly states?: readonly State[];
  readonly requester?: ChatKey;
  readonly limit: number;
}

/** What is recorded beside no row. */
export type Recorded = NewEvent & { readonly type: Exclude<NewEvent['type'], 'policy_changed'> };

/** How many events a request's row says there are. */
export interface Counted {
  readonly id: string;
  readonly incident: string;
  readonly seq: number;
}

/** The newest sweep that came to its end, in milliseconds of the database's clock. */
export interface LastSweep {
  readonly agoMs: number;
  /** From one to the next, as whoever made it was told. */
  readonly everyMs: number;
}

/** How far signing is behind, in milliseconds of the database's clock. */
export interface SealingLag {
  /** Since the newest checkpoint. */
  readonly silentMs: number;
  /** Is there an event older than the time that was asked for, which no checkpoint has seen? */
  readonly unsealed: boolean;
}

/** Who this database is. Where `copy` is set, this process opens nothing, posts nothing and sweeps nothing. */
export interface Installation {
  readonly installationId: string;
  readonly copy: string | undefined;
}

/**
 * PostgreSQL, and the only room that knows SQL. Every method rejects with `Failure`: `STORE_UNAVAILABLE` when nothing
 * was recorded, `COMMIT_UNKNOWN` when the answer of a commit was lost.
 */
export interface Store {
  readonly clock: Clock;
  readonly chat: ChatMemory;
  readonly troubles: TroubleMemory;
  readonly checkpoints: CheckpointReader;
  readonly cloud: CloudMemory;
  /** Rows with the events that must explain them. */
  readonly evidence: EvidenceReader;
  /**
   * One transaction: lock the row (if it exists), read the clock, decide, save the new state and its events together.
   * Serialised per request; a refusal changes nothing. With `history`, what that person asked for before is read too, and
   * serialised per person: of two that they ask at once, the second one is decided knowing the first.
   */
  change(requestId: string, actor: string, decide: Decide, history?: HistoryOf): Promise<Changed>;
  find(requestId: string): Promise<Row | undefined>;
  /**
   * Rows whose state needs work before `before`, oldest first, after the given id; at most `limit`. What is only owed to
   * the chat is not among it.
   */
  due(before: Date, limit: number, after?: string): Promise<readonly Row[]>;
  /** Rows of which the chat is owed something: those that are not closed before the others, and no further order. */
  pendingNotifications(limit: number): Promise<readonly Row[]>;
  /** Newest requests first: all, those in some states, those that this chat identity's person asked for. */
  list(options: Listing): Promise<readonly Row[]>;
  /** Requests in these states (not `closed`), oldest first, after the given id; at most `limit`. */
  inStates(states: readonly State[], limit: number, after?: string): Promise<readonly Row[]>;
  /** Of every request its id, its incident's and how many events it counts, by id, after the given one; at most `limit`. */
  counted(limit: number, after?: string): Promise<readonly Counted[]>;
  /** Rows whose plan is not proven ended: while there is one, endings must run. */
  unended(): Promise<readonly Row[]>;
  /** Events of one stream, in order, after `afterSeq`. */
  events(stream: string, afterSeq?: number): Promise<readonly StoredEvent[]>;
  /** Names of all streams, sorted. */
  streams(): Promise<readonly string[]>;
  /** Appends to the system stream; what explains a row is written with that row alone. */
  record(actor: string, events: readonly Recorded[]): Promise<readonly StoredEvent[]>;
  policyInForce(): Promise<PolicyInForce | undefined>;
  /**
   * Puts a policy in force with its `policy_changed`, in one transaction; refuses (undefined) if another was put in force
   * since `previous`. Nothing else writes either of them.
   */
  applyPolicy(application: Application): Promise<PolicyInForce | undefined>;
  /** The freeze of all openings, or undefined where there is none. */
  freeze(): Promise<Freeze | undefined>;
  readonly freezeNews: News<FreezeChannel>;
  readonly policyNews: News<PolicyChannel>;
  /** One transaction: lock, clock, decide, save the freeze and its events in the system stream. A refusal changes nothing. */
  changeFreeze(actor: string, decide: DecideFreeze): Promise<FreezeDecision>;
  installation(): Promise<Installation>;
  /** `moved`: this database is the installation, elsewhere. `copy`: it is another one, with a new id. */
  adopt(how: 'moved' | 'copy', actor: string): Promise<Installation>;
  /** Why this database role may do more than it should, or undefined. While it may, nothing is opened. */
  excessPrivileges(): Promise<string | undefined>;
  /**
   * Reads back what PostgreSQL's sessions are: that they are ours alone, their settings and their clock. What is not as we
   * need it, in words that name the setting of the address; empty when all is. Rejects when it cannot be asked.
   */
  readBack(): Promise<readonly string[]>;
  /**
   * Runs `work` while holding a named lock, on a connection of its own with a heartbeat, so that a dead or stopped
   * process lets go within a minute. Not obtained within `waitMs`: `work` is not run and `undefined` comes back.
   * `signal` aborts when the lock is lost.
   */
  withLock<T>(
    name: string,
    waitMs: number,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<{ value: T } | undefined>;
  /**
   * Opens all connections and prepares on each what stands between a click and its answer, changing nothing. Worth it before
   * the first click, needed by nothing.
   */
  warm(): Promise<void>;
  /** A sweep came to its end, and the next one begins so many milliseconds after it began. */
  noteSweep(everyMs: number): Promise<void>;
  /** The newest sweep of all processes, or undefined where there was none yet. */
  lastSweep(): Promise<LastSweep | undefined>;
  /** Undefined where no sealer ever signed anything. `olderMs`: from which age on an event should have been sealed. */
  sealingLag(olderMs: number): Promise<SealingLag | undefined>;
  /** Is the database there? Used by health. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
