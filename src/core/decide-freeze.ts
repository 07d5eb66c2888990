import type { Actor } from './command.ts';
import { actingPerson, actorName, partyOf } from './decision.ts';
import { personOf } from './directory.ts';
import type { NewEvent } from './events.ts';
import type { Facts } from './facts.ts';
import { type Freeze, freezeDetail, isSecurity } from './freeze.ts';
import type { Refusal, RefusalCode } from './refusal.ts';

export type FreezeCommand =
  | { readonly type: 'freeze'; readonly all: boolean; readonly reason: string }
  | { readonly type: 'thaw' };

export type FreezeDecision =
  | { readonly ok: true; readonly next: Freeze | undefined; readonly events: readonly NewEvent[] }
  | { readonly ok: false; readonly refusal: Refusal };

/** People who must say so before openings are allowed again. */
export const THAW_NEEDS = 2;
const REASON_MAX = 500;

const no = (code: RefusalCode, detail: Refusal['detail'] = {}): FreezeDecision & { ok: false } => ({
  ok: false,
  refusal: { code, detail },
});

/**
 * Stops every opening, or lifts that. Stopping asks only whether the person is in the security group, whatever the
 * chat's look-ups say, and an operator may do it; lifting asks everything that an opening asks, of two people.
 */
export function decideFreeze(
  current: Freeze | undefined,
  command: FreezeCommand,
  actor: Actor,
  facts: Facts,
  now: Date,
): FreezeDecision {
  return command.type === 'freeze' ? stop(current, command, actor, facts, now) : thaw(current, actor, facts, now);
}

function stop(
  current: Freeze | undefined,
  { all, reason }: Extract<FreezeCommand, { type: 'freeze' }>,
  actor: Actor,
  facts: Facts,
  now: Date,
): FreezeDecision {
  const by = whoStops(actor, facts);
  if (by === undefined) return no('actor_not_person');
  if ('code' in by) return { ok: false, refusal: by };
  // A second freeze only ever adds to the first: it also takes back what was said for lifting it.
  if (current !== undefined && (current.all || !all) && current.lifts.length === 0) {
    return no('already_frozen', freezeDetail(current));
  }
  const said = reason.trim().slice(0, REASON_MAX);
  const next: Freeze = { at: now, by, reason: said, all: all || current?.all === true, lifts: [] };
  const data = { by: by.id, name: by.name, reason: said, all: next.all };
  return { ok: true, next, events: [{ type: 'openings_frozen', data }] };
}

function whoStops(actor: Actor, facts: Facts): Freeze['by'] | Refusal | undefined {
  if (actor.type === 'system') return undefined;
  if (actor.type === 'operator') return { id: actorName(actor), name: actor.name };
  if (!facts.policy.ok) return { code: 'policy_unavailable' };
  if (!facts.directory.ok) return { code: 'directory_unavailable' };
  const person = personOf(facts.directory.value, actor.key);
  if (person === 'unknown') return { code: 'unknown_person' };
  if (person === 'ambiguous') return { code: 'ambiguous_person' };
  if (!isSecurity(facts.policy.value, facts.directory.value, person)) return { code: 'not_security' };
  return { id: person.id, name: person.name };
}

function thaw(current: Freeze | undefined, actor: Actor, facts: Facts, now: Date): FreezeDecision {
  if (current === undefined) return no('not_frozen');
  const acting = actingPerson(actor, { ...facts, frozen: undefined }, now);
  if (!acting.ok) return acting;
  const { person, directory, key } = acting;
  if (!facts.policy.ok) return no('policy_unavailable');
  if (!isSecurity(facts.policy.value, directory, person)) return no('not_security');
  if (current.lifts.some(({ by }) => by.id === person.id)) return no('already_said');
  // Whoever said so before and is not in the group any more does not count.
  const policy = facts.policy.value;
  const before = current.lifts.filter(({ by }) => {
    const then = directory.people.filter(({ id }) => id === by.id);
    return then.length === 1 && then[0] !== undefined && isSecurity(policy, directory, then[0]);
  });
  const lifts = [...before, { by: partyOf(person), key, at: now }];
  const data = { by: person.id, name: person.name };
  if (lifts.length < THAW_NEEDS) {
    const missing = THAW_NEEDS - lifts.length;
    return { ok: true, next: { ...current, lifts }, events: [{ type: 'thaw_requested', data: { ...data, missing } }] };
  }
  const by = lifts.map((one) => one.by.id);
  return { ok: true, next: undefined, events: [{ type: 'openings_thawed', data: { by } }] };
}
