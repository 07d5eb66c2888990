import type { StoredEvent } from '../events.ts';
import type { Terms } from '../policy/terms.ts';
import { placesOf } from '../request/approvals.ts';
import type { Written } from '../request/event-parts.ts';
import type { AccessRequest, ClosedGrant } from '../request/request.ts';
import type { ExplainedField } from './row-fields.ts';

type Get<T, Key> = T extends unknown ? (Key extends keyof T ? T[Key] : never) : never;

/** A grant as JSON, in any state: what a state has not is missing. */
export type ReplayedGrant = Written<ClosedGrant>;

/** A row as JSON, as far as its events tell it. */
export type ReplayedRow = {
  readonly [Key in Exclude<
    ExplainedField,
    'grants' | 'details' | 'state' | 'approvals' | 'seenTeams' | 'incidentVerified'
  >]?: Written<Get<AccessRequest, Key>> | undefined;
} & {
  readonly [Key in 'state' | 'approvals' | 'seenTeams' | 'incidentVerified']: Written<Get<AccessRequest, Key>>;
} & {
  readonly details: Omit<Written<AccessRequest['details']>, 'terms'> & { readonly terms: Terms };
  readonly grants?: readonly ReplayedGrant[] | undefined;
};

/** The row after one event, or why that event cannot stand there. */
export type Fold = (row: ReplayedRow, event: StoredEvent) => ReplayedRow | string;

/** An ISO instant, some seconds later. */
export const later = (at: string, seconds: number): string => new Date(Date.parse(at) + seconds * 1000).toISOString();

/** The last end over grants; ISO instants sort as text. */
export const lastEnd = (grants: readonly { readonly endsAt?: string | undefined }[]): string =>
  grants.reduce((last, { endsAt = '' }) => (endsAt > last ? endsAt : last), '');

/**
 * Whether fewer different people said yes than the clauses have places, one more while the incident is unverified. Who of
 * them fills which is judged by the directory of that moment, which no event holds whole.
 */
export function hasTooFew({ details, incidentVerified }: ReplayedRow, approvals: ReplayedRow['approvals']): boolean {
  const places = details.terms.clauses.reduce((sum, clause) => sum + placesOf(clause), incidentVerified ? 0 : 1);
  return new Set(approvals.map(({ by }) => by.id)).size < places;
}
