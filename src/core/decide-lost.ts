import type { Actor, Command } from './command.ts';
import { startEnding } from './decide-ending.ts';
import { accept, type Decision, refuse } from './decision.ts';
import type { AccessRequest } from './request.ts';

/**
 * The cloud no longer holds what was open. Two reads of one access, the second after the first: how far apart they must
 * be is the policy's, and whoever read them waited for it.
 */
export function decideLost(
  request: AccessRequest,
  { grantId, missedAt, missedAgainAt }: Extract<Command, { type: 'lost' }>,
  actor: Actor,
  now: Date,
): Decision {
  if (actor.type !== 'system') return refuse('not_yours');
  if (request.state !== 'active') return refuse('not_in_this_state', { detail: { state: request.state } });
  const grant = request.grants.find(({ id }) => id === grantId);
  if (grant === undefined) return refuse('unknown_request');
  if (missedAt < grant.confirmedAt || missedAgainAt <= missedAt || now < missedAgainAt) return refuse('not_proven');
  const ending = startEnding(request, 'lost', actor, now);
  if (!ending.ok) return ending;
  const data = { grantId, missedAt: missedAt.toISOString(), missedAgainAt: missedAgainAt.toISOString() };
  return accept(ending.next, { type: 'access_lost', data }, ...ending.events);
}
