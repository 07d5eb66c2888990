import { digestOf } from '../canonical.ts';
import type { Account, Clause, Policy, Role, Timings, Zone } from './policy.ts';

/** A clause of the policy, or the one that is added while the incident is unverified (A3). */
export type WantedClause = Clause & { readonly whileUnverified?: true };

/** What a role asks of those who say yes. */
export interface Wanted {
  readonly zone: Zone;
  /** Those that hold now. */
  readonly clauses: readonly WantedClause[];
  /** Those that would hold otherwise: a yes that was given for one stands, though nobody needs it now. */
  readonly also?: readonly WantedClause[];
}

/** A role with everything that decides what it means: what the policy digest covers, and what a request keeps. */
export interface Terms {
  readonly role: Role;
  readonly account: Account;
  readonly clauses: readonly Clause[];
  /** The lower of the role's cap and its zone's. */
  readonly maxMinutes: number;
  /** The most that one request may come to with its extensions. */
  readonly maxTotalMinutes: number;
  readonly minutesOffered: readonly number[];
  readonly unverifiedIncident: 'accept' | 'refuse';
  /** Wanted besides while the incident is unverified; outside the digest, since it is asked for whatever was shown. */
  readonly unverifiedClause: WantedClause;
  readonly timings: Timings;
}

/** The account that a role is in. Two clouds may call theirs the same. */
export const accountFor = <A extends Pick<Account, 'id' | 'provider'>>(
  accounts: readonly A[],
  role: Role,
): A | undefined => accounts.find(({ id, provider }) => id === role.account && provider === role.provider);

/** The terms of a role under this policy, or undefined if the policy has no such role or no account for it. */
export function termsOf(policy: Policy, roleId: string): Terms | undefined {
  const role = policy.roles.find((candidate) => candidate.id === roleId);
  const account = role && accountFor(policy.accounts, role);
  if (role === undefined || account === undefined) return undefined;
  const zone = policy.zones[role.zone];
  const maxMinutes = Math.min(role.maxMinutes, zone.maxMinutes);
  return {
    role,
    account,
    clauses: [...zone.approvals, ...role.approvals],
    maxMinutes,
    maxTotalMinutes: role.maxTotalMinutes ?? maxMinutes,
    minutesOffered: zone.minutesOffered.filter((minutes) => minutes <= maxMinutes),
    unverifiedIncident: zone.unverified_incident,
    unverifiedClause: unverifiedClauseOf(policy),
    timings: policy.timings,
  };
}

/**
 * Nothing opens by the requester alone for an incident that nobody could check (A3): one person of the teams that zone B's
 * group clauses name, and outside the requester's. Where zone B names none, nobody can fill it, and lint says so.
 */
const unverifiedClauseOf = ({ zones }: Policy): WantedClause =>
  unverifiedClauseFor(zones.B.approvals.flatMap((clause) => (clause.who === 'group' ? clause.teams : [])));

/** One person of these teams, who says yes knowing that the incident is unverified. */
export const unverifiedClauseFor = (teams: readonly string[]): WantedClause => ({
  who: 'group',
  name: 'Somebody else, as the incident is unverified',
  teams: [...new Set(teams)],
  count: 1,
  assurance: 'chat',
  whileUnverified: true,
});

/** SHA-256 over the role, its documents, account, caps and clauses. Other changes of the policy change nothing. */
export const termsDigest = ({ timings: _timings, unverifiedClause: _clause, ...covered }: Terms): string =>
  digestOf(covered);

/**
 * What these terms ask of those who say yes, the incident being verified or not. The one place that says which clauses
 * hold: whoever judges has just asked the source, whoever draws or reminds goes by what the row says of it.
 */
export const wantedBy = (terms: Terms, incidentVerified: boolean): Wanted => {
  const { role, clauses, unverifiedClause } = terms;
  return incidentVerified
    ? { zone: role.zone, clauses, also: [unverifiedClause] }
    : { zone: role.zone, clauses: [...clauses, unverifiedClause] };
};

/** A zone with what it is for, as forms and cards name it. */
export const zoneName = (zone: Zone): string =>
  ({ A: 'Zone A: read-only diagnostics', B: 'Zone B: service recovery', C: 'Zone C: data and identity changes' })[zone];
