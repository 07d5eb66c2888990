import { canonical } from '../canonical.ts';
import { completePolicy, type OlderPolicy } from './older-version.ts';
import { type Floors, type Policy, policySchema } from './policy.ts';
import type { PolicyParts } from './policy-parts.ts';

/** Durations were judged when it was applied, by floors that a demo lowers. */
const NO_FLOORS: Floors = { propagation: 0, openingAllowance: 0, decision: 0, extendUntil: 0, window: 1, lost: 0 };

/** What decides who must say yes, to what and for how long: nothing of it is ever filled in. */
const DECIDING = ['zones', 'accounts', 'roles'] as const;

/** A stored policy as this version reads it, and why nothing may be opened by it, where something stands against it. */
export interface StoredPolicy {
  readonly policy: Policy;
  readonly problem?: string;
}

/**
 * Reads what was stored, maybe by another version. It may open access only if this version's schema takes it, and takes
 * what decides (`DECIDING`) exactly as it stands: a default would be an answer that nobody gave, and could ask for less.
 * Everything else that came later has its preset. Endings go on by whatever can be read.
 */
export function readStored(stored: unknown, clouds: PolicyParts['clouds']): StoredPolicy {
  const read = policySchema(NO_FLOORS, { chats: 'stored', clouds }).safeParse(stored);
  if (!read.success) {
    const [issue] = read.error.issues;
    return { policy: completePolicy(stored as OlderPolicy), problem: notRead(issue?.path.join('.') ?? '') };
  }
  const policy = read.data;
  const filled = DECIDING.find((key) => !same(policy[key], (stored as Partial<Policy>)[key]));
  return filled === undefined ? { policy } : { policy, problem: notRead(filled) };
}

const same = (a: unknown, b: unknown): boolean => canonical({ value: a }) === canonical({ value: b });

const notRead = (where: string): string =>
  `was not written whole for this version${where && ` (${where})`}: run "breakglass apply FILE" with its file`;
