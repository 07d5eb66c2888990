import type { Command } from '../../../src/core/request/command.ts';
import { decide } from '../../../src/core/request/decide.ts';
import type { AccessRequest, Plan } from '../../../src/core/request/request.ts';
import {
  accepted,
  aPlan,
  laterPlans,
  MINUTE,
  okFacts,
  personActor,
  after as plus,
  SECOND,
  type Step,
  SYSTEM,
  walkTo,
} from '../../support/requests.ts';

/* A request may hold several grants: none is forgotten because another one is done. */

type In<S extends AccessRequest['state']> = Extract<AccessRequest, { state: S }>;
const inState = <S extends AccessRequest['state']>(request: AccessRequest, state: S): In<S> => {
  if (request.state !== state) throw new Error(`it is ${request.state}`);
  return request as In<S>;
};
const by = (request: AccessRequest, command: Command, now: Date, actor = SYSTEM, facts = okFacts(now)) =>
  decide(request, command, actor, facts, now);
const second = <G extends { readonly id: string; readonly plan?: Plan | undefined }>(grant: G): G => ({
  ...grant,
  id: 'R1b',
  ...(grant.plan && { plan: { ...grant.plan, grantId: 'R1b', name: 'bg-test-R1b' } }),
});
/** The same request with another grant beside its first. */
const two = <
  G extends { readonly id: string; readonly plan?: Plan | undefined },
  R extends { readonly grants: readonly G[] },
>(
  request: R,
): R => ({ ...request, grants: request.grants.flatMap((grant) => [grant, second(grant)]) });
const walked = <S extends AccessRequest['state']>(to: Step['state'], state: S) => {
  const { request, now } = walkTo(to);
  return { request: inState(request, state), now };
};

describe('two grants being opened', () => {
  const { request: one, now } = walked('granting', 'granting');
  const request = two(one);
  const plan = aPlan(request, now);
  const half = inState(accepted(by(request, { type: 'issue', plan }, now)).next, 'granting');
  const whole = inState(accepted(by(half, { type: 'issue', plan: { ...plan, grantId: 'R1b' } }, now)).next, 'granting');

  it('are planned one by one, each once, and no third one is', () => {
    expect(half.grants.map((grant) => grant.plan?.grantId)).toEqual(['R1', undefined]);
    expect(by(half, { type: 'issue', plan }, now)).toMatchObject({ refusal: { code: 'plan_mismatch' } });
    expect(by(half, { type: 'issue', plan: { ...plan, grantId: 'R9' } }, now)).toMatchObject({
      refusal: { code: 'plan_mismatch' },
    });
    expect(whole.grants.map((grant) => grant.plan?.grantId)).toEqual(['R1', 'R1b']);
  });

  it('end through the proofs when one has a plan and policy says no to the other: it may stand in the cloud', () => {
    const closed = okFacts(now, { openingOff: 'a copy' });
    const { next, events } = accepted(by(half, { type: 'issue', plan }, now, SYSTEM, closed));
    expect(next).toMatchObject({ state: 'revoking', cause: 'grant_failed', grants: [{ id: 'R1' }] });
    expect(events.map(({ type }) => type)).toEqual(['grant_failed']);
    expect(events[0]?.data).toMatchObject({ why: 'opening_off', planned: true });
    const late = inState(accepted(by(half, { type: 'issue', plan }, plus(now, 5 * MINUTE))).next, 'revoking');
    expect(late.grants.map(({ id }) => id)).toEqual(['R1']);
  });

  it('are open when both were read back, until the later of their ends', () => {
    const { next, events } = accepted(by(whole, { type: 'grant_confirmed', grantId: 'R1' }, plus(now, SECOND)));
    expect([next.state, events.map(({ type }) => type)]).toEqual(['granting', ['access_opened']]);
    expect(by(next, { type: 'grant_confirmed', grantId: 'R9' }, plus(now, SECOND))).toMatchObject({
      refusal: { code: 'not_in_this_state' },
    });
    const both = accepted(by(next, { type: 'grant_confirmed', grantId: 'R1b' }, plus(now, MINUTE))).next;
    const open = inState(both, 'active');
    expect(open.grants.map(({ endsAt }) => endsAt)).toEqual([
      plus(now, SECOND + 30 * MINUTE),
      plus(now, MINUTE + 30 * MINUTE),
    ]);
    expect(open.endsAt).toEqual(plus(now, MINUTE + 30 * MINUTE));
  });

  it('say when one was already read back that the other failed', () => {
    const opened = accepted(by(whole, { type: 'grant_confirmed', grantId: 'R1' }, plus(now, SECOND))).next;
    const failed = accepted(by(opened, { type: 'grant_failed', why: 'PROVIDER_REFUSED' }, plus(now, 2 * SECOND)));
    expect(failed.events[0]?.data).toMatchObject({ planned: true, confirmedAt: plus(now, SECOND).toISOString() });
    expect(inState(failed.next, 'revoking').grants).toHaveLength(2);
  });
});

it('a grant that is read back with half of its minutes left is open, and with a moment less is undone', () => {
  const { request, now } = walked('planned', 'granting');
  const readBack = (left: number) => {
    const grants = request.grants.map((grant) => ({
      ...grant,
      plan: grant.plan && { ...grant.plan, plannedEnd: plus(now, left) },
    }));
    return accepted(by({ ...request, grants }, { type: 'grant_confirmed', grantId: 'R1' }, now));
  };
  expect(readBack(15 * MINUTE).next.state).toBe('active');
  const late = readBack(15 * MINUTE - 1);
  expect(late.next.state).toBe('revoking');
  expect(late.events[0]?.data).toMatchObject({ why: 'too_little_time_left' });
});

describe('more time for two grants (B8)', () => {
  const { request: one, now } = walked('active', 'active');
  const request = two(one);
  const asked = accepted(
    by(request, { type: 'extend', minutes: 15, digest: request.details.digest }, now, personActor('riley')),
  ).next;
  const digest = inState(asked, 'active').extension?.digest ?? '';
  const approved = inState(accepted(by(asked, { type: 'approve', digest }, now, personActor('avery'))).next, 'active');
  const [first, last] = laterPlans(approved);
  if (first === undefined || last === undefined) throw new Error('two plans were wanted');
  const issue = (...plans: readonly Plan[]) => by(approved, { type: 'issue_extension', plans }, now);

  it.each<[what: string, plans: readonly Plan[]]>([
    ['one of two', [first]],
    ['the same one twice', [first, first]],
    ['one more than there are grants', [first, last, { ...last, grantId: 'R9' }]],
    ['one that ends too late', [first, { ...last, plannedEnd: plus(last.plannedEnd, 1) }]],
    ['one of another installation', [{ ...first, installationId: 'other' }, last]],
    ['one with another name', [first, { ...last, name: 'bg-other' }]],
    ['none', []],
  ])('is planned for each of them, and not by %s', (_what, plans) => {
    expect(issue(...plans)).toMatchObject({ ok: false, refusal: { code: 'plan_mismatch' } });
    expect(issue(last, first).ok).toBe(true);
  });

  it('moves the end when the last was read back', () => {
    const planned = accepted(issue(first, last)).next;
    const confirm = (from: AccessRequest, grantId: string) =>
      by(from, { type: 'extension_confirmed', number: 1, grantId }, plus(now, SECOND));
    const half = inState(accepted(confirm(planned, 'R1')).next, 'active');
    expect(half.extension?.plans?.map(({ grantId }) => grantId)).toEqual(['R1b']);
    expect(half.endsAt).toEqual(request.endsAt);
    expect(half.grants.map(({ plan }) => plan.plannedEnd)).toEqual([
      first.plannedEnd,
      request.grants[1]?.plan.plannedEnd,
    ]);
    expect(confirm(half, 'R1')).toMatchObject({ refusal: { code: 'not_in_this_state' } });
    const done = inState(accepted(confirm(half, 'R1b')).next, 'active');
    expect([done.extension, done.endsAt]).toEqual([undefined, plus(request.endsAt, 15 * MINUTE)]);
  });

  it('ends by the newest plan of each, whichever were written', () => {
    const planned = accepted(issue(first, last)).next;
    const half = accepted(
      by(planned, { type: 'extension_confirmed', number: 1, grantId: 'R1' }, plus(now, SECOND)),
    ).next;
    const ending = inState(accepted(by(half, { type: 'end' }, plus(now, MINUTE))).next, 'revoking');
    expect(ending.grants.map(({ plan }) => plan)).toEqual([first, last]);
  });
});

describe('two grants being ended (D3)', () => {
  it('are closed when both were proven, and lose one removal without the other', () => {
    const { request: one, now } = walked('revoking', 'revoking');
    const request = two(one);
    const removed = (from: AccessRequest, grantId: string) =>
      accepted(
        by(from, { type: 'revoke_confirmed', grantId, proof: { readAt: now, contested: false, hashes: {} } }, now),
      ).next;
    const gone = removed(removed(request, 'R1'), 'R1b');
    const later = plus(now, 10 * MINUTE);
    const proof = { by: 'propagation', removalReadAt: now, waitedSeconds: 600 } as const;
    const ended = (from: AccessRequest, grantId: string) =>
      by(from, { type: 'sessions_confirmed', grantId, proof }, later);
    const half = accepted(ended(gone, 'R1')).next;
    expect(half.state).toBe('revoking');
    expect(ended(half, 'R1')).toMatchObject({ refusal: { code: 'not_in_this_state' } });
    expect(ended(half, 'R9')).toMatchObject({ refusal: { code: 'unknown_request' } });
    expect(accepted(ended(half, 'R1b')).next).toMatchObject({ state: 'closed', outcome: 'ended' });
    const back = accepted(by(gone, { type: 'removal_lost', grantId: 'R1', readAt: now }, later)).next;
    expect(inState(back, 'revoking').grants.map(({ accessRemoved }) => accessRemoved !== undefined)).toEqual([
      false,
      true,
    ]);
    // The sessions of the one are proven, and its access came back: not closed by the other's proof.
    const apart = accepted(by(half, { type: 'removal_lost', grantId: 'R1', readAt: now }, later)).next;
    expect(accepted(ended(apart, 'R1b')).next.state).toBe('revoking');
  });
});
