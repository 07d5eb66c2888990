import { jest } from '@jest/globals';
import { makeHold } from '../../src/queue/hold.ts';

describe('the pause of a lane that errs', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  /** Asks again as soon as an answer came, as BullMQ does; says when, in seconds, each rejection came. */
  function requests(call: () => Promise<unknown>) {
    const hold = makeHold();
    const held = hold.around(call);
    const rejectedAt: number[] = [];
    const start = Date.now();
    let going = true;
    const loop = (async () => {
      while (going) await held().catch(() => rejectedAt.push((Date.now() - start) / 1000));
    })();
    const stop = async () => {
      going = false;
      hold.release();
      await loop;
    };
    return { hold, rejectedAt, stop };
  }

  it('grows from one second to thirty, whatever the error', async () => {
    const { rejectedAt, stop } = requests(() => Promise.reject(new Error('CROSSSLOT')));
    await jest.advanceTimersByTimeAsync(121_000);
    expect(rejectedAt).toEqual([1, 3, 7, 15, 31, 61, 91, 121]);
    await stop();
  });

  it('begins anew after an answer', async () => {
    let asked = 0;
    const hold = makeHold();
    const held = hold.around(async () => {
      asked += 1;
      if (asked !== 3) throw new Error('no');
    });
    for (const seconds of [1, 2]) {
      const rejected = held().catch(() => Date.now());
      const from = Date.now();
      await jest.advanceTimersByTimeAsync(seconds * 1000);
      expect((await rejected) ?? 0).toBe(from + seconds * 1000);
    }
    await held();
    const rejected = expect(held()).rejects.toThrow('no');
    await jest.advanceTimersByTimeAsync(1000);
    await rejected;
  });

  it('ends early when the server took something, and goes on growing if it was nothing', async () => {
    const { hold, rejectedAt, stop } = requests(() => Promise.reject(new Error('NOPERM')));
    await jest.advanceTimersByTimeAsync(500);
    hold.wake();
    await jest.advanceTimersByTimeAsync(2_000);
    expect(rejectedAt).toEqual([0.5, 2.5]);
    await stop();
  });

  it('is none once it was released', async () => {
    const hold = makeHold();
    hold.release();
    await expect(hold.around(() => Promise.reject(new Error('no')))()).rejects.toThrow('no');
  });

  it('leaves the pause to BullMQ where the connection was refused', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
    await expect(makeHold().around(() => Promise.reject(refused))()).rejects.toThrow('ECONNREFUSED');
  });
});
