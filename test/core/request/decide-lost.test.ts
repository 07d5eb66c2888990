import type { Command } from '../../../src/core/request/command.ts';
import { decide } from '../../../src/core/request/decide.ts';
import { NO_FACTS } from '../../../src/core/request/facts.ts';
import { accepted, after, MINUTE, personActor, type Step, SYSTEM, walkTo } from '../../support/requests.ts';

/** Missed a minute after the story's last step and again five minutes later; judged a second after that. */
function lostIn(state: Step['state'], change: { grantId?: string; missedAtMs?: number; againAtMs?: number } = {}) {
  const { request, now } = walkTo(state);
  const { grantId = 'R1', missedAtMs = MINUTE, againAtMs = 6 * MINUTE } = change;
  const command: Command = {
    type: 'lost',
    grantId,
    missedAt: after(now, missedAtMs),
    missedAgainAt: after(now, againAtMs),
  };
  return { request, command, at: after(now, 6 * MINUTE + 1000) };
}

describe('access that the cloud no longer holds (D2)', () => {
  it('goes into its ending, with both looks in the log, and its ending is proven like any other', () => {
    const { request, command, at } = lostIn('active');
    const { next, events } = accepted(decide(request, command, SYSTEM, NO_FACTS, at));
    expect(next).toMatchObject({ state: 'revoking', cause: 'lost', endRequestedAt: at });
    expect(events.map(({ type }) => type)).toEqual(['access_lost', 'end_requested']);
    expect(events[0]?.data).toMatchObject({ grantId: 'R1', missedAt: expect.any(String) });
  });

  it.each<[promise: string, change: Parameters<typeof lostIn>[1]]>([
    ['after one look only', { againAtMs: MINUTE }],
    ['by a look from before it was open', { missedAtMs: -10 * MINUTE }],
    ['by a look that was not made yet', { againAtMs: 7 * MINUTE }],
  ])('is not lost %s', (_promise, change) => {
    const { request, command, at } = lostIn('active', change);
    expect(decide(request, command, SYSTEM, NO_FACTS, at)).toMatchObject({ refusal: { code: 'not_proven' } });
  });

  it.each(['pending', 'granting', 'planned', 'revoking', 'removed', 'closed'] as const)(
    'changes nothing of a request that is %s',
    (state) => {
      const { request, command, at } = lostIn(state);
      expect(decide(request, command, SYSTEM, NO_FACTS, at)).toMatchObject({ refusal: { code: 'not_in_this_state' } });
    },
  );

  it('is never said by a person or an operator', () => {
    const { request, command, at } = lostIn('active');
    for (const actor of [personActor('riley'), { type: 'operator', name: 'root' } as const]) {
      expect(decide(request, command, actor, NO_FACTS, at)).toMatchObject({ refusal: { code: 'not_yours' } });
    }
  });
});
