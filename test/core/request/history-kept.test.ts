import { decide } from '../../../src/core/request/decide.ts';
import type { Facts } from '../../../src/core/request/facts.ts';
import {
  accepted,
  aPlan,
  MINUTE,
  okFacts,
  personActor,
  after as plus,
  requestCommand,
  SECOND,
  START,
  SYSTEM,
  type Walked,
  walkTo,
} from '../../support/requests.ts';

/* What reports and reviews want to know later is in the events of the moment: no row and no source holds it then. */

const INCIDENT = { severity: 2, startedAt: '2026-03-01T11:00:00Z', endedAt: '2026-03-01T13:00:00Z' };
const saying = (facts: object, now: Date): Partial<Facts> => ({
  incident: { ok: true, value: { id: 'INC-1', title: 'Down', state: 'open', ...facts }, at: now },
});
const SILENT: Partial<Facts> = { incident: { ok: false, why: 'down' } };

describe('what history cannot get later', () => {
  const opened = (change: Partial<Facts>) =>
    accepted(decide(undefined, requestCommand('R1'), personActor('riley'), okFacts(START, change), START)).events[0];

  it('says in request_opened that it is no drill, and what the source says of the incident', () => {
    const event = opened(saying(INCIDENT, START));
    expect(event).toMatchObject({ type: 'request_opened', data: { kind: 'real' } });
    expect(event?.data.incident).toEqual({ id: 'INC-1', title: 'Down', verified: true, ...INCIDENT });
    expect(opened(saying({}, START))?.data.incident).toEqual({ id: 'INC-1', title: 'Down', verified: true });
    expect(opened(SILENT)?.data.incident).toEqual({ id: 'INC-1', title: '', verified: false });
  });

  it('says in access_planned what the source says by then, and how much is opened', () => {
    const { request, now } = walkTo('granting');
    const planned = (change: Partial<Facts>) =>
      accepted(
        decide(request, { type: 'issue', plan: aPlan(request, now) }, SYSTEM, okFacts(now, change), now),
      ).events.find(({ type }) => type === 'access_planned');
    expect(planned(saying({ severity: 4 }, now))?.data.incident).toEqual({ severity: 4 });
    expect(planned(saying(INCIDENT, now))?.data.incident).toEqual(INCIDENT);
    expect(planned({})?.data.incident).toEqual({});
    expect(planned({})?.data.scope).toEqual({ actions: 1, resources: 1, wildcards: 1 });
  });
});

describe('who ended it, as access_removed says', () => {
  const removed = (
    { request, now }: Pick<Walked, 'request' | 'now'>,
    by?: 'worker' | 'sweep',
    wait = SECOND,
    intact?: boolean,
  ) => {
    const at = plus(now, wait);
    const proof = { readAt: at, contested: false, hashes: {} };
    const command = { type: 'revoke_confirmed', grantId: 'R1', proof, by, nativeEndIntact: intact } as const;
    return accepted(decide(request, command, SYSTEM, okFacts(at), at)).events[0]?.data.by;
  };

  it.each(['worker', 'sweep'] as const)('is the %s where that took it away in time', (by) => {
    expect(removed(walkTo('revoking'), by)).toBe(by);
  });

  it('is the worker where nobody says so', () => {
    expect(removed(walkTo('revoking'))).toBe('worker');
  });

  it('is the cloud itself once the end that it enforces had come before, and was read back intact', () => {
    const ending = walkTo('revoking');
    const { request } = ending;
    if (request.state !== 'revoking') throw new Error('not ending');
    const plannedEnd = request.grants[0]?.plan.plannedEnd.getTime() ?? 0;
    const until = plannedEnd - ending.now.getTime();
    expect(removed(ending, 'sweep', until - 1, true)).toBe('sweep');
    expect(removed(ending, 'sweep', until, true)).toBe('native');
    expect(removed(ending, 'worker', until + MINUTE, true)).toBe('native');
    // Deleted by hand, or not read: then nobody knows that it had ended before us.
    expect(removed(ending, 'worker', until + MINUTE, false)).toBe('worker');
    expect(removed(ending, 'sweep', until + MINUTE)).toBe('sweep');
  });

  it('is not the cloud where nothing was read back open: nobody knows that it has an end of its own', () => {
    const { request, now } = walkTo('planned');
    const failed = accepted(
      decide(request, { type: 'grant_failed', why: 'PROVIDER_REFUSED' }, SYSTEM, okFacts(now), now),
    ).next;
    expect(removed({ request: failed, now }, 'worker', 60 * MINUTE, true)).toBe('worker');
  });

  it('is somebody’s hand where the cloud had twice not held it', () => {
    const { request, now } = walkTo('active');
    const missed = {
      type: 'lost',
      grantId: 'R1',
      missedAt: plus(now, SECOND),
      missedAgainAt: plus(now, MINUTE),
    } as const;
    const at = plus(now, MINUTE);
    const lost = accepted(decide(request, missed, SYSTEM, okFacts(at), at)).next;
    expect(removed({ request: lost, now: at }, 'worker')).toBe('by_hand');
  });
});
