import { cut } from '../cut.ts';
import type { NewEvent } from '../events.ts';
import { personOf } from '../policy/directory.ts';
import { actingPerson } from './acting.ts';
import type { Actor } from './command.ts';
import { accept, actorName, type Decision, partyOf, refuse } from './decision.ts';
import type { Facts } from './facts.ts';
import { type Freeze, freezeDetail, holdOf, isHeldBy, isSecurity, isUnchanged } from './freeze.ts';
import type { Refusal, RefusalCode } from './refusal.ts';
import type { RequestFor } from './transitions.ts';
import { droppedFrom, hasSaid, stillSecurity } from './two-people.ts';

/** What is said of a freeze. `all`: what is open ends with it. */
export type FreezeCommand =
  /** `of`: widens the freeze that began then, and no other. */
  | { readonly type: 'freeze'; readonly all: boolean; readonly reason: string; readonly of?: Date | undefined }
  /** `seen` is the freeze as it was when this was said: a word for one lifts no later one. */
  | { readonly type: 'thaw'; readonly seen: Freeze | undefined };

/** The freeze as it stands from now on, undefined where none does, or why nothing changed. */
export type FreezeDecision =
  | { readonly ok: true; readonly next: Freeze | undefined; readonly events: readonly NewEvent[] }
  | { readonly ok: false; readonly refusal: Refusal };

/** People who must say so before openings are allowed again. */
export const THAW_NEEDS = 2;
const FREEZE_REASON_MAX = 500;

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
  return command.type === 'freeze'
    ? stop(current, command, actor, facts, now)
    : thaw(current, command, actor, facts, now);
}

function stop(
  current: Freeze | undefined,
  { all, reason, of }: Extract<FreezeCommand, { type: 'freeze' }>,
  actor: Actor,
  facts: Facts,
  now: Date,
): FreezeDecision {
  const by = whoStops(actor, facts);
  if (by === undefined) return no('actor_not_person');
  if ('code' in by) return { ok: false, refusal: by };
  if (of !== undefined) {
    if (current?.at.getTime() !== of.getTime()) return no('freeze_over');
    // Delivered again, it takes back nobody's word for lifting it.
    if (current.all) return no('already_frozen', freezeDetail(current));
  }
  // A second freeze only ever adds to the first: it also takes back what was said for lifting it.
  if (current !== undefined && (current.all || !all) && current.lifts.length === 0) {
    return no('already_frozen', freezeDetail(current));
  }
  const said = cut(reason.trim(), FREEZE_REASON_MAX);
  const word = { at: now, by, reason: said, all, lifts: [] };
  const next = current === undefined ? word : frozenAgain(current, word);
  const data = { by: by.id, name: by.name, reason: said, all: next.all };
  return { ok: true, next, events: [{ type: 'openings_frozen', data }] };
}

/** The first one stays who froze, and why; a later one adds to it, by name and in their words. */
export function frozenAgain(current: Freeze, { at, by, reason: said, all }: Freeze): Freeze {
  const widened = all && !current.all;
  const reason = current.reason.includes(said) ? current.reason : [current.reason, said].filter(Boolean).join('; ');
  const again = current.again?.widened ? current.again : { at, by, widened };
  return { ...current, reason: cut(reason, 2 * FREEZE_REASON_MAX), all: current.all || all, again, lifts: [] };
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

function thaw(
  current: Freeze | undefined,
  { seen }: Extract<FreezeCommand, { type: 'thaw' }>,
  actor: Actor,
  facts: Facts,
  now: Date,
): FreezeDecision {
  if (current === undefined) return no('not_frozen');
  const acting = actingPerson(actor, { ...facts, frozen: undefined }, now, 'approve');
  if (!acting.ok) return acting;
  const { person, key, policy, directory } = acting;
  if (!isSecurity(policy, directory, person)) return no('not_security');
  if (!isUnchanged(current, seen)) return no('stale_facts');
  if (hasSaid(current.lifts, person, key)) return no('already_said');
  const before = stillSecurity(current.lifts, facts, now);
  if (!before.ok) return before;
  const lifts = [...before.kept, { by: partyOf(person), key, at: now }];
  const missing = THAW_NEEDS - lifts.length;
  if (missing > 0) {
    const gone = droppedFrom(current.lifts, before.kept);
    const { keys } = partyOf(person);
    const data = { by: person.id, name: person.name, keys, key, missing, ...(gone.length > 0 && { dropped: gone }) };
    return { ok: true, next: { ...current, lifts }, events: [{ type: 'thaw_requested', data }] };
  }
  const by = lifts.map((one) => ({ id: one.by.id, name: one.by.name }));
  return { ok: true, next: undefined, events: [{ type: 'openings_thawed', data: { by } }] };
}

/** A waiting request is told that openings were frozen, by whom and why, and when that is over. It stays as it is. */
export function decideNoteFreeze(request: RequestFor<'note_freeze'>, { frozen }: Facts): Decision {
  const { held, ...free } = request;
  if (frozen === undefined) {
    return held === undefined ? refuse('not_frozen') : accept(free, { type: 'request_resumed', data: {} });
  }
  if (isHeldBy(held, frozen)) return refuse('already_frozen', { detail: freezeDetail(frozen) });
  return accept({ ...free, held: holdOf(frozen) }, { type: 'request_held', data: freezeDetail(frozen) });
}
