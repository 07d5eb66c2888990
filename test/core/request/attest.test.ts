import type { Person } from '../../../src/core/policy/directory.ts';
import { actionsIn } from '../../../src/core/request/actions.ts';
import type { Actor } from '../../../src/core/request/command.ts';
import { decide } from '../../../src/core/request/decide.ts';
import { type Facts, NO_FACTS } from '../../../src/core/request/facts.ts';
import type { AccessRequest } from '../../../src/core/request/request.ts';
import { workFor } from '../../../src/core/request/work.ts';
import {
  accepted,
  aDirectory,
  aPolicy,
  type CastName,
  HOUR,
  KEYS,
  okFacts,
  personActor,
  after as plus,
  SYSTEM,
  walkTo,
} from '../../support/requests.ts';

const down = { ok: false, why: 'down' } as const;
const { request: revoking, now: endedAt } = walkTo('revoking');
const plannedEnd = revoking.state === 'revoking' ? (revoking.grants[0]?.plan.plannedEnd ?? endedAt) : endedAt;
const failing = accepted(decide(revoking, { type: 'revoke_failed', why: 'X' }, SYSTEM, NO_FACTS, endedAt)).next;
/** Somebody with no say so far: of the security group, besides Sasha and Quinn. */
const directory = (() => {
  const known = aDirectory();
  const people = known.people.map((one) => (one.id === 'avery' ? { ...one, teams: ['platform', 'security'] } : one));
  return { ...known, people };
})();

const changed = (who: CastName, change: Partial<Person>) => {
  const known = aDirectory();
  return { ...known, people: known.people.map((one) => (one.id === who ? { ...one, ...change } : one)) };
};

const OTHER_ACCOUNT = { chats: { slack: [{ workspace: 'T0BREAK', user: 'U0OTHER' }] } };
const ACCOUNT_OF_SASHA = [{ workspace: 'T0BREAK', user: 'U0SASHA' }];

const attest = (
  from: AccessRequest,
  who: CastName | Actor,
  {
    at = plannedEnd,
    facts = {},
    statement = 'The role is gone.',
  }: { at?: Date; facts?: Partial<Facts>; statement?: string } = {},
) => {
  const actor = typeof who === 'string' ? personActor(who) : who;
  return decide(from, { type: 'attest', statement }, actor, okFacts(at, facts), at);
};

describe('attesting an ending that nothing could prove (E5)', () => {
  it('closes by two security people, not compliant, with the tombstone still to be deleted', () => {
    const first = accepted(attest(failing, 'sasha'));
    expect(first.next).toMatchObject({ state: 'revoking', attestations: [{ by: { id: 'sasha' } }] });
    expect(first.events).toMatchObject([{ type: 'ending_attested', data: { missing: 1 } }]);
    expect(attest(first.next, 'sasha')).toMatchObject({ refusal: { code: 'already_said' } });
    const second = accepted(attest(first.next, 'quinn'));
    expect(second.next).toMatchObject({ state: 'closed', outcome: 'ended_unproven', closedAt: plannedEnd });
    expect(second.events).toMatchObject([
      { type: 'ending_attested', data: { missing: 0 } },
      { type: 'request_closed', data: { outcome: 'ended_unproven', compliant: false } },
    ]);
    const row = {
      request: second.next,
      version: 1,
      seq: 1,
      chats: {},
      drawnVersion: 1,
      postedSeq: 1,
      updatedAt: plannedEnd,
    };
    expect(workFor(row)).toMatchObject([{ name: 'delete_tombstone', dueAt: plus(plannedEnd, 12 * HOUR) }]);
  });

  it('is not possible a moment before the planned end, and says when it is', () => {
    const detail = { at: plannedEnd.toISOString() };
    expect(attest(failing, 'sasha', { at: plus(plannedEnd, -1) })).toMatchObject({
      refusal: { code: 'not_due', detail },
    });
  });

  it.each<[promise: string, who: CastName | Actor, facts: Partial<Facts>, code: string]>([
    ['whoever asked', 'riley', {}, 'not_security'],
    [
      'whoever approved, even of the security group',
      'avery',
      { directory: { ok: true, value: directory, at: plannedEnd } },
      'was_involved',
    ],
    ['people of other teams', 'blake', {}, 'not_security'],
    ['an operator', { type: 'operator', name: 'root' }, {}, 'actor_not_person'],
    ['the system', SYSTEM, {}, 'actor_not_person'],
    ['a guest', 'sasha', { account: { ok: true, value: 'guest', at: plannedEnd } }, 'account_guest'],
    ['anybody while Slack does not say who it is', 'sasha', { account: down }, 'account_unavailable'],
    ['anybody while the directory is down', 'sasha', { directory: down }, 'directory_unavailable'],
    ['anybody without a policy', 'sasha', { policy: down }, 'policy_unavailable'],
    [
      'anybody where no security team is named',
      'sasha',
      { policy: { ok: true, value: aPolicy({ security: { teams: [], page: [] } }), at: plannedEnd } },
      'not_security',
    ],
  ])('is refused to %s', (_promise, who, facts, code) => {
    expect(attest(failing, who, { facts })).toMatchObject({ ok: false, refusal: { code } });
  });

  it('counts whoever approved more time as one who approved', () => {
    const by = { id: 'sasha', name: 'Sasha', keys: [] };
    const [approval] = failing.approvals;
    if (approval === undefined) throw new Error('nobody approved');
    const extended = { ...failing, extended: { asked: 1, minutes: 15, approvals: [{ ...approval, by }] } };
    expect(attest(extended, 'sasha')).toMatchObject({ refusal: { code: 'was_involved' } });
  });

  it('counts one chat account once, under whatever name and with whatever accounts its person is listed', () => {
    const first = accepted(attest(failing, 'sasha')).next;
    const renamed = directory.people.map((one) => (one.id === 'sasha' ? { ...one, id: 'sasha.two' } : one));
    const facts = { directory: { ok: true, value: { ...directory, people: renamed }, at: plannedEnd } } as const;
    expect(attest(first, 'sasha', { facts })).toMatchObject({ refusal: { code: 'already_said' } });
  });

  it.each<[promise: string, facts: Partial<Facts>]>([
    ['was suspended', { directory: { ok: true, value: changed('sasha', { suspended: true }), at: plannedEnd } }],
    ['left the group', { directory: { ok: true, value: changed('sasha', { teams: ['platform'] }), at: plannedEnd } }],
    ['left the chat', { approvers: { [KEYS.sasha]: { ok: true, value: 'deleted', at: plannedEnd } } }],
    [
      'is linked to another account',
      { directory: { ok: true, value: changed('sasha', OTHER_ACCOUNT), at: plannedEnd } },
    ],
    [
      'said so from an account that two people hold',
      { directory: { ok: true, value: changed('blake', { chats: { slack: ACCOUNT_OF_SASHA } }), at: plannedEnd } },
    ],
  ])('drops the word of whoever %s since, and says so: another one is awaited', (_promise, facts) => {
    const first = accepted(attest(failing, 'sasha')).next;
    const second = accepted(attest(first, 'quinn', { facts }));
    expect(second.next).toMatchObject({ state: 'revoking', attestations: [{ by: { id: 'quinn' } }] });
    expect(second.events).toMatchObject([{ data: { missing: 1, dropped: [{ id: 'sasha', name: 'Sasha' }] } }]);
    expect(accepted(attest(second.next, 'sasha')).next.state).toBe('closed');
  });

  it('drops what was said before somebody gave the access back: it is no word about what stands now (D6)', () => {
    const first = accepted(attest(failing, 'sasha')).next;
    const { request: removed, now: readAt } = walkTo('removed');
    const proof = removed.state === 'revoking' ? removed.grants[0]?.accessRemoved : undefined;
    if (proof === undefined) throw new Error('not removed');
    const confirmed = { type: 'revoke_confirmed', grantId: 'R1', proof } as const;
    const proven = accepted(decide(first, confirmed, SYSTEM, NO_FACTS, readAt)).next;
    const lost = { type: 'removal_lost', grantId: 'R1', readAt: proof.readAt } as const;
    const undone = accepted(decide(proven, lost, SYSTEM, NO_FACTS, plannedEnd));
    expect(undone.events).toMatchObject([
      { type: 'alarm', data: { what: 'removal_lost', dropped: [{ id: 'sasha', name: 'Sasha' }] } },
    ]);
    const second = accepted(attest(undone.next, 'quinn'));
    expect(second.next).toMatchObject({ state: 'revoking', attestations: [{ by: { id: 'quinn' } }] });
    expect(accepted(attest(second.next, 'sasha')).next.state).toBe('closed');
  });

  it.each<[promise: string, approvers: NonNullable<Facts['approvers']>, code: string]>([
    ['Slack does not say whether the first one is still there', { [KEYS.sasha]: down }, 'account_unavailable'],
    ['the first one said so after everything was looked up', {}, 'stale_facts'],
  ])('waits while %s', (_promise, approvers, code) => {
    const first = accepted(attest(failing, 'sasha')).next;
    expect(attest(first, 'quinn', { facts: { approvers } })).toMatchObject({ refusal: { code } });
  });

  it.each(['', '  x ', 'y'.repeat(1001)])('wants a statement of 3 to 1,000 characters, not "%.10s"', (statement) => {
    expect(attest(failing, 'sasha', { statement })).toMatchObject({ refusal: { code: 'bad_statement' } });
  });

  it('opens nothing, so neither a freeze nor a process that must open nothing stands in its way', () => {
    const frozen = { at: plannedEnd, by: { id: 'x', name: 'X' }, reason: '', all: true, lifts: [] };
    expect(attest(failing, 'sasha', { facts: { frozen, openingOff: 'a bad file' } }).ok).toBe(true);
  });

  it.each(['pending', 'granting', 'planned', 'active', 'closed'] as const)('is no way out of %s', (state) => {
    expect(attest(walkTo(state).request, 'sasha')).toMatchObject({ refusal: { code: 'not_in_this_state' } });
  });

  it('has its button only where the ending fails', () => {
    expect(actionsIn(revoking)).not.toContain('attest');
    expect(actionsIn(failing)).toContain('attest');
  });
});
