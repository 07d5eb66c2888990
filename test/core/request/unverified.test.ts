import { type Policy, PRODUCTION_FLOORS, policySchema } from '../../../src/core/policy/policy.ts';
import { termsOf, wantedBy } from '../../../src/core/policy/terms.ts';
import { placesOf } from '../../../src/core/request/approvals.ts';
import type { Command } from '../../../src/core/request/command.ts';
import { decide } from '../../../src/core/request/decide.ts';
import { openNow } from '../../../src/core/request/decide-approve.ts';
import { overseersOf } from '../../../src/core/request/decide-ending.ts';
import { outlook } from '../../../src/core/request/decide-request.ts';
import type { Facts } from '../../../src/core/request/facts.ts';
import type { AccessRequest } from '../../../src/core/request/request.ts';
import { DEFINITIONS } from '../../../src/definitions.ts';
import {
  aDirectory,
  aPlan,
  type CastName,
  digestFor,
  laterPlans,
  okFacts,
  personActor,
  after as plus,
  policyDocument,
  requestCommand,
  SECOND,
  START,
  SYSTEM,
} from '../../support/requests.ts';

/*
 * A3: while the incident source is down, nothing opens by the requester alone, and no clause that was filled is enough.
 * In this cast zone B's group clause names `platform`: Avery (on call), Blake, and Jordan, who shares Riley's team.
 */

const DOWN = { incident: { ok: false, why: 'the incident source did not answer' } } as const;

type Zones = ReturnType<typeof policyDocument>['zones'];
const SELF = { who: 'requester', name: 'Requester', assurance: 'chat' } as const;
/** The policy of every test here, but for its zones: A asks nobody but the requester. */
const policyWith = (zones: (of: Zones) => object = () => ({}), roles = policyDocument().roles) =>
  policySchema(PRODUCTION_FLOORS, DEFINITIONS).parse({
    ...policyDocument(),
    roles,
    zones: { ...policyDocument().zones, A: { maxMinutes: 60, approvals: [SELF] }, ...zones(policyDocument().zones) },
  });
const POLICY = policyWith();

/** A request that is decided on step by step, each with the source up or down. */
class Story {
  readonly policy: Policy;
  constructor(policy = POLICY) {
    this.policy = policy;
  }
  request: AccessRequest | undefined;
  now = START;
  types: string[] = [];
  data: Record<string, unknown> = {};

  does(who: CastName | 'system', command: Command, facts: Partial<Facts> = {}) {
    this.now = plus(this.now, 10 * SECOND);
    const actor = who === 'system' ? SYSTEM : personActor(who);
    const policy = { ok: true, value: this.policy, at: this.now } as const;
    const decision = decide(this.request, command, actor, okFacts(this.now, { policy, ...facts }), this.now);
    if (decision.ok) {
      this.request = decision.next;
      this.types.push(...decision.events.map(({ type }) => type));
      this.data = Object.assign({}, ...decision.events.map(({ type, data }) => ({ [type]: data })));
    }
    return decision.ok ? decision.next.state : decision.refusal.code;
  }
  get at(): AccessRequest {
    if (this.request === undefined) throw new Error('nothing was asked yet');
    return this.request;
  }
  asks = (role: string, facts: Partial<Facts> = {}) =>
    this.does('riley', requestCommand('R1', { role, digest: digestFor(role, this.policy) }), facts);
  approves(who: CastName, facts: Partial<Facts> = {}) {
    const { at } = this;
    const digest = at.state === 'active' && at.extension ? at.extension.digest : at.details.digest;
    return this.does(who, { type: 'approve', digest }, facts);
  }
  issues = (facts: Partial<Facts> = {}) =>
    this.does('system', { type: 'issue', plan: aPlan(this.at, plus(this.now, 10 * SECOND)) }, facts);
  get open() {
    return openNow(this.at, aDirectory())?.open.map(({ clause, missing }) => `${missing} ${clause.name}`);
  }
}

const ADDED = '1 Somebody else, as the incident is unverified';

describe('zone A, whose only clause is the requester', () => {
  it('does not open by the requester alone while the source is down, whenever it went down', () => {
    for (const [atAsk, atClick] of [
      [DOWN, DOWN],
      [{}, DOWN],
    ]) {
      const story = new Story();
      expect(story.asks('read-logs', atAsk)).toBe('pending');
      expect(story.approves('riley', atClick)).toBe('pending');
      expect(story.open).toEqual([ADDED]);
      expect(story.approves('riley', DOWN)).toBe('already_approved');
      expect(story.approves('jordan', DOWN)).toBe('same_team');
      expect(story.approves('sasha', DOWN)).toBe('not_eligible');
      expect(story.approves('blake', DOWN)).toBe('granting');
      expect(story.issues(DOWN)).toBe('granting');
      expect(story.data.access_planned).toMatchObject({ incidentVerified: false, approvers: ['riley', 'blake'] });
    }
  });

  it('opens by the requester alone while the incident is verified', () => {
    const story = new Story();
    story.asks('read-logs');
    expect(story.approves('riley')).toBe('granting');
    expect(story.at.approvals[0]?.incidentVerified).toBe(true);
  });

  it('asks whoever is on call when it is asked for, and lets all who could approve deny', () => {
    const story = new Story();
    story.asks('read-logs', DOWN);
    expect(story.at.details.invite).toEqual(['avery']);
    expect(story.at.details.deciders.map(({ id }) => id)).toEqual(['avery', 'blake']);
    expect(story.does('blake', { type: 'deny', reason: 'no' })).toBe('closed');
  });

  it('asks them at the click after which they are needed, and names them in its event; from then on they may deny', () => {
    const story = new Story();
    story.asks('read-logs');
    expect(story.at.details.deciders).toEqual([]);
    expect(story.does('blake', { type: 'deny', reason: 'no' })).toBe('not_yours');
    story.approves('riley', DOWN);
    expect(story.data.approval_recorded).toMatchObject({
      incidentVerified: false,
      alsoAsked: ['avery'],
      alsoDeciders: [expect.objectContaining({ id: 'avery' }), expect.objectContaining({ id: 'blake' })],
      open: [{ clause: ADDED.slice(2), missing: 1 }],
    });
    expect(story.at.escalatedTo?.map(({ id }) => id)).toEqual(['avery']);
    expect(overseersOf(story.at).map(({ id }) => id)).toEqual(expect.arrayContaining(['avery', 'blake']));
    expect(story.does('blake', { type: 'deny', reason: 'no' })).toBe('closed');
  });

  it('closes, to be asked again, where the source goes down only before it is opened', () => {
    const story = new Story();
    story.asks('read-logs');
    story.approves('riley');
    expect(story.issues(DOWN)).toBe('closed');
    expect(story.at).toMatchObject({ outcome: 'refused' });
    expect(story.data.request_refused).toMatchObject({ why: 'turned_unverified' });
  });
});

describe('an incident that is verified again', () => {
  it('needs nobody else: the requester, who approved meanwhile, says go by one more click', () => {
    const story = new Story();
    story.asks('read-logs', DOWN);
    story.approves('riley', DOWN);
    expect(story.approves('sasha')).toBe('not_eligible');
    expect(story.approves('riley')).toBe('granting');
    expect(story.types.slice(-2)).toEqual(['approval_recorded', 'request_approved']);
    expect(story.data.request_approved).toMatchObject({ incidentVerified: true, approvers: ['riley'] });
    expect(story.at.approvals[0]?.incidentVerified).toBe(false);
  });

  it('keeps the yes of whoever was asked besides, which counts if the source goes down once more', () => {
    const story = new Story();
    story.asks('read-logs', DOWN);
    expect(story.approves('blake', DOWN)).toBe('pending');
    expect(story.approves('riley')).toBe('granting');
    expect(story.types).not.toContain('approval_voided');
    expect(story.issues(DOWN)).toBe('granting');
    expect(story.data.access_planned).toMatchObject({ approvers: ['blake', 'riley'], incidentVerified: false });
  });

  it('takes no yes from somebody whom only the unverified clause would want', () => {
    const story = new Story();
    story.asks('read-logs', DOWN);
    expect(story.approves('blake')).toBe('not_eligible');
  });
});

it('asks for one more in zone B too, and one person fills one place', () => {
  const story = new Story();
  story.asks('restart-service', DOWN);
  expect(story.open).toEqual(['1 Platform', ADDED]);
  expect(story.approves('avery', DOWN)).toBe('pending');
  expect(story.approves('avery', DOWN)).toBe('already_approved');
  expect(story.approves('blake', DOWN)).toBe('granting');
});

it('wants somebody who knew: a yes of before the outage does not fill the place that the outage adds', () => {
  const either = { who: 'group', name: 'Either', teams: ['platform', 'security'], assurance: 'chat' };
  const roles = policyDocument().roles.map((role) =>
    role.id === 'read-logs' ? { ...role, approvals: [either] } : role,
  );
  const story = new Story(policyWith(() => ({}), roles));
  story.asks('read-logs');
  story.approves('avery');
  // Sasha of security would fill "Either" as well; Avery's yes must not move to the place of the outage.
  expect(story.approves('sasha', DOWN)).toBe('clause_filled');
  expect(story.approves('riley', DOWN)).toBe('pending');
  expect(story.approves('blake', DOWN)).toBe('granting');
});

describe('more time (B8)', () => {
  const opened = () => {
    const story = new Story();
    story.asks('read-logs');
    story.approves('riley');
    story.issues();
    story.does('system', { type: 'grant_confirmed', grantId: 'R1' });
    expect(story.at.state).toBe('active');
    return story;
  };
  const extend = (story: Story, facts: Partial<Facts> = {}) =>
    story.does('riley', { type: 'extend', minutes: 15, digest: story.at.details.digest }, facts);
  const extensionOf = ({ at }: Story) => (at.state === 'active' ? at.extension : undefined);

  it('is not given by the requester alone while the source is down, whenever it went down', () => {
    for (const atAsk of [DOWN, {}]) {
      const story = opened();
      extend(story, atAsk);
      story.approves('riley', DOWN);
      expect([extensionOf(story)?.approvedAt, story.open]).toEqual([undefined, [ADDED]]);
      expect(story.at.escalatedTo?.map(({ id }) => id)).toEqual(['avery']);
      story.approves('blake', DOWN);
      expect(extensionOf(story)?.approvedAt).toEqual(story.now);
      story.does('system', { type: 'issue_extension', plans: laterPlans(story.at) }, DOWN);
      expect(story.data.extension_planned).toMatchObject({ incidentVerified: false });
    }
  });

  it('is dropped, the old end staying, where the source goes down only before it is written', () => {
    const story = opened();
    extend(story);
    story.approves('riley');
    story.does('system', { type: 'issue_extension', plans: laterPlans(story.at) }, DOWN);
    expect(extensionOf(story)).toBeUndefined();
    expect(story.data.extension_failed).toMatchObject({ why: 'turned_unverified' });
  });

  it('is given by the requester alone once it is verified again', () => {
    const story = opened();
    extend(story, DOWN);
    story.approves('riley', DOWN);
    story.approves('riley');
    expect(extensionOf(story)?.approvedAt).toEqual(story.now);
  });
});

it('says on a form who else would be needed, where the zone goes on', () => {
  const directory = aDirectory();
  const riley = directory.people.find(({ id }) => id === 'riley');
  const of = (role: string) => {
    const terms = termsOf(POLICY, role);
    if (terms === undefined || riley === undefined) throw new Error('no such role or person');
    return outlook(terms, directory, riley).whileUnverified;
  };
  expect(of('read-logs')?.people.map(({ id }) => id)).toEqual(['avery', 'blake']);
  expect(of('restart-service')?.onCall.map(({ id }) => id)).toEqual(['avery']);
  expect(of('rotate-keys')).toBeUndefined();
});

it('changes no digest, and is filled by nobody where zone B names no team', () => {
  const nobody = policyWith(({ B }) => ({ B: { ...B, approvals: [SELF] } }));
  expect(digestFor('read-logs', nobody)).toBe(digestFor('read-logs', POLICY));
  const story = new Story(nobody);
  story.asks('read-logs', DOWN);
  expect(story.approves('riley', DOWN)).toBe('pending');
  for (const who of ['avery', 'blake', 'sasha', 'quinn', 'casey'] as const) {
    expect(story.approves(who, DOWN)).toMatch(/not_eligible|same_team/);
  }
  expect(story.open).toEqual([ADDED]);
});

it('is one more place than the clauses have, in every zone, and none while the incident is verified', () => {
  for (const role of POLICY.roles) {
    const terms = termsOf(POLICY, role.id);
    if (terms === undefined) throw new Error('no such role');
    const places = (verified: boolean) =>
      wantedBy(terms, verified).clauses.reduce((sum, clause) => sum + placesOf(clause), 0);
    expect([role.id, places(false) - places(true)]).toEqual([role.id, 1]);
  }
});
