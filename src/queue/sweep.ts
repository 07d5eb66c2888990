import { setMaxListeners } from 'node:events';
import { until, withDeadline, within } from '../bounded.ts';
import type { Broker } from '../broker/broker.ts';
import type { Logger } from '../ports/logger.ts';
import type { Schedule } from '../ports/schedule.ts';
import type { Store } from '../ports/store.ts';
import { throttled } from '../throttled-log.ts';
import { endOverdue } from './end-overdue.ts';
import { GRACE_MS } from './overdue-work.ts';
import { pool } from './pool.ts';
import { reschedule } from './reschedule.ts';
import { type Running, Stopping } from './run-job.ts';
import type { RunningWorker } from './worker.ts';

export interface SweepSettings {
  readonly store: Pick<Store, 'clock' | 'due' | 'installation' | 'noteSweep' | 'pendingNotifications' | 'withLock'>;
  readonly broker: Pick<Broker, 'followFreeze' | 'perform' | 'notifyAgain' | 'watchPeople'>;
  readonly schedule: Schedule;
  readonly logger: Logger;
  /** This process's worker, best started paused: it runs unless the database is a copy of another installation. */
  readonly worker?: Pick<RunningWorker, 'pause' | 'resume'>;
  /** Time between passes, in milliseconds. */
  readonly intervalMs?: number;
  /** How long the queue may leave an ending undone, in milliseconds. */
  readonly graceMs?: number;
  /** Replaces the total deadline of every work, in milliseconds. */
  readonly deadlineMs?: number;
}

export interface Sweep {
  /** One pass now; it may leave endings running. False when it could not be made, or another one is under way. */
  pass(): Promise<boolean>;
  /** Starts nothing more, gives what runs `graceMs`, then aborts it. */
  stop(graceMs?: number): Promise<void>;
}

const INTERVAL_MS = 60_000;
/** Endings that the sweep itself runs at once. */
const ENDINGS_MAX = 16;
/** Calls (pages, reminders, warnings) that it runs at once, besides. */
const CALLS_MAX = 8;
const PEOPLE_MS = 30_000;
const NOTIFY_MS = 30_000;
/** Endings that a freeze asks for begin before the others are looked at, if they begin in time. */
const FREEZE_MS = 10_000;
const STOP_MS = 10_000;
const CUT_MS = 2_000;
const PROBLEM_EVERY_MS = 60_000;
const LOCK = 'sweep';

/**
 * The third layer that ends access: at start and every `intervalMs`, one process derives the work of every unfinished
 * row again, gives it to the queue, and does overdue endings itself when the queue does not. It needs the store and the
 * cloud; the queue, the chat, the directory and the policy may all be down. No failure stops it, and no row another.
 */
export function startSweep(settings: SweepSettings): Sweep {
  const { logger, intervalMs = INTERVAL_MS } = settings;
  const closing = new AbortController();
  const stopping = new AbortController();
  // Each ending that runs listens, and Node would take more than ten for a leak.
  setMaxListeners(0, stopping.signal);
  const endings = pool(ENDINGS_MAX);
  const calls = pool(CALLS_MAX);
  const onProblem = throttled<unknown>(PROBLEM_EVERY_MS, (error, unsaid) =>
    logger.error({ why: String(error), unsaid }, 'a sweep did not finish; the next one starts anew'),
  );
  const tick = ticker(settings, { closing: closing.signal, stopping: stopping.signal, endings, calls, intervalMs });
  let current: Promise<boolean> | undefined;
  const pass = async (): Promise<boolean> => {
    if (current !== undefined || closing.signal.aborted) return false;
    current = tick().catch((error: unknown) => {
      onProblem(error);
      return false;
    });
    const made = await current;
    current = undefined;
    return made;
  };
  const timer = setInterval(() => void pass(), intervalMs);
  void pass();
  return {
    pass,
    stop: async (graceMs = STOP_MS) => {
      clearInterval(timer);
      closing.abort(new Stopping('this process is stopping'));
      const quiet = Promise.all([current, endings.idle(), calls.idle()]);
      try {
        await within(graceMs, 'the sweep', quiet);
      } catch {
        stopping.abort(new Stopping('this process is stopping'));
        await within(CUT_MS, 'the sweep', quiet).catch(onProblem);
      }
    },
  };
}

interface Ticking {
  readonly closing: AbortSignal;
  readonly stopping: AbortSignal;
  readonly endings: ReturnType<typeof pool>;
  readonly calls: ReturnType<typeof pool>;
  readonly intervalMs: number;
}

function ticker(
  settings: SweepSettings,
  { closing, stopping, endings, calls, intervalMs }: Ticking,
): () => Promise<boolean> {
  const { store, worker, logger, deadlineMs, graceMs = GRACE_MS } = settings;
  const { followFreeze, perform, notifyAgain, watchPeople } = settings.broker;
  const asSweep: Running['perform'] = (work, signal) => perform(work, signal, 'sweep');
  const end = endOverdue({ store, logger, endings, calls, running: { perform: asSweep, deadlineMs, stopping } });
  let paused: boolean | undefined;

  // Every process looks, not only the one that wins the sweep: each has a worker to pause.
  const isCopy = async (): Promise<boolean> => {
    const { copy } = await store.installation();
    const now = copy !== undefined;
    if (now !== paused) await (now ? worker?.pause() : worker?.resume());
    paused = now;
    return now;
  };

  const people = async (): Promise<void> => {
    try {
      await until(withDeadline(PEOPLE_MS, closing), watchPeople());
    } catch (error) {
      logger.warn({ why: String(error) }, 'nobody could be looked at; a look-up that fails ends nothing');
    }
  };

  const notify = async (): Promise<void> => {
    try {
      await until(withDeadline(NOTIFY_MS, closing), notifyAgain());
    } catch (error) {
      logger.warn({ why: String(error) }, 'not everybody could be told; the next sweep does it again');
    }
  };

  const freeze = async (): Promise<boolean> => {
    try {
      await until(withDeadline(FREEZE_MS, closing), followFreeze());
      return true;
    } catch (error) {
      logger.error({ why: String(error) }, 'the requests could not follow the freeze; the next sweep does it again');
      return false;
    }
  };

  /** For whoever asks whether anybody sweeps; one that was cut off, or did not get to every row, does not count. */
  const note = async (whole: boolean): Promise<void> => {
    if (whole && !closing.aborted) await store.noteSweep(intervalMs);
  };

  return async () => {
    const copy = await isCopy();
    const swept = await store.withLock(LOCK, 0, async (lost) => {
      // So that endings which hang cannot keep the next pass from adding work again.
      const enough = withDeadline(intervalMs, lost, closing);
      if (copy) {
        return note(await end({ copy, graceMs: 0, enough }));
      }
      const followed = await freeze();
      // What cannot be read for the chat, or for later, ends nothing that is due now.
      let derived = true;
      const answers = await reschedule(settings, 3 * intervalMs, enough).catch((error: unknown) => {
        logger.error({ why: String(error) }, 'not all work could be derived; what is overdue is ended all the same');
        derived = false;
        return false;
      });
      // It stops by itself once the time is over.
      if (enough.aborted) derived = false;
      // A queue that does not take work does none either: then no ending waits for it.
      const [ended] = await Promise.all([end({ copy, graceMs: answers ? graceMs : 0, enough }), people(), notify()]);
      await note(followed && derived && ended && !lost.aborted);
    });
    return swept !== undefined;
  };
}
