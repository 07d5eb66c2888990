import { EMPTY_HEAD, seal } from '../../src/core/audit/log.ts';
import type { StoredEvent } from '../../src/core/events.ts';
import type { ChatKey } from '../../src/core/policy/directory.ts';
import { policySchema } from '../../src/core/policy/policy.ts';
import { termsDigest, termsOf } from '../../src/core/policy/terms.ts';
import type { Actor, Command } from '../../src/core/request/command.ts';
import { decide } from '../../src/core/request/decide.ts';
import { actorName } from '../../src/core/request/decision.ts';
import { digestShown } from '../../src/core/request/extension.ts';
import type { Facts } from '../../src/core/request/facts.ts';
import type { AccessRequest } from '../../src/core/request/request.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import { accepted, after, aPlan, laterPlans, okFacts, SECOND } from '../support/requests.ts';
import { SECONDS_FLOORS } from '../support/seconds.ts';
import { COMMANDER, incidentOf, keyOf, personOf, policies, roleOf, slackOf } from './catalog.ts';
import type { Arrived } from './deliveries.ts';
import { type Evidence, unapproved } from './eligible.ts';
import { freezesIn, openedWhileFrozen } from './freezes.ts';
import { offPath } from './path.ts';
import type { Known } from './path-commands.ts';
import { People } from './people.ts';

/*
 * The judges of the chaos harness, on one life that went well and on forged ones: a judge that says yes to everything
 * would find nothing either.
 */

const ID = 'R1';
const START = new Date(Date.now() - 120_000);
const WORKER: Actor = { type: 'system', name: 'worker' };
const person = (id: string): Actor => ({ type: 'person', key: keyOf(id) as ChatKey });

interface Life {
  readonly row: AccessRequest;
  readonly events: readonly StoredEvent[];
  readonly known: Known;
}

type Step = readonly [Actor, number, (request: AccessRequest | undefined, now: Date) => Command];

const EXPIRED: Step = [WORKER, 10, () => ({ type: 'expire' })];
/** More time, asked and approved while it is open, and given up early. A later end is in everything that is planned. */
const MORE_TIME: readonly Step[] = [
  [
    person(personOf(0, 'requester')),
    4,
    (request) => ({ type: 'extend', minutes: 0.1, digest: request?.details.digest ?? '' }),
  ],
  [
    person(personOf(0, 'sre')),
    4.2,
    (request) => ({ type: 'approve', digest: request?.state === 'active' ? digestShown(request) : '' }),
  ],
  [
    WORKER,
    4.4,
    (request) => ({
      type: 'issue_extension',
      plans: laterPlans(request).map((plan) => ({ ...plan, detail: { notAfter: plan.plannedEnd.toISOString() } })),
    }),
  ],
  [WORKER, 4.6, () => ({ type: 'extension_confirmed', number: 1, grantId: ID })],
  [person(personOf(0, 'requester')), 10, () => ({ type: 'end' })],
];

/** Asked in zone B, approved by SRE, opened, over: by the core itself. */
async function aLife(people: People, whileOpen: readonly Step[] = [EXPIRED]): Promise<Life> {
  const policy = policySchema(SECONDS_FLOORS, DEFINITIONS).parse(
    JSON.parse((await policies(1, 'http://127.0.0.1:1/')).product),
  );
  const terms = termsOf(policy, roleOf(0, 'B'));
  if (terms === undefined) throw new Error('the policy has no such role');
  const digest = termsDigest(terms);
  const input = {
    incident: incidentOf(0),
    role: roleOf(0, 'B'),
    reason: 'recovery',
    purpose: 'Cycle 0, try 1.',
    minutes: 0.1,
    commander: COMMANDER,
    digest,
  };
  const removedAt = after(START, 12 * SECOND);
  const steps: readonly Step[] = [
    [person(personOf(0, 'requester')), 0, () => ({ type: 'request', id: ID, channels: { slack: 'C0LANE00' }, input })],
    [person(personOf(0, 'sre')), 1, () => ({ type: 'approve', digest })],
    [WORKER, 2, (request, now) => ({ type: 'issue', plan: request && aPlan(request, now) })],
    [WORKER, 3, () => ({ type: 'grant_confirmed', grantId: ID })],
    ...whileOpen,
    [WORKER, 11, () => ({ type: 'revoke_failed', why: 'PROVIDER_THROTTLED' })],
    [WORKER, 11.2, () => ({ type: 'revoke_failed', why: 'PROVIDER_THROTTLED' })],
    [WORKER, 11.4, () => ({ type: 'revoke_failed', why: 'PROVIDER_THROTTLED' })],
    [
      WORKER,
      12,
      () => ({
        type: 'revoke_confirmed',
        grantId: ID,
        proof: { readAt: removedAt, contested: false, hashes: {} },
      }),
    ],
    [
      WORKER,
      14,
      () => ({
        type: 'sessions_confirmed',
        grantId: ID,
        proof: { by: 'propagation', removalReadAt: removedAt, waitedSeconds: 2 },
      }),
    ],
  ];
  let request: AccessRequest | undefined;
  let events: readonly StoredEvent[] = [];
  for (const [actor, seconds, command] of steps) {
    const now = after(START, seconds * SECOND);
    const incident = {
      id: incidentOf(0),
      title: 'Lane 0 is down',
      state: 'open',
      channels: { slack: 'C0LANE00' },
    } as const;
    const facts: Facts = {
      ...okFacts(now),
      policy: { ok: true, value: policy, at: now },
      directory: { ok: true, value: people.directoryAt(now.getTime()), at: now },
      incident: { ok: true, value: incident, at: now },
      approvers: { [keyOf(personOf(0, 'sre'))]: { ok: true, value: 'member', at: now } },
    };
    const made = accepted(decide(request, command(request, now), actor, facts, now));
    request = made.next;
    const stamp = { at: now, actor: actorName(actor), checkpoint: 0 };
    events = [...events, ...seal(`request/${ID}`, events.at(-1) ?? EMPTY_HEAD, made.events, stamp)];
  }
  if (request === undefined) throw new Error('nothing was asked');
  return { row: request, events, known: { policy, people, involved: People.of(0), freezes: [] } };
}

let life: Life;
beforeAll(async () => {
  life = await aLife(new People(1));
});

const without = (events: readonly StoredEvent[], ...types: readonly string[]): readonly StoredEvent[] =>
  events.filter(({ type }) => !types.includes(type));
const changed = (events: readonly StoredEvent[], type: string, data: object): readonly StoredEvent[] =>
  events.map((event) => (event.type === type ? { ...event, data: { ...event.data, ...data } } : event));

describe('the core as the oracle of legal lives', () => {
  it('explains a life with failures that made no event of their own', () => {
    const { events, row, known } = life;
    expect(events.filter(({ type }) => type === 'revoke_failed')).toHaveLength(2);
    expect(offPath(events, row, known)).toEqual([]);
  });

  it('explains a life that was given more time, and holds its plan to what was planned last', async () => {
    const { events, row, known } = await aLife(new People(1), MORE_TIME);
    expect(events.map(({ type }) => type)).toContain('access_extended');
    expect(offPath(events, row, known)).toEqual([]);
    const forged = changed(events, 'extension_planned', { detail: { roleName: 'another' } });
    expect(offPath(forged, row, known)).not.toEqual([]);
  });

  it.each<[string, (events: readonly StoredEvent[]) => readonly StoredEvent[]]>([
    ['access without an approval', (events) => without(events, 'approval_recorded', 'request_approved')],
    ['access that was never planned', (events) => without(events, 'access_planned')],
    ['an ending that nobody asked for', (events) => without(events, 'end_requested')],
    ['a closing without proof of the sessions', (events) => without(events, 'sessions_ended')],
    [
      'a later end than was asked for',
      (events) => changed(events, 'access_opened', { endsAt: new Date().toISOString() }),
    ],
    ['an approval by somebody else', (events) => changed(events, 'approval_recorded', { person: personOf(0, 'mate') })],
    ['two approvals by one', (events) => [...events.slice(0, 2), ...events.slice(1)]],
  ])('refuses %s', (_what, forge) => {
    const { events, row, known } = life;
    expect(offPath(forge(events), row, known)).not.toEqual([]);
  });

  it('knows people of other lanes only as somebody saw them, and its own at each moment', () => {
    const { events, row, known } = life;
    const [opened] = events;
    const seen = (person: string) =>
      changed(events, 'request_opened', {
        seenTeams: { ...(opened?.data.seenTeams as object), [person]: ['elsewhere'] },
      });
    expect(offPath(seen(personOf(3, 'sre')), row, known)).toEqual([]);
    expect(offPath(seen(personOf(0, 'sre')), row, known)).not.toEqual([]);
  });

  it('refuses a row that its events do not lead to', () => {
    const { events, row, known } = life;
    expect(offPath(events, { ...row, approvals: [] }, known)).not.toEqual([]);
  });
});

describe('the oracle of approvals', () => {
  const pressed = (who: string, seconds: number): Arrived => ({
    at: after(START, seconds * SECOND).getTime(),
    user: slackOf(who),
    what: 'bg_approve',
    about: ID,
    accepted: true,
  });
  const judged = (
    people: People,
    arrived: readonly Arrived[],
    zone = 'B',
    events: readonly StoredEvent[] = life.events,
  ): readonly string[] => {
    const personOfUser = (user: string): string => user.slice(2).toLowerCase();
    const evidence: Evidence = { people, arrived, spells: [], personOfUser };
    return unapproved({ lane: 0, zone, requestId: ID, events }, evidence);
  };

  it('wants one more while the log says that the incident was unverified, in zone A too', () => {
    const down = life.events.map((event) =>
      event.type === 'access_planned' ? { ...event, data: { ...event.data, incidentVerified: false } } : event,
    );
    const people = new People(1);
    const [requester, sre, security] = (['requester', 'sre', 'security'] as const).map((cast) =>
      pressed(personOf(0, cast), 0.9),
    );
    if (!requester || !sre || !security) throw new Error('nobody pressed');
    for (const [zone, few, enough] of [
      ['A', [requester], [requester, sre]],
      ['B', [sre], [sre, security]],
    ] as const) {
      expect(judged(people, few, zone)).toEqual([]);
      expect(judged(people, few, zone, down)).toEqual([expect.stringContaining('without its approvals')]);
      expect(judged(people, enough, zone, down)).toEqual([]);
    }
  });

  it('is content with an approver of another team', () => {
    expect(judged(new People(1), [pressed(personOf(0, 'sre'), 0.9)])).toEqual([]);
  });

  it.each<[string, readonly Arrived[], string]>([
    ['nobody', [], 'B'],
    ['the requester', [pressed(personOf(0, 'requester'), 0.9)], 'B'],
    ['a team mate', [pressed(personOf(0, 'mate'), 0.9)], 'B'],
    ['a stranger', [pressed('nadia', 0.9)], 'B'],
    ['somebody who pressed only later', [pressed(personOf(0, 'sre'), 5)], 'B'],
    ['one of the two that are wanted', [pressed(personOf(0, 'sre'), 0.9)], 'C'],
  ])('is not content with %s', (_who, arrived, zone) => {
    expect(judged(new People(1), arrived, zone)).toHaveLength(1);
  });

  it('is not content with an approver who had left the team before', () => {
    const people = new People(1, new Map([[personOf(0, 'sre'), { teams: ['network'] }]]));
    expect(judged(people, [pressed(personOf(0, 'sre'), 0.9)])).toHaveLength(1);
  });
});

it('the oracle of freezes finds what was opened while openings were frozen', () => {
  const { events } = life;
  const [first] = events;
  if (first === undefined) throw new Error('there are no events');
  const frozen = {
    ...first,
    type: 'openings_frozen',
    at: after(START, -5 * SECOND),
    committedAt: after(START, -4 * SECOND),
  } as const;
  const thawed = {
    ...first,
    type: 'openings_thawed',
    at: after(START, 2.5 * SECOND),
    committedAt: after(START, 2.6 * SECOND),
  } as const;
  expect(openedWhileFrozen(events, freezesIn([frozen, thawed]))).toHaveLength(2);
  expect(openedWhileFrozen(events, [])).toEqual([]);
  const seenLate = { ...frozen, committedAt: after(START, 1.5 * SECOND) };
  expect(openedWhileFrozen(events, freezesIn([seenLate, thawed]))).toEqual([]);
});

it('the oracle of freezes tells two that follow each other at once apart, and what was added to one', () => {
  const [first] = life.events;
  if (first === undefined) throw new Error('there are no events');
  const at = (seconds: number): Date => after(START, seconds * SECOND);
  const told = (type: 'openings_frozen' | 'openings_thawed', seconds: number, data: StoredEvent['data'] = {}) => ({
    ...first,
    type,
    at: at(seconds),
    committedAt: at(seconds + 0.01),
    data,
  });
  const stream = [
    told('openings_frozen', 0, { by: 'a', name: 'A', reason: 'one', all: false }),
    told('openings_thawed', 2),
    told('openings_frozen', 2.1, { by: 'b', name: 'B', reason: 'two', all: false }),
    told('openings_frozen', 3, { by: 'a', name: 'A', reason: 'three', all: true }),
  ];
  expect(
    freezesIn(stream).map(({ freeze, from, inForce, until }) => [freeze.reason, freeze.at, from, inForce, until]),
  ).toEqual([
    ['one', at(0), at(0), at(0.01), at(2)],
    ['two', at(2.1), at(2.1), at(2.11), at(3)],
    ['two; three', at(2.1), at(3), at(2.11), undefined],
  ]);
});
