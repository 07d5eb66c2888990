import { CALLS, ENDINGS } from '../broker/perform.ts';
import { type Row, type Work, workFor } from '../core/work.ts';

/** What the queue gets to do an overdue ending before the sweep does it. */
export const GRACE_MS = 10_000;

/**
 * What the sweep does itself for this row: work that only takes away, overdue by the grace. That includes giving up on
 * an opening whose time is over.
 */
export const ownWork = (row: Row, now: Date, graceMs: number): readonly Work[] =>
  workFor(row).filter(
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
export const ownWorkOfCopy = (row: Row, now: Date): readonly Work[] =>
  ownWork(row, now, 0).filter(({ name }) => !LAPSES.has(name) && (name !== 'grant' || isPastPlan(row, now)));

const LAPSES: ReadonlySet<Work['name']> = new Set(['lapse', 'lapse_extension']);

const isOverdue = ({ dueAt }: Work, now: Date, graceMs: number): boolean => now.getTime() - dueAt.getTime() >= graceMs;

const isLateGrant = ({ request }: Row, { name }: Work, now: Date): boolean =>
  name === 'grant' && request.state === 'granting' && now >= request.grantBy;

const isPastPlan = ({ request }: Row, now: Date): boolean =>
  request.state === 'granting' && request.grants.every(({ plan }) => plan !== undefined && now >= plan.plannedEnd);
