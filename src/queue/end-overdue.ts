import type { Row, Work } from '../core/work.ts';
import type { Logger } from '../ports/logger.ts';
import type { Store } from '../ports/store.ts';
import { jobId } from './job.ts';
import { ownWork, ownWorkOfCopy } from './own-work.ts';
import { pages } from './pages.ts';
import type { Pool } from './pool.ts';
import { attempt, type Running } from './run-job.ts';

export interface Ending {
  readonly store: Pick<Store, 'clock' | 'due'>;
  readonly logger: Logger;
  readonly endings: Pool;
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
 * Does overdue endings in this process, so many at once, each with its total deadline. A pass that was not let finish
 * is gone on with by the next, so that endings which hang do not keep later rows waiting.
 */
export function endOverdue({ store, logger, endings, running }: Ending): (pass: Pass) => Promise<void> {
  let reached: string | undefined;

  const run = async (work: Work): Promise<void> => {
    try {
      await attempt(running, work);
      logger.warn({ job: jobId(work) }, 'the sweep did what the queue had left undone');
    } catch (error) {
      // The broker has recorded and told what kind of failure it was.
      logger.warn({ job: jobId(work), why: String(error) }, 'the sweep could not do it either; it tries again');
    }
  };

  const startAll = async (row: Row, { copy, graceMs, enough }: Pass, now: Date): Promise<boolean> => {
    for (const work of worksOf(row, copy, graceMs, now, logger)) {
      if (!(await endings.start(jobId(work), enough, () => run(work)))) return false;
    }
    return true;
  };

  return async (pass) => {
    for await (const rows of pages(store, await store.clock.now(), reached)) {
      const now = await store.clock.now();
      for (const row of rows) {
        if (!(await startAll(row, pass, now))) return;
        reached = row.request.ask.id;
      }
    }
    reached = undefined;
  };
}

function worksOf(row: Row, copy: boolean, graceMs: number, now: Date, logger: Logger): readonly Work[] {
  try {
    return copy ? ownWorkOfCopy(row, now) : ownWork(row, now, graceMs);
  } catch (error) {
    logger.error({ requestId: row.request.ask.id, why: String(error) }, 'no work could be derived from a row');
    return [];
  }
}
