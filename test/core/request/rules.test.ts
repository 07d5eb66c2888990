import type { Directory, Person, Principal } from '../../../src/core/policy/directory.ts';
import type { Policy, Zone } from '../../../src/core/policy/policy.ts';
import { termsDigest, termsOf } from '../../../src/core/policy/terms.ts';
import type { Actor, Command, RequestInput } from '../../../src/core/request/command.ts';
import { decide } from '../../../src/core/request/decide.ts';
import { type ChatAccount, type Facts, UNANSWERED } from '../../../src/core/request/facts.ts';
import { GATES } from '../../../src/core/request/gates.ts';
import { REFUSAL_CODES } from '../../../src/core/request/refusal.ts';
import type { AccessRequest } from '../../../src/core/request/request.ts';
import { PENDING_MAX } from '../../../src/core/request/requester-history.ts';
import { MOMENTS, type Moment, type Rule } from '../../../src/core/request/rule.ts';
import { RULES } from '../../../src/core/request/rules.ts';
import {
  aDirectory,
  after,
  aPlan,
  aPolicy,
  digestFor,
  NO_HISTORY,
  okFacts,
  personActor,
  requestCommand,
  SECOND,
  START,
  SYSTEM,
  walkTo,
} from '../../support/requests.ts';
import { FROZEN } from '../../support/stages.ts';

/*
 * Each rule of the list, at each of its moments: an input that it refuses, and that passes once the rule is taken out. The
 * tests run over the list, so a rule without its case fails.
 */

interface World {
  readonly request: AccessRequest | undefined;
  readonly now: Date;
  readonly actor: Actor;
  readonly facts: Facts;
  readonly input: Partial<RequestInput>;
  readonly minutes: number;
  /** Of what the click was for, where it is not what stands. */
  readonly digest?: string;
}
type Change = (world: World, moment: Moment) => Partial<World>;
/** What is said though the rule is taken out, and by whom. */
interface Kept {
  readonly still: string;
  readonly since: string;
}
type Case = Change | { readonly change: Change; readonly kept: Kept };

const STATE = { approve: 'pending', extend: 'active', issue: 'granting' } as const;
const WHO = { ask: personActor('riley'), approve: personActor('avery'), extend: personActor('riley'), issue: SYSTEM };

/** The world in which this moment is a yes. */
function worldOf(moment: Moment, input: Partial<RequestInput> = {}): World {
  const { request, now } =
    moment === 'ask' ? { request: undefined, now: START } : walkTo(STATE[moment], { input, start: START });
  const at = after(now, SECOND);
  return { request, now: at, actor: WHO[moment], facts: okFacts(at), input, minutes: 15 };
}

function sent(moment: Moment, { request, now, input, minutes, digest }: World): Command {
  const shown = digest ?? request?.details.digest ?? '';
  switch (moment) {
    case 'ask':
      return requestCommand('R1', input);
    case 'approve':
      return { type: 'approve', digest: shown };
    case 'extend':
      return { type: 'extend', minutes, digest: shown };
    default:
      return { type: 'issue', plan: request && aPlan(request, now) };
  }
}

/** The code of the no, be it given to whoever acts or, at `issue`, written on the request that it closes. */
function answer(moment: Moment, world: World): string {
  const decision = decide(world.request, sent(moment, world), world.actor, world.facts, world.now);
  if (!decision.ok) return decision.refusal.code;
  const refused = decision.events.find(({ type }) => type === 'request_refused');
  return refused === undefined ? 'yes' : String(refused.data.why);
}

/** Runs without one rule, and puts it back. */
function without(rule: Rule, run: () => string): string {
  const list = [GATES, RULES].find((one) => (one as readonly Rule[]).includes(rule)) as Rule[];
  const at = list.indexOf(rule);
  list.splice(at, 1);
  try {
    return run();
  } finally {
    list.splice(at, 0, rule);
  }
}

const DOWN = { ok: false, why: 'down' } as const;
const facts =
  (change: (now: Date) => Partial<Facts>): Change =>
  ({ facts: known, now }) => ({ facts: { ...known, ...change(now) } });
const everywhere = (one: Case): Record<Moment, readonly Case[]> => ({
  ask: [one],
  approve: [one],
  extend: [one],
  issue: [one],
});
const still = (change: Change, code: string, since: string): Case => ({ change, kept: { still: code, since } });
const BY_TYPE = 'it is needed to judge at all';

const incident = (value: Extract<Facts['incident'], { ok: true }>['value']) =>
  facts((now) => ({ incident: { ok: true, value, at: now } }));
const history = (change: Partial<typeof NO_HISTORY>) => facts(() => ({ history: { ...NO_HISTORY, ...change } }));
const target = (change: object) =>
  facts((now) => ({
    target: {
      ok: true,
      value: { offsetMs: 0, room: [{ what: 'roles', used: 10, quota: 1000 }], changedDefinitions: [], ...change },
      at: now,
    },
  }));
const people = (change: (person: Person) => readonly Person[]) =>
  facts((now) => {
    const directory: Directory = aDirectory();
    return { directory: { ok: true, value: { ...directory, people: directory.people.flatMap(change) }, at: now } };
  });
const withPerson = (id: string, change: Partial<Person>) =>
  people((person) => [person.id === id ? { ...person, ...change } : person]);

/** Riley has another account, of which its chat says this. */
const barredElsewhere =
  (value: ChatAccount): Change =>
  (world, moment) => {
    const twoChats = withPerson('riley', { chats: { slack: [RILEY], pigeon: [{ loft: 'L1', user: 'riley' }] } });
    const known = { ...world, ...twoChats(world, moment) };
    return facts((now) => ({ linked: { 'pigeon:L1:riley': { ok: true, value, at: now } } }))(known, moment);
  };
const RILEY = { workspace: 'T0BREAK', user: 'U0RILEY' };

/** Under another policy from the start: what was asked, and what the form shows, is of its terms. */
const under =
  (policy: Policy): Change =>
  ({ facts: known, request, now, input }) => {
    const role = request?.details.terms.role.id ?? input.role ?? 'restart-service';
    const terms = termsOf(policy, role);
    if (terms === undefined) throw new Error('no such role');
    const digest = termsDigest(terms);
    return {
      facts: { ...known, policy: { ok: true, value: policy, at: now } },
      input: { ...input, digest },
      ...(request && { request: { ...request, details: { ...request.details, terms, digest } } }),
    };
  };
const zone = (name: Zone, change: Partial<Policy['zones'][Zone]>): Policy => {
  const { zones } = aPolicy();
  return aPolicy({ zones: { ...zones, [name]: { ...zones[name], ...change } } });
};
const stepUp = zone('B', { approvals: [{ ...aPolicy().zones.B.approvals[0], assurance: 'stepped_up' } as never] });
const changedRole = aPolicy({ roles: aPolicy().roles.map((role) => ({ ...role, summary: 'Something else.' })) });
const underNewPolicy = facts((now) => ({ policy: { ok: true, value: changedRole, at: now } }));

/** In zone C, which refuses what could not be verified. */
const inZoneC: Change = (_world, moment) => {
  const input = { role: 'rotate-keys', minutes: 15, digest: digestFor('rotate-keys') };
  const world = worldOf(moment, input);
  // The other of its two approvers.
  const actor = moment === 'approve' ? personActor('sasha') : world.actor;
  return { ...world, actor, facts: { ...world.facts, incident: DOWN } };
};

const ONE_MORE = 'one more person must say yes while it is unverified';
/** Where the zone asks for severity 2 or worse, while the source says this. */
const asksSeverity = (found: Facts['incident']) =>
  facts((now) => ({
    incident: found.ok ? { ...found, at: now } : found,
    policy: { ok: true, value: zone('B', { minSeverity: 2 }), at: now },
  }));
const ofSeverity = (severity: number | undefined) =>
  asksSeverity({ ok: true, value: { id: 'INC-1', title: '', state: 'open', severity }, at: START });
const SEVERITIES = [ofSeverity(3), ofSeverity(undefined), asksSeverity(DOWN)];

/** Asked with another chat account of the requester's, which is now linked to these people. */
const askedWithOther = (linked: readonly string[]): Change => {
  const key = 'slack:T0BREAK:U0OTHER';
  const account = { workspace: 'T0BREAK', user: 'U0OTHER' };
  const moved = people((person) => [
    linked.includes(person.id) ? { ...person, chats: { slack: [...(person.chats.slack ?? []), account] } } : person,
  ]);
  return (world, moment) => ({
    ...moved(world, moment),
    ...(world.request && { request: { ...world.request, details: { ...world.request.details, askedWith: key } } }),
  });
};
const UNLINKED = [askedWithOther(['casey', 'blake']), askedWithOther([]), askedWithOther(['casey'])];

const CASES: Readonly<Record<string, Partial<Record<Moment, readonly Case[]>>>> = {
  'openings are not frozen (B11)': everywhere(facts(() => ({ frozen: FROZEN }))),
  'this installation answers whether it may open': everywhere(facts(() => ({ openingOff: UNANSWERED }))),
  'this installation may open': everywhere(facts(() => ({ openingOff: 'this is a copy' }))),
  'the policy was read': {
    ...everywhere(
      still(
        facts(() => ({ policy: DOWN })),
        'policy_unavailable',
        BY_TYPE,
      ),
    ),
    issue: [
      still(
        facts(() => ({ policy: DOWN })),
        'stale_facts',
        BY_TYPE,
      ),
    ],
  },
  'the directory answered': {
    ...everywhere(
      still(
        facts(() => ({ directory: DOWN })),
        'directory_unavailable',
        BY_TYPE,
      ),
    ),
    issue: [
      still(
        facts(() => ({ directory: DOWN })),
        'stale_facts',
        BY_TYPE,
      ),
    ],
  },
  'the chat answered who acts': {
    ...everywhere(
      still(
        facts(() => ({ account: DOWN })),
        'account_unavailable',
        BY_TYPE,
      ),
    ),
    issue: [
      still(
        facts(() => ({ account: DOWN })),
        'stale_facts',
        BY_TYPE,
      ),
    ],
  },
  'no answer is old': everywhere(
    facts((now) => ({ policy: { ok: true, value: aPolicy(), at: after(now, -61 * SECOND) } })),
  ),
  'the chat answered of every approver': { issue: [facts(() => ({ approvers: {} }))] },
  'no answer of an approver is old': {
    issue: [facts((now) => ({ approvers: okFacts(after(now, -61 * SECOND)).approvers ?? {} }))],
  },
  'the target answered': {
    issue: [
      still(
        facts(() => ({ target: DOWN })),
        'stale_facts',
        BY_TYPE,
      ),
    ],
  },
  'the incident source will answer clearly again': { issue: [incident('unclear')] },
  'the answer of the target is not old': {
    issue: [facts((now) => ({ target: okFacts(after(now, -61 * SECOND)).target }))],
  },
  'the minutes are offered': {
    ask: [({ input }) => ({ input: { ...input, minutes: 25 } }), ({ input }) => ({ input: { ...input, minutes: 90 } })],
    extend: [() => ({ minutes: 25 }), () => ({ minutes: 60 })],
  },
  'the reason is one of ours': { ask: [({ input }) => ({ input: { ...input, reason: 'because' } })] },
  'the purpose says something': {
    ask: [
      ({ input }) => ({ input: { ...input, purpose: ' x ' } }),
      ({ input }) => ({ input: { ...input, purpose: 'x'.repeat(1001) } }),
    ],
  },
  'the runbook is one of that role': {
    ask: [
      ({ input }) => ({ input: { ...input, runbook: 'nobody-wrote-it' } }),
      ({ input }) => ({
        input: { ...input, role: 'read-logs', digest: digestFor('read-logs'), runbook: 'service-down' },
      }),
    ],
  },
  'what was shown is what stands': {
    ask: [({ input }) => ({ input: { ...input, digest: 'a'.repeat(64) } })],
    approve: [() => ({ digest: 'a'.repeat(64) })],
    extend: [() => ({ digest: 'a'.repeat(64) })],
  },
  'the terms are still those of the policy': {
    approve: [underNewPolicy],
    extend: [underNewPolicy],
    issue: [underNewPolicy],
  },
  'somebody must say yes': {
    ask: [under(zone('B', { approvals: [] }))],
    approve: [still(under(zone('B', { approvals: [] })), 'not_eligible', 'there is no clause to fill')],
    extend: [under(zone('B', { approvals: [] }))],
    issue: [still(under(zone('B', { approvals: [] })), 'approvals_missing', 'no clause is never a filled one')],
  },
  'the chat account that asked is still the requester’s': { approve: UNLINKED, extend: UNLINKED, issue: UNLINKED },
  'the requester is not suspended': {
    approve: [withPerson('riley', { suspended: true })],
    issue: [withPerson('riley', { suspended: true })],
  },
  'the requester’s teams may ask for the role': {
    ...everywhere(withPerson('riley', { teams: ['security'] })),
    approve: [withPerson('riley', { teams: [] }), withPerson('riley', { teams: ['security'] })],
  },
  'the requester is a full member of the chat': {
    issue: (['guest', 'bot', 'deleted', 'stranger'] as const).map((value) =>
      facts((now) => ({ account: { ok: true, value, at: now } })),
    ),
  },
  'no other chat bars the requester': {
    issue: (['guest', 'bot', 'deleted'] as const).map((value) => barredElsewhere(value)),
  },
  'the incident is verified where the zone wants it so': {
    ...everywhere(inZoneC),
    issue: [still(inZoneC, 'turned_unverified', ONE_MORE)],
  },
  'the incident source answers clearly': {
    ask: [incident('unclear')],
    approve: [incident('unclear')],
    extend: [incident('unclear')],
  },
  'the incident is known': everywhere(incident('not_found')),
  'the incident is open': everywhere(incident({ id: 'INC-1', title: '', state: 'closed' })),
  'the incident is as severe as the zone wants it': {
    ask: SEVERITIES,
    approve: SEVERITIES,
    extend: SEVERITIES,
    issue: [...SEVERITIES.slice(0, 2), still(asksSeverity(DOWN), 'turned_unverified', ONE_MORE)],
  },
  'the commander is one of us': {
    ask: [
      withPerson('casey', { suspended: true }),
      still(({ input }) => ({ input: { ...input, commander: 'nobody' } }), 'unknown_commander', BY_TYPE),
    ],
  },
  'every clause is filled (B2, B3)': {
    issue: [withPerson('avery', { teams: ['product'] }), facts(() => ({ incident: DOWN }))],
  },
  'no clause wants a step-up': { ask: [under(stepUp)], extend: [under(stepUp)] },
  'the cloud identity is theirs alone, and the one that was approved': {
    ask: [withPerson('riley', { clouds: {} }), facts(() => ({ clouds: {} }))],
    issue: [
      withPerson('riley', {
        clouds: { aws: { kind: 'iam-user', arn: 'arn:aws:iam::111122223333:user/other' } as Principal },
      }),
      facts(() => ({ clouds: {} })),
    ],
  },
  'what was asked before was read (A11)': { ask: [facts(() => ({ history: undefined }))] },
  'it was not asked for already (A11)': { ask: [history({ same: { id: 'R0', state: 'pending' } })] },
  'not too much waits for an answer (A11)': {
    ask: [history({ pending: Array.from({ length: PENDING_MAX }, (_, at) => `p${at}`) })],
  },
  'not too much stands in the account (A11)': { ask: [history({ objects: 40 })] },
  'the target’s clock is near ours': { issue: [target({ offsetMs: 61_000 }), target({ offsetMs: -61_000 })] },
  'what was pinned is what was reviewed': { issue: [target({ changedDefinitions: ['arn:x'] })] },
  'the cloud holds it for them only once': { issue: [target({ heldAs: 'bg-other' })] },
  'there is room for one more object': { issue: [target({ room: [{ what: 'roles', used: 950, quota: 1000 }] })] },
};

const ALL = [...(GATES as readonly Rule[]), ...RULES];
const HELD = ALL.flatMap((rule) => rule.at.map((moment) => ({ rule, moment, name: rule.name })));

describe('the one list of rules', () => {
  it.each(MOMENTS)('lets a request through that breaks none, at %s', (moment) => {
    expect(answer(moment, worldOf(moment))).toBe('yes');
  });

  it.each(MOMENTS)(
    'lets an incident pass that is just as severe as the zone wants it, and a worse one, at %s',
    (moment) => {
      const base = worldOf(moment);
      for (const change of [ofSeverity(2), ofSeverity(1)]) {
        expect(answer(moment, { ...base, ...change(base, moment) })).toBe('yes');
      }
    },
  );

  it('names every rule once a moment, and every case is of a rule that holds then', () => {
    const held = HELD.map(({ name, moment }) => `${name} at ${moment}`);
    expect(held).toEqual([...new Set(held)]);
    const shown = Object.entries(CASES).flatMap(([name, at]) =>
      Object.keys(at).map((moment) => `${name} at ${moment}`),
    );
    expect(shown.sort()).toEqual(held.sort());
  });

  it.each(HELD)('at $moment: $name', ({ rule, moment, name }) => {
    const cases = CASES[name]?.[moment] ?? [];
    expect(cases).not.toEqual([]);
    for (const one of cases) {
      const { change, kept } = typeof one === 'function' ? { change: one, kept: undefined } : one;
      const base = worldOf(moment);
      const world = { ...base, ...change(base, moment) };
      expect(rule.refuses).toContain(answer(moment, world));
      expect(without(rule, () => answer(moment, world))).toBe(kept?.still ?? 'yes');
    }
  });

  it('gives no refusal but those that its rules name, each of them shown', () => {
    const shown = HELD.flatMap(({ moment, name }) =>
      (CASES[name]?.[moment] ?? []).map((one) => {
        const base = worldOf(moment);
        const change = typeof one === 'function' ? one : one.change;
        return `${name}: ${answer(moment, { ...base, ...change(base, moment) })}`;
      }),
    );
    const named = ALL.flatMap(({ name, refuses }) => refuses.map((code) => `${name}: ${code}`));
    expect([...new Set(shown)].sort()).toEqual([...new Set(named)].sort());
    expect(REFUSAL_CODES).toEqual(expect.arrayContaining([...new Set(ALL.flatMap(({ refuses }) => refuses))]));
  });
});
