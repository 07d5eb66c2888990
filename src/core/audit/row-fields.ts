import type { AccessRequest } from '../request/request.ts';

/*
 * What becomes of each field of a request's row when it is held to its events. A new field does not compile until it
 * stands here; one that stands here as 'explained' fails the walks of test/core/audit/replay.test.ts until its events tell it.
 *
 * To add a field: if it decides who gets access, what is opened, when and how it ends, or that it ended, let its events
 * carry it, fold it in `replay.ts` (`replay-ending.ts` for what ends), and write 'explained'. What was fixed at the asking
 * (`ask`) needs nothing: `request_opened` carries all of it. A new member of an approval, a plan or an attestation goes
 * into `event-parts.ts`. Anything else gets the reason why no event must tell it.
 */

type Names<T> = T extends unknown ? keyof T & string : never;
/** Any field that a row has in one of its states. */
export type RowField = Names<AccessRequest>;

/** For each field: whether the events must tell it, or why not. */
export const ROW_FIELDS = {
  state: 'explained',
  details: 'explained',
  approvals: 'explained',
  seenTeams: 'explained',
  incidentVerified: 'explained',
  alsoDeciders: 'explained',
  changedApprovers: 'explained',
  invited: 'explained',
  refusedActions: 'explained',
  reminded: 'explained',
  escalatedTo: 'explained',
  held: 'explained',
  extension: 'explained',
  extended: 'explained',
  grantBy: 'explained',
  grants: 'explained',
  endsAt: 'explained',
  warnedAt: 'explained',
  cause: 'explained',
  endRequestedAt: 'explained',
  undone: 'explained',
  attestations: 'explained',
  outcome: 'explained',
  closedAt: 'explained',
  failures: { why: 'counts every try of an ending that fails; its event comes only each time that the count doubles' },
  failingSince: { why: 'decides when on-call is paged; the ending itself is tried whatever it says' },
  pages: { why: 'whom a page reached, round by round; it gives nobody access and ends none' },
} as const satisfies Record<RowField, 'explained' | { readonly why: string }>;

/** A field that a row's events must tell. */
export type ExplainedField = {
  [Name in RowField]: (typeof ROW_FIELDS)[Name] extends 'explained' ? Name : never;
}[RowField];

/** Whether this version writes such a field at all. */
export const isRowField = (name: string): name is RowField => Object.hasOwn(ROW_FIELDS, name);
