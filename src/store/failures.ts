import { Failure } from '../core/failure.ts';
import { connectionWords } from '../postgres/connection-words.ts';

/** How PostgreSQL's classes of errors read here. @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
const NOT_MIGRATED = new Set(['42P01', '42883', '42703', '3F000']);
const CONNECTION_CLASSES = ['08', '57'];

/** SQLSTATE of a driver's or Prisma's error, if PostgreSQL answered at all. */
export function sqlStateOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { severity, code, meta } = error as { severity?: unknown; code?: unknown; meta?: unknown };
  if (typeof severity === 'string' && typeof code === 'string') return code;
  const cause = driverCause(meta) ?? (error as { cause?: unknown }).cause;
  if (typeof cause !== 'object' || cause === null) return undefined;
  const { originalCode, code: inner } = cause as { originalCode?: unknown; code?: unknown };
  if (typeof originalCode === 'string') return originalCode;
  return typeof inner === 'string' && /^[0-9A-Z]{5}$/.test(inner) ? inner : undefined;
}

/** Prisma keeps the driver's error in `meta.driverAdapterError.cause`. */
function driverCause(meta: unknown): unknown {
  if (typeof meta !== 'object' || meta === null) return undefined;
  const { driverAdapterError } = meta as { driverAdapterError?: { cause?: unknown } };
  return driverAdapterError?.cause;
}

/** Nothing was recorded. */
export function unavailable(doing: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const sqlState = sqlStateOf(error);
  const hint =
    sqlState !== undefined && NOT_MIGRATED.has(sqlState)
      ? 'the tables are missing or old, run `breakglass migrate`'
      : (connectionWords(error) ?? wordsOf(error));
  return new Failure('STORE_UNAVAILABLE', `${doing}: ${hint}`, {
    cause: error,
    ...(sqlState === undefined ? {} : { detail: { sqlState } }),
  });
}

/** It may have been recorded: the statement that makes it last was sent, and no answer came. */
export const unknownCommit = (doing: string, error: unknown): Failure =>
  new Failure('COMMIT_UNKNOWN', `${doing}: ${wordsOf(error)}`, { cause: error });

/** Did PostgreSQL itself say no (so that nothing was recorded), rather than fall silent? */
export function wasRefused(error: unknown): boolean {
  const sqlState = sqlStateOf(error);
  return sqlState !== undefined && !CONNECTION_CLASSES.some((start) => sqlState.startsWith(start));
}

// Prisma puts the whole query before the reason; the reason is the last line, and holds no value that was sent.
const wordsOf = (error: unknown): string =>
  error instanceof Error ? (error.message.trim().split('\n').at(-1) ?? error.name) : 'unknown error';
