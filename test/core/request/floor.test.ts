import fc from 'fast-check';
import { type Directory, personById, teamsOf } from '../../../src/core/policy/directory.ts';
import type { Clause, Policy, Zone } from '../../../src/core/policy/policy.ts';
import { termsDigest, termsOf } from '../../../src/core/policy/terms.ts';
import { type Candidate, match, OUTSIDE_AT_LEAST, placesOf } from '../../../src/core/request/approvals.ts';
import { decide } from '../../../src/core/request/decide.ts';
import { openNow } from '../../../src/core/request/decide-approve.ts';
import { extensionDigest } from '../../../src/core/request/extension.ts';
import type { Facts } from '../../../src/core/request/facts.ts';
import type { AccessRequest, Approval } from '../../../src/core/request/request.ts';
import {
  aDirectory,
  aPlan,
  aPolicy,
  type CastName,
  KEYS,
  laterPlans,
  okFacts,
  personActor,
  SYSTEM,
  walkTo,
} from '../../support/requests.ts';

const TEAMS = ['payments', 'platform', 'security'];
const NAMES = Object.keys(KEYS) as CastName[];
const ROLE = { A: 'read-logs', B: 'restart-service', C: 'rotate-keys' } as const;

/** What no schema and no lint would let in, and yet might stand in a row. */
const UNSOUND = [
  { who: 'group', name: 'none', teams: TEAMS, assurance: 'chat' },
  ...[0, -1, 0.5, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '1', null, [1], 1e9].map((count) => ({
    who: 'group',
    name: 'n',
    teams: TEAMS,
    assurance: 'chat',
    count,
  })),
  { who: 'anybody', name: 'x', assurance: 'chat' },
  { who: 'anybody', name: 'x', teams: TEAMS, count: 1, assurance: 'chat' },
  { name: 'x', teams: TEAMS, count: 1, assurance: 'chat' },
  { who: 'requester', name: 'x' },
  { who: 'requester', name: 'x', assurance: 'any' },
  { who: 'group', name: 'x', teams: 'platform security', count: 1, assurance: 'chat' },
] as unknown as readonly Clause[];

const sound = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      who: fc.constant('group' as const),
      name: fc.constant('n'),
      teams: fc.subarray(TEAMS, { minLength: 1 }),
      count: fc.constantFrom(1, 1, 2),
      assurance: fc.constant('chat' as const),
    }),
  },
  { weight: 2, arbitrary: fc.constant<Clause>({ who: 'requester', name: 'r', assurance: 'chat' }) },
);
const clauses = fc.oneof(
  { weight: 3, arbitrary: fc.array(sound, { minLength: 1, maxLength: 3 }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.array(sound, { maxLength: 2 }), fc.constantFrom(...UNSOUND))
      .map(([list, odd]) => [...list, odd]),
  },
);
/** Who says yes, in order, some of them twice. */
const sayers = fc.array(fc.constantFrom(...NAMES), { maxLength: 6 });
const CAST_TEAMS = NAMES.map((name) => aPolicy().people.find(({ id }) => id === name)?.teams ?? []);
const teamsOfAll = fc.oneof(
  fc.constant(CAST_TEAMS),
  fc.array(fc.subarray(TEAMS), { minLength: NAMES.length, maxLength: NAMES.length }),
);

interface Case {
  readonly zone: Zone;
  readonly clauses: readonly Clause[];
  readonly teams: readonly (readonly string[])[];
}
const cases = fc.record({ zone: fc.constantFrom<Zone>('A', 'B', 'C', 'C'), clauses, teams: teamsOfAll });

/** A policy with these clauses, past schema and lint; a directory; and facts with nothing wrong. */
function world({ zone, clauses: wanted, teams }: Case) {
  const base = aPolicy();
  const policy: Policy = {
    ...base,
    zones: { ...base.zones, [zone]: { ...base.zones[zone], approvals: wanted } },
    people: base.people.map((person) => ({
      ...person,
      // Whoever asks must be of a team that may ask.
      teams: person.id === 'riley' ? ['payments'] : [...(teams[NAMES.indexOf(person.id as CastName)] ?? [])],
    })),
  };
  const directory = aDirectory(policy);
  const terms = termsOf(policy, ROLE[zone]);
  if (terms === undefined) throw new Error('no role');
  const facts = (now: Date): Facts =>
    okFacts(now, {
      policy: { ok: true, value: policy, at: now },
      directory: { ok: true, value: directory, at: now },
    });
  /** The same request, asked under these terms. */
  const under = (request: AccessRequest): AccessRequest => ({
    ...request,
    details: { ...request.details, terms, digest: termsDigest(terms) },
    approvals: [],
    seenTeams: { riley: ['payments', 'product'] },
  });
  return { directory, facts, under };
}

const yes = (name: CastName, digest: string, at: Date): Approval => ({
  by: { id: name, name, keys: [KEYS[name]] },
  key: KEYS[name],
  at,
  teams: [],
  digest,
  assurance: 'chat',
  incidentVerified: true,
});

/** B2, said once more in other words than the code's. */
function outsideOf(given: readonly Approval[], directory: Directory, requester: string): number {
  const teams = (id: string) => {
    const person = personById(directory, id);
    return person ? teamsOf(directory, person) : [];
  };
  const own = new Set(teams(requester));
  const outside = given
    .map(({ by }) => by.id)
    .filter((id) => id !== requester && teams(id).length > 0 && !teams(id).some((team) => own.has(team)));
  return new Set(outside).size;
}

const RUNS = { numRuns: 500 };
const START = { pending: walkTo('pending'), granting: walkTo('granting'), active: walkTo('active') };

describe('the floors of the approval matrix hold in the decision itself (B2)', () => {
  it('at approve: whatever the clauses say, nothing is granted without them', () => {
    let granted = 0;
    fc.assert(
      fc.property(cases, sayers, (one, names) => {
        const { directory, facts, under } = world(one);
        const { now } = START.pending;
        let request = under(START.pending.request);
        for (const name of names) {
          const command = { type: 'approve', digest: request.details.digest } as const;
          const said = decide(request, command, personActor(name), facts(now), now);
          if (said.ok) request = said.next;
        }
        if (request.state !== 'granting') return;
        granted += 1;
        expect(outsideOf(request.approvals, directory, 'riley')).toBeGreaterThanOrEqual(OUTSIDE_AT_LEAST[one.zone]);
        expect(one.clauses.every((clause) => !UNSOUND.includes(clause))).toBe(true);
      }),
      RUNS,
    );
    expect(granted).toBeGreaterThan(10);
  });

  it('at issue: whatever approvals stand in the row, nothing is planned without them', () => {
    let planned = 0;
    fc.assert(
      fc.property(cases, sayers, (one, names) => {
        const { directory, facts, under } = world(one);
        const { now } = START.granting;
        const asked = under(START.granting.request);
        const approvals = names.map((name) => yes(name, asked.details.digest, now));
        const request = { ...asked, approvals };
        const said = decide(request, { type: 'issue', plan: aPlan(request, now) }, SYSTEM, facts(now), now);
        if (!said.ok || !said.events.some(({ type }) => type === 'access_planned')) return;
        planned += 1;
        expect(outsideOf(approvals, directory, 'riley')).toBeGreaterThanOrEqual(OUTSIDE_AT_LEAST[one.zone]);
        expect(one.clauses.every((clause) => !UNSOUND.includes(clause))).toBe(true);
      }),
      RUNS,
    );
    expect(planned).toBeGreaterThan(10);
  });

  it('at more time: nothing is planned without them', () => {
    let planned = 0;
    fc.assert(
      fc.property(cases, sayers, (one, names) => {
        const { directory, facts, under } = world(one);
        const { now } = START.active;
        const asked = under(START.active.request);
        if (asked.state !== 'active') throw new Error('not open');
        const digest = extensionDigest(asked.details.digest, { number: 1, minutes: 15 });
        const approvals = names.map((name) => yes(name, digest, now));
        const times = { askedAt: now, decideBy: asked.endsAt, approvedAt: now };
        const request = { ...asked, extension: { number: 1, minutes: 15, digest, approvals, ...times } };
        const issue = { type: 'issue_extension', plans: laterPlans(request) } as const;
        const said = decide(request, issue, SYSTEM, facts(now), now);
        if (!said.ok || !said.events.some(({ type }) => type === 'extension_planned')) return;
        planned += 1;
        expect(outsideOf(approvals, directory, 'riley')).toBeGreaterThanOrEqual(OUTSIDE_AT_LEAST[one.zone]);
        expect(one.clauses.every((clause) => !UNSOUND.includes(clause))).toBe(true);
      }),
      RUNS,
    );
    expect(planned).toBeGreaterThan(10);
  });

  it('says what is missing where the clauses are filled and the floor is not, and counts a second person for it', () => {
    const platform: Clause = { who: 'group', name: 'Platform', teams: ['platform'], count: 1, assurance: 'chat' };
    const { directory, facts, under } = world({ zone: 'C', clauses: [platform], teams: CAST_TEAMS });
    const { now } = START.pending;
    const pending = under(START.pending.request);
    const approve = (request: AccessRequest, name: CastName) => {
      const command = { type: 'approve', digest: request.details.digest } as const;
      return decide(request, command, personActor(name), facts(now), now);
    };
    const first = approve(pending, 'avery');
    if (!first.ok) throw new Error(first.refusal.code);
    expect(first.next.state).toBe('pending');
    const missing = { clause: 'zone C: at least 2 from outside', missing: 1 };
    expect(first.events.at(-1)?.data.open).toEqual([missing]);
    expect(openNow(first.next, directory)?.open).toMatchObject([{ clause: { name: missing.clause }, missing: 1 }]);
    expect(approve(first.next, 'riley')).toMatchObject({ refusal: { code: 'self_approval' } });
    expect(approve(first.next, 'avery')).toMatchObject({ refusal: { code: 'already_approved' } });
    expect(approve(first.next, 'sasha')).toMatchObject({ refusal: { code: 'not_eligible' } });
    expect(approve(first.next, 'blake')).toMatchObject({ ok: true, next: { state: 'granting' } });
  });
});

describe('what counts places fails closed', () => {
  const asker = { id: 'me', seen: [] };
  const everybody = ['me', 'a', 'b', 'c'].map(
    (id): Candidate => ({ id, teams: TEAMS, seen: [], assurance: 'stepped_up' }),
  );

  it.each(UNSOUND.map((clause) => [JSON.stringify(clause, (_key, value) => value ?? String(value)), clause] as const))(
    'a clause that is none is never filled: %s',
    (_name, clause) => {
      expect(placesOf(clause)).toBe(1);
      expect(match([clause], everybody, asker)).toMatchObject({ complete: false, placed: [] });
    },
  );

  it('one person fills one place, however often they are named (B3)', () => {
    const two: Clause = { who: 'group', name: 'n', teams: TEAMS, count: 2, assurance: 'chat' };
    const [, a] = everybody;
    if (a === undefined) throw new Error('nobody');
    expect(match([two], [a, a, a], asker).complete).toBe(false);
  });

  it('terms in a row that are not what their digest says count for nothing (B4)', () => {
    // In zone A, where no floor stands against it.
    const { request, now } = walkTo('granting', { input: { role: 'read-logs' } });
    const lax = { ...request.details.terms, clauses: [{ who: 'requester', name: 'me', assurance: 'chat' }] as const };
    const issued = (change: Partial<AccessRequest>) => {
      const row = { ...request, ...change } as AccessRequest;
      return decide(row, { type: 'issue', plan: aPlan(row, now) }, SYSTEM, okFacts(now), now);
    };
    expect(issued({})).toMatchObject({ ok: true, next: { state: 'granting' } });
    const details = { ...request.details, terms: lax };
    const said = issued({ details, approvals: [yes('riley', request.details.digest, now)] });
    expect(said).toMatchObject({ ok: true, next: { state: 'closed', outcome: 'refused' } });
  });
});
