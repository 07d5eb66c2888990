import fc from 'fast-check';
import { eventOf, requestOf, storableEvent, toJsonText } from '../../src/store/row-codec.ts';
import { after, HOUR, START, type Step, storyOf, walkTo } from '../support/requests.ts';

const STATES = [...new Set(storyOf('R1').map(({ state }) => state))];
const throughJson = (value: unknown) => JSON.parse(toJsonText(value));

describe('the codec of rows', () => {
  it('gives back every request as it was, whatever its state, time and text', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Step['state']>(...STATES),
        fc.date({ min: new Date('2020-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
        // Policy cuts and trims; what it lets through must survive.
        fc
          .string({ unit: 'binary', minLength: 3, maxLength: 200 })
          .map((text) => text.replaceAll('\0', ''))
          .filter((text) => text.trim().length >= 3),
        fc.constantFrom('restart-service', 'rotate-keys'),
        (state, start, purpose, role) => {
          const { request } = walkTo(state, { start, input: { role, purpose } });
          // JSON has no place for a member that is undefined: absent and undefined are one to every reader.
          expect(requestOf(throughJson(request))).toEqual(request);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each(['native_end', 'propagation'] as const)('revives the instants of a proof by %s', (by) => {
    const { request, now } = walkTo('closed');
    if (request.state !== 'closed') throw new Error('not closed');
    const proof =
      by === 'native_end'
        ? { by, cloudTime: now, nativeEndIntact: true as const }
        : { by, removalReadAt: now, waitedSeconds: 300 };
    const grants = request.grants.map((grant) => ({
      ...grant,
      sessionsEnded: { ...proof, at: now },
      tombstoneDeletedAt: after(now, 12 * HOUR),
    }));
    const whole = { ...request, grants };
    expect(requestOf(throughJson(whole))).toEqual(whole);
  });

  it('leaves a text alone that only looks like an instant', () => {
    const { request } = walkTo('planned', { input: { purpose: START.toISOString() } });
    const back = requestOf(throughJson(request));
    expect(back.details.purpose).toBe(START.toISOString());
    const detail = back.state === 'granting' ? back.grants[0]?.plan?.detail : undefined;
    expect(detail).toMatchObject({ notAfter: expect.stringMatching(/^2026-/) });
  });

  it('makes any text one that the database can hold, and leaves it be from then on', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
        (text) => {
          const once = storableEvent({ type: 'alarm', data: { text } });
          expect(once.data.text).not.toMatch(/\0|\p{Surrogate}/u);
          expect(String(once.data.text)).toHaveLength(text.length);
          expect(storableEvent(once)).toEqual(once);
        },
      ),
    );
  });

  it('keeps an event whose name this version does not know', () => {
    const record = {
      stream: 'system',
      seq: 1,
      type: 'from_the_future',
      at: START,
      actor: 'x',
      data: {},
      checkpoint: 0,
    };
    expect(eventOf({ ...record, prevHash: 'a', hash: 'b' })).toMatchObject({ id: 'system/1', type: 'from_the_future' });
  });
});
