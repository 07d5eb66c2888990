import { broker } from '../../src/broker/broker.ts';
import { Failure } from '../../src/core/failure.ts';
import { decideFreeze } from '../../src/core/request/decide-freeze.ts';
import { NO_FACTS } from '../../src/core/request/facts.ts';
import type { Row, Work } from '../../src/core/request/work.ts';
import type { Provider } from '../../src/ports/provider.ts';
import { HANDLING } from '../../src/queue/job.ts';
import { openQueue, type WorkQueue } from '../../src/queue/open-queue.ts';
import { type Sweep, type SweepSettings, startSweep } from '../../src/queue/sweep.ts';
import { type RunningWorker, startWorker } from '../../src/queue/worker.ts';
import { type Desk, openDesk } from '../support/desk.ts';
import { put, type QueueServer, queueBackends } from '../support/queues.ts';
import { after, KEYS, MINUTE } from '../support/requests.ts';
import { until } from '../support/until.ts';

/** Longer than any test: passes are made by hand. */
const NEVER = 24 * 60 * MINUTE;

const stateIn = async (desk: Desk, id: string): Promise<string> => (await desk.row(id)).request.state;

const OPERATOR = { type: 'operator', name: 'root' } as const;

describe('the sweep', () => {
  let desk: Desk;
  let usual: Desk['dials'];
  const sweeps: Sweep[] = [];

  beforeAll(async () => {
    desk = await openDesk();
    usual = { ...desk.dials };
  });
  afterEach(async () => {
    await Promise.all(sweeps.splice(0).map((sweep) => sweep.stop(0)));
    Object.assign(desk.dials, usual);
    desk.aws.dials.clear();
  });
  afterAll(() => desk.close());

  const start = (more: Partial<SweepSettings> = {}): Sweep => {
    const { store, broker, logger, deps } = desk;
    const sweep = startSweep({ store, broker, logger, schedule: deps.schedule, intervalMs: NEVER, ...more });
    sweeps.push(sweep);
    return sweep;
  };
  /** Passes, by this sweep, until it holds. The first may find the sweep of the test before still at it. */
  const sweepUntil = (sweep: Sweep, holds: () => boolean | Promise<boolean>, what: string): Promise<void> =>
    until(async () => {
      await sweep.pass();
      return await holds();
    }, what);
  const names = (works: readonly Work[], id: string) =>
    new Set(works.filter(({ requestId }) => requestId === id).map(({ name }) => name));

  it('notes its end for whoever asks whether anybody sweeps, and not where it could not read every row (D2)', async () => {
    const { store } = desk;
    const unread = {
      ...store,
      due: async (...asked: Parameters<typeof store.due>) => {
        if (asked[0] > (await store.clock.now())) throw new Error('a row that nobody can read');
        return store.due(...asked);
      },
    };
    const blind = start({ store: unread });
    // A whole pass of its own, whatever was under way.
    await until(() => blind.pass(), 'a sweep');
    expect(desk.logger.lines.some(({ message }) => /^not all work/.test(message))).toBe(true);
    expect(await store.lastSweep()).toBeUndefined();
    await sweepUntil(start(), async () => (await store.lastSweep()) !== undefined, 'a whole sweep');
    expect(await store.lastSweep()).toMatchObject({ everyMs: NEVER });
  });

  it.each<[string, string, (row: Row) => Partial<SweepSettings>]>([
    [
      'S0A',
      'the requests did not follow the freeze',
      () => ({ broker: { ...desk.broker, followFreeze: () => Promise.reject(new Error('the database is away')) } }),
    ],
    [
      'S0B',
      'the queue took so long that work was left out',
      () => ({ intervalMs: 300, schedule: { add: () => new Promise((resolve) => setTimeout(resolve, 400)) } }),
    ],
    [
      'S0C',
      'endings that hang left no room for the others',
      (row) => {
        const rows = Array.from({ length: 20 }, (_, index) => {
          const details = { ...row.request.details, id: `S0C-${index}` };
          return { ...row, request: { ...row.request, details } };
        });
        const hangs = { ...desk.broker, perform: () => new Promise<void>(() => undefined) };
        const schedule = { add: async () => undefined };
        const due = async () => rows;
        return { intervalMs: 500, graceMs: 0, broker: hangs, schedule, store: { ...desk.store, due } };
      },
    ],
  ])('%s: does not count where %s (D2)', async (id, _why, change) => {
    await desk.ask(id);
    desk.wait(20 * MINUTE);
    const changed = change(await desk.row(id));
    const noted: number[] = [];
    const noteSweep = async (everyMs: number) => void noted.push(everyMs);
    const sweep = start({ ...changed, store: { ...(changed.store ?? desk.store), noteSweep } });
    await until(() => sweep.pass(), 'a pass');
    expect(noted).toEqual([]);
  });

  it('derives the work of unfinished rows again as soon as it starts', async () => {
    await desk.ask('S1');
    const added: Work[] = [];
    const schedule = {
      add: async (works: readonly Work[]) => {
        added.push(...works);
      },
    };
    const sweep = start({ schedule, intervalMs: 10 * MINUTE });
    await sweepUntil(sweep, () => names(added, 'S1').has('lapse'), 'the work of the row');
    expect(names(added, 'S1')).toEqual(new Set(['invite', 'remind', 'lapse', 'draw', 'post']));
  });

  it('D3: looks at what was removed every minute: by the queue, of which it derives the next look, or itself without one', async () => {
    await desk.opened('S2L');
    await desk.broker.end('S2L', OPERATOR);
    await desk.perform('revoke', 'S2L');
    desk.wait(2.5 * MINUTE);
    const added: Work[] = [];
    const sweep = start({ schedule: { add: async (works) => void added.push(...works) } });
    const looks = () => added.filter(({ name, requestId }) => name === 'observe' && requestId === 'S2L');
    await sweepUntil(sweep, () => looks().length > 0, 'the next look');
    const { request } = await desk.row('S2L');
    const readAt = (request.state === 'revoking' && request.grants[0]?.accessRemoved?.readAt) || new Date(0);
    expect(looks()[0]?.dueAt).toEqual(after(readAt, 3 * MINUTE));

    const role = desk.role('S2L');
    if (role === undefined) throw new Error('no tombstone');
    role.policies = { ...role.policies, inline: {} };
    desk.dials.queueDown = true;
    const seen = async () => (await desk.eventsOf('S2L')).includes('alarm');
    await sweepUntil(start(), seen, 'the sweep to look itself');
    const closed = async () => desk.role('S2L')?.policies.inline['99-revoked'] !== undefined;
    await sweepUntil(start(), closed, 'the removal to be made again');
  });

  it('does overdue endings itself when the queue does not take them: expire, revoke, prove', async () => {
    await desk.opened('S2');
    desk.dials.queueDown = true;
    desk.wait(30 * MINUTE);
    const sweep = start();
    const removed = async (): Promise<boolean> => {
      const { request } = await desk.row('S2');
      return request.state === 'revoking' && request.grants[0]?.accessRemoved !== undefined;
    };
    await sweepUntil(sweep, removed, 'access to be removed');
    const events = await desk.store.events('request/S2');
    expect(events.find(({ type }) => type === 'access_removed')?.data.by).toBe('sweep');
    desk.wait(5 * MINUTE);
    await sweepUntil(sweep, async () => (await stateIn(desk, 'S2')) === 'closed', 'the proof');
  });

  it('ends what is overdue though what the chat is owed cannot be read', async () => {
    await desk.opened('S2B');
    desk.wait(30 * MINUTE);
    const pendingNotifications = () => Promise.reject(new Failure('STORE_UNAVAILABLE', 'it took too long'));
    const sweep = start({ store: { ...desk.store, pendingNotifications } });
    await sweepUntil(sweep, async () => (await stateIn(desk, 'S2B')) === 'revoking', 'the end of the window');
  });

  it('leaves an ending to a queue that takes it, until the grace is over', async () => {
    await desk.opened('S3');
    desk.wait(30 * MINUTE + 1_000);
    const patient = start({ graceMs: 60_000 });
    await until(() => patient.pass(), 'a pass');
    await patient.stop();
    expect(await stateIn(desk, 'S3')).toBe('active');
    expect(names(desk.queued, 'S3').has('expire')).toBe(true);
    await sweepUntil(
      start({ graceMs: 500 }),
      async () => (await stateIn(desk, 'S3')) === 'revoking',
      'the end of the window',
    );
  });

  it('gives up an opening whose time is over', async () => {
    await desk.approved('S4');
    desk.wait(5 * MINUTE);
    await sweepUntil(
      start({ graceMs: 0 }),
      async () => (await stateIn(desk, 'S4')) === 'closed',
      'the request to fail',
    );
    expect(desk.role('S4')).toBeUndefined();
  });

  it('reminds, warns and lets an unanswered extension lapse while the queue takes nothing, and has it told', async () => {
    await desk.opened('S5B');
    const { digest } = (await desk.row('S5B')).request.details;
    const riley = { type: 'person', key: KEYS.riley } as const;
    expect((await desk.broker.extend('S5B', riley, { minutes: 30, digest })).ok).toBe(true);
    desk.dials.queueDown = true;
    desk.wait(26 * MINUTE);
    await desk.ask('S5C');
    desk.wait(2 * MINUTE);
    const told = async (id: string, type: string) => (await desk.eventsOf(id)).includes(type);
    await sweepUntil(
      start(),
      async () => {
        const { seq, postedSeq } = await desk.row('S5C');
        return (
          (await told('S5C', 'approvers_reminded')) &&
          seq === postedSeq &&
          (await told('S5B', 'access_ending_soon')) &&
          (await told('S5B', 'extension_lapsed'))
        );
      },
      'every call',
    );
  });

  it('lets a request lapse that nobody decided', async () => {
    await desk.ask('S5');
    desk.wait(15 * MINUTE);
    await sweepUntil(
      start({ graceMs: 0 }),
      async () => (await stateIn(desk, 'S5')) === 'closed',
      'the request to lapse',
    );
  });

  it('is not stopped by an ending that hangs, nor by one that fails', async () => {
    for (const id of ['S6', 'S7', 'S8']) await desk.opened(id);
    desk.wait(30 * MINUTE);
    const perform = async (work: Work, signal: AbortSignal): Promise<void> => {
      if (work.requestId === 'S6') await new Promise(() => undefined);
      if (work.requestId === 'S7') throw new Error('this row is bad');
      await desk.broker.perform(work, signal);
    };
    await sweepUntil(
      start({ graceMs: 0, broker: { ...desk.broker, perform } }),
      async () => (await stateIn(desk, 'S8')) === 'revoking',
      'the row after them',
    );
  });

  it('D6: goes on after more failures than any job has attempts, and pages by itself while the queue takes nothing', async () => {
    await desk.opened('S6A');
    desk.dials.queueDown = true;
    desk.wait(30 * MINUTE);
    let refusals = HANDLING.revoke.attempts + 5;
    const close: Provider['close'] = (plan, signal) => {
      if (plan.grantId !== 'S6A' || refusals === 0) return desk.deps.providers.aws.close(plan, signal);
      refusals -= 1;
      return Promise.reject(new Failure('PROVIDER_UNAVAILABLE', 'the cloud is down'));
    };
    const ours = broker({ ...desk.deps, providers: { aws: { ...desk.deps.providers.aws, close } } });
    const sweep = start({ graceMs: 0, broker: ours });
    await sweepUntil(sweep, () => refusals === 0, 'every refusal');
    await sweepUntil(
      sweep,
      async () => (await desk.eventsOf('S6A')).includes('access_removed'),
      'the ending after them',
    );
    expect((await desk.eventsOf('S6A')).filter((type) => type === 'oncall_paged')).toHaveLength(1);
  });

  it('goes on when looking at people fails or hangs', async () => {
    await desk.opened('S9');
    desk.wait(30 * MINUTE);
    await sweepUntil(
      start({ graceMs: 0, broker: { ...desk.broker, watchPeople: () => new Promise(() => undefined) } }),
      async () => (await stateIn(desk, 'S9')) === 'revoking',
      'the end of the window',
    );
  });

  it('looks at people in each pass, and ends the access of one who was suspended', async () => {
    await desk.opened('S10');
    const { people } = desk.dials.directory;
    desk.dials.directory = {
      ...desk.dials.directory,
      people: people.map((person) => (person.id === 'riley' ? { ...person, suspended: true } : person)),
    };
    await sweepUntil(start(), async () => (await stateIn(desk, 'S10')) === 'revoking', 'the end of access');
  });

  it('is done by one process at a time', async () => {
    let inside = 0;
    let most = 0;
    let enter = (): void => undefined;
    const first = new Promise<void>((resolve) => {
      enter = resolve;
    });
    let leave = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const watchPeople = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      enter();
      await gate;
      inside -= 1;
    };
    const broker = { ...desk.broker, watchPeople };
    const [one, other] = [start({ broker }), start({ broker })];
    const ticking = setInterval(() => void Promise.all([one.pass(), other.pass()]), 20);
    await first;
    await until(async () => !(await one.pass()) && !(await other.pass()), 'both to be turned away');
    clearInterval(ticking);
    leave();
    await until(() => inside === 0, 'the winner to finish');
    expect(most).toBe(1);
  });

  it('goes on sweeping after the database was gone', async () => {
    await desk.opened('S11');
    desk.wait(30 * MINUTE);
    desk.wire.judge(() => 'cut');
    const sweep = start({ graceMs: 0 });
    expect(await sweep.pass()).toBe(false);
    desk.wire.judge(() => 'pass');
    await sweepUntil(sweep, async () => (await stateIn(desk, 'S11')) === 'revoking', 'the end of the window');
  });

  it('ends what a freeze of everything left open when whoever froze died at once, without a queue (B11)', async () => {
    await desk.opened('S12');
    await desk.store.changeFreeze('operator:root', (current, now) =>
      decideFreeze(current, { type: 'freeze', all: true, reason: '' }, OPERATOR, NO_FACTS, now),
    );
    desk.dials.queueDown = true;
    const removed = async (): Promise<boolean> => desk.role('S12')?.policies.inline['99-revoked'] !== undefined;
    await sweepUntil(start(), removed, 'access to be removed');
    expect((await desk.row('S12')).request).toMatchObject({ cause: 'frozen' });
  });
});

describe('the sweep in a copy of another installation', () => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk();
  });
  afterAll(() => desk.close());

  it('pauses the worker, posts nothing, opens nothing, lets nothing lapse, and ends what is due by plan', async () => {
    await desk.ask('C1');
    await desk.approved('C2');
    await desk.opened('C3');
    const { store, broker, logger } = desk;
    const performed: Work[] = [];
    const added: Work[] = [];
    const calls: string[] = [];
    const sweep = startSweep({
      logger,
      intervalMs: NEVER,
      store: { ...store, installation: async () => ({ installationId: 'other', copy: 'made on another server' }) },
      schedule: {
        add: async (works) => {
          added.push(...works);
        },
      },
      worker: {
        pause: async () => void calls.push('pause'),
        resume: async () => void calls.push('resume'),
      },
      broker: {
        followFreeze: async () => void calls.push('followFreeze'),
        watchPeople: async () => void calls.push('watchPeople'),
        notifyAgain: async () => void calls.push('notifyAgain'),
        perform: async (work, signal) => {
          performed.push(work);
          await broker.perform(work, signal);
        },
      },
    });
    await until(() => calls.length > 0, 'the first look');
    desk.wait(31 * MINUTE);
    await until(async () => {
      await sweep.pass();
      return (await stateIn(desk, 'C3')) === 'revoking';
    }, 'the end of the window');
    await sweep.stop();
    expect(calls).toEqual(['pause']);
    expect(added).toEqual([]);
    expect(new Set(performed.map(({ requestId }) => requestId))).toEqual(new Set(['C3']));
    expect(await stateIn(desk, 'C1')).toBe('pending');
    expect(await stateIn(desk, 'C2')).toBe('granting');
  });
});

describe.each(queueBackends())('the sweep beside a queue on %s', (_name, startServer) => {
  let desk: Desk;
  let server: QueueServer;
  let queue: WorkQueue;
  let worker: RunningWorker;

  beforeAll(async () => {
    desk = await openDesk();
    server = await startServer();
    queue = await openQueue({ ...server.settings, logger: desk.logger });
  });
  afterAll(async () => {
    await queue.close();
    await server.stop();
    await desk.close();
  });

  it('restores what a wiped queue has lost', async () => {
    const { store, broker, logger } = desk;
    const { request } = await desk.ask('Q1');
    const row = await desk.row('Q1');
    expect(request.state).toBe('pending');
    worker = await startWorker({ queue, perform: broker.perform, clock: store.clock, logger, paused: true });
    await put(queue, [{ name: 'draw', requestId: 'Q1', dueAt: row.updatedAt, generation: 'v1' }], row.updatedAt);
    await server.wipe();
    const sweep = startSweep({ store, broker, schedule: queue, worker, logger, intervalMs: NEVER });
    await until(async () => {
      await sweep.pass();
      const { drawnVersion, version } = await desk.row('Q1');
      return drawnVersion === version;
    }, 'the card to be drawn');
    await sweep.stop();
    await worker.stop();
  });
});
