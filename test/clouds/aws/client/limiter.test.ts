import fc from 'fast-check';
import { Limiter, nextSlot } from '../../../../src/clouds/aws/client/limiter.ts';

const pace = { perSecond: 2, burst: 3 };

describe('the pace of writes', () => {
  it('lets a burst go at once, then one every half second', () => {
    const limiter = new Limiter(pace);
    expect(Array.from({ length: 6 }, () => limiter.reserve('a', 1000, false))).toEqual([0, 0, 0, 500, 1000, 1500]);
  });

  it('is each account’s own', () => {
    const limiter = new Limiter(pace);
    for (let i = 0; i < 5; i += 1) limiter.reserve('a', 0, false);
    expect(limiter.reserve('b', 0, false)).toBe(0);
  });

  it('never makes an ending wait, and counts it all the same', () => {
    const limiter = new Limiter(pace);
    for (let i = 0; i < 5; i += 1) expect(limiter.reserve('a', 0, true)).toBe(0);
    expect(limiter.reserve('a', 0, false)).toBe(1500);
  });

  it('lets an opening go soon after any number of endings, and one after the other then', () => {
    const limiter = new Limiter(pace);
    for (let i = 0; i < 1_000; i += 1) limiter.reserve('a', 0, true);
    const waits = Array.from({ length: 3 }, () => limiter.reserve('a', 0, false));
    expect(waits).toEqual([9_000, 9_500, 10_000]);
    for (let i = 0; i < 1_000; i += 1) limiter.reserve('a', 0, true);
    expect(limiter.reserve('a', 0, false)).toBe(10_500);
  });

  it('never lets more go in any span than the burst and its share of the time', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 60 }), (gaps) => {
        const times: number[] = [];
        let due: number | undefined;
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          const slot = nextSlot(pace, due, now);
          due = slot.due;
          times.push(slot.at);
        }
        for (const [i, from] of times.entries()) {
          for (const [j, to] of times.entries()) {
            if (j > i) expect(j - i + 1).toBeLessThanOrEqual(pace.burst + ((to - from) / 1000) * pace.perSecond + 1e-9);
          }
        }
      }),
    );
  });
});
