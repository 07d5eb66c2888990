import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { withDeadline } from '../../src/bounded.ts';
import { attempt, Stopping } from '../../src/queue/run-job.ts';
import { aWork } from '../support/queues.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');
const heapUsed = (): number => {
  collectGarbage();
  return process.memoryUsage().heapUsed;
};

describe('an attempt at a work', () => {
  it('leaves nothing behind in the process, however many there were', async () => {
    const stopping = new AbortController().signal;
    const work = aWork();
    // As each call to a cloud does.
    const perform = async (_work: unknown, signal: AbortSignal) => {
      for (let call = 0; call < 10; call += 1) AbortSignal.any([signal]);
    };
    const many = async (times: number) => {
      for (let time = 0; time < times; time += 1) {
        await attempt({ stopping, perform }, work);
        // What was weakly referred to is let go of between two turns of the event loop.
        if (time % 100 === 99) await turn();
      }
    };
    await many(1_000);
    const before = heapUsed();
    await many(10_000);
    expect((heapUsed() - before) / 1e6).toBeLessThan(2);
  }, 60_000);

  it('ends when its process stops', async () => {
    const process = new AbortController();
    const perform = (_work: unknown, signal: AbortSignal) =>
      new Promise<void>((_resolve, reject) => {
        withDeadline(60_000, signal).addEventListener('abort', () => reject(signal.reason));
      });
    const attempting = attempt({ stopping: process.signal, perform }, aWork());
    process.abort(new Stopping('now'));
    await expect(attempting).rejects.toThrow(Stopping);
    await expect(attempt({ stopping: process.signal, perform }, aWork())).rejects.toThrow(Stopping);
  });
});
