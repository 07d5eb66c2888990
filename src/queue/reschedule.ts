import { type Row, type Work, workFor } from '../core/request/work.ts';
import type { Logger } from '../ports/logger.ts';
import type { Schedule } from '../ports/schedule.ts';
import type { Store } from '../ports/store.ts';
import { pages } from './pages.ts';

export interface Rescheduling {
  readonly store: Pick<Store, 'clock' | 'due' | 'pendingNotifications'>;
  readonly schedule: Schedule;
  readonly logger: Logger;
}

/** A queue that rejects so many rows one after the other is not asked about the rest. */
const REJECTIONS_MAX = 3;

/**
 * Rows that are only owed something by the chat, and are put on the queue again in one pass. More than the chat takes in
 * that time; without a bound a backlog of thousands would be read and added anew each minute, beside the endings.
 */
const PENDING_MAX = 500;
const PENDING_PAGE = 100;

/**
 * Gives the queue everything that rows with work due within `horizonMs` need; what it still has is not doubled.
 * False when the queue does not answer. A row it will not take is logged and left out, as is everything after `enough`.
 */
export async function reschedule(deps: Rescheduling, horizonMs: number, enough: AbortSignal): Promise<boolean> {
  const { store } = deps;
  const before = new Date((await store.clock.now()).getTime() + horizonMs);
  for await (const rows of pages(store, before)) {
    if (enough.aborted) return true;
    if (!(await addRows(deps, rows))) return false;
  }
  const pendingNotifications = await store.pendingNotifications(PENDING_MAX);
  for (let from = 0; from < pendingNotifications.length && !enough.aborted; from += PENDING_PAGE) {
    if (!(await addRows(deps, pendingNotifications.slice(from, from + PENDING_PAGE)))) return false;
  }
  return true;
}

async function addRows(deps: Rescheduling, rows: readonly Row[]): Promise<boolean> {
  const now = await deps.store.clock.now();
  const works = rows.map((row) => derived(row, now, deps.logger));
  try {
    await deps.schedule.add(works.flat(), now);
    return true;
  } catch (error) {
    deps.logger.warn({ why: String(error) }, 'the queue did not take a page of work at once');
    return addEach(works, now, deps);
  }
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

function derived(row: Row, now: Date, logger: Logger) {
  try {
    return workFor(row, now);
  } catch (error) {
    logger.error({ requestId: row.request.details.id, why: String(error) }, 'no work could be derived from a row');
    return [];
  }
}
