import { decide } from '../../../src/core/request/decide.ts';
import type { RequesterHistory } from '../../../src/core/request/facts.ts';
import { NO_FACTS } from '../../../src/core/request/facts.ts';
import type { TurnedDown } from '../../../src/core/request/request.ts';
import { FOLLOWS_SECONDS, PENDING_MAX } from '../../../src/core/request/requester-history.ts';
import {
  accepted,
  after,
  aPolicy,
  NO_HISTORY,
  okFacts,
  personActor,
  requestCommand,
  SECOND,
  START,
  SYSTEM,
  walkTo,
} from '../../support/requests.ts';

const asked = (history: RequesterHistory | undefined, maxObjects?: number) => {
  const ok = okFacts(START);
  const policy = maxObjects === undefined ? aPolicy() : aPolicy({ requests: { maxObjects } });
  const facts = { ...ok, policy: { ok: true, value: policy, at: START } as const, history };
  return decide(undefined, requestCommand('R2'), personActor('riley'), facts, START);
};
const ids = (count: number) => Array.from({ length: count }, (_, index) => `p${index}`);

describe('what was asked for before (A11)', () => {
  it.each<[what: string, history: RequesterHistory | undefined, refusal: object]>([
    ['nobody could read it', undefined, { code: 'stale_facts' }],
    [
      'it is asked already',
      { ...NO_HISTORY, same: { id: 'R1', state: 'pending' } },
      { code: 'already_asked', detail: { id: 'R1', state: 'pending' } },
    ],
    [
      'it is open already',
      { ...NO_HISTORY, same: { id: 'R1', state: 'active' } },
      { code: 'already_asked', detail: { id: 'R1', state: 'active' } },
    ],
    [
      'five wait',
      { ...NO_HISTORY, pending: ids(PENDING_MAX) },
      { code: 'too_many_pending', detail: { max: '5', ids: 'p0, p1, p2, p3, p4' } },
    ],
    [
      'forty stand',
      { ...NO_HISTORY, objects: 40 },
      {
        code: 'too_many_objects',
        field: 'role',
        detail: { account: 'prod-main (111122223333)', objects: '40', max: '40' },
      },
    ],
  ])('is a no where %s', (_what, history, refusal) => {
    expect(asked(history)).toEqual({ ok: false, refusal });
  });

  it('is no trouble just below each bound, and requests.maxObjects is the policy’s', () => {
    const below = { ...NO_HISTORY, pending: ids(PENDING_MAX - 1), objects: 39 };
    expect(asked(below).ok).toBe(true);
    expect(asked({ ...NO_HISTORY, objects: 40 }, 41).ok).toBe(true);
    expect(asked({ ...NO_HISTORY, objects: 1 }, 1)).toMatchObject({ refusal: { code: 'too_many_objects' } });
  });

  const turnedDown: TurnedDown = { id: 'R1', outcome: 'denied', at: START, by: 'Avery', reason: 'Use the runbook' };
  const askedLater = (ms: number) => {
    const now = after(START, ms);
    const facts = { ...okFacts(now), history: { ...NO_HISTORY, turnedDown } };
    return accepted(decide(undefined, requestCommand('R2'), personActor('riley'), facts, now));
  };

  it('says which no it follows, in the request and in the log, for thirty minutes', () => {
    const { next, events } = askedLater(FOLLOWS_SECONDS * SECOND);
    expect(next.details.follows).toEqual(turnedDown);
    expect(events[0]?.data.follows).toEqual({ ...turnedDown, at: START.toISOString() });
    const late = askedLater(FOLLOWS_SECONDS * SECOND + 1);
    expect(late.next.details).not.toHaveProperty('follows');
    expect(late.events[0]?.data).not.toHaveProperty('follows');
  });

  it('is never asked of an ending', () => {
    const { request, now } = walkTo('active');
    for (const actor of [personActor('riley'), personActor('avery'), SYSTEM]) {
      const full = { ...NO_HISTORY, same: { id: 'R1', state: 'active' }, pending: ids(9), objects: 99 } as const;
      expect(decide(request, { type: 'end' }, actor, { ...NO_FACTS, history: full }, now).ok).toBe(true);
      expect(decide(request, { type: 'end' }, actor, NO_FACTS, now).ok).toBe(true);
    }
  });
});
