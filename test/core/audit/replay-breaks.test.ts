import { type RowEvidence, unexplainedRows } from '../../../src/core/audit/explain.ts';
import { replay } from '../../../src/core/audit/replay.ts';
import type { RequestEventName, StoredEvent } from '../../../src/core/events.ts';
import type { Command } from '../../../src/core/request/command.ts';
import { decide } from '../../../src/core/request/decide.ts';
import { digestShown } from '../../../src/core/request/extension.ts';
import type { AccessRequest, State } from '../../../src/core/request/request.ts';
import type { KeptRow } from '../../support/kept-row.ts';
import {
  accepted,
  after,
  type CastName,
  HOUR,
  laterPlans,
  okFacts,
  personActor,
  SECOND,
  type Step,
  SYSTEM,
  walkTo,
} from '../../support/requests.ts';

/** Where an event that changes a row may stand; every other one only tells. */
const MAY_FOLLOW: Readonly<Partial<Record<RequestEventName, readonly State[]>>> = {
  request_opened: [],
  approval_recorded: ['pending', 'active'],
  request_approved: ['pending'],
  request_held: ['pending'],
  access_planned: ['granting'],
  access_opened: ['granting'],
  grant_failed: ['granting'],
  extension_asked: ['active'],
  extension_approved: ['active'],
  extension_lapsed: ['active'],
  extension_planned: ['active'],
  access_extended: ['active'],
  extension_failed: ['active'],
  end_requested: ['granting', 'active'],
  access_lost: ['active'],
  access_removed: ['revoking'],
  sessions_ended: ['revoking'],
  ending_attested: ['revoking'],
  alarm: ['revoking'],
  request_closed: ['pending', 'granting', 'revoking'],
  tombstone_deleted: ['closed'],
};

/** A life that goes on from a state of the good story. */
function life(state: Step['state'], ...more: readonly [CastName | 'system', (request: AccessRequest) => Command][]) {
  let { request, now } = walkTo(state);
  const { kept } = walkTo(state);
  for (const [who, command] of more) {
    const sent = command(request);
    // Nobody attests before the planned end is past.
    now = after(now, sent.type === 'attest' ? HOUR : SECOND);
    const actor = who === 'system' ? SYSTEM : personActor(who);
    const decision = accepted(decide(request, sent, actor, okFacts(now), now));
    request = decision.next;
    kept.keep(decision, actor, now);
  }
  return kept;
}
const asks = [
  'riley',
  ({ details }: AccessRequest): Command => ({ type: 'extend', minutes: 15, digest: details.digest }),
] as const;
const says = ['avery', (one: AccessRequest): Command => ({ type: 'approve', digest: digestShown(one) })] as const;
const plans = [
  'system',
  (one: AccessRequest): Command => ({ type: 'issue_extension', plans: laterPlans(one) }),
] as const;
const adds = ['system', (): Command => ({ type: 'extension_confirmed', number: 1, grantId: 'R1' })] as const;

const PLACES: readonly (readonly [state: State, kept: KeptRow])[] = [
  ['pending', life('pending')],
  ['granting', life('granting')],
  ['granting', life('planned')],
  ['active', life('active')],
  ['active', life('active', [...asks])],
  ['active', life('active', [...asks], [...says], [...plans])],
  ['revoking', life('revoking')],
  ['revoking', life('removed')],
  ['closed', life('closed')],
];
const WRITTEN = [life('closed'), life('active', [...asks], [...says], [...plans], [...adds])].flatMap(
  ({ events }) => events,
);
const OTHER_DATA: Readonly<Partial<Record<RequestEventName, StoredEvent['data']>>> = {
  request_held: { at: '2026-03-01T12:00:00.000Z', by: 'Sasha', reason: 'a leak' },
  grant_failed: { why: 'PROVIDER_REFUSED', planned: true },
  extension_failed: { number: 1, why: 'PROVIDER_CONFLICT' },
  ending_attested: { person: 'sasha', name: 'Sasha', key: 'slack:T0BREAK:U0SASHA', statement: 'I looked', keys: [] },
  alarm: { what: 'removal_lost', grantId: 'R1' },
};

describe.each(Object.entries(MAY_FOLLOW))('the event %s', (name, states) => {
  const type = name as RequestEventName;
  const written = WRITTEN.find((event) => event.type === type);
  const data = written?.data ?? OTHER_DATA[type] ?? { grantId: 'R1' };

  it.each(PLACES.filter(([state]) => !states.includes(state)))(
    'E4: is a break where the row is %s, whatever it says',
    (_state, { events }) => {
      const last = events.at(-1);
      if (last === undefined) throw new Error('nothing was written');
      const forged = { ...last, seq: last.seq + 1, type, data, actor: written?.actor ?? last.actor };
      expect(replay(events)).toMatchObject({ ok: true });
      expect(replay([...events, forged])).toMatchObject({ ok: false, seq: forged.seq });
    },
  );
});

it('every event that these lives wrote is in the table or changes no row', () => {
  const telling = new Set<string>(['access_ending_soon']);
  const known = new Set([...Object.keys(MAY_FOLLOW), ...telling]);
  expect(WRITTEN.map(({ type }) => type).filter((type) => !known.has(type))).toEqual([]);
});

const OPEN = life('active', [...asks], [...says], [...plans], [...adds]).events;
const C_APPROVED = walkTo('granting', { input: { role: 'rotate-keys' } }).kept.events;
const ATTESTED = life(
  'revoking',
  ['sasha', () => ({ type: 'attest', statement: 'I looked at it' })],
  ['quinn', () => ({ type: 'attest', statement: 'I looked at it too' })],
).events;
/** The nth event of a kind in a life, changed. */
const forged = (
  events: readonly StoredEvent[],
  type: RequestEventName,
  change: (event: StoredEvent) => Partial<StoredEvent>,
): readonly StoredEvent[] => events.map((event) => (event.type === type ? { ...event, ...change(event) } : event));
const without = (events: readonly StoredEvent[], type: RequestEventName, keep = 0) => {
  let met = 0;
  return events.filter((event) => event.type !== type || ++met <= keep);
};
const saying = (change: Record<string, unknown>) => (event: StoredEvent) => ({
  data: { ...event.data, ...change } as StoredEvent['data'],
});
const CLOSED = life('closed').events;

describe('a log that was written by somebody else than us (E4)', () => {
  it.each<[what: string, events: readonly StoredEvent[], why: string]>([
    ['another kind first', CLOSED.slice(1), 'is no opening, and comes first'],
    ['a second opening', [...CLOSED.slice(0, 1), ...CLOSED], 'opens what is open'],
    ['an opening of another request', forged(CLOSED, 'request_opened', saying({ id: 'R2' })), 'opens another request'],
    [
      'terms under another digest',
      forged(CLOSED, 'request_opened', saying({ digest: 'x' })),
      'shows a digest that is not that of its terms',
    ],
    [
      'a kind that we never wrote',
      CLOSED.map((one, at) => (at === 1 ? { ...one, type: 'request_blessed' as never } : one)),
      'is of a kind that no request has',
    ],
    [
      'a kind that every object has',
      CLOSED.map((one, at) => (at === 1 ? { ...one, type: 'toString' as never } : one)),
      'is of a kind that no request has',
    ],
    [
      'an approval by somebody else than who acted',
      forged(CLOSED, 'approval_recorded', () => ({ actor: 'system:worker' })),
      'records an approval by somebody else than who acted',
    ],
    [
      'an approval of something else',
      forged(CLOSED, 'approval_recorded', saying({ digest: 'x' })),
      'records an approval of something else',
    ],
    [
      'fewer approvals than clauses',
      without(C_APPROVED, 'approval_recorded', 1),
      'approves with fewer people than its clauses want',
    ],
    [
      'a plan with another end',
      forged(CLOSED, 'access_planned', saying({ plannedEnd: '2026-03-02T00:00:00.000Z' })),
      'plans another end than was approved',
    ],
    [
      'an opening to another end',
      forged(CLOSED, 'access_opened', saying({ endsAt: '2026-03-02T00:00:00.000Z' })),
      'opens to another end than was planned',
    ],
    ['an opening without a plan', without(CLOSED, 'access_planned'), 'opens to another end than was planned'],
    [
      'a closing without the first proof',
      without(CLOSED, 'access_removed'),
      'closes without both proofs of the ending',
    ],
    [
      'a closing without the second proof',
      without(CLOSED, 'sessions_ended'),
      'closes without both proofs of the ending',
    ],
    ['a closing while it is being opened', [...CLOSED.slice(0, 4), ...CLOSED.slice(-1)], 'closes what has a plan'],
    [
      'a closing by the word of one',
      without(ATTESTED, 'ending_attested', 1),
      'closes without both proofs of the ending',
    ],
    [
      'a proof of another grant',
      forged(CLOSED, 'access_removed', saying({ grantId: 'R9' })),
      'proves the end of what is not ending',
    ],
    [
      'more time by another digest',
      forged(OPEN, 'extension_asked', saying({ digest: 'x' })),
      'asks for more time by another digest',
    ],
    [
      'more minutes than the digest says',
      forged(OPEN, 'extension_asked', saying({ minutes: 30 })),
      'asks for more time by another digest',
    ],
    [
      'more time that nobody approved',
      OPEN.filter(({ type, seq }) => type !== 'approval_recorded' || seq < 5),
      'approves more time with fewer people than its clauses want',
    ],
    [
      'more time planned without its approval',
      without(OPEN, 'extension_approved'),
      'plans more time that was not approved',
    ],
    [
      'more time to another end',
      forged(OPEN, 'extension_planned', saying({ plannedEnd: '2026-03-02T00:00:00.000Z' })),
      'plans another end than was approved',
    ],
    ['more time that was not planned', without(OPEN, 'extension_planned'), 'adds time that was not planned'],
    [
      'an approval of more time that is approved',
      [...OPEN.slice(0, -2), ...OPEN.filter(({ type }) => type === 'approval_recorded').slice(-1)],
      'records an approval where none is awaited',
    ],
    [
      'data that no version writes',
      forged(ATTESTED, 'ending_attested', saying({ dropped: 5 })),
      'holds what no version writes',
    ],
  ])('%s is a break', (_what, events, why) => {
    expect([replay(CLOSED).ok, replay(OPEN).ok, replay(C_APPROVED).ok, replay(ATTESTED).ok]).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(replay(events)).toMatchObject({ ok: false, why });
  });
});

/** The life of a request with a second grant, whose events stand beside those of the first. */
const twice = (kinds: readonly RequestEventName[]): readonly StoredEvent[] =>
  forged(CLOSED, 'request_approved', ({ data }) => {
    const [grant] = data.grants as readonly { readonly id: string }[];
    return { data: { ...data, grants: [grant, { ...grant, id: 'R1b' }] } as unknown as StoredEvent['data'] };
  }).flatMap((event) =>
    kinds.includes(event.type as RequestEventName)
      ? [event, { ...event, ...saying({ grantId: 'R1b' })(event) }]
      : [event],
  );

describe('the events of two grants', () => {
  const OPENED = ['access_planned', 'access_opened'] as const;
  it('close the request when both were proven, and not before', () => {
    expect(replay(twice([...OPENED, 'access_removed', 'sessions_ended'])).ok).toBe(true);
    for (const proven of ['access_removed', 'sessions_ended'] as const) {
      expect(replay(twice([...OPENED, proven]))).toMatchObject({ why: 'closes without both proofs of the ending' });
    }
    expect(replay(twice(OPENED))).toMatchObject({ why: 'closes without both proofs of the ending' });
  });

  it('open nothing while one was not confirmed', () => {
    expect(replay(twice(['access_planned', 'access_removed', 'sessions_ended']))).toMatchObject({ ok: true });
    const opened = twice(['access_planned']).filter(({ type }) => !/end|removed|closed/.test(type));
    expect(replay(opened)).toMatchObject({ ok: true, row: { state: 'granting' } });
  });
});

it('a field that no event tells explains no row', () => {
  const { kept } = walkTo('pending');
  const row = kept.row();
  row.document.undone = { times: 1, since: '2026-03-01T12:00:00.000Z', at: '2026-03-01T12:00:00.000Z' };
  expect(kept.problem(row)).toContain('undone');
});

it('a row without events, events without a row, and a row whose events break are said in words; a request that never was is not', () => {
  const rows = (row: RowEvidence['row'], events: readonly StoredEvent[]) =>
    unexplainedRows([{ id: 'R1', row, events }]).map(({ stream, what }) => [stream, what]);
  const open = walkTo('active').kept;
  const closed = walkTo('closed').kept;
  expect(rows(open.row(), open.events)).toEqual([]);
  expect(rows(undefined, [])).toEqual([]);
  expect(rows(open.row(), [])).toEqual([['request/R1', 'its row has no events']]);
  expect(rows(undefined, open.events)).toEqual([['request/R1', 'its row is missing, and it is active']]);
  expect(rows(undefined, closed.events)).toEqual([]);
  expect(rows(open.row(), open.events.slice(1))[0]?.[1]).toContain('is no opening, and comes first');
});
