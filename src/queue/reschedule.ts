import { type Row, type Work, workFor } from '../core/work.ts';
import type { Logger } from '../ports/logger.ts';
import type { Schedule } from '../ports/schedule.ts';
import type { Store } from '../ports/store.ts';
import { pages } from './pages.ts';

export interface Rescheduling {
  readonly store: Pick<Store, 'clock' | 'due'>;
  readonly schedule: Schedule;
  readonly logger: Logger;
}

/** A queue that rejects so many rows one after the other is not asked about the rest. */
const REJECTIONS_MAX = 3;

/**
 * Gives the queue everything that rows with work due within `horizonMs` need; what it still has is not doubled.
 * False when the queue does not answer. A row it will not take is logged and left out.
 */
export async function reschedule(
  { store, schedule, logger }: Rescheduling,
  horizonMs: number,
  enough: AbortSignal,
): Promise<boolean> {
  const before = new Date((await store.clock.now()).getTime() + horizonMs);
  for await (const rows of pages(store, before)) {
    if (enough.aborted) return true;
    const now = await store.clock.now();
    const works = rows.map((row) => derived(row, logger));
    try {
      await schedule.add(works.flat(), now);
    } catch (error) {
      logger.warn({ why: String(error) }, 'the queue did not take a page of work at once');
      if (!(await addEach(works, now, { store, schedule, logger }))) return false;
    }
  }
  return true;
}

/** Row by row, so that one which the queue will not take costs the others nothing. False when it takes none. */
async function addEach(works: readonly (readonly Work[])[], now: Date, { schedule, logger }: Rescheduling) {
  let taken = 0;
  let rejections = 0;
  for (const work of works) {
    try {
      await schedule.add(work, now);
      taken += 1;
      rejections = 0;
    } catch (error) {
      rejections += 1;
      logger.warn({ requestId: work[0]?.requestId, why: String(error) }, 'the queue did not take the work of a row');
      if (rejections === REJECTIONS_MAX) return false;
    }
  }
  return taken > 0;
}

function derived(row: Row, logger: Logger) {
  try {
    return workFor(row);
  } catch (error) {
    logger.error({ requestId: row.request.ask.id, why: String(error) }, 'no work could be derived from a row');
    return [];
  }
}
