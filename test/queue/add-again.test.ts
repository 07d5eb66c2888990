import { jest } from '@jest/globals';
import { broker } from '../../src/broker/broker.ts';
import { Failure } from '../../src/core/failure.ts';
import type { Row, Work } from '../../src/core/request/work.ts';
import type { Schedule } from '../../src/ports/schedule.ts';
import { addingAgain } from '../../src/queue/add-again.ts';
import { openQueue, type WorkQueue } from '../../src/queue/open-queue.ts';
import { type RunningWorker, startWorker } from '../../src/queue/worker.ts';
import { type Desk, openDesk } from '../support/desk.ts';
import { clockAhead, keepingLogger, type QueueServer, queueBackends } from '../support/queues.ts';
import { KEYS, personActor } from '../support/requests.ts';
import { until } from '../support/until.ts';

const SECOND = 1000;

describe('what the queue did not take', () => {
  let desk: Desk;
  let pending: Row;
  beforeAll(async () => {
    desk = await openDesk();
    pending = await desk.ask('L1');
  });
  afterAll(() => desk.close());
  afterEach(() => {
    jest.useRealTimers();
  });

  /** A queue that takes nothing until it is told to; says when it was asked, in seconds, and what it took. */
  function deafQueue(rows: Readonly<Record<string, Row | undefined>>) {
    jest.useFakeTimers();
    const from = performance.now();
    const asked: number[] = [];
    const taken: Work[] = [];
    const reads: string[] = [];
    const state = { deaf: true, refused: '' };
    const schedule: Schedule = {
      add: async (work) => {
        asked.push(Math.round((performance.now() - from) / SECOND));
        if (state.deaf || work.some(({ requestId }) => requestId === state.refused))
          throw new Error('the queue does not answer');
        taken.push(...work);
      },
    };
    const store = {
      clock: clockAhead(),
      find: async (id: string) => {
        reads.push(id);
        return rows[id];
      },
    };
    return { state, asked, taken, reads, again: addingAgain({ store, schedule, logger: keepingLogger() }) };
  }

  it('is added after 1, 2, 4 … s, and left to the sweep when its minute is over', async () => {
    const { again, asked } = deafQueue({ L1: pending });
    again.addAgain('L1');
    await jest.advanceTimersByTimeAsync(300 * SECOND);
    expect(asked).toEqual([1, 3, 7, 15, 31]);
    await again.stop();
  });

  it('is derived from the row as it is then, not as it was', async () => {
    const rows: Record<string, Row> = { L2: pending };
    const ended = await desk.approved('L3');
    const { again, state, taken } = deafQueue(rows);
    again.addAgain('L2');
    await jest.advanceTimersByTimeAsync(1_500);
    rows.L2 = ended;
    state.deaf = false;
    await jest.advanceTimersByTimeAsync(2_000);
    expect(taken.map(({ name }) => name)).toContain('grant');
    expect(taken.map(({ name }) => name)).not.toContain('lapse');
    await again.stop();
  });

  it('is added at once when the queue takes anything else, and then forgotten', async () => {
    const { again, state, asked } = deafQueue({ L4: pending });
    again.addAgain('L4');
    await jest.advanceTimersByTimeAsync(16 * SECOND);
    expect(asked).toEqual([1, 3, 7, 15]);
    state.deaf = false;
    await again.add([], new Date());
    await jest.advanceTimersByTimeAsync(1);
    expect(asked).toEqual([1, 3, 7, 15, 16, 16]);
    await jest.advanceTimersByTimeAsync(120 * SECOND);
    expect(asked).toHaveLength(6);
    await again.stop();
  });

  it('is remembered as an id, for so many requests and no more', async () => {
    const { again, state, reads } = deafQueue({});
    for (let number = 0; number < 5_000; number += 1) again.addAgain(`M${number}`);
    state.deaf = false;
    await jest.advanceTimersByTimeAsync(2 * SECOND);
    expect(reads).toHaveLength(1_000);
    await again.stop();
  });

  it('keeps nothing else waiting where one row alone is refused', async () => {
    const rows = { L1: pending, N2: await desk.ask('N2') };
    const { again, state, taken } = deafQueue(rows);
    state.refused = 'L1';
    state.deaf = false;
    again.addAgain('L1');
    again.addAgain('N2');
    await jest.advanceTimersByTimeAsync(1_500);
    expect(new Set(taken.map(({ requestId }) => requestId))).toEqual(new Set(['N2']));
    await again.stop();
  });

  it('is waited for a little by a process that is about to end', async () => {
    const { again, state } = deafQueue({ L1: pending });
    expect(await again.settled(4 * SECOND)).toBe(true);
    again.addAgain('L1');
    const inVain = again.settled(4 * SECOND);
    await jest.advanceTimersByTimeAsync(5 * SECOND);
    expect(await inVain).toBe(false);
    state.deaf = false;
    const done = again.settled(4 * SECOND);
    await jest.advanceTimersByTimeAsync(5 * SECOND);
    expect(await done).toBe(true);
    await again.stop();
  });

  it('is nobody’s any more once the process stops', async () => {
    const { again, asked } = deafQueue({ L5: pending });
    again.addAgain('L5');
    await again.stop();
    again.addAgain('L5');
    await jest.advanceTimersByTimeAsync(60 * SECOND);
    expect(asked).toEqual([]);
  });

  it('is remembered of every request that a freeze ends, though the queue was asked once', async () => {
    for (const id of ['F1', 'F2', 'F3']) await desk.opened(id);
    const remembered: string[] = [];
    let asked = 0;
    const schedule: Schedule = {
      add: async () => {
        asked += 1;
        throw new Error('the queue does not answer');
      },
      addAgain: (id) => remembered.push(id),
    };
    const other = broker({ ...desk.deps, schedule });
    const frozen = await other.freeze({ type: 'person', key: KEYS.sasha }, { all: true, reason: 'a leak' });
    if (!frozen.ok) throw new Error(frozen.refusal.code);
    await frozen.followed;
    expect(asked).toBe(1);
    expect(remembered).toEqual(expect.arrayContaining(['F1', 'F2', 'F3']));
    for (const name of ['sasha', 'quinn'] as const) await desk.broker.thaw({ type: 'person', key: KEYS[name] });
  });

  it('is remembered where the answer of the commit was lost', async () => {
    const remembered: string[] = [];
    const lost = async (): Promise<never> => {
      throw new Failure('COMMIT_UNKNOWN', 'the answer was lost');
    };
    const store = { ...desk.store, change: lost };
    const schedule: Schedule = { add: async () => undefined, addAgain: (id) => remembered.push(id) };
    const other = broker({ ...desk.deps, store, schedule });
    await desk.ask('U1');
    await expect(other.withdraw('U1', personActor('riley'))).rejects.toThrow('COMMIT_UNKNOWN');
    expect(remembered).toEqual(['U1']);
  });
});

describe.each(queueBackends())('a queue on %s that loses adds (D6)', (_name, start) => {
  let server: QueueServer;
  let desk: Desk;
  let queue: WorkQueue;
  let worker: RunningWorker | undefined;
  beforeAll(async () => {
    [server, desk] = await Promise.all([start(), openDesk()]);
    queue = await openQueue({ ...server.settings, logger: desk.logger });
  });
  afterAll(async () => {
    await worker?.stop(100);
    await queue.close();
    await Promise.all([server.stop(), desk.close()]);
  });

  it('has all of the work seconds later, from the same process and without a sweep', async () => {
    let losing = 4;
    const flaky: Schedule = {
      add: async (work, now) => {
        losing -= 1;
        if (losing >= 0) throw new Error('the queue did not answer within 2000 ms');
        await queue.add(work, now);
      },
    };
    const again = addingAgain({ store: desk.store, schedule: flaky, logger: desk.logger });
    const ours = broker({ ...desk.deps, schedule: again });
    const done: string[] = [];
    const perform = async ({ name }: Work) => {
      done.push(name);
    };
    worker = await startWorker({ queue, perform, clock: clockAhead(), logger: desk.logger });
    const actor = personActor('riley');
    if (actor.type !== 'person') throw new Error('Riley is a person');
    expect(await ours.request({ requestId: 'LOST', actor, input: desk.input() })).toMatchObject({ ok: true });
    await until(() => ['invite', 'draw', 'post'].every((name) => done.includes(name)), 'work that was lost four times');
    await again.stop();
  });
});
