import { CALLS, ENDINGS } from '../broker/perform.ts';
import { addSeconds } from '../core/request/decision.ts';
import { OBSERVE_SECONDS, type Row, type Work, workFor } from '../core/request/work.ts';

/** What the queue gets to do an overdue ending before the sweep does it. */
export const GRACE_MS = 10_000;

/**
 * What the sweep does itself for this row: work that only takes away, overdue by the grace. That includes giving up on
 * an opening whose time is over, and, where there is no grace because no queue answers, the look of the last minute at
 * what was removed: with a queue, those that it did are not told from those that it did not.
 */
export const overdueWork = (row: Row, now: Date, graceMs: number): readonly Work[] =>
  workFor(row, graceMs === 0 ? addSeconds(now, -OBSERVE_SECONDS) : now).filter(
    (work) => isOverdue(work, now, graceMs) && (ENDINGS.has(work.name) || isLateGrant(row, work, now)),
  );

/**
 * Pages, reminders and warnings that the queue has left undone: with the queue dead nobody else would tell anybody.
 */
export const ownCalls = (row: Row, now: Date, graceMs: number): readonly Work[] =>
  workFor(row).filter((work) => CALLS.has(work.name) && isOverdue(work, now, graceMs));

/**
 * What a copy of another installation does itself: it does nothing but end what is due by plan: nothing lapses there, and
 * an opening is given up only past its planned end, since the original may have opened it meanwhile.
 */
export const overdueWorkOfCopy = (row: Row, now: Date): readonly Work[] =>
  overdueWork(row, now, 0).filter(({ name }) => !NOT_IN_A_COPY.has(name) && (name !== 'grant' || isPastPlan(row, now)));

const NOT_IN_A_COPY: ReadonlySet<Work['name']> = new Set(['lapse', 'lapse_extension', 'observe']);

const isOverdue = ({ dueAt }: Work, now: Date, graceMs: number): boolean => now.getTime() - dueAt.getTime() >= graceMs;

const isLateGrant = ({ request }: Row, { name }: Work, now: Date): boolean =>
  name === 'grant' && request.state === 'granting' && now >= request.grantBy;

const isPastPlan = ({ request }: Row, now: Date): boolean =>
  request.state === 'granting' && request.grants.every(({ plan }) => plan !== undefined && now >= plan.plannedEnd);
