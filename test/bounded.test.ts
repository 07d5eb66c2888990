import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { withDeadline } from '../src/bounded.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

describe('a deadline', () => {
  const never = new AbortController().signal;

  /** How many of ten waits that hang were aborted, with the garbage collector at work. */
  async function aborted(signal: () => AbortSignal): Promise<number> {
    const hanging = Array.from({ length: 10 }, () => wait(2_000, false, { signal: signal() }).catch(() => true));
    const collecting = setInterval(collectGarbage, 20);
    const ended = await Promise.all(hanging);
    clearInterval(collecting);
    return ended.filter(Boolean).length;
  }

  it('fires though nobody holds it', async () => {
    expect(await aborted(() => withDeadline(200, never))).toBe(10);
  });

  it('fires where it is one of several', async () => {
    expect(await aborted(() => withDeadline(60_000, never, withDeadline(200, never)))).toBe(10);
  });

  it('passes on the first signal that aborts, with its reason', async () => {
    const stopping = new AbortController();
    const signal = withDeadline(60_000, never, stopping.signal);
    stopping.abort('stopping');
    expect(signal.reason).toBe('stopping');
  });
});
