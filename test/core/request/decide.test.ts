import type { NativeEnd } from '../../../src/core/policy/cloud-schema.ts';
import type { Command } from '../../../src/core/request/command.ts';
import { decide } from '../../../src/core/request/decide.ts';
import { plannedEndOf } from '../../../src/core/request/decide-issue.ts';
import { type Facts, NO_FACTS, UNANSWERED } from '../../../src/core/request/facts.ts';
import type { RefusalCode } from '../../../src/core/request/refusal.ts';
import {
  accepted,
  aDirectory,
  anInput,
  aPlan,
  aPolicy,
  type CastName,
  KEYS,
  MINUTE,
  okFacts,
  personActor,
  after as plus,
  requestCommand,
  SECOND,
  START,
  SYSTEM,
  walkTo,
} from '../../support/requests.ts';

const down = { ok: false, why: 'down' } as const;
const found = <T>(value: T, at = START) => ({ ok: true, value, at }) as const;
const change = (id: CastName, difference: object) => {
  const directory = aDirectory();
  return { ...directory, people: directory.people.map((one) => (one.id === id ? { ...one, ...difference } : one)) };
};

describe('asking (A2–A7, A9–A11)', () => {
  const request = { type: 'request', id: 'R1', channels: { slack: 'C0INCIDENT' } } as const;

  it.each<[promise: string, input: object, facts: Partial<Facts>, code: RefusalCode]>([
    ['no incident', { incident: '  ' }, {}, 'no_incident'],
    ['a cloud that this process does not know', {}, { clouds: {} }, 'no_cloud_identity'],
    [
      'an incident id that no incident can have, no source answering',
      { incident: 'INC 1/../system' },
      { incident: down },
      'incident_not_found',
    ],
    ['an incident that does not exist', {}, { incident: found('not_found' as const) }, 'incident_not_found'],
    [
      'a closed incident',
      {},
      { incident: found({ id: 'INC-1', title: '', state: 'closed' as const }) },
      'incident_closed',
    ],
    ['zone C while the incident source is down', { role: 'rotate-keys' }, { incident: down }, 'incident_unverified'],
    ['an unknown role', { role: 'root' }, {}, 'unknown_role'],
    ['a runbook of another role', { role: 'read-logs', runbook: 'service-down' }, {}, 'unknown_runbook'],
    ['minutes that are not offered', { minutes: 31 }, {}, 'over_long'],
    ['minutes above the cap of the zone', { role: 'rotate-keys', minutes: 60 }, {}, 'over_long'],
    ['a reason that is not a reason', { reason: 'curiosity' }, {}, 'bad_reason'],
    ['an empty purpose', { purpose: '   ' }, {}, 'bad_purpose'],
    ['a purpose longer than 1,000 characters', { purpose: 'x'.repeat(1001) }, {}, 'bad_purpose'],
    ['a commander nobody knows', { commander: 'nobody' }, {}, 'unknown_commander'],
    ['terms that changed since the form was drawn', { digest: 'old' }, {}, 'look_again'],
    ['a directory that is down', {}, { directory: down }, 'directory_unavailable'],
    ['a chat that does not say who it is', {}, { account: down }, 'account_unavailable'],
    ['a guest', {}, { account: found('guest' as const) }, 'account_guest'],
    ['a bot', {}, { account: found('bot' as const) }, 'account_bot'],
    ['a deleted account', {}, { account: found('deleted' as const) }, 'account_deleted'],
    ['somebody of another organisation', {}, { account: found('stranger' as const) }, 'account_stranger'],
    ['a policy that cannot be read', {}, { policy: down }, 'policy_unavailable'],
    ['facts older than a minute', {}, { directory: found(aDirectory(), plus(START, -61 * SECOND)) }, 'stale_facts'],
    ['anything while opening is off', {}, { openingOff: 'a copy' }, 'opening_off'],
    ['a suspended person', {}, { directory: found(change('riley', { suspended: true })) }, 'suspended'],
    ['a person without a team', {}, { directory: found(change('riley', { teams: [] })) }, 'no_team'],
    ['a person in a team nobody knows', {}, { directory: found(change('riley', { teams: ['ghosts'] })) }, 'no_team'],
    [
      'a team that may not ask for the role',
      {},
      { directory: found(change('riley', { teams: ['security'] })) },
      'over_scope',
    ],
    [
      'a chat identity on two people',
      {},
      { directory: found(change('casey', { chats: { slack: [{ workspace: 'T0BREAK', user: 'U0RILEY' }] } })) },
      'ambiguous_person',
    ],
    [
      'a person whose cloud identity another one holds too',
      {},
      {
        directory: found(
          change('casey', { clouds: { aws: { kind: 'iam-user', arn: 'arn:aws:iam::111122223333:user/riley' } } }),
        ),
      },
      'no_cloud_identity',
    ],
    [
      'a person without a cloud identity',
      {},
      { directory: found(change('riley', { clouds: {} })) },
      'no_cloud_identity',
    ],
  ])('refuses %s', (_promise, input, facts, code) => {
    const known = ['read-logs', 'rotate-keys'].find((role) => 'role' in input && input.role === role);
    const command = { ...request, input: { ...anInput(known === undefined ? {} : { role: known }), ...input } };
    const decision = decide(undefined, command, personActor('riley'), okFacts(START, facts), START);
    expect(decision).toMatchObject({ ok: false, refusal: { code } });
  });

  it('goes on unverified when the incident source is down, and says so (A3)', () => {
    const decision = decide(
      undefined,
      requestCommand('R1'),
      personActor('riley'),
      okFacts(START, { incident: down }),
      START,
    );
    expect(accepted(decision).next.details.incident).toMatchObject({ id: 'INC-1', verified: false });
  });

  it('remembers the teams of whoever could fill a clause, and of the requester and their team mates', () => {
    const decision = decide(undefined, requestCommand('R1'), personActor('riley'), okFacts(START), START);
    const { seenTeams } = accepted(decision).next;
    expect(Object.keys(seenTeams).sort()).toEqual(['avery', 'blake', 'casey', 'jordan', 'riley']);
    expect(seenTeams.riley).toEqual(['payments', 'product']);
  });
});

describe('approving (B1–B5, B7)', () => {
  const { request, now } = walkTo('pending');
  const approve = { type: 'approve', digest: request.details.digest } as const;

  it.each<[promise: string, who: CastName, facts: Partial<Facts>, at: Date, code: RefusalCode]>([
    ['the requester', 'riley', {}, now, 'self_approval'],
    ['a team mate, even the commander', 'casey', {}, now, 'same_team'],
    ['someone in the right group who shares a team', 'jordan', {}, now, 'same_team'],
    ['someone outside every group', 'sasha', {}, now, 'not_eligible'],
    ['a click at the deadline itself', 'avery', {}, plus(now, 15 * MINUTE), 'decision_window_closed'],
    ['anyone when the directory is down', 'avery', { directory: down }, now, 'directory_unavailable'],
    ['anyone when users.info fails', 'avery', { account: down }, now, 'account_unavailable'],
    ['a guest', 'avery', { account: found('guest' as const, now) }, now, 'account_guest'],
    [
      'anyone, where the requester has no cloud identity any more',
      'avery',
      { directory: found(change('riley', { clouds: {} }), now) },
      now,
      'no_cloud_identity',
    ],
    [
      'anyone once the incident is closed',
      'avery',
      { incident: found({ id: 'INC-1', title: '', state: 'closed' as const }, now) },
      now,
      'incident_closed',
    ],
  ])('refuses %s', (_promise, who, facts, at, code) => {
    const decision = decide(request, approve, personActor(who), okFacts(at, facts), at);
    expect(decision).toMatchObject({ ok: false, refusal: { code } });
  });

  it('refuses a team mate who moved out of the team for the click: teams seen since the request count', () => {
    const facts = okFacts(now, { directory: found(change('jordan', { teams: ['platform'] }), now) });
    expect(decide(request, approve, personActor('jordan'), facts, now)).toMatchObject({
      refusal: { code: 'same_team' },
    });
  });

  it('counts a click only for the terms it showed, and never after the terms changed', () => {
    const stale = decide(request, { type: 'approve', digest: 'other' }, personActor('avery'), okFacts(now), now);
    expect(stale).toMatchObject({ refusal: { code: 'look_again' } });
    const policy = aPolicy();
    const capped = { ...policy, zones: { ...policy.zones, B: { ...policy.zones.B, maxMinutes: 45 } } };
    const changed = decide(request, approve, personActor('avery'), okFacts(now, { policy: found(capped, now) }), now);
    expect(changed).toMatchObject({ refusal: { code: 'terms_changed' } });
  });

  it('keeps a team mate one who was turned away and then moved to another team', () => {
    const moved = { people: [...aDirectory().people], teams: aDirectory().teams, onCall: {} };
    const turned = { type: 'turned_away', person: 'sasha', teams: ['payments', 'product'] } as const;
    const { next, events } = accepted(decide(request, turned, SYSTEM, okFacts(now), now));
    expect(events.map(({ type }) => type)).toEqual(['approval_refused']);
    expect(decide(next, turned, SYSTEM, okFacts(now), now)).toMatchObject({ refusal: { code: 'not_in_this_state' } });
    const people = moved.people.map((one) => (one.id === 'sasha' ? { ...one, teams: ['platform'] } : one));
    const facts = okFacts(now, { directory: found({ ...moved, people }, now) });
    expect(decide(next, approve, personActor('sasha'), facts, now)).toMatchObject({ refusal: { code: 'same_team' } });
    expect(decide(request, approve, personActor('sasha'), facts, now).ok).toBe(true);
  });

  it('opens the clause again when an earlier approver is a guest at the next click', () => {
    const command = requestCommand('R1', { role: 'rotate-keys' });
    const asked = accepted(decide(undefined, command, personActor('riley'), okFacts(START), START)).next;
    const wants = { type: 'approve', digest: asked.details.digest } as const;
    const first = accepted(decide(asked, wants, personActor('avery'), okFacts(START), START)).next;
    const facts = okFacts(START, { approvers: { 'slack:T0BREAK:U0AVERY': found('guest' as const, START) } });
    const { next, events } = accepted(decide(first, wants, personActor('sasha'), facts, START));
    expect(next.state).toBe('pending');
    expect(events.map(({ type }) => type)).toEqual(['approval_voided', 'approval_recorded']);
  });

  it('lets other changes of the policy change nothing', () => {
    const renamed = { ...aPolicy(), organisation: 'Renamed', phone: '+1' };
    expect(decide(request, approve, personActor('avery'), okFacts(now, { policy: found(renamed, now) }), now).ok).toBe(
      true,
    );
  });

  it('needs two people of two groups in zone C, and counts nobody twice', () => {
    const command = requestCommand('R1', { role: 'rotate-keys' });
    const pending = accepted(decide(undefined, command, personActor('riley'), okFacts(START), START)).next;
    const wants = { type: 'approve', digest: pending.details.digest } as const;
    const first = accepted(decide(pending, wants, personActor('avery'), okFacts(START), START)).next;
    expect(first.state).toBe('pending');
    expect(decide(first, wants, personActor('avery'), okFacts(START), START)).toMatchObject({
      refusal: { code: 'already_approved' },
    });
    expect(decide(first, wants, personActor('blake'), okFacts(START), START)).toMatchObject({
      refusal: { code: 'clause_filled' },
    });
    const second = accepted(decide(first, wants, personActor('sasha'), okFacts(START), START)).next;
    expect(second.state).toBe('granting');
  });

  it('stores who approved, with their teams, the digest and the assurance, as evidence', () => {
    const { next } = accepted(decide(request, approve, personActor('avery'), okFacts(now), now));
    expect(next.approvals).toEqual([
      expect.objectContaining({
        by: expect.objectContaining({ id: 'avery' }),
        teams: ['platform'],
        digest: request.details.digest,
        assurance: 'chat',
        at: now,
      }),
    ]);
  });
});

describe('issuing (B4)', () => {
  const { request, now } = walkTo('granting');
  const issue = (facts: Partial<Facts> = {}, at = now) =>
    decide(request, { type: 'issue', plan: aPlan(request, at) }, SYSTEM, okFacts(at, facts), at);

  it.each<[promise: string, facts: Partial<Facts>, code: RefusalCode]>([
    ['nobody says whether anything may be opened here', { openingOff: UNANSWERED }, 'installation_unavailable'],
    ['an approver was not looked up', { approvers: {} }, 'account_unavailable'],
    ['the directory is down', { directory: down }, 'directory_unavailable'],
    ['the requester cannot be looked up', { account: down }, 'account_unavailable'],
    ['an approver cannot be looked up', { approvers: { 'slack:T0BREAK:U0AVERY': down } }, 'account_unavailable'],
    [
      'an approver was looked up too long ago',
      { approvers: { 'slack:T0BREAK:U0AVERY': found('member' as const, plus(now, -61 * SECOND)) } },
      'stale_facts',
    ],
    ['the target does not answer', { target: down }, 'target_unavailable'],
    [
      'the facts are stale',
      {
        target: found(
          { offsetMs: 0, room: [{ what: 'roles', used: 1, quota: 1000 }], changedDefinitions: [] },
          plus(now, -61 * SECOND),
        ),
      },
      'stale_facts',
    ],
  ])('waits while %s: nothing is opened, and nothing is closed yet', (_promise, facts, code) => {
    expect(issue(facts)).toMatchObject({ ok: false, refusal: { code } });
  });

  it('waits while one of two approvers was looked up too long ago, whoever it is', () => {
    const { request: two, now: at } = walkTo('granting', { input: { role: 'rotate-keys', minutes: 15 } });
    for (const stale of [KEYS.avery, KEYS.sasha]) {
      const approvers = Object.fromEntries(
        [KEYS.avery, KEYS.sasha].map((key) => [
          key,
          found('member' as const, key === stale ? plus(at, -61 * SECOND) : at),
        ]),
      );
      const issued = decide(two, { type: 'issue', plan: aPlan(two, at) }, SYSTEM, okFacts(at, { approvers }), at);
      expect(issued).toMatchObject({ ok: false, refusal: { code: 'stale_facts' } });
    }
  });

  const target = { offsetMs: 0, room: [{ what: 'roles', used: 10, quota: 1000 }], changedDefinitions: [] as string[] };
  it.each<[promise: string, facts: Partial<Facts>, why: RefusalCode]>([
    ['an approver left', { directory: found(change('avery', { suspended: true }), now) }, 'approvals_missing'],
    [
      'an approver became a guest',
      { approvers: { 'slack:T0BREAK:U0AVERY': found('guest' as const, now) } },
      'approvals_missing',
    ],
    [
      'an approver joined the team of the requester',
      { directory: found(change('avery', { teams: ['platform', 'payments'] }), now) },
      'approvals_missing',
    ],
    [
      'the chat identity that asked is linked to two people',
      { directory: found(change('casey', { chats: { slack: [{ workspace: 'T0BREAK', user: 'U0RILEY' }] } }), now) },
      'ambiguous_person',
    ],
    [
      'the chat identity that asked is another person’s now',
      { directory: found(change('riley', { chats: { slack: [{ workspace: 'T0BREAK', user: 'U0OTHER' }] } }), now) },
      'unknown_person',
    ],
    ['the requester was suspended', { directory: found(change('riley', { suspended: true }), now) }, 'suspended'],
    [
      'the requester left the team that may ask',
      { directory: found(change('riley', { teams: ['security'] }), now) },
      'over_scope',
    ],
    ['the requester is in no team any more', { directory: found(change('riley', { teams: [] }), now) }, 'no_team'],
    [
      'the requester has another cloud identity',
      {
        directory: found(
          change('riley', { clouds: { aws: { kind: 'iam-user', arn: 'arn:aws:iam::111122223333:user/eve' } } }),
          now,
        ),
      },
      'no_cloud_identity',
    ],
    [
      'the incident was closed',
      { incident: found({ id: 'INC-1', title: '', state: 'closed' as const }, now) },
      'incident_closed',
    ],
    ['the clocks are a minute apart', { target: found({ ...target, offsetMs: 60_001 }, now) }, 'clock_apart'],
    [
      'the account is within 5 % of its role quota',
      { target: found({ ...target, room: [{ what: 'roles', used: 950, quota: 1000 }] }, now) },
      'room_short',
    ],
    [
      'a managed policy differs from its pinned copy',
      { target: found({ ...target, changedDefinitions: ['arn:x'] }, now) },
      'definition_changed',
    ],
    ['opening was switched off', { openingOff: 'frozen' }, 'opening_off'],
    ['this process does not know the cloud', { clouds: {} }, 'no_cloud_identity'],
  ])('refuses for good when %s, and nothing was opened', (_promise, facts, why) => {
    const { next, events } = accepted(issue(facts));
    expect(next).toMatchObject({ state: 'closed', outcome: 'refused' });
    expect(events).toContainEqual({ type: 'request_refused', data: expect.objectContaining({ why }) });
    expect(next.state === 'closed' && next.grants.every(({ plan }) => plan === undefined)).toBe(true);
  });

  it('alarms when clocks are apart', () => {
    const { events } = accepted(issue({ target: found({ ...target, offsetMs: -61_000 }, now) }));
    expect(events.map(({ type }) => type)).toContain('alarm');
  });

  it('fails a request that no worker picked up by grantBy, however late it comes', () => {
    const late = plus(now, 5 * MINUTE);
    expect(accepted(issue({}, late)).next).toMatchObject({ state: 'closed', outcome: 'grant_failed' });
    expect(accepted(issue({ directory: down }, late)).next).toMatchObject({ state: 'closed', outcome: 'refused' });
  });

  it('commits no plan with another end than now + allowance + minutes', () => {
    const plan = aPlan(request, plus(now, 1));
    const decision = decide(request, { type: 'issue', plan }, SYSTEM, okFacts(now), now);
    expect(decision).toMatchObject({ ok: false, refusal: { code: 'plan_mismatch' } });
  });

  it('plans once: a second worker finds the first one’s plan', () => {
    const planned = accepted(issue()).next;
    const again = decide(planned, { type: 'issue', plan: aPlan(planned, now) }, SYSTEM, okFacts(now), now);
    expect(again).toMatchObject({ ok: false, refusal: { code: 'not_in_this_state' } });
  });
});

describe('confirming and ending', () => {
  it('undoes a grant that was read back with under half of its minutes left', () => {
    const { request, now } = walkTo('planned', { input: { role: 'rotate-keys', minutes: 15 } });
    const plan = request.state === 'granting' ? request.grants[0]?.plan : undefined;
    const late = plus(now, 4 * MINUTE);
    expect(plan && plan.plannedEnd > late).toBe(true);
    const decision = accepted(decide(request, { type: 'grant_confirmed', grantId: 'R1' }, SYSTEM, okFacts(late), late));
    expect(decision.next.state === 'active' ? 'active' : decision.next.state).toBe('active');
    const tooLate = plus(now, 5 * MINUTE);
    const undone = accepted(
      decide(request, { type: 'grant_confirmed', grantId: 'R1' }, SYSTEM, okFacts(tooLate), tooLate),
    );
    expect(undone.next).toMatchObject({ state: 'revoking', cause: 'grant_failed' });
  });

  it('records a late confirmation and changes nothing', () => {
    for (const state of ['revoking', 'closed'] as const) {
      const { request, now } = walkTo(state);
      const { next, events } = accepted(
        decide(request, { type: 'grant_confirmed', grantId: 'R1' }, SYSTEM, okFacts(now), now),
      );
      expect(next).toEqual(request);
      expect(events.map(({ type }) => type)).toEqual(['late_confirmation']);
    }
  });

  it('believes a removal only as read between the request to end and now (D3)', () => {
    const { request, now } = walkTo('revoking');
    const asked = request.state === 'revoking' ? request.endRequestedAt : now;
    const later = plus(asked, SECOND);
    const readAt = (at: Date) =>
      decide(
        request,
        { type: 'revoke_confirmed', grantId: 'R1', proof: { readAt: at, contested: false, hashes: {} } },
        SYSTEM,
        NO_FACTS,
        later,
      );
    for (const wrong of [plus(asked, -1), plus(later, 1)]) {
      expect(readAt(wrong)).toMatchObject({ refusal: { code: 'not_proven' } });
    }
    for (const right of [asked, later]) expect(readAt(right).ok).toBe(true);
  });

  it('believes a proof of ended sessions only when its time has come', () => {
    const { request, now } = walkTo('removed');
    const removed = request.state === 'revoking' ? request.grants[0]?.accessRemoved : undefined;
    const proof = { by: 'propagation', removalReadAt: removed?.readAt ?? now, waitedSeconds: 300 } as const;
    const at = (ms: number) =>
      decide(
        request,
        { type: 'sessions_confirmed', grantId: 'R1', proof },
        SYSTEM,
        okFacts(now),
        plus(proof.removalReadAt, ms),
      );
    expect(at(300_000 - 1)).toMatchObject({ refusal: { code: 'not_proven' } });
    expect(accepted(at(300_000)).next).toMatchObject({ state: 'closed', outcome: 'ended' });
  });

  it('takes the cloud’s own end for a proof only where it is exact (D3)', () => {
    const { request, now } = walkTo('removed');
    if (request.state !== 'revoking') throw new Error('not revoking');
    const proof = { by: 'native_end', cloudTime: now, nativeEndIntact: true } as const;
    const proven = (nativeEnd: NativeEnd, at: Date) => {
      const grants = request.grants.map((grant) => ({ ...grant, plan: { ...grant.plan, nativeEnd } }));
      return decide({ ...request, grants }, { type: 'sessions_confirmed', grantId: 'R1', proof }, SYSTEM, NO_FACTS, at);
    };
    const plannedEnd = request.grants[0]?.plan.plannedEnd ?? now;
    expect(proven('exact', plus(plannedEnd, -1))).toMatchObject({ refusal: { code: 'not_proven' } });
    expect(accepted(proven('exact', plannedEnd)).next.state).toBe('closed');
    for (const at of [plannedEnd, plus(plannedEnd, 24 * 60 * MINUTE)]) {
      expect(proven('scheduled', at)).toMatchObject({ refusal: { code: 'not_proven' } });
    }
  });

  it('plans nothing that may be cleaned up before its end', () => {
    const { request, now } = walkTo('granting');
    const plan = { ...aPlan(request, now), cleanUpAt: plus(plannedEndOf(request, now), -1) };
    const planned = decide(request, { type: 'issue', plan }, SYSTEM, okFacts(now), now);
    expect(planned).toMatchObject({ refusal: { code: 'plan_mismatch' } });
  });

  it('says that an ending fails at the first time and each time the count doubles (D6)', () => {
    const { request, now } = walkTo('revoking');
    let failing = request;
    const said: number[] = [];
    for (let failures = 1; failures <= 20; failures += 1) {
      const { next, events } = accepted(
        decide(failing, { type: 'revoke_failed', why: 'PROVIDER_UNAVAILABLE' }, SYSTEM, NO_FACTS, now),
      );
      said.push(...events.map(({ data }) => Number(data.failures)));
      failing = next;
    }
    expect(said).toEqual([1, 2, 4, 8, 16]);
  });

  it('keeps a failing ending open, counts it, and starts a lost removal anew', () => {
    const { request, now } = walkTo('revoking');
    const failing = accepted(
      decide(request, { type: 'revoke_failed', why: 'PROVIDER_UNAVAILABLE' }, SYSTEM, okFacts(now), now),
    ).next;
    expect(failing).toMatchObject({ state: 'revoking', failures: 1 });
    const removed = walkTo('removed');
    const proof = removed.request.state === 'revoking' ? removed.request.grants[0]?.accessRemoved : undefined;
    const gone = (readAt: Date) =>
      decide(removed.request, { type: 'removal_lost', grantId: 'R1', readAt }, SYSTEM, okFacts(now), removed.now);
    const lost = accepted(gone(proof?.readAt ?? now)).next;
    expect(lost.state === 'revoking' && lost.grants[0]?.accessRemoved).toBeUndefined();
    expect(gone(START)).toMatchObject({ refusal: { code: 'not_in_this_state' } });
    const undone = { times: 1, since: removed.now, at: removed.now };
    expect(lost).toMatchObject({ failures: 1, failingSince: removed.now, undone });
  });

  it('keeps since when an ending fails, and counts each time that its removal was taken back', () => {
    const { request, now } = walkTo('removed');
    const readAt = (one: typeof request) => (one.state === 'revoking' && one.grants[0]?.accessRemoved?.readAt) || START;
    const does = (one: typeof request, command: Command, at: Date) =>
      accepted(decide(one, command, SYSTEM, okFacts(at), at)).next;
    const failing = does(request, { type: 'revoke_failed', why: 'X' }, plus(now, SECOND));
    const lost = { type: 'removal_lost', grantId: 'R1' } as const;
    const once = does(failing, { ...lost, readAt: readAt(failing) }, plus(now, MINUTE));
    expect(once).toMatchObject({ failures: 2, failingSince: plus(now, SECOND) });
    const proof = { readAt: plus(now, 2 * MINUTE), contested: false, hashes: {} };
    const anew = does(once, { type: 'revoke_confirmed', grantId: 'R1', proof }, plus(now, 2 * MINUTE));
    expect(anew).toMatchObject({ failures: 0, undone: { times: 1 } });
    const twice = does(anew, { ...lost, readAt: readAt(anew) }, plus(now, 3 * MINUTE));
    expect(twice).toMatchObject({ failures: 1, failingSince: plus(now, 3 * MINUTE) });
    expect(twice).toMatchObject({ undone: { times: 2, since: plus(now, MINUTE), at: plus(now, 3 * MINUTE) } });
  });
});
