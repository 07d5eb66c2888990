import type { AccessRequest } from '../core/request/request.ts';
import type { CloudPlace, KnownOrphan } from './cloud-memory.ts';
import type { Trouble } from './pager.ts';

/** What a page says: one line, then what to know besides, a line each. */
export type PageText = Pick<Trouble, 'summary' | 'details'>;

/** Something in an account of a cloud, by its name there. */
export interface NamedPlace extends CloudPlace {
  readonly name: string;
}

/**
 * Every sentence that the broker says to people: from data to text, without a call or a clock, the same each time. What
 * is in none of a cloud's own terms is said in words that fit all clouds. Names in it come from outside: whoever sends it
 * makes them inert.
 */
export interface Words {
  /** To security, once an outage. */
  readonly incidentSourceDown: () => string;
  readonly incidentSourceBack: () => string;
  /** To duty and security: no policy in force may open anything; `doubt` is why, as a clause. */
  readonly nothingOpens: (doubt: string) => PageText;
  /** A failing ending, or one that somebody took back: where it is, since when, and what holds meanwhile. */
  readonly failingEnding: (request: Extract<AccessRequest, { state: 'revoking' }>) => PageText;
  /** Ours, found open without a row, and closed now. */
  readonly orphanClosed: (orphan: KnownOrphan) => string;
  /** Ours, found open without a row, and the cloud did not let it be closed. */
  readonly orphanNotClosed: (orphan: KnownOrphan) => string;
  /** Ours, closed already when they were found. All of one account. */
  readonly orphansFoundClosed: (orphans: readonly KnownOrphan[]) => string;
  /** In our place, and not ours. All of one account. */
  readonly foreignObjects: (orphans: readonly KnownOrphan[]) => string;
  /** More of ours without a row than are closed by themselves: none is touched. */
  readonly tooManyOrphans: () => string;
  /** Ours, without a row, that stay open. */
  readonly orphansStayOpen: (left: readonly NamedPlace[]) => PageText;
  /** What was proven ended, is open again and stays so. */
  readonly endingsUndone: (left: readonly NamedPlace[]) => PageText;
  /** An account that cannot be compared with the rows; `why` is a code of `core/failure`. */
  readonly accountUnlisted: (place: CloudPlace & { readonly why: string }) => string;
}
