import { types } from 'node:util';
import { Failure } from '../core/failure.ts';

/*
 * What a statement answered, as what it was asked for. A value that is not one is no value: the driver gives null for a date
 * that it cannot read, and what is null would pass for "there is none".
 */

/** No year of fewer digits is one of ours: the driver reads "xx26-11-29" as one of the year 26. */
const FIRST_MS = Date.UTC(1000, 0);

/**
 * An instant. @throws Failure `STORE_UNAVAILABLE` where none was read
 * @param what Of what, for the log
 */
export function instantOf(value: unknown, what: string): Date {
  if (types.isDate(value) && value.getTime() >= FIRST_MS) return value;
  throw unread(what, 'instant');
}

/**
 * The same where it stands in JSON, as `toISOString` and PostgreSQL's `to_jsonb` write it.
 * @throws Failure `STORE_UNAVAILABLE` where none was read
 */
export function instantIn(value: unknown, what: string): Date {
  if (typeof value !== 'string' || !ISO.test(value)) throw unread(what, 'instant');
  return instantOf(new Date(value), what);
}
const ISO = /^\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/**
 * A whole number. @throws Failure `STORE_UNAVAILABLE` where none was read
 * @param what Of what, for the log
 */
export function wholeOf(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw unread(what, 'whole number');
}

/** Never the value: it may be anything. */
const unread = (what: string, wanted: string): Failure =>
  new Failure('STORE_UNAVAILABLE', `${what}: the database answered no ${wanted}`);
