import { decide } from '../../../src/core/request/decide.ts';
import { RETRYABLE } from '../../../src/core/request/refusal.ts';
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
  walkTo,
} from '../../support/requests.ts';

const unclear = (at: Date) => okFacts(at, { incident: { ok: true, value: 'unclear', at } });

describe('an answer about the incident that nobody understands, from a source that is up (A3)', () => {
  it('is a no to asking and to approving, in every zone', () => {
    for (const role of ['read-logs', 'restart-service', 'rotate-keys']) {
      const asked = decide(undefined, requestCommand('R1', { role }), personActor('riley'), unclear(START), START);
      expect(asked).toMatchObject({ ok: false, refusal: { code: 'incident_unclear', field: 'incident' } });
      const { request, now } = walkTo('pending', { input: { role } });
      const approve = { type: 'approve', digest: request.details.digest } as const;
      const who = role === 'read-logs' ? 'riley' : 'avery';
      expect(decide(request, approve, personActor(who), unclear(now), now)).toMatchObject({
        ok: false,
        refusal: { code: 'incident_unclear' },
      });
    }
  });

  it('is asked again before opening, until the time for it is over; then the request fails by it', () => {
    const { request, now } = walkTo('granting');
    if (request.state !== 'granting') throw new Error('it is not being opened');
    const issue = { type: 'issue', plan: aPlan(request, now) } as const;
    expect(decide(request, issue, SYSTEM, unclear(now), now)).toMatchObject({ refusal: { code: 'incident_unclear' } });
    expect(RETRYABLE.has('incident_unclear')).toBe(true);
    const late = plus(request.grantBy, SECOND);
    const failed = accepted(decide(request, issue, SYSTEM, unclear(late), late));
    expect(failed.next).toMatchObject({ state: 'closed', outcome: 'refused' });
    expect(failed.events[0]).toMatchObject({ type: 'request_refused', data: { why: 'incident_unclear' } });
  });

  it('gives no more time', () => {
    const { request, now } = walkTo('active');
    const at = plus(now, MINUTE);
    const extend = { type: 'extend', minutes: 15, digest: request.details.digest } as const;
    expect(decide(request, extend, personActor('riley'), unclear(at), at)).toMatchObject({
      refusal: { code: 'incident_unclear' },
    });
  });
});

it('keeps the source’s own spelling of the incident, which names its stream (A3)', () => {
  const incident = { ok: true, value: { id: 'INC-1', title: 'It hangs', state: 'open' }, at: START } as const;
  const command = requestCommand('R1', { incident: ' inc-1 ' });
  const asked = accepted(decide(undefined, command, personActor('riley'), okFacts(START, { incident }), START));
  expect(asked.next.details.incident).toEqual({ id: 'INC-1', title: 'It hangs', verified: true });
  expect(asked.events[0]?.data.incident).toMatchObject({ id: 'INC-1' });
});
