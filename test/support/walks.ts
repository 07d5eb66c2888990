import fc from 'fast-check';
import { type Directory, keysOf } from '../../src/core/policy/directory.ts';
import type { Actor } from '../../src/core/request/command.ts';
import type { Facts, Lookup } from '../../src/core/request/facts.ts';
import type { Freeze } from '../../src/core/request/freeze.ts';
import type { AccessRequest, Approval } from '../../src/core/request/request.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import { aDirectory, after, aPolicy, type CastName, KEYS, okFacts, START } from './requests.ts';

/* The world of random lives: who acts, what is found out, and an oracle of approvals that shares no code with the core. */

const NAMES = Object.keys(KEYS) as CastName[];
const FROZEN: Freeze = { at: START, by: { id: 'sasha', name: 'Sasha' }, reason: 'a leak', all: false, lifts: [] };
const TEAMS = ['payments', 'platform', 'security', 'product'];

const down = { ok: false, why: 'down' } as const;
const mostly = <T>(value: fc.Arbitrary<T>, at: Date): fc.Arbitrary<Lookup<T>> =>
  fc.oneof(
    { weight: 12, arbitrary: value.map((one): Lookup<T> => ({ ok: true, value: one, at })) },
    { weight: 1, arbitrary: value.map((one): Lookup<T> => ({ ok: true, value: one, at: after(at, -61_000) })) },
    { weight: 1, arbitrary: fc.constant(down) },
  );

/** The directory with some people moved between teams, suspended, or gone. */
const directories: fc.Arbitrary<Directory> = fc
  .record({
    change: fc.option(fc.constantFrom(...NAMES), { freq: 3, nil: undefined }),
    teams: fc.subarray(TEAMS),
    suspended: fc.boolean(),
    gone: fc.boolean(),
    linked: fc.boolean(),
  })
  .map(({ change, teams, suspended, gone, linked }) => {
    const directory = aDirectory();
    const people = directory.people.flatMap((person) => {
      if (person.id !== change) return [person];
      return gone ? [] : [{ ...person, teams, suspended, chats: linked ? person.chats : {} }];
    });
    return { ...directory, people };
  });

const policies = fc.oneof(
  { weight: 10, arbitrary: fc.constant(aPolicy()) },
  {
    weight: 1,
    arbitrary: fc.constant(aPolicy()).map((policy) => ({
      ...policy,
      zones: { ...policy.zones, B: { ...policy.zones.B, maxMinutes: 45 }, C: { ...policy.zones.C, maxMinutes: 20 } },
    })),
  },
);

/** What is found out, mostly in order, at `now`. */
export const facts = (now: Date): fc.Arbitrary<Facts> =>
  fc.record({
    clouds: fc.constant(DEFINITIONS.clouds),
    policy: mostly(policies, now),
    directory: mostly(directories, now),
    incident: mostly(
      fc.constantFrom(
        'not_found' as const,
        { id: 'INC-1', title: '', state: 'closed' as const },
        ...Array(10).fill({ id: 'INC-1', title: '', state: 'open' as const }),
      ),
      now,
    ),
    account: mostly(fc.constantFrom('guest' as const, 'deleted' as const, ...Array(12).fill('member' as const)), now),
    target: mostly(
      fc.record({
        offsetMs: fc.constantFrom(0, 0, 0, 59_000, 61_000, -61_000),
        room: fc.constantFrom(10, 10, 960).map((used) => [{ what: 'roles', used, quota: 1000 }]),
        changedDefinitions: fc.constantFrom([], [], [], ['arn:x']),
      }),
      now,
    ),
    approvers: fc.constant(okFacts(now).approvers ?? {}),
    openingOff: fc.constantFrom(undefined, undefined, undefined, undefined, undefined, 'a copy'),
    frozen: fc.constantFrom(...Array(20).fill(undefined), FROZEN, { ...FROZEN, all: true }),
  });

export const actors: fc.Arbitrary<Actor> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...NAMES).map((name): Actor => ({ type: 'person', key: KEYS[name] })) },
  { weight: 3, arbitrary: fc.constant<Actor>({ type: 'system', name: 'worker' }) },
  { weight: 1, arbitrary: fc.constant<Actor>({ type: 'operator', name: 'root' }) },
);

/**
 * Oracle: can these approvals, given for this digest, fill every clause, one person a place, by this directory? Tries
 * every assignment.
 */
export function satisfied(
  request: AccessRequest,
  { approvals, digest }: { readonly approvals: readonly Approval[]; readonly digest: string },
  directory: Directory,
  teamsSeen: ReadonlyMap<string, Set<string>>,
): boolean {
  const parents = new Map(directory.teams.map(({ id, parent }) => [id, parent]));
  const expand = (teams: readonly string[]) =>
    teams.flatMap((team) => [team, ...(parents.get(team) ? [parents.get(team)] : [])]);
  const places = request.details.terms.clauses.flatMap((clause) =>
    clause.who === 'group' ? Array.from({ length: clause.count }, () => clause.teams) : [undefined],
  );
  const requester = request.details.requester.id;
  const fits = (approval: Approval, teams: readonly string[] | undefined): boolean => {
    const person = directory.people.find(({ id }) => id === approval.by.id);
    if (!person || person.suspended || keysOf(person).length === 0 || approval.digest !== digest) return false;
    if (teams === undefined) return person.id === requester;
    const own = expand(person.teams);
    const seen = [...own, ...(teamsSeen.get(person.id) ?? [])];
    const outside = !seen.some((team) => team !== undefined && teamsSeen.get(requester)?.has(team));
    return person.id !== requester && outside && own.some((team) => team !== undefined && teams.includes(team));
  };
  const assign = (at: number, left: readonly Approval[]): boolean =>
    at === places.length ||
    left.some(
      (approval) =>
        fits(approval, places[at]) &&
        assign(
          at + 1,
          left.filter((one) => one !== approval),
        ),
    );
  return places.length > 0 && assign(0, approvals);
}

/** Adds every team that this directory shows to what was seen of each person. */
export function lookAround(seen: Map<string, Set<string>>, directory: Directory): void {
  const parents = new Map(directory.teams.map(({ id, parent }) => [id, parent]));
  for (const person of directory.people) {
    const known = seen.get(person.id) ?? new Set();
    for (const team of person.teams) {
      known.add(team);
      const parent = parents.get(team);
      if (parent !== undefined) known.add(parent);
    }
    seen.set(person.id, known);
  }
}
