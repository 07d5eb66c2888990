import type { Command } from '../../src/core/command.ts';
import { decide } from '../../src/core/decide.ts';
import type { RequestEventName, StoredEvent } from '../../src/core/events.ts';
import { digestShown } from '../../src/core/extension.ts';
import { replay } from '../../src/core/replay.ts';
import type { AccessRequest, State } from '../../src/core/request.ts';
import type { KeptRow } from '../support/kept-row.ts';
import {
  accepted,
  after,
  type CastName,
  laterPlans,
  okFacts,
  personActor,
  SECOND,
  type Step,
  SYSTEM,
  walkTo,
} from '../support/requests.ts';

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
  tombstone_removed: ['closed'],
};

/** A life that goes on from a state of the good story. */
function life(state: Step['state'], ...more: readonly [CastName | 'system', (request: AccessRequest) => Command][]) {
  let { request, now } = walkTo(state);
  const { kept } = walkTo(state);
  for (const [who, command] of more) {
    now = after(now, SECOND);
    const actor = who === 'system' ? SYSTEM : personActor(who);
    const decision = accepted(decide(request, command(request), actor, okFacts(now), now));
    request = decision.next;
    kept.keep(decision, actor, now);
  }
  return kept;
}
const asks = [
  'riley',
  ({ ask }: AccessRequest): Command => ({ type: 'extend', minutes: 15, digest: ask.digest }),
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
