import type { Actor, Order } from './command.ts';
import { addSeconds } from './decision.ts';
import { personOf } from './directory.ts';
import type { Facts, HistoryOf } from './facts.ts';
import type { Refusal } from './refusal.ts';
import type { TurnedDown } from './request.ts';
import type { Terms } from './terms.ts';

/** Requests of one person that may wait for an answer at once: each of them asks several people to look. */
export const PENDING_MAX = 5;
/** A request that comes no later after a denied or lapsed one, of the same person and role, says so. */
export const FOLLOWS_SECONDS = 30 * 60;

/** What must be read of the past before this order is decided; undefined where that would be refused without it. */
export function historyOf(order: Order, actor: Actor, facts: Facts): HistoryOf | undefined {
  if (actor.type !== 'person' || !facts.directory.ok || !facts.policy.ok) return undefined;
  const person = personOf(facts.directory.value, actor.key);
  const role = facts.policy.value.roles.find(({ id }) => id === order.role);
  if (typeof person === 'string' || role === undefined) return undefined;
  return { person: person.id, role: role.id, incident: order.incident.trim(), account: role.account };
}

/**
 * Whether what this person asked for before lets them ask for this too: it was not asked already, not too much of theirs
 * waits, and not too much stands in the account. A past that was not read is a no. With a yes comes the no that this
 * follows, if it comes soon after one. No ending ever asks this.
 */
export function judgePast(
  { account }: Terms,
  { history, policy }: Facts,
  now: Date,
): { readonly ok: true; readonly follows: TurnedDown | undefined } | { readonly ok: false; readonly refusal: Refusal } {
  if (!policy.ok) return no({ code: 'policy_unavailable' });
  if (history === undefined) return no({ code: 'stale_facts' });
  const { same, pending, standing, turnedDown } = history;
  if (same !== undefined) return no({ code: 'already_asked', detail: { ...same } });
  if (pending.length >= PENDING_MAX) {
    return no({ code: 'too_many_pending', detail: { max: String(PENDING_MAX), ids: pending.join(', ') } });
  }
  const { maxStanding } = policy.value.asking;
  if (standing >= maxStanding) {
    const detail = { account: `${account.name} (${account.id})`, standing: String(standing), max: String(maxStanding) };
    return no({ code: 'too_many_standing', field: 'role', detail });
  }
  const soon = turnedDown !== undefined && now <= addSeconds(turnedDown.at, FOLLOWS_SECONDS);
  return { ok: true, follows: soon ? turnedDown : undefined };
}

const no = (refusal: Refusal) => ({ ok: false, refusal }) as const;
