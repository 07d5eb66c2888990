import { startEnding } from './decide-ending.ts';
import { accept, type Decision, refuse } from './decision.ts';
import type { CommandOf, RequestFor, SenderOf } from './transitions.ts';

/**
 * The cloud no longer holds what was open. Two reads of one access, the second after the first: how far apart they must
 * be is the policy's, and whoever read them waited for it.
 */
export function decideLost(
  request: RequestFor<'lost'>,
  { grantId, missedAt, missedAgainAt }: CommandOf<'lost'>,
  actor: SenderOf<'lost'>,
  now: Date,
): Decision {
  const grant = request.grants.find(({ id }) => id === grantId);
  if (grant === undefined) return refuse('unknown_request');
  if (missedAt < grant.confirmedAt || missedAgainAt <= missedAt || now < missedAgainAt) return refuse('not_proven');
  const ending = startEnding(request, 'lost', actor, now);
  const data = { grantId, missedAt: missedAt.toISOString(), missedAgainAt: missedAgainAt.toISOString() };
  return accept(ending.next, { type: 'access_lost', data }, ...ending.events);
}
