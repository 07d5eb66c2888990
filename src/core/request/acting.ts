import type { Policy } from '../policy/policy.ts';
import type { Actor } from './command.ts';
import { type Acting, knownPerson, type Refused, refuse } from './decision.ts';
import type { Facts } from './facts.ts';
import { GATES } from './gates.ts';
import { type Moment, refusalAt } from './rule.ts';

/** Whoever acts, with the policy that they act under. */
export type ActingUnder = Acting & { readonly policy: Policy };

/**
 * The acting person, once the gates of this moment are open; anything less is a refusal (A2, B4). Security that thaws or
 * attests is asked what an approver is asked.
 */
export function actingPerson(actor: Actor, facts: Facts, now: Date, moment: Moment): ActingUnder | Refused {
  if (actor.type !== 'person') return refuse('actor_not_person');
  const refusal = refusalAt(GATES, moment, { facts, now, given: [] });
  if (refusal) return { ok: false, refusal };
  // The gate has said so already, which the compiler cannot follow.
  if (!facts.policy.ok) return refuse('policy_unavailable');
  const known = knownPerson(actor, facts);
  return known.ok ? { ...known, policy: facts.policy.value } : known;
}
