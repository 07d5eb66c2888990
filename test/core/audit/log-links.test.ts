import { EMPTY_HEAD, firstBreak, GENESIS, hashOf, seal } from '../../../src/core/audit/log.ts';

it('an event that is whole, and follows another one than stands before it, is the first broken one (E4)', () => {
  const stamp = { at: new Date('2026-03-01T12:00:00.000Z'), actor: 'system:worker', checkpoint: 0 };
  const events = [1, 2, 3].map((step) => ({ type: 'alarm', data: { step } }) as const);
  const [first, second, third] = seal('request/R1', EMPTY_HEAD, events, stamp);
  if (!first || !second || !third) throw new Error('nothing was sealed');
  expect(firstBreak('request/R1', [first, second, third])).toBeUndefined();
  const moved = { ...second, prevHash: GENESIS };
  const whole = { ...moved, hash: hashOf(moved) };
  expect(firstBreak('request/R1', [first, whole, third])).toEqual({
    stream: 'request/R1',
    seq: 2,
    why: 'does not follow the event before it',
  });
});
