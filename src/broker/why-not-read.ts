import type { Actor } from '../core/request/command.ts';
import { knownPerson } from '../core/request/decision.ts';
import type { Refusal } from '../core/request/refusal.ts';
import type { BrokerDeps } from './deps.ts';
import { gatherMember } from './gather.ts';

/**
 * Why this person may not read what was asked and who may ask, by the same look-ups as asking; undefined where they may.
 * A look-up that does not answer is a no. Neither a freeze nor an opening that is switched off keeps anybody from reading.
 */
export async function whyNotRead(
  deps: BrokerDeps,
  actor: Extract<Actor, { type: 'person' }>,
): Promise<Refusal | undefined> {
  const facts = await gatherMember(deps, actor.key);
  if (!facts.policy.ok) return { code: 'policy_unavailable' };
  const known = knownPerson(actor, facts);
  return known.ok ? undefined : known.refusal;
}
