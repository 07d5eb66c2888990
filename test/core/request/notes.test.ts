import type { Command } from '../../../src/core/request/command.ts';
import { decide } from '../../../src/core/request/decide.ts';
import { REFUSALS_KEPT_MAX } from '../../../src/core/request/decide-note.ts';
import { NO_FACTS } from '../../../src/core/request/facts.ts';
import type { AccessRequest } from '../../../src/core/request/request.ts';
import {
  accepted,
  MINUTE,
  personActor,
  after as plus,
  SECOND,
  type Step,
  SYSTEM,
  walkTo,
} from '../../support/requests.ts';

const by = (request: AccessRequest, command: Command, now: Date) => decide(request, command, SYSTEM, NO_FACTS, now);
const NOTIFIED_ONCE: readonly (readonly [
  what: string,
  state: Step['state'],
  command: Command,
  other: Command | undefined,
])[] = [
  ['who was told at first', 'pending', { type: 'invited', reached: ['avery'], missed: ['blake'] }, undefined],
  [
    'that an approver is not who they were',
    'active',
    { type: 'approver_changed', person: 'avery', why: 'left' },
    { type: 'approver_changed', person: 'sasha', why: 'left' },
  ],
  [
    'the teams of somebody who was turned away',
    'pending',
    { type: 'turned_away', person: 'sasha', teams: ['payments'] },
    { type: 'turned_away', person: 'sasha', teams: ['payments', 'product'] },
  ],
  [
    'what of open access is not as it was opened',
    'active',
    { type: 'altered', grantId: 'R1', altered: [{ part: 'entry' }] },
    { type: 'altered', grantId: 'R1', altered: [{ part: 'entry' }, { part: 'permissions', name: 'more' }] },
  ],
];

describe('what is recorded without changing who has access', () => {
  it.each(NOTIFIED_ONCE)('says %s once, and what is new besides', (_what, state, command, other) => {
    const { request, now } = walkTo(state);
    const first = accepted(by(request, command, now));
    expect(first.events).toHaveLength(1);
    expect(by(first.next, command, now)).toMatchObject({ refusal: { code: 'not_in_this_state' } });
    if (other !== undefined) expect(accepted(by(first.next, other, now)).events).toHaveLength(1);
  });

  it('takes the proof of a removal once, so that a later look does not move its instant (D3)', () => {
    const { request, now } = walkTo('revoking');
    const removed = (readAt: Date): Command => ({
      type: 'revoke_confirmed',
      grantId: 'R1',
      proof: { readAt, contested: false, hashes: {} },
    });
    const { next } = accepted(by(request, removed(now), now));
    const later = plus(now, SECOND);
    expect(by(next, removed(later), later)).toMatchObject({ refusal: { code: 'not_in_this_state' } });
  });

  it('says nothing of a grant that there is not', () => {
    const { request, now } = walkTo('active');
    const altered = { type: 'altered', grantId: 'other', altered: [{ part: 'entry' }] } as const;
    expect(by(request, altered, now)).toMatchObject({ refusal: { code: 'not_in_this_state' } });
  });

  it('keeps in the event and on the row who was told', () => {
    const { request, now } = walkTo('pending');
    const { next, events } = accepted(by(request, { type: 'invited', reached: ['avery'], missed: ['blake'] }, now));
    expect(next.invited).toEqual({ reached: ['avery'], missed: ['blake'] });
    expect(events).toEqual([{ type: 'approvers_notified', data: { reached: ['avery'], missed: ['blake'] } }]);
  });

  it('says that a tombstone is gone once, and not before its plan lets it be deleted', () => {
    const { request } = walkTo('closed');
    const cleanUpAt = request.state === 'closed' ? request.grants[0]?.plan?.cleanUpAt : undefined;
    if (cleanUpAt === undefined) throw new Error('a closed request had a plan');
    const gone = { type: 'tombstone_deleted', grantId: 'R1' } as const;
    expect(by(request, gone, plus(cleanUpAt, -1))).toMatchObject({ refusal: { code: 'not_due' } });
    const first = accepted(by(request, gone, cleanUpAt));
    expect(first.events).toHaveLength(1);
    expect(by(first.next, gone, cleanUpAt)).toMatchObject({ refusal: { code: 'not_in_this_state' } });
  });

  it('buries only the tombstone of a grant that is there and had a plan', () => {
    const { request, now } = walkTo('closed');
    expect(by(request, { type: 'tombstone_deleted', grantId: 'R9' }, now).ok).toBe(false);
    const denied = walkTo('pending');
    const no = { type: 'deny', reason: 'no' } as const;
    const closed = accepted(decide(denied.request, no, personActor('avery'), NO_FACTS, now)).next;
    expect(by(closed, { type: 'tombstone_deleted', grantId: 'R1' }, now).ok).toBe(false);
  });

  it('warns at its time, once, and says where it is too late to ask for more (D7)', () => {
    const { request, now } = walkTo('active');
    const warn = { type: 'warn' } as const;
    const dueAt = plus(now, 25 * MINUTE);
    expect(by(request, warn, plus(dueAt, -1))).toMatchObject({ refusal: { code: 'not_due' } });
    const { next, events } = accepted(by(request, warn, dueAt));
    expect(events[0]?.data.tooLateForMore).toBeUndefined();
    expect(by(next, warn, plus(dueAt, SECOND))).toMatchObject({ refusal: { code: 'not_in_this_state' } });
    const late = accepted(by(request, warn, plus(now, 29 * MINUTE)));
    expect(late.events[0]?.data.tooLateForMore).toBe(true);
  });
});

describe('a request that nobody answers', () => {
  it('lapses at its deadline, not a moment before', () => {
    const { request } = walkTo('pending');
    const { decideBy } = request.details;
    expect(by(request, { type: 'lapse' }, plus(decideBy, -1))).toMatchObject({ refusal: { code: 'not_due' } });
    expect(accepted(by(request, { type: 'lapse' }, decideBy)).next).toMatchObject({ outcome: 'lapsed' });
  });

  it('is denied by a form that showed it, by a click that showed nothing, and by no form that showed another thing', () => {
    const { request, now } = walkTo('pending');
    const deny = (digest?: string) =>
      decide(request, { type: 'deny', reason: 'no', digest }, personActor('avery'), NO_FACTS, now);
    expect(deny('of something else')).toMatchObject({ refusal: { code: 'look_again' } });
    expect([deny(request.details.digest).ok, deny().ok]).toEqual([true, true]);
  });
});

it('keeps no more than 200 refused clicks of one request, whoever comes', () => {
  const { request: asked, now } = walkTo('pending');
  let request = asked;
  const refusal = (n: number) =>
    by(
      request,
      { type: 'action_refused', key: `slack:T:U${n}`, person: undefined, what: 'end', code: 'not_yours' },
      now,
    );
  for (let n = 0; n < REFUSALS_KEPT_MAX; n += 1) request = accepted(refusal(n)).next;
  expect(request.refusedActions).toHaveLength(200);
  expect(refusal(REFUSALS_KEPT_MAX)).toMatchObject({ ok: false });
});
