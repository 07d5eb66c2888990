import {
  type Directory,
  keysOf,
  type Person,
  personById,
  personOf,
  share,
  teamsOf,
  union,
} from '../policy/directory.ts';
import { ASSURANCES, type Assurance, type Clause, COUNT_MAX, ZONES, type Zone } from '../policy/policy.ts';
import type { Wanted, WantedClause } from '../policy/terms.ts';
import type { RefusalCode } from './refusal.ts';
import type { Approval } from './request.ts';

/** By person: every team, parents included, that they were seen in since the request. Only grows. */
export type SeenTeams = Readonly<Record<string, readonly string[]>>;

/** One who might fill a clause: their teams now, and every team seen since the request. */
export interface Candidate {
  readonly id: string;
  readonly teams: readonly string[];
  readonly seen: readonly string[];
  readonly assurance: Assurance;
  /** They said yes while the incident was verified: a place that is there because it is not wants somebody who knew. */
  readonly unaware?: true;
}

/** The requester as clauses see them: the union of teams since the request. */
export interface Asker {
  readonly id: string;
  readonly seen: readonly string[];
}

/** A clause, and how many people are still missing in it. */
export interface OpenClause {
  readonly clause: WantedClause;
  readonly missing: number;
}

/** B2: how many different people outside the requester's team must say yes at the least, whatever the clauses say. */
export const OUTSIDE_AT_LEAST: Readonly<Record<Zone, number>> = { A: 0, B: 1, C: 2 };

/**
 * Is this a clause that can be counted? A policy is checked when it is applied and again when it is read; what came past
 * both (an unknown `who`, no count, half a place) wants a yes that nobody can give.
 */
const isSound = (clause: Clause): boolean =>
  ASSURANCES.includes(clause.assurance) &&
  (clause.who === 'requester' ||
    (clause.who === 'group' &&
      Array.isArray(clause.teams) &&
      Number.isInteger(clause.count) &&
      clause.count >= 1 &&
      clause.count <= COUNT_MAX));

/** How many different people a clause wants: never none. */
export const placesOf = (clause: Clause): number => (clause.who === 'group' && isSound(clause) ? clause.count : 1);

const strongEnough = (given: Assurance, wanted: Assurance): boolean => wanted === 'chat' || given === 'stepped_up';

/** Why this candidate cannot fill this clause, or undefined if they can (B1, B2, B3). */
export function unfit(clause: WantedClause, candidate: Candidate, asker: Asker): RefusalCode | undefined {
  if (!isSound(clause)) return 'not_eligible';
  if (clause.who === 'requester') {
    if (candidate.id !== asker.id) return 'not_eligible';
  } else {
    if (candidate.id === asker.id) return 'self_approval';
    if (candidate.teams.length === 0) return 'no_team';
    // Any team they ever shared since the request counts: moving someone out for a minute buys nothing.
    if (share(union(candidate.teams, candidate.seen), asker.seen)) return 'same_team';
    if (!share(candidate.teams, clause.teams)) return 'not_eligible';
    if (clause.whileUnverified && candidate.unaware) return 'not_eligible';
  }
  return strongEnough(candidate.assurance, clause.assurance) ? undefined : 'step_up_unavailable';
}

/**
 * Fills clauses with people, one place each, as many places as can be filled at the same time (maximum bipartite
 * matching). Which approval fills which clause is computed each time and never stored.
 */
export function match(clauses: readonly WantedClause[], people: readonly Candidate[], asker: Asker) {
  const candidates = each(people);
  const places = clauses.flatMap((clause, index) =>
    Array.from({ length: placesOf(clause) }, () => ({ clause, index })),
  );
  const holder: (number | undefined)[] = places.map(() => undefined);

  const place = (who: number, tried: Set<number>): boolean => {
    const candidate = candidates[who];
    if (candidate === undefined) return false;
    for (const [at, { clause }] of places.entries()) {
      if (tried.has(at) || unfit(clause, candidate, asker) !== undefined) continue;
      tried.add(at);
      const current = holder[at];
      if (current === undefined || place(current, tried)) {
        holder[at] = who;
        return true;
      }
    }
    return false;
  };
  const placed = candidates.filter((_, who) => place(who, new Set()));

  const open = clauses.flatMap((clause, index): OpenClause[] => {
    const missing = places.filter((at, slot) => at.index === index && holder[slot] === undefined).length;
    return missing > 0 ? [{ clause, missing }] : [];
  });
  const fills = places.map(({ clause }, slot) => ({ clause, by: candidates[holder[slot] ?? -1]?.id }));
  return { placed, open, fills, complete: open.length === 0 && places.length > 0 };
}

/** Everybody once, however often they are named: one person fills one place (B3). */
const each = (people: readonly Candidate[]): readonly Candidate[] => [
  ...new Map(people.map((person) => [person.id, person])).values(),
];

/**
 * What the floor of the zone (B2) still wants once every clause is filled: people who would fit some clause of a group,
 * and so are outside the requester's team. Undefined where the clauses hold the floor by themselves, as lint has it.
 */
export function belowFloor(
  { zone, clauses }: Wanted,
  people: readonly Candidate[],
  asker: Asker,
  open: readonly OpenClause[],
): OpenClause | undefined {
  const groups = clauses.filter((clause) => clause.who === 'group');
  const outside = each(people).filter((person) => groups.some((clause) => unfit(clause, person, asker) === undefined));
  const awaited = open.reduce((sum, { clause, missing }) => sum + (clause.who === 'group' ? missing : 0), 0);
  // A zone that nobody knows asks as much as the strictest.
  const floor = ZONES.includes(zone) ? OUTSIDE_AT_LEAST[zone] : Math.max(...Object.values(OUTSIDE_AT_LEAST));
  const missing = floor - outside.length - awaited;
  if (missing <= 0) return undefined;
  const teams = [...new Set(groups.flatMap((clause) => clause.teams))];
  const clause = { who: 'group', name: `zone ${zone}: at least ${floor} from outside`, teams, count: floor } as const;
  return { clause: { ...clause, assurance: 'chat' }, missing };
}

/** What the approvals come to: those that count, those that do not any more and why, and what is still open. */
export interface Tally {
  readonly counted: readonly Approval[];
  readonly voided: readonly { readonly approval: Approval; readonly why: RefusalCode }[];
  readonly open: readonly OpenClause[];
  readonly complete: boolean;
}

const candidateOf = (
  person: Person,
  directory: Directory,
  seen: SeenTeams,
  { assurance, incidentVerified }: Pick<Approval, 'assurance'> & Partial<Pick<Approval, 'incidentVerified'>>,
): Candidate => ({
  id: person.id,
  teams: teamsOf(directory, person),
  seen: seen[person.id] ?? [],
  assurance,
  ...(incidentVerified && { unaware: true }),
});

/**
 * Every approval judged anew by today's directory: who still counts, who does not and why, and what is still open, be it
 * a clause or the floor of the zone. Complete only if neither is.
 */
export function tally(
  wanted: Wanted,
  approvals: readonly Approval[],
  asker: Asker,
  digest: string,
  directory: Directory,
  seen: SeenTeams,
): Tally {
  const { clauses, also = [] } = wanted;
  const judged = approvals.map((approval) => {
    const why = lapsed(approval, [...clauses, ...also], asker, digest, directory, seen);
    return { approval, why };
  });
  const counted = judged.flatMap(({ approval, why }) => (why === undefined ? [approval] : []));
  const voided = judged.flatMap(({ approval, why }) => (why === undefined ? [] : [{ approval, why }]));
  const candidates = counted.flatMap((approval) => {
    const person = personById(directory, approval.by.id);
    return person ? [candidateOf(person, directory, seen, approval)] : [];
  });
  const { open, complete } = match(clauses, candidates, asker);
  const floor = belowFloor(wanted, candidates, asker, open);
  return { counted, voided, open: floor ? [...open, floor] : open, complete: complete && floor === undefined };
}

function lapsed(
  approval: Approval,
  clauses: readonly WantedClause[],
  asker: Asker,
  digest: string,
  directory: Directory,
  seen: SeenTeams,
): RefusalCode | undefined {
  if (approval.digest !== digest) return 'terms_changed';
  const person = personById(directory, approval.by.id);
  if (person === undefined) return 'unknown_person';
  if (person.suspended) return 'suspended';
  const linked = personOf(directory, approval.key);
  if (typeof linked === 'string') return 'ambiguous_person';
  if (linked.id !== person.id) return 'unknown_person';
  return firstReason(clauses, candidateOf(person, directory, seen, approval), asker);
}

/** Undefined if the candidate fits some clause; otherwise the most telling reason why none. */
export function firstReason(
  clauses: readonly WantedClause[],
  candidate: Candidate,
  asker: Asker,
): RefusalCode | undefined {
  const reasons = clauses.map((clause) => unfit(clause, candidate, asker));
  if (reasons.includes(undefined)) return undefined;
  const telling = ['self_approval', 'step_up_unavailable', 'same_team', 'no_team'] as const;
  return telling.find((code) => reasons.includes(code)) ?? 'not_eligible';
}

/** People who could fill this clause by today's directory (on-call or not), the requester among them only for `who: requester`. */
export const eligibleFor = (
  clause: WantedClause,
  directory: Directory,
  asker: Asker,
  seen: SeenTeams = {},
): readonly Person[] =>
  directory.people.filter(
    (person) =>
      !person.suspended &&
      keysOf(person).length > 0 &&
      unfit({ ...clause, assurance: 'chat' }, candidateOf(person, directory, seen, { assurance: 'chat' }), asker) ===
        undefined,
  );
