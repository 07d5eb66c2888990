import { actionsIn } from '../../../src/core/request/actions.ts';
import type { Actor, Command } from '../../../src/core/request/command.ts';
import { type Decision, decide } from '../../../src/core/request/decide.ts';
import { overseersOf } from '../../../src/core/request/decide-ending.ts';
import { type Active, digestShown } from '../../../src/core/request/extension.ts';
import { type Facts, NO_FACTS } from '../../../src/core/request/facts.ts';
import type { Extension } from '../../../src/core/request/request.ts';
import { workFor } from '../../../src/core/request/work.ts';
import {
  accepted,
  aDirectory,
  aPolicy,
  type CastName,
  laterPlans,
  MINUTE,
  okFacts,
  personActor,
  after as plus,
  SECOND,
  SYSTEM,
  walkTo,
} from '../../support/requests.ts';

const opened = (minutes = 30, role = 'restart-service') => {
  const { request, now } = walkTo('active', { input: { minutes, role } });
  if (request.state !== 'active') throw new Error('not open');
  return { request, now };
};
const start = opened();
const { now } = start;

const does = (request: Active, command: Command, by: Actor = SYSTEM, at = now, facts: Facts = okFacts(at)): Decision =>
  decide(request, command, by, facts, at);
const extend = (request: Active, minutes = 15): Command => ({
  type: 'extend',
  minutes,
  digest: request.details.digest,
});
const approve = (request: Active): Command => ({ type: 'approve', digest: digestShown(request) });
const next = (decision: Decision): Active => {
  const { next: request } = accepted(decision);
  if (request.state !== 'active') throw new Error(`it is ${request.state}`);
  return request;
};
const asked = (from = start.request, minutes = 15) => next(does(from, extend(from, minutes), personActor('riley')));
const approved = (from = asked(), ...by: readonly CastName[]) =>
  (by.length === 0 ? (['avery'] as const) : by).reduce(
    (one, who) => next(does(one, approve(one), personActor(who))),
    from,
  );
const issue = (request: Active): Command => ({ type: 'issue_extension', plans: laterPlans(request) });
const planned = (from = approved()) => next(does(from, issue(from)));
const confirm = (number = 1): Command => ({ type: 'extension_confirmed', number, grantId: 'R1' });
const extended = (from = planned(), number = 1) => next(does(from, confirm(number)));
const codeOf = (decision: Decision) => (decision.ok ? 'yes' : decision.refusal.code);
const typesOf = (decision: Decision) => accepted(decision).events.map(({ type }) => type);
const extensionOf = ({ extension }: Active): Extension => {
  if (extension === undefined) throw new Error('no more time was asked for');
  return extension;
};

describe('asking for more time (B8)', () => {
  it.each<[why: string, decision: Decision, code: string]>([
    ['somebody else', does(start.request, extend(start.request), personActor('casey')), 'not_yours'],
    ['the system', does(start.request, extend(start.request), SYSTEM), 'actor_not_person'],
    ['an operator', does(start.request, extend(start.request), { type: 'operator', name: 'x' }), 'actor_not_person'],
    [
      'more than the role allows in all',
      does(start.request, extend(start.request, 60), personActor('riley')),
      'over_total',
    ],
    ['a time that is not offered', does(start.request, extend(start.request, 20), personActor('riley')), 'over_total'],
    ['no number', does(start.request, extend(start.request, Number.NaN), personActor('riley')), 'over_total'],
    [
      'other terms',
      does(start.request, { type: 'extend', minutes: 15, digest: 'x' }, personActor('riley')),
      'look_again',
    ],
    ['a second wish', does(asked(), extend(start.request), personActor('riley')), 'extension_pending'],
  ])('is refused to %s', (_why, decision, code) => expect(codeOf(decision)).toBe(code));

  it.each([
    [-121, 'yes'],
    [-120, 'too_late_to_extend'],
    [0, 'too_late_to_extend'],
    [60, 'too_late_to_extend'],
  ])('%i s from the end: %s', (seconds, code) => {
    const at = plus(start.request.endsAt, seconds * SECOND);
    expect(codeOf(does(start.request, extend(start.request), personActor('riley'), at))).toBe(code);
  });

  it.each<[why: string, change: (at: Date) => Partial<Facts>, code: string]>([
    ['the directory is down', () => ({ directory: { ok: false, why: '' } }), 'directory_unavailable'],
    ['the chat says deleted', (at) => ({ account: { ok: true, value: 'deleted', at } }), 'account_deleted'],
    ['this process opens nothing', () => ({ openingOff: 'a copy' }), 'opening_off'],
    [
      'the policy of the role changed',
      (at) => ({
        policy: {
          ok: true,
          at,
          value: { ...aPolicy(), zones: { ...aPolicy().zones, B: { ...aPolicy().zones.B, maxMinutes: 45 } } },
        },
      }),
      'terms_changed',
    ],
    [
      'the incident is closed',
      (at) => ({ incident: { ok: true, at, value: { id: 'INC-1', title: '', state: 'closed' } } }),
      'incident_closed',
    ],
  ])('B4: is refused while %s', (_why, change, code) => {
    const facts = okFacts(now, change(now));
    expect(codeOf(does(start.request, extend(start.request), personActor('riley'), now, facts))).toBe(code);
    const waits = approved();
    const again = does(waits, issue(waits), SYSTEM, now, facts);
    expect(again.ok ? again.events.at(-1)?.data.why : again.refusal.code).toBe(code);
  });

  it('counts what was added: the total is bounded over every extension', () => {
    const once = extended(planned(approved(asked(opened(15).request, 30))));
    expect(once.extended).toMatchObject({ minutes: 30 });
    expect(codeOf(does(once, extend(once, 30), personActor('riley')))).toBe('over_total');
    const twice = extended(planned(approved(asked(once, 15))), 2);
    expect(codeOf(does(twice, extend(twice, 15), personActor('riley')))).toBe('over_total');
    expect(actionsIn(twice)).toEqual(['end']);
    expect(twice.endsAt).toEqual(plus(twice.grants[0]?.confirmedAt ?? now, 60 * MINUTE));
  });

  it('lapses at the end that stays, if that is earlier than the time to decide', () => {
    const at = plus(start.request.endsAt, -3 * MINUTE);
    const late = next(does(start.request, extend(start.request), personActor('riley'), at));
    expect(extensionOf(late).decideBy).toEqual(start.request.endsAt);
    expect(extensionOf(asked()).decideBy).toEqual(plus(now, 15 * MINUTE));
  });

  it('A3: goes on while the incident source is down, marked as unverified', () => {
    const facts = okFacts(now, { incident: { ok: false, why: 'down' } });
    const decision = does(start.request, extend(start.request), personActor('riley'), now, facts);
    expect(accepted(decision).events).toMatchObject([{ type: 'extension_asked', data: { incidentVerified: false } }]);
    expect([next(decision).incidentVerified, asked().incidentVerified]).toEqual([false, true]);
  });

  it('B8, B10: asks whoever is on call by now too, who may then deny it, and no team mate', () => {
    const teams: Partial<Record<string, string[]>> = { quinn: ['platform'], casey: ['platform'] };
    const known = aDirectory();
    const people = known.people.map((one) => ({ ...one, teams: teams[one.id] ?? one.teams }));
    const onCall = { ...known.onCall, platform: ['quinn', 'casey', 'avery', 'riley'] };
    const directory = { ok: true, at: now, value: { ...known, people, onCall } } as const;
    const decision = does(start.request, extend(start.request), personActor('riley'), now, okFacts(now, { directory }));
    const quinn = { id: 'quinn', name: 'Quinn', keys: ['slack:T0BREAK:U0QUINN'] };
    expect(next(decision).escalatedTo).toEqual([quinn]);
    expect(accepted(decision).events[0]?.data).toMatchObject({ alsoAsked: ['quinn'] });
    const deny = { type: 'deny', reason: 'no', digest: digestShown(next(decision)) } as const;
    expect(codeOf(does(next(decision), deny, personActor('quinn')))).toBe('yes');
    expect(asked()).not.toHaveProperty('escalatedTo');
  });

  it('remembers the requester’s teams of that moment (B1)', () => {
    const directory = aDirectory();
    const people = directory.people.map((one) =>
      one.id === 'riley' ? { ...one, teams: ['platform', 'payments'] } : one,
    );
    const facts = okFacts(now, { directory: { ok: true, value: { ...directory, people }, at: now } });
    const moved = next(does(start.request, extend(start.request), personActor('riley'), now, facts));
    expect(codeOf(does(moved, approve(moved), personActor('avery')))).toBe('same_team');
  });
});

describe('what is approved', () => {
  it('needs the same clauses, each yes given anew, for this wish and no other', () => {
    const { request } = opened(15, 'rotate-keys');
    const waits = asked(request);
    expect(codeOf(does(waits, { type: 'approve', digest: request.details.digest }, personActor('avery')))).toBe(
      'look_again',
    );
    const half = approved(waits, 'avery');
    expect(extensionOf(half).approvedAt).toBeUndefined();
    expect(extensionOf(approved(half, 'sasha')).approvedAt).toEqual(now);
    const denied = next(does(half, { type: 'deny', reason: 'no' }, personActor('sasha')));
    const again = asked(denied);
    expect(digestShown(again)).not.toBe(digestShown(half));
    expect(extensionOf(again)).toMatchObject({ number: 2, approvals: [] });
  });

  it('can be ended and denied by whoever approved it', () => {
    const half = approved(asked(opened(15, 'rotate-keys').request), 'avery');
    expect(
      overseersOf({ ...half, details: { ...half.details, deciders: [] }, approvals: [] }).map(({ id }) => id),
    ).toEqual(['casey', 'avery']);
  });

  it.each<[why: string, change: Partial<{ name: string; installationId: string; grantId: string; plannedEnd: Date }>]>([
    ['another name', { name: 'other' }],
    ['another installation id', { installationId: 'other' }],
    ['another grant', { grantId: 'R2' }],
    ['a later end', { plannedEnd: plus(now, 24 * 60 * MINUTE) }],
  ])('is never planned under %s', (_why, change) => {
    const waits = approved();
    const plans = laterPlans(waits).map((plan) => ({ ...plan, ...change }));
    expect(codeOf(does(waits, { type: 'issue_extension', plans }))).toBe('plan_mismatch');
  });
});

describe('the old end', () => {
  const waits = asked();
  const ready = approved(waits);
  const begun = planned(ready);

  it('lapses at its deadline, not a moment before', () => {
    const waits = asked();
    const at = extensionOf(waits).decideBy;
    expect(codeOf(does(waits, { type: 'lapse_extension' }, SYSTEM, plus(at, -1)))).toBe('not_due');
    expect(codeOf(does(waits, { type: 'lapse_extension' }, SYSTEM, at))).toBe('yes');
  });

  it.each<[what: string, decision: Decision]>([
    ['asked', does(start.request, extend(start.request), personActor('riley'))],
    ['approved', does(waits, approve(waits), personActor('avery'))],
    ['planned', does(ready, issue(ready))],
    ['denied', does(waits, { type: 'deny', reason: 'no' }, personActor('avery'))],
    ['unanswered', does(waits, { type: 'lapse_extension' }, SYSTEM, plus(now, 15 * MINUTE))],
    ['refused by the cloud', does(begun, { type: 'extension_failed', number: 1, why: 'PROVIDER_CONFLICT' })],
    ['impossible to plan', does(ready, { type: 'extension_failed', number: 1, why: 'PROVIDER_REFUSED' })],
  ])('stays when more time is %s', (_what, decision) => {
    const { endsAt, grants } = next(decision);
    expect({ endsAt, grants }).toEqual({ endsAt: start.request.endsAt, grants: start.request.grants });
  });

  it('moves with the read-back, by the minutes, and the warning is owed anew', () => {
    const warnedAt = plus(start.request.endsAt, -5 * MINUTE);
    const warned = next(does(begun, { type: 'warn' }, SYSTEM, warnedAt));
    const done = next(does(warned, confirm(), SYSTEM, warnedAt));
    expect(done.warnedAt).toBeUndefined();
    expect(done.endsAt).toEqual(plus(start.request.endsAt, 15 * MINUTE));
    expect(done.grants[0]).toMatchObject({
      endsAt: done.endsAt,
      plan: { plannedEnd: laterPlans(ready)[0]?.plannedEnd },
    });
    const row = { request: done, version: 1, seq: 1, chats: {}, drawnVersion: 1, postedSeq: 1, updatedAt: now };
    expect(workFor(row).map(({ name, dueAt }) => [name, dueAt])).toEqual([
      ['warn', plus(done.endsAt, -5 * MINUTE)],
      ['expire', done.endsAt],
    ]);
  });

  it('D7: a warning that was due for the old end is not said of the new one, and is owed at its own time', () => {
    const done = extended(begun);
    const warn = (ms: number) => does(done, { type: 'warn' }, SYSTEM, plus(done.endsAt, ms));
    expect(codeOf(warn(-20 * MINUTE))).toBe('not_due');
    expect(codeOf(warn(-5 * MINUTE - 1))).toBe('not_due');
    expect(typesOf(warn(-5 * MINUTE))).toEqual(['access_ending_soon']);
  });

  it.each([
    [-121, undefined],
    [-120, true],
  ])(
    'D7: a warning that comes %i s before the end says whether more time can still be asked for',
    (seconds, tooLate) => {
      const at = plus(start.request.endsAt, seconds * SECOND);
      const [event] = accepted(does(start.request, { type: 'warn' }, SYSTEM, at)).events;
      expect(event?.data).toEqual({ endsAt: start.request.endsAt.toISOString(), tooLateForMore: tooLate });
      const frozen = { at, by: { id: 'sasha', name: 'Sasha' }, reason: 'a leak', all: false, lifts: [] };
      const held = does(start.request, { type: 'warn' }, SYSTEM, at, { ...NO_FACTS, frozen });
      expect(accepted(held).events[0]?.data).toMatchObject({ frozen: { by: 'Sasha', reason: 'a leak' } });
    },
  );

  it.each<[what: string, request: Active]>([
    ['asked for', waits],
    ['approved', ready],
    ['planned', begun],
  ])(
    'wins while more time is %s: at its instant the access ends, without a look-up, and nothing moves it',
    (_what, request) => {
      const at = start.request.endsAt;
      for (const command of [confirm(), issue(request), { type: 'expire' } as const]) {
        const decision = does(request, command, SYSTEM, at, command.type === 'expire' ? NO_FACTS : okFacts(at));
        expect(decision.ok ? decision.next.state : decision.refusal.code).toMatch(
          /^(revoking|too_late_to_extend|not_in_this_state)$/,
        );
      }
      const ended = accepted(does(request, { type: 'expire' }, SYSTEM, at, NO_FACTS));
      expect(ended.events.map(({ type }) => type)).toEqual(['extension_failed', 'end_requested']);
    },
  );

  it('an ending works from the newest plan, and remembers who approved what may have been written', () => {
    const { next: ending } = accepted(does(begun, { type: 'end' }, personActor('riley')));
    if (ending.state !== 'revoking') throw new Error('not ending');
    expect(ending.grants[0]?.plan).toEqual(begun.extension?.plans?.[0]);
    expect(ending.extended).toMatchObject({ asked: 1, minutes: 0, approvals: [{ by: { id: 'avery' } }] });
    expect(ending).not.toHaveProperty('extension');
  });

  it('a confirmation that comes after the ending began is recorded and changes nothing', () => {
    const { next: ending } = accepted(does(begun, { type: 'end' }, personActor('riley')));
    const late = decide(ending, confirm(), SYSTEM, okFacts(now), now);
    expect(typesOf(late)).toEqual(['late_confirmation']);
    expect(accepted(late).next).toEqual(ending);
  });

  it('every event of more time that failed names the later end, once it may stand in the cloud', () => {
    const plannedEnd = laterPlans(ready)[0]?.plannedEnd.toISOString();
    const failed = (from: Active) =>
      [
        does(from, { type: 'extension_failed', number: 1, why: 'PROVIDER_CONFLICT' }),
        does(from, { type: 'end' }, personActor('riley')),
      ].map((decision) => accepted(decision).events[0]);
    const data = { endsAt: start.request.endsAt.toISOString(), plannedEnd };
    expect(failed(begun)).toMatchObject([
      { type: 'extension_failed', data },
      { type: 'extension_failed', data },
    ]);
    for (const event of failed(ready)) expect(event?.data).not.toHaveProperty('plannedEnd');
  });

  it('frozen says by whom and why; before anything was planned, more time can be asked for again (B11)', () => {
    const by = { id: 'sasha', name: 'Sasha' };
    const frozen = okFacts(now, { frozen: { at: now, by, reason: 'a leak', all: false, lifts: [] } });
    const fail = { type: 'extension_failed', number: 1, why: 'frozen' } as const;
    for (const decision of [does(begun, confirm(), SYSTEM, now, frozen), does(begun, fail, SYSTEM, now, frozen)]) {
      expect(accepted(decision).events).toMatchObject([
        { type: 'extension_failed', data: { why: 'frozen', by: 'Sasha', reason: 'a leak' } },
      ]);
      expect(does(next(decision), extend(begun), personActor('riley'))).toMatchObject({
        refusal: { code: 'not_in_this_state', detail: { state: 'extension_frozen' } },
      });
    }
    const dropped = does(ready, issue(ready), SYSTEM, now, frozen);
    expect(accepted(dropped).events[0]?.data).toMatchObject({ why: 'frozen', by: 'Sasha', reason: 'a leak' });
    expect(extensionOf(asked(next(dropped))).number).toBe(2);
    // Lifted meanwhile: it is not given up.
    expect(codeOf(does(begun, fail))).toBe('not_frozen');
  });

  it('after a no of the cloud no more time can be asked for: part of it may stand there', () => {
    const failed = next(does(begun, { type: 'extension_failed', number: 1, why: 'PROVIDER_CONFLICT' }));
    expect(codeOf(does(failed, extend(failed), personActor('riley')))).toBe('not_in_this_state');
    expect(actionsIn(failed)).toEqual(['end']);
    expect(codeOf(does(failed, confirm()))).toBe('not_in_this_state');
  });
});

describe('buttons while more time is wanted', () => {
  it.each<[what: string, request: Active, actions: readonly string[]]>([
    ['open', start.request, ['extend', 'end']],
    ['awaited', asked(), ['approve', 'deny', 'end']],
    ['being written', planned(), ['end']],
    ['extended to the total', extended(planned(approved(asked(start.request, 30)))), ['end']],
  ])('%s', (_what, request, actions) => expect(actionsIn(request)).toEqual(actions));
});

describe('more time whose look-ups fail when it is issued (B4)', () => {
  it.each<[what: string, change: Partial<Facts>, code: string]>([
    ['the directory', { directory: { ok: false, why: 'down' } }, 'directory_unavailable'],
    ['the policy', { policy: { ok: false, why: 'down' } }, 'policy_unavailable'],
    ['the requester', { account: { ok: false, why: 'down' } }, 'account_unavailable'],
    ['an approver', { approvers: {} }, 'account_unavailable'],
    ['the target', { target: { ok: false, why: 'down' } }, 'target_unavailable'],
  ])('waits for %s until the old end, and is not dropped', (_what, change, code) => {
    const from = approved();
    const decision = does(from, issue(from), SYSTEM, now, okFacts(now, change));
    expect(decision).toMatchObject({ ok: false, refusal: { code } });
    expect(does(from, issue(from)).ok).toBe(true);
    expect(does(from, issue(from), SYSTEM, from.endsAt)).toMatchObject({ refusal: { code: 'too_late_to_extend' } });
  });

  it('is dropped for good by a no', () => {
    const from = approved();
    const dropped = next(does(from, issue(from), SYSTEM, now, okFacts(now, { openingOff: 'a copy' })));
    expect(dropped.extension).toBeUndefined();
  });
});
