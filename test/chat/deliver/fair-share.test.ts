import { setTimeout as wait } from 'node:timers/promises';
import { fairShare } from '../../../src/chat/deliver/fair-share.ts';
import { Failure } from '../../../src/core/failure.ts';

/** Work that goes on until it is let go. */
function held() {
  let go = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    go = resolve;
  });
  return { over, go };
}

describe('the share of one chat in the places that all have (E1)', () => {
  it('is less than all, and less still once it did not answer, until it does again', async () => {
    const share = fairShare(['slack', 'plain']);
    const { over, go } = held();
    const begun: number[] = [];
    const ask = (index: number) =>
      share('plain', () => {
        begun.push(index);
        return over;
      });
    const tried = Array.from({ length: 8 }, (_, index) => ask(index));
    await expect(tried[6]).rejects.toThrow(Failure);
    await expect(tried[7]).rejects.toThrow(/leaves others room/);
    expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await share('slack', async () => 'drawn')).toBe('drawn');
    go();
    await Promise.all(tried.slice(0, 6));
    await expect(share('plain', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    const later = held();
    const few = Array.from({ length: 4 }, () => share('plain', () => later.over));
    await expect(few[3]).rejects.toThrow(/leaves others room/);
    later.go();
    await Promise.all(few.slice(0, 3));
  });

  it('is waited for where the chat answers', async () => {
    const share = fairShare(['slack', 'plain']);
    const tried = Array.from({ length: 20 }, (_, index) => share('plain', () => wait(10, index)));
    expect(await Promise.all(tried)).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });

  it('is everything where there is no other', async () => {
    const share = fairShare(['slack']);
    const { over, go } = held();
    const tried = Array.from({ length: 20 }, (_, index) => share('slack', () => over.then(() => index)));
    await wait(600);
    go();
    expect(await Promise.all(tried)).toHaveLength(20);
  });
});
