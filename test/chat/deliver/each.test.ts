import { setTimeout as wait } from 'node:timers/promises';
import { withoutTheSilent } from '../../../src/chat/deliver/each.ts';

const NEVER = new Promise<string>(() => undefined);
const all = (done: readonly string[]) => done.includes('all');

describe('whom no chat has reached yet (B5)', () => {
  it('waits for a slow chat while those that are done are not enough, and no longer than there is time', async () => {
    const slow = [Promise.resolve('nobody'), wait(60, 'all')];
    expect(await withoutTheSilent(slow, all, { othersMs: 10, lastMs: 5_000 })).toEqual(['nobody', 'all']);
    const silent = [Promise.resolve('nobody'), NEVER];
    expect(await withoutTheSilent(silent, all, { othersMs: 10, lastMs: 100 })).toEqual(['nobody']);
  });

  it('waits less once they are', async () => {
    const began = performance.now();
    const silent = [Promise.resolve('all'), NEVER];
    expect(await withoutTheSilent(silent, all, { othersMs: 10, lastMs: 60_000 })).toEqual(['all']);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('waits for all that are not enough, and fails with the first that does', async () => {
    expect(await withoutTheSilent([Promise.resolve('nobody')], all, { othersMs: 10, lastMs: 10 })).toEqual(['nobody']);
    expect(await withoutTheSilent([], all, { othersMs: 10, lastMs: 60_000 })).toEqual([]);
    const failing = [Promise.resolve('nobody'), Promise.reject(new Error('the store is away'))];
    await expect(withoutTheSilent(failing, all, { othersMs: 10, lastMs: 60_000 })).rejects.toThrow('store is away');
  });
});
