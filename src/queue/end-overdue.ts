import { NOTIFIED_BY_EVENT } from '../broker/perform.ts';
import type { Row, Work } from '../core/request/work.ts';
import type { Logger } from '../ports/logger.ts';
import type { Store } from '../ports/store.ts';
import { jobId } from './job.ts';
import { overdueWork, overdueWorkOfCopy, ownCalls } from './overdue-work.ts';
import { pages } from './pages.ts';
import type { Pool } from './pool.ts';
import { attempt, type Running } from './run-job.ts';

export interface Ending {
  readonly store: Pick<Store, 'clock' | 'due'>;
  readonly logger: Logger;
  readonly endings: Pool;
  /** For pages, reminders and warnings: apart from endings, which they must never keep waiting. */
  readonly calls: Pool;
  readonly running: Pick<Running, 'perform' | 'deadlineMs' | 'stopping'>;
}

export interface Pass {
  /** Is this database a copy of another installation? */
  readonly copy: boolean;
  readonly graceMs: number;
  /** No further ending is started once it aborts. */
  readonly enough: AbortSignal;
}

/**
 * Does overdue endings in this process, so many at once, each with its total deadline, and calls those people whom nobody
 * else called. A pass that was not let finish is gone on with by the next, so that endings which hang do not keep later rows
 * waiting. False when it did not get to the last row.
 */
export function endOverdue({ store, logger, endings, calls, running }: Ending): (pass: Pass) => Promise<boolean> {
  let reached: string | undefined;

  const run = async (work: Work): Promise<boolean> => {
    try {
      await attempt(running, work);
      logger.warn({ job: jobId(work) }, 'the sweep did what the queue had left undone');
      return true;
    } catch (error) {
      // The broker has recorded and told what kind of failure it was.
      logger.warn({ job: jobId(work), why: String(error) }, 'the sweep could not do it either; it tries again');
      return false;
    }
  };

  const call = async ({ chats }: Row, work: Work): Promise<void> => {
    if (!(await run(work)) || !NOTIFIED_BY_EVENT.has(work.name)) return;
    await Promise.all(Object.keys(chats).map((chat) => run({ ...work, name: 'post', chat })));
  };

  const startAll = async (row: Row, pass: Pass, now: Date): Promise<boolean> => {
    const owned = ownedBy(row, pass, now, logger);
    for (const work of owned.endings) {
      if (!(await endings.start(jobId(work), pass.enough, async () => void (await run(work))))) return false;
    }
    // What finds no room is left to the next pass.
    for (const work of owned.calls) calls.tryStart(jobId(work), () => call(row, work));
    return true;
  };

  return async (pass) => {
    for await (const rows of pages(store, await store.clock.now(), reached)) {
      const now = await store.clock.now();
      for (const row of rows) {
        if (!(await startAll(row, pass, now))) return false;
        reached = row.request.details.id;
      }
    }
    reached = undefined;
    return true;
  };
}

interface Owned {
  readonly endings: readonly Work[];
  readonly calls: readonly Work[];
}

function ownedBy(row: Row, { copy, graceMs }: Pass, now: Date, logger: Logger): Owned {
  try {
    if (copy) return { endings: overdueWorkOfCopy(row, now), calls: [] };
    return { endings: overdueWork(row, now, graceMs), calls: ownCalls(row, now, graceMs) };
  } catch (error) {
    logger.error({ requestId: row.request.details.id, why: String(error) }, 'no work could be derived from a row');
    return { endings: [], calls: [] };
  }
}
