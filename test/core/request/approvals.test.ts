import fc from 'fast-check';
import { type Directory, teamsOf } from '../../../src/core/policy/directory.ts';
import type { Clause } from '../../../src/core/policy/policy.ts';
import { type Candidate, match, placesOf, unfit } from '../../../src/core/request/approvals.ts';

const TEAMS = ['a', 'b', 'c', 'd'];
const clauses = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        who: fc.constant('group' as const),
        name: fc.constant('n'),
        teams: fc.subarray(TEAMS, { minLength: 1 }),
        count: fc.integer({ min: 1, max: 2 }),
        assurance: fc.constant('chat' as const),
      }),
    },
    { weight: 1, arbitrary: fc.constant<Clause>({ who: 'requester', name: 'r', assurance: 'chat' }) },
  ),
  { maxLength: 3 },
);
const candidates = fc
  .array(fc.record({ teams: fc.subarray(TEAMS), seen: fc.subarray(TEAMS), requester: fc.boolean() }), { maxLength: 5 })
  .map((list) =>
    list.map(
      ({ teams, seen, requester }, index): Candidate => ({
        id: requester && index === 0 ? 'me' : `p${index}`,
        teams,
        seen,
        assurance: 'chat',
      }),
    ),
  );

/** Most places that can be filled, by trying everything. */
function best(
  places: readonly Clause[],
  people: readonly Candidate[],
  asker: { id: string; seen: readonly string[] },
): number {
  const [first, ...rest] = places;
  if (first === undefined) return 0;
  const without = best(rest, people, asker);
  const options = people
    .filter((person) => unfit(first, person, asker) === undefined)
    .map(
      (person) =>
        1 +
        best(
          rest,
          people.filter((one) => one !== person),
          asker,
        ),
    );
  return Math.max(without, ...options);
}

describe('filling clauses (B3)', () => {
  it('fills as many places as any assignment could, one person a place', () => {
    fc.assert(
      fc.property(clauses, candidates, fc.subarray(TEAMS), (wanted, people, seen) => {
        const asker = { id: 'me', seen };
        const result = match(wanted, people, asker);
        const places = wanted.flatMap((clause) => Array.from({ length: placesOf(clause) }, () => clause));
        const missing = result.open.reduce((sum, one) => sum + one.missing, 0);
        expect(places.length - missing).toBe(best(places, people, asker));
        expect(result.complete).toBe(missing === 0 && places.length > 0);
        const holders = result.fills.flatMap(({ by }) => (by === undefined ? [] : [by]));
        expect(new Set(holders).size).toBe(holders.length);
      }),
      { numRuns: 500 },
    );
  });

  it('is never complete without a clause: no clause is no approval, not "none needed"', () => {
    expect(match([], [], { id: 'me', seen: [] }).complete).toBe(false);
  });
});

describe('teams', () => {
  const person = (teams: string[]) => ({ id: 'p', name: 'P', teams, chats: { slack: [] }, clouds: {} });
  const directory = (teams: Directory['teams']): Directory => ({ people: [], onCall: {}, teams });
  const tree = directory([
    { id: 'root', name: '' },
    { id: 'mid', name: '', parent: 'root' },
    { id: 'leaf', name: '', parent: 'mid' },
  ]);

  it.each<[promise: string, directory: Directory, teams: string[], all: string[]]>([
    ['include every parent', tree, ['leaf'], ['leaf', 'mid', 'root']],
    ['are none when one of them is unknown', tree, ['leaf', 'ghost'], []],
    [
      'are none when parents loop',
      directory([
        { id: 'x', name: '', parent: 'y' },
        { id: 'y', name: '', parent: 'x' },
      ]),
      ['x'],
      [],
    ],
    ['are none for somebody without a team', tree, [], []],
  ])('%s', (_promise, known, teams, all) => {
    expect(teamsOf(known, person(teams))).toEqual(all);
  });
});
