import type { NewEvent } from '../events.ts';
import { type ChatKey, type Directory, keysOf, type Person, personOf, teamsOf } from '../policy/directory.ts';
import type { Actor } from './command.ts';
import type { Facts } from './facts.ts';
import { linkedProblem } from './linked.ts';
import type { Refusal, RefusalCode } from './refusal.ts';
import type { AccessRequest, Party } from './request.ts';

/** What becomes of a request, with what the log says of it; or why it stays as it is. */
export type Decision =
  | { readonly ok: true; readonly next: AccessRequest; readonly events: readonly NewEvent[] }
  | { readonly ok: false; readonly refusal: Refusal };

/** A decision that something happens. */
export type Accepted = Extract<Decision, { ok: true }>;

/** The request goes on as `next`, and these events say so. */
export const accept = (next: AccessRequest, ...events: readonly NewEvent[]): Accepted => ({ ok: true, next, events });

/** Nothing changes, and this is why. */
export const refuse = (code: RefusalCode, extra: Omit<Refusal, 'code'> = {}): Decision & { ok: false } => ({
  ok: false,
  refusal: { code, ...extra },
});

/** No: not in the state that it is in. */
export const wrongState = (request: AccessRequest) => refuse('not_in_this_state', { detail: { state: request.state } });

/** The actor as the log names it. */
export function actorName(actor: Actor): string {
  if (actor.type === 'person') return actor.key;
  return `${actor.type}:${actor.name}`;
}

/** Somebody as a request keeps them: with the chat accounts that are theirs now. */
export const partyOf = (person: Person): Party => ({ id: person.id, name: person.name, keys: keysOf(person) });

/** Is this a click from an account that was theirs when the request kept them? By the row alone. */
export const isParty = (actor: Actor, party: Party): boolean =>
  actor.type === 'person' && party.keys.includes(actor.key);

/** Somebody whom chat and directory both know as one of this organisation's own. */
export interface Acting {
  readonly ok: true;
  readonly person: Person;
  readonly teams: readonly string[];
  readonly key: ChatKey;
  readonly directory: Directory;
}

/** A no, without what would have been decided. */
export type Refused = { readonly ok: false; readonly refusal: Refusal };

/**
 * The person behind an actor: a full member of the chat, linked to one person who is not suspended, whom no other chat
 * bars, and who is in a team (A2). A look-up that failed is a no. Who may ask is known so, and who may read what was asked.
 */
export function knownPerson(actor: Actor, facts: Pick<Facts, 'directory' | 'account' | 'linked'>): Acting | Refused {
  if (actor.type !== 'person') return refuse('actor_not_person');
  if (!facts.directory.ok) return refuse('directory_unavailable');
  if (!facts.account.ok) return refuse('account_unavailable');
  if (facts.account.value !== 'member') return refuse(`account_${facts.account.value}`);
  const directory = facts.directory.value;
  const person = personOf(directory, actor.key);
  if (person === 'unknown') return refuse('unknown_person');
  if (person === 'ambiguous') return refuse('ambiguous_person');
  if (person.suspended) return refuse('suspended');
  const barred = linkedProblem(facts, person, actor.key);
  if (barred) return { ok: false, refusal: barred };
  const teams = teamsOf(directory, person);
  if (teams.length === 0) return refuse('no_team');
  return { ok: true, person, teams, key: actor.key, directory };
}

/** Instants: one that is so much later, and the first and the last of two. */
export const addSeconds = (at: Date, seconds: number): Date => new Date(at.getTime() + seconds * 1000);
export const earlier = (a: Date, b: Date): Date => new Date(Math.min(a.getTime(), b.getTime()));
export const later = (a: Date, b: Date): Date => new Date(Math.max(a.getTime(), b.getTime()));

/** For the end of a `switch`: a case that is forgotten does not compile. Throws if it is reached all the same. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
