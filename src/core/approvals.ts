import { type Directory, type Person, personById, share, teamsOf, union } from './directory.ts';
import type { Assurance, Clause } from './policy.ts';
import type { RefusalCode } from './refusal.ts';
import type { Approval } from './request.ts';

export type SeenTeams = Readonly<Record<string, readonly string[]>>;

/** One who might fill a clause: their teams now, and every team seen since the request. */
export interface Candidate {
  readonly id: string;
  readonly teams: readonly string[];
  readonly seen: readonly string[];
  readonly assurance: Assurance;
}

/** The requester as clauses see them: the union of teams since the request. */
export interface Asker {
  readonly id: string;
  readonly seen: readonly string[];
}

export interface OpenClause {
  readonly clause: Clause;
  readonly missing: number;
}

/** How many different people a clause wants. */
export const placesOf = (clause: Clause): number => (clause.who === 'group' ? clause.count : 1);

const strongEnough = (given: Assurance, wanted: Assurance): boolean => wanted === 'chat' || given === 'stepped_up';

/** Why this candidate cannot fill this clause, or undefined if they can (B1, B2, B3). */
export function unfit(clause: Clause, candidate: Candidate, asker: Asker): RefusalCode | undefined {
  if (clause.who === 'requester') {
    if (candidate.id !== asker.id) return 'not_eligible';
  } else {
    if (candidate.id === asker.id) return 'self_approval';
    if (candidate.teams.length === 0) return 'no_team';
    // Any team they ever shared since the request counts: moving someone out for a minute buys nothing.
    if (share(union(candidate.teams, candidate.seen), asker.seen)) return 'same_team';
    if (!share(candidate.teams, clause.teams)) return 'not_eligible';
  }
  return strongEnough(candidate.assurance, clause.assurance) ? undefined : 'step_up_unavailable';
}

/**
 * Fills clauses with people, one place each, as many places as can be filled at the same time (maximum bipartite
 * matching). Which approval fills which clause is computed each time and never stored.
 */
export function match(clauses: readonly Clause[], candidates: readonly Candidate[], asker: Asker) {
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

export interface Standing {
  readonly counted: readonly Approval[];
  readonly voided: readonly { readonly approval: Approval; readonly why: RefusalCode }[];
  readonly open: readonly OpenClause[];
  readonly complete: boolean;
}

const candidateOf = (person: Person, directory: Directory, seen: SeenTeams, assurance: Assurance): Candidate => ({
  id: person.id,
  teams: teamsOf(directory, person),
  seen: seen[person.id] ?? [],
  assurance,
});

/** Every approval judged anew by today's directory: who still counts, who does not and why, what is still open. */
export function standing(
  clauses: readonly Clause[],
  approvals: readonly Approval[],
  asker: Asker,
  digest: string,
  directory: Directory,
  seen: SeenTeams,
): Standing {
  const judged = approvals.map((approval) => {
    const why = lapsed(approval, clauses, asker, digest, directory, seen);
    return { approval, why };
  });
  const counted = judged.flatMap(({ approval, why }) => (why === undefined ? [approval] : []));
  const voided = judged.flatMap(({ approval, why }) => (why === undefined ? [] : [{ approval, why }]));
  const candidates = counted.flatMap((approval) => {
    const person = personById(directory, approval.by.id);
    return person ? [candidateOf(person, directory, seen, approval.assurance)] : [];
  });
  const { open, complete } = match(clauses, candidates, asker);
  return { counted, voided, open, complete };
}

function lapsed(
  approval: Approval,
  clauses: readonly Clause[],
  asker: Asker,
  digest: string,
  directory: Directory,
  seen: SeenTeams,
): RefusalCode | undefined {
  if (approval.digest !== digest) return 'terms_changed';
  const person = personById(directory, approval.by.id);
  if (person === undefined) return 'unknown_person';
  if (person.suspended) return 'suspended';
  const linked = directory.people.filter(({ slack }) =>
    slack.some(({ workspace, user }) => `slack:${workspace}:${user}` === approval.key),
  );
  if (linked.length !== 1) return 'ambiguous_person';
  if (linked[0]?.id !== person.id) return 'unknown_person';
  return firstReason(clauses, candidateOf(person, directory, seen, approval.assurance), asker);
}

/** Undefined if the candidate fits some clause; otherwise the most telling reason why none. */
export function firstReason(clauses: readonly Clause[], candidate: Candidate, asker: Asker): RefusalCode | undefined {
  const reasons = clauses.map((clause) => unfit(clause, candidate, asker));
  if (reasons.includes(undefined)) return undefined;
  const telling = ['self_approval', 'step_up_unavailable', 'same_team', 'no_team'] as const;
  return telling.find((code) => reasons.includes(code)) ?? 'not_eligible';
}

/** People who could fill this clause by today's directory (on-call or not), the requester among them only for `who: requester`. */
export const eligibleFor = (
  clause: Clause,
  directory: Directory,
  asker: Asker,
  seen: SeenTeams = {},
): readonly Person[] =>
  directory.people.filter(
    (person) =>
      !person.suspended &&
      person.slack.length > 0 &&
      unfit({ ...clause, assurance: 'chat' }, candidateOf(person, directory, seen, 'chat'), asker) === undefined,
  );
