import { replay } from '../../../src/core/audit/replay.ts';
import type { ReplayedRow } from '../../../src/core/audit/replay-row.ts';
import { digestOf } from '../../../src/core/canonical.ts';
import type { RequestEventName, StoredEvent } from '../../../src/core/events.ts';
import { after, MINUTE, SECOND, type Step, walkTo } from '../../support/requests.ts';

/*
 * Events as anybody could append them who holds the app's role, behind the events of an honest life: what each of them
 * makes of the row, or why it may not stand there. Two grants, which no honest life has yet, tell whose event it was.
 */

type Data = Readonly<Record<string, unknown>>;

/** The events of a life, and more behind them, each a second after the one before. */
class Log {
  readonly events: readonly StoredEvent[];
  constructor(events: readonly StoredEvent[]) {
    this.events = events;
  }
  static at = (state: Step['state'], role = 'restart-service') =>
    new Log(walkTo(state, { input: { role, minutes: 15 } }).kept.events);
  get last(): StoredEvent {
    const last = this.events.at(-1);
    if (last === undefined) throw new Error('nothing was written');
    return last;
  }
  /** One more event; by default of the worker. */
  says(type: RequestEventName, data: Data = {}, actor = 'system:worker'): Log {
    const { seq, at } = this.last;
    const next = { ...this.last, seq: seq + 1, at: after(at, SECOND), type, actor, data: data as StoredEvent['data'] };
    return new Log([...this.events, next]);
  }
  /** The same with all events of a kind changed. */
  with(type: RequestEventName, change: (data: Data) => Data): Log {
    return new Log(
      this.events.map((one) => (one.type === type ? { ...one, data: change(one.data) as StoredEvent['data'] } : one)),
    );
  }
  /** What such an event said in it. */
  said(type: RequestEventName): Data {
    const data = this.events.find((one) => one.type === type)?.data;
    if (data === undefined) throw new Error(`nothing said ${type}`);
    return data;
  }
  approves(who: string, digest: unknown, more: Data = {}): Log {
    const key = `slack:T0BREAK:U0${who.toUpperCase()}`;
    const teams = ['platform'];
    return this.says('approval_recorded', { person: who, name: who, keys: [key], key, teams, digest, ...more }, key);
  }
  /** More time as it is asked for, by its true digest. */
  asks(minutes = 15, more: Data = {}, number = 1): Log {
    const digest = digestOf({ terms: String(this.details.digest), extension: number, minutes });
    return this.says('extension_asked', { number, minutes, decideBy: '2026-03-01T13:00:00.000Z', digest, ...more });
  }
  /** More time as it is approved. */
  agrees = (who = 'avery') => this.approves(who, this.row.extension?.digest).says('extension_approved');
  /** The plan of a grant, its end so many minutes later. */
  plans(grantId: string, minutes: number): Log {
    const plan = this.row.grants?.find(({ id }) => id === grantId)?.plan;
    const plannedEnd = after(new Date(plan?.plannedEnd ?? 0), minutes * MINUTE).toISOString();
    return this.says('extension_planned', { ...plan, grantId, plannedEnd });
  }
  get details(): ReplayedRow['details'] {
    return this.row.details;
  }
  get row(): ReplayedRow {
    const replayed = replay(this.events);
    if (!replayed.ok) throw new Error(`event ${replayed.seq} ${replayed.why}`);
    return replayed.row;
  }
  get why(): string | undefined {
    const replayed = replay(this.events);
    return replayed.ok ? undefined : replayed.why;
  }
}

/** An honest life of one grant, told of two: each event of a grant stands twice, unless `only` leaves the second out. */
function two(state: Step['state'], only: readonly RequestEventName[] = []): Log {
  const { events } = Log.at(state).with('request_approved', (data) => {
    const [grant] = data.grants as readonly Data[];
    return { ...data, grants: [grant, { ...grant, id: 'R1b' }] };
  });
  return new Log(
    events.flatMap((one) =>
      one.data.grantId === undefined || only.includes(one.type as RequestEventName)
        ? [one]
        : [one, { ...one, data: { ...one.data, grantId: 'R1b' } }],
    ),
  );
}
const ids = (
  row: ReplayedRow,
  name: 'plan' | 'confirmedAt' | 'endsAt' | 'accessRemoved' | 'sessionsEnded' | 'tombstoneDeletedAt',
) => (row.grants ?? []).filter((grant) => grant[name] !== undefined).map(({ id }) => id);

/** An instant of an event, moved. */
const moved = (at: unknown, ms: number): string => after(new Date(String(at)), ms).toISOString();

const PENDING = Log.at('pending');
const ACTIVE = Log.at('active');
const REVOKING = Log.at('revoking');
const DIGEST = PENDING.details.digest;
const PARTY = (id: string) => ({ id, name: id, keys: [] });
const UNPLANNED = Log.at('granting')
  .says('end_requested', { cause: 'ended' })
  .says('request_closed', { outcome: 'failed' });
const OPENS = ACTIVE.said('access_opened');
const PLAN = ACTIVE.said('access_planned');

describe('an event that no version writes there (E4)', () => {
  it.each<[what: string, log: Log, why: string]>([
    [
      'a break that says what teams were seen',
      PENDING.says('access_lost', { seenTeams: {} }),
      'misses what is not open',
    ],
    [
      'a yes where more time was not asked for',
      ACTIVE.approves('avery', DIGEST),
      'records an approval where none is awaited',
    ],
    [
      'a yes to more time by the digest of the request',
      ACTIVE.asks().approves('avery', DIGEST),
      'records an approval of something else',
    ],
    [
      'a plan of a grant that is not',
      Log.at('granting').says('access_planned', { ...PLAN, grantId: 'R9' }),
      'plans what is not granted',
    ],
    ['a second plan', new Log([...Log.at('planned').events, Log.at('planned').last]), 'plans what is not granted'],
    ['a plan for what closed without one', UNPLANNED.says('access_planned', PLAN), 'plans what is not granted'],
    [
      'an opening of a grant that is not',
      Log.at('planned').says('access_opened', { grantId: 'R9' }),
      'opens to another end than was planned',
    ],
    [
      'an opening that says no end',
      Log.at('planned').says('access_opened', { grantId: 'R1' }),
      'opens to another end than was planned',
    ],
    [
      'an opening of what has no plan',
      Log.at('granting')
        .says('grant_failed', { grantId: 'R1', confirmedAt: OPENS.confirmedAt })
        .says('access_opened', OPENS),
      'opens to another end than was planned',
    ],
    ['more time asked for twice', ACTIVE.asks().asks(15, {}, 2), 'asks for more time where none can be asked for'],
    [
      'more time approved that nobody asked for',
      ACTIVE.says('extension_approved'),
      'approves more time with fewer people than its clauses want',
    ],
    [
      'more time dropped that nobody asked for',
      ACTIVE.says('extension_denied'),
      'drops more time that nobody asked for',
    ],
    ['more time planned that nobody asked for', ACTIVE.plans('R1', 15), 'plans more time that was not approved'],
    [
      'more time planned for a grant that is not',
      ACTIVE.asks()
        .agrees()
        .says('extension_planned', { ...PLAN, grantId: 'R9' }),
      'plans more time that was not approved',
    ],
    [
      'more time added that nobody asked for',
      ACTIVE.says('access_extended', { grantId: 'R1' }),
      'adds time that was not planned',
    ],
    [
      'more time added that was not planned',
      ACTIVE.asks().agrees().says('access_extended', { grantId: 'R1' }),
      'adds time that was not planned',
    ],
    [
      'more time added to another grant',
      ACTIVE.asks().agrees().plans('R1', 15).says('access_extended', { grantId: 'R9' }),
      'adds time that was not planned',
    ],
    [
      'more time failed that nobody asked for',
      ACTIVE.says('extension_failed', { why: 'X' }),
      'fails more time that nobody asked for',
    ],
    [
      'someone turned away who was known',
      PENDING.says('approval_refused', { person: 'kim', teams: ['platform'], seenTeams: { kim: ['platform'] } }).says(
        'approval_refused',
        { person: 'kim', teams: ['platform'] },
      ),
      'turns away whom it knew',
    ],
    [
      'the same refusal of the same person twice',
      PENDING.says('action_refused', { key: 'slack:T:U', code: 'not_yours', what: 'end' }).says('action_refused', {
        key: 'slack:T:U',
        code: 'not_yours',
        what: 'deny',
      }),
      'refuses twice what is kept once',
    ],
    [
      'open access altered that is not open',
      REVOKING.says('alarm', { what: 'access_altered', grantId: 'R1', altered: ['x'] }),
      'alters what is not open',
    ],
    [
      'the word of one, twice',
      REVOKING.says('ending_attested', { person: 'sasha' })
        .says('ending_attested', { person: 'sasha' })
        .says('request_closed', { outcome: 'ended_unproven' }),
      'closes without both proofs of the ending',
    ],
    [
      'a word that the next one dropped',
      REVOKING.says('ending_attested', { person: 'sasha' })
        .says('ending_attested', { person: 'quinn', dropped: [{ id: 'sasha' }] })
        .says('request_closed', { outcome: 'ended_unproven' }),
      'closes without both proofs of the ending',
    ],
    ['an end of what has none left', REVOKING.says('end_requested', { cause: 'ended' }), 'ends what is not open'],
    ['a withdrawal of what is closed', Log.at('closed').says('request_withdrawn'), 'ends what is not open'],
    [
      'an instant that is none',
      Log.at('planned').says('access_opened', { ...OPENS, confirmedAt: 'soon' }),
      'holds what no version writes',
    ],
  ])('is a break: %s', (_what, log, why) => {
    expect(log.why).toBe(why);
  });
});

describe('an approval (E4)', () => {
  it('carries what the incident’s source said, and who may deny besides', () => {
    expect(PENDING.row.incidentVerified).toBe(true);
    const silent = PENDING.approves('avery', DIGEST, { incidentVerified: false, alsoDeciders: [PARTY('casey')] });
    expect(silent.row).toMatchObject({ incidentVerified: false, alsoDeciders: [PARTY('casey')] });
    const later = silent.approves('avery', DIGEST);
    expect(later.row).toMatchObject({ incidentVerified: false, alsoDeciders: [PARTY('casey')] });
    expect(later.approves('avery', DIGEST, { incidentVerified: true }).row.incidentVerified).toBe(true);
    expect(PENDING.row).not.toHaveProperty('alsoDeciders');
  });

  it('adds to the teams that were seen, and to who is asked', () => {
    const opened = PENDING.with('request_opened', (data) => ({ ...data, seenTeams: { riley: ['payments'] } }));
    expect(opened.row.seenTeams).toEqual({ riley: ['payments'] });
    expect(PENDING.with('request_opened', ({ seenTeams: _, ...data }) => data).row.seenTeams).toEqual({});
    const once = opened.approves('avery', DIGEST, { seenTeams: { avery: ['platform'] }, parties: [PARTY('sasha')] });
    expect(once.row.seenTeams).toEqual({ riley: ['payments'], avery: ['platform'] });
    const twice = once.approves('blake', DIGEST, { parties: [PARTY('quinn')] });
    expect(twice.row.escalatedTo).toEqual([PARTY('sasha'), PARTY('quinn')]);
    expect(PENDING.approves('avery', DIGEST).row).not.toHaveProperty('escalatedTo');
  });

  it('that is taken back is gone, from the request or from more time, until that is approved', () => {
    const said = (log: Log) => log.row.approvals.map(({ by }) => by.id);
    const both = PENDING.approves('avery', DIGEST).approves('blake', DIGEST);
    expect(said(both)).toEqual(['avery', 'blake']);
    expect(said(both.says('approval_voided', { person: 'avery' }))).toEqual(['blake']);
    expect(ACTIVE.says('approval_voided', { person: 'avery' }).row).toEqual(ACTIVE.row);
    const asked = ACTIVE.asks();
    const more = asked.approves('avery', asked.row.extension?.digest).approves('blake', asked.row.extension?.digest);
    const kept = (log: Log) => log.row.extension?.approvals.map(({ by }) => by.id);
    expect(kept(more.says('approval_voided', { person: 'avery' }))).toEqual(['blake']);
    expect(kept(more.says('extension_approved').says('approval_voided', { person: 'avery' }))).toEqual([
      'avery',
      'blake',
    ]);
  });

  it('that is turned away tells of somebody who was not known whole', () => {
    const refused = PENDING.says('approval_refused', {
      person: 'kim',
      teams: ['platform'],
      seenTeams: { kim: ['platform'] },
    });
    expect(refused.why).toBeUndefined();
    expect(refused.says('approval_refused', { person: 'kim', teams: ['platform', 'payments'] }).why).toBeUndefined();
  });
});

it('whom a waiting request reminds, and whose change it names, adds up (E4)', () => {
  const once = PENDING.says('approvers_reminded', { step: 0, parties: [PARTY('sasha')] });
  expect(once.row).toMatchObject({ reminded: 1, escalatedTo: [PARTY('sasha')] });
  expect(once.says('approvers_reminded', { step: 1 }).row).toMatchObject({
    reminded: 2,
    escalatedTo: [PARTY('sasha')],
  });
  const twice = once.says('approvers_reminded', { step: 1, parties: [PARTY('quinn')] });
  expect(twice.row.escalatedTo).toEqual([PARTY('sasha'), PARTY('quinn')]);
  const changed = PENDING.says('approver_changed', { person: 'avery' }).says('approver_changed', { person: 'blake' });
  expect(changed.row.changedApprovers).toEqual(['avery', 'blake']);
});

it('a withdrawal closes what waits and ends what is planned (E4)', () => {
  expect(PENDING.says('request_withdrawn').row).toEqual(PENDING.row);
  expect(Log.at('granting').says('request_withdrawn').row).toEqual(Log.at('granting').row);
  expect(Log.at('planned').says('request_withdrawn').row).toMatchObject({ state: 'revoking', cause: 'withdrawn' });
});

describe('of two grants (E4)', () => {
  it('an opening that failed confirms its own', () => {
    const failed = two('planned').says('grant_failed', { grantId: 'R1', confirmedAt: OPENS.confirmedAt });
    expect([failed.row.state, ids(failed.row, 'plan'), ids(failed.row, 'confirmedAt')]).toEqual([
      'revoking',
      ['R1', 'R1b'],
      ['R1'],
    ]);
    expect(ids(two('planned').says('grant_failed', { grantId: 'R1' }).row, 'confirmedAt')).toEqual([]);
  });

  it('only those that have a plan are ended', () => {
    const half = two('planned', ['access_planned']);
    expect(half.says('end_requested', { cause: 'ended' }).row.grants?.map(({ id }) => id)).toEqual(['R1']);
    expect(two('granting').says('end_requested', { cause: 'ended' }).row.state).toBe('granting');
  });

  it('the last end is the request’s', () => {
    const sooner = moved(OPENS.confirmedAt, -MINUTE);
    const endsAt = moved(OPENS.endsAt, -MINUTE);
    for (const [first, second] of [
      ['R1', 'R1b'],
      ['R1b', 'R1'],
    ]) {
      const opened = two('planned')
        .says('access_opened', { grantId: first, confirmedAt: sooner, endsAt })
        .says('access_opened', { ...OPENS, grantId: second });
      expect(opened.row).toMatchObject({ state: 'active', endsAt: OPENS.endsAt });
      expect(opened.row.grants?.find(({ id }) => id === first)?.endsAt).toBe(endsAt);
    }
  });

  it('one that was confirmed late ends as planned', () => {
    const late = String(PLAN.plannedEnd);
    const opened = Log.at('planned').says('access_opened', { grantId: 'R1', confirmedAt: late, endsAt: late });
    expect(opened.row.endsAt).toBe(late);
  });

  it('more time moves each when its own was read back, and the request with the last', () => {
    const planned = two('active').asks().agrees().plans('R1', 15).plans('R1b', 15);
    const end = planned.row.endsAt;
    const later = moved(end, 15 * MINUTE);
    const half = planned.says('access_extended', { grantId: 'R1' });
    expect(half.row.grants?.map(({ endsAt }) => endsAt)).toEqual([later, end]);
    expect(half.row.endsAt).toBe(end);
    expect(half.row.extension?.plans?.map(({ grantId }) => grantId)).toEqual(['R1b']);
    const whole = half.says('access_extended', { grantId: 'R1b' });
    expect(whole.row).toMatchObject({ endsAt: later, extended: { asked: 1, minutes: 15 } });
    expect(whole.row.grants?.map(({ endsAt, plan }) => [endsAt, plan?.grantId])).toEqual([
      [later, 'R1'],
      [later, 'R1b'],
    ]);
    expect(whole.row).not.toHaveProperty('extension');
  });

  it('a lost removal is lost for its own, and counted', () => {
    const lost = two('removed').says('alarm', { what: 'removal_lost', grantId: 'R1' });
    expect(ids(lost.row, 'accessRemoved')).toEqual(['R1b']);
    const since = lost.last.at.toISOString();
    expect(lost.row.undone).toEqual({ times: 1, since, at: since });
    const again = lost.says('alarm', { what: 'removal_lost', grantId: 'R1' });
    expect(again.row.undone).toEqual({ times: 2, since, at: again.last.at.toISOString() });
    expect(two('revoking').says('alarm', { what: 'removal_lost', grantId: 'R1' }).row.state).toBe('revoking');
  });

  it('an alteration of open access is found at its own, and adds up', () => {
    const alarm = { what: 'access_altered', grantId: 'R1' };
    const altered = two('active')
      .says('alarm', { ...alarm, altered: ['x'] })
      .says('alarm', { ...alarm, altered: ['y'] });
    expect(altered.row.grants?.map((grant) => grant.altered)).toEqual([['x', 'y'], undefined]);
    expect(altered.says('alarm', { ...alarm, altered: 'z' }).row).toEqual(altered.row);
    expect(altered.says('alarm', { what: 'something_else', grantId: 'R1' }).row).toEqual(altered.row);
  });

  it('a tombstone is deleted of its own', () => {
    const deleted = two('closed').says('tombstone_deleted', { grantId: 'R1b' });
    expect(ids(deleted.row, 'tombstoneDeletedAt')).toEqual(['R1b']);
  });

  it('a proof is of its own, and says what it rests on', () => {
    const ended = two('removed').says('sessions_ended', { grantId: 'R1b', by: 'native_end' });
    expect(ids(ended.row, 'sessionsEnded')).toEqual(['R1b']);
    expect(ended.row.grants?.[1]?.sessionsEnded).toEqual({ by: 'native_end', nativeEndIntact: true });
    const waited = two('removed').says('sessions_ended', { grantId: 'R1b', by: 'propagation', waitedSeconds: 1 });
    expect(waited.row.grants?.[1]?.sessionsEnded).toEqual({ by: 'propagation', waitedSeconds: 1 });
  });
});

describe('more time (E4)', () => {
  const extended = ACTIVE.asks().agrees().plans('R1', 15).says('access_extended', { grantId: 'R1' });
  const again = extended.asks(30, {}, 2);

  it('is added to what was added before, with who approved each', () => {
    expect(again.row.extended).toMatchObject({ asked: 2, minutes: 15, approvals: [{ by: { id: 'avery' } }] });
    const whole = again.agrees('blake').plans('R1', 30).says('access_extended', { grantId: 'R1' });
    expect(whole.row.extended).toMatchObject({
      asked: 2,
      minutes: 45,
      approvals: [{ by: { id: 'avery' } }, { by: { id: 'blake' } }],
    });
    expect(whole.row.endsAt).toBe(moved(ACTIVE.row.endsAt, 45 * MINUTE));
  });

  it('names who is asked besides, and nobody where there is none', () => {
    expect(ACTIVE.asks().row).not.toHaveProperty('escalatedTo');
    const once = ACTIVE.asks(15, { parties: [PARTY('sasha')] });
    expect(once.row.escalatedTo).toEqual([PARTY('sasha')]);
    const twice = once.says('extension_denied').asks(15, { parties: [PARTY('quinn')] }, 2);
    expect(twice.row.escalatedTo).toEqual([PARTY('sasha'), PARTY('quinn')]);
  });

  it('that failed is gone, unless part of it may be written or the ending took over', () => {
    const agreed = ACTIVE.asks().agrees();
    expect(agreed.says('extension_failed', { why: 'X' }).row).not.toHaveProperty('extension');
    const planned = agreed.plans('R1', 15);
    expect(planned.says('extension_failed', { why: 'X' }).row.extension).toMatchObject({ failedWhy: 'X', plans: [{}] });
    expect(planned.says('extension_failed', { why: 'ended_first' }).row).toEqual(planned.row);
    expect(agreed.says('extension_failed', { why: 'ended_first' }).row).toEqual(agreed.row);
  });

  it('that was planned is on the ending, with who approved it', () => {
    const planned = again.agrees('blake').plans('R1', 30);
    const { row } = planned.says('end_requested', { cause: 'ended' });
    expect(row.grants?.map(({ plan }) => plan)).toEqual(planned.row.extension?.plans);
    expect(row.extended).toMatchObject({
      asked: 2,
      minutes: 15,
      approvals: [{ by: { id: 'avery' } }, { by: { id: 'blake' } }],
    });
    expect(row).not.toHaveProperty('extension');
  });

  it('planned for one of two grants is on the ending of that one', () => {
    const planned = two('active').asks().agrees().plans('R1b', 15);
    const before = planned.row.grants?.map(({ plan }) => plan?.plannedEnd);
    const ended = planned.says('end_requested', { cause: 'ended' }).row.grants?.map(({ plan }) => plan?.plannedEnd);
    expect([ended?.[0] === before?.[0], ended?.[1] === before?.[1]]).toEqual([true, false]);
  });

  it('that nobody asked for leaves nothing on the ending', () => {
    const { row } = ACTIVE.says('end_requested', { cause: 'ended' });
    expect(row.grants?.map(({ plan }) => plan)).toEqual(ACTIVE.row.grants?.map(({ plan }) => plan));
    expect(Object.keys(row).sort()).toEqual(
      [...Object.keys(ACTIVE.row).filter((name) => name !== 'endsAt'), 'cause', 'endRequestedAt'].sort(),
    );
  });
});

it('words of security stay beside each other (E4)', () => {
  const both = REVOKING.says('ending_attested', { person: 'sasha' }).says('ending_attested', { person: 'quinn' });
  expect(both.row.attestations?.map(({ by }) => by.id)).toEqual(['sasha', 'quinn']);
  const dropped = both.says('ending_attested', { person: 'kim', dropped: [{ id: 'sasha' }] });
  expect(dropped.row.attestations?.map(({ by }) => by.id)).toEqual(['quinn', 'kim']);
  expect(dropped.says('request_closed', { outcome: 'ended_unproven' }).row.state).toBe('closed');
});
