import { personOf } from '../policy/directory.ts';
import type { Actor, RequestInput } from './command.ts';
import { addSeconds } from './decision.ts';
import type { Facts, HistoryOf } from './facts.ts';
import type { TurnedDown } from './request.ts';

/** Requests of one person that may wait for an answer at once: each of them asks several people to look. */
export const PENDING_MAX = 5;
/** A request that comes no later after a denied or lapsed one, of the same person and role, says so. */
export const FOLLOWS_SECONDS = 30 * 60;

/** What must be read of the past before this order is decided; undefined where that would be refused without it. */
export function historyOf(input: RequestInput, actor: Actor, facts: Facts): HistoryOf | undefined {
  if (actor.type !== 'person' || !facts.directory.ok || !facts.policy.ok) return undefined;
  const person = personOf(facts.directory.value, actor.key);
  const role = facts.policy.value.roles.find(({ id }) => id === input.role);
  if (typeof person === 'string' || role === undefined) return undefined;
  const { id, provider, account } = role;
  return { person: person.id, role: id, incident: input.incident.trim(), provider, account };
}

/** The no that a request follows which is asked for now, if it comes soon after one. */
export function followedBy({ history }: Facts, now: Date): TurnedDown | undefined {
  const turnedDown = history?.turnedDown;
  return turnedDown !== undefined && now <= addSeconds(turnedDown.at, FOLLOWS_SECONDS) ? turnedDown : undefined;
}
