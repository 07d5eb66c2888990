import type { Wanted } from './approvals.ts';
import { digestOf } from './canonical.ts';
import type { Account, Clause, Policy, Role, Timings, Zone } from './policy.ts';

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
  readonly timings: Timings;
}

/** The terms of a role under this policy, or undefined if the policy has no such role or no account for it. */
export function termsOf(policy: Policy, roleId: string): Terms | undefined {
  const role = policy.roles.find((candidate) => candidate.id === roleId);
  const account = policy.accounts.find((candidate) => candidate.id === role?.account);
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
    timings: policy.timings,
  };
}

/** SHA-256 over the role, its documents, account, caps and clauses. Other changes of the policy change nothing. */
export const termsDigest = ({ timings: _timings, ...covered }: Terms): string => digestOf(covered);

/** What these terms ask of those who say yes. */
export const wantedBy = ({ role, clauses }: Terms): Wanted => ({ zone: role.zone, clauses });

export const zoneName = (zone: Zone): string =>
  ({ A: 'Zone A: read-only diagnostics', B: 'Zone B: service recovery', C: 'Zone C: data and identity changes' })[zone];
