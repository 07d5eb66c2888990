import type { NewEvent } from '../core/events.ts';
import type { Cloud } from '../core/policy/directory.ts';

/** An account of a cloud. */
export interface CloudPlace {
  readonly provider: Cloud;
  readonly account: string;
}

/** How far the listing of an account came. */
export interface Listing {
  /** When it began: what was open before and is not seen by its end is missing. */
  readonly since: Date;
  /** Where the next page begins; the first one has none. */
  readonly cursor: string | undefined;
}

/** An object in the place of ours that no row explains. */
export interface Orphan extends CloudPlace {
  readonly name: string;
  /** The cloud's own id of it. */
  readonly id: string;
  readonly installationId: string | undefined;
  readonly grantId: string | undefined;
  /** It carries this installation's id. What does not is reported and never touched. */
  readonly ours: boolean;
  /** It let something through when it was found. */
  readonly wasOpen: boolean;
}

/** An object without a row, and how far it was dealt with. */
export interface KnownOrphan extends Orphan {
  /** Its event is written: ours is closed, another's is only told of. */
  readonly settled: boolean;
  /** How often closing it failed, and why the last time. */
  readonly failures: number;
  readonly why: string | undefined;
  /** The listing that found it reached the end. */
  readonly listed: boolean;
}

/** What one page held besides what rows explain. */
export interface ListedPage {
  /** The cursor of the next page; undefined after the last. */
  readonly next: string | undefined;
  /** Found now. */
  readonly orphans: readonly Orphan[];
  /** Names of those that were known and are still there. */
  readonly there: readonly string[];
  readonly events: readonly NewEvent[];
}

/** A grant, with the account that holds it. */
export interface NamedGrant extends CloudPlace {
  readonly requestId: string;
  readonly grantId: string;
}

/** Open access that is not where it should be. */
export type MissingGrant = NamedGrant;

/** What the security channel has not been told yet. */
export interface PendingNotifications {
  readonly stopped: boolean;
  readonly accounts: readonly (CloudPlace & { readonly why: string })[];
  readonly orphans: readonly KnownOrphan[];
}

/**
 * What the sweep of the clouds remembers from one page, pass and process to the next. Every instant comes from the
 * store's clock, through the caller. Where an event belongs to a change, both are one transaction.
 */
export interface CloudMemory {
  /** The pass under way, or a new one if the last began `everyMs` ago; undefined while none is due. */
  beginRound(now: Date, everyMs: number): Promise<number | undefined>;
  endRound(round: number, now: Date): Promise<void>;
  /** Goes on with the listing of this account, or begins one; undefined if this pass is through with it. `anew` drops the cursor. */
  beginListing(place: CloudPlace, round: number, now: Date, anew?: boolean): Promise<Listing | undefined>;
  /**
   * Which of these names (in lower case) a plan stands for there, in one statement; open access among them counts as
   * seen, and as missed still if a read by name missed it: only another such read takes that back. A grant whose
   * tombstone is deleted explains nothing any more.
   */
  planned(place: CloudPlace, names: readonly string[], now: Date): Promise<ReadonlySet<string>>;
  orphans(place: CloudPlace, names: readonly string[]): Promise<readonly KnownOrphan[]>;
  /** The page is done: its orphans, its events, and where the next one begins. After the last, what is gone is forgotten. */
  savePage(place: CloudPlace, round: number, page: ListedPage, now: Date): Promise<void>;
  /** This pass is through with the account, which could not be listed. The event is written the `notifyAt`th time in a row. */
  failListing(place: CloudPlace, round: number, why: string, notifyAt: number, event: NewEvent): Promise<void>;
  /** Objects of ours without a row that are not settled yet, as the present listings of these accounts show them. */
  unsettled(places: readonly CloudPlace[], limit: number): Promise<readonly KnownOrphan[]>;
  settle(orphan: Orphan, event: NewEvent, now: Date): Promise<void>;
  /** Closing it failed. The event is written the first time. */
  failOrphan(orphan: Orphan, why: string, event: NewEvent): Promise<void>;
  /** It is gone, or explained by now. */
  dropOrphan(orphan: Orphan): Promise<void>;
  /** There are too many. The event is written once, until `resume`. */
  stop(event: NewEvent, now: Date): Promise<void>;
  resume(): Promise<void>;
  /** Open access of this installation that was confirmed before a finished listing of its account began, and not seen in it. */
  unseen(installationId: string, limit: number, after: string): Promise<readonly MissingGrant[]>;
  /** Missed at `before` or earlier, and not read by name since. */
  missed(
    installationId: string,
    before: Date,
    limit: number,
    after: string,
  ): Promise<readonly (MissingGrant & { readonly missedAt: Date })[]>;
  /** A read by name found it, or did not. The first miss is kept until it is seen again. */
  noteRead(grantId: string, found: boolean, now: Date): Promise<void>;
  /**
   * What should stand as we left it, by id: open access of this installation, and tombstones that are not about to be deleted.
   */
  expectedObjects(installationId: string, now: Date, limit: number, after: string): Promise<readonly NamedGrant[]>;
  /** Up to which grant the looks at what stands came; '' at the beginning, and when they are through. */
  watchedTo(): Promise<string>;
  noteWatched(after: string): Promise<void>;
  pendingNotifications(limit: number, notifyAt: number): Promise<PendingNotifications>;
  notifiedStopped(): Promise<void>;
  notifiedAccount(place: CloudPlace): Promise<void>;
  notifiedOrphans(orphans: readonly KnownOrphan[]): Promise<void>;
}
