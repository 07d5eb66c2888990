import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';
import { Failure } from '../core/failure.ts';
import type { Logger } from '../ports/logger.ts';
import { type Address, type ConnectionSettings, type OnSession, openPool } from '../postgres/connection.ts';
import { unavailable, unknownCommit, wasRefused } from './failures.ts';
import { type Prisma, PrismaClient } from './generated/client.ts';
import { type Raw, rawOn, statementName } from './raw.ts';

/** A transaction in progress. */
export type Tx = Prisma.TransactionClient;

/** How much of what others commit meanwhile a transaction sees; what PostgreSQL does by itself unless it is said. */
export interface Isolation {
  readonly isolationLevel?: 'RepeatableRead';
}

/** Limits in milliseconds. A stopped process must not hold a row for long, and a dead network must not hold us. */
export interface Limits {
  /** Waiting for a connection, a free one in the pool included. */
  readonly connectMs: number;
  /** One statement, in the server. */
  readonly statementMs: number;
  /** A transaction that sends nothing. Shorter than a statement: who waits for its row still gets it. */
  readonly idleInTransactionMs: number;
  /** A connection on which nothing is heard. Longer than a statement. */
  readonly silenceMs: number;
}

/** What production runs with. */
export const LIMITS: Limits = { connectMs: 5_000, statementMs: 10_000, idleInTransactionMs: 5_000, silenceMs: 12_000 };

/** The client, and the three ways to use it; each turns what goes wrong into a `Failure` with the right code. */
export interface Database {
  readonly raw: Raw;
  readonly pool: pg.Pool;
  /** Only looks. Whatever fails, nothing was recorded. */
  read<T>(doing: string, query: (prisma: PrismaClient) => Promise<T>): Promise<T>;
  /** One statement that commits by itself. Where its answer cannot be read, it may have: `COMMIT_UNKNOWN`. */
  write<T>(doing: string, query: (prisma: Tx) => Promise<T>): Promise<T>;
  /**
   * All or nothing. What `work` throws comes out as it is, with nothing recorded; only the commit's own lost answer is
   * `COMMIT_UNKNOWN`.
   */
  transaction<T>(doing: string, work: (tx: Tx) => Promise<T>, how?: Isolation): Promise<T>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly address: Address;
  readonly logger: Logger;
  readonly onSession: OnSession;
  /** Connections of the pool, 10 by default. */
  readonly connections?: number | undefined;
  readonly limits?: Partial<Limits> | undefined;
}

/** Opens nothing yet: the first statement connects. */
export function openDatabase({ address, logger, onSession, connections = 10, limits }: DatabaseOptions): Database {
  const within = { ...LIMITS, ...limits };
  const pool = openPool({
    ...sessionsOf(address, within),
    name: 'breakglass',
    max: connections,
    idleMs: within.silenceMs - 2_000,
    onSession,
    onIdleLost: (error) => logger.warn({ error: error.message }, 'an idle database connection was lost'),
  });
  const adapter = new PrismaPg(pool, { statementNameGenerator: ({ sql }) => statementName(sql) });
  const prisma = new PrismaClient({ adapter });
  // Prisma counts from the outside: waiting for a connection, then all statements of the transaction.
  const timing = { maxWait: within.connectMs + 1_000, timeout: within.statementMs * 2 };

  return {
    raw: rawOn(pool, timing.timeout),
    pool,
    async read(doing, query) {
      try {
        return await query(prisma);
      } catch (error) {
        throw unavailable(doing, error);
      }
    },
    async write(doing, query) {
      try {
        return await query(prisma);
      } catch (error) {
        throw wasRefused(error) || neverSent(error) ? unavailable(doing, error) : unknownCommit(doing, error);
      }
    },
    async transaction(doing, work, how = {}) {
      let committing = false;
      let thrown: { readonly error: unknown } | undefined;
      try {
        return await prisma.$transaction(
          async (tx) => {
            try {
              const result = await work(tx);
              committing = true;
              return result;
            } catch (error) {
              thrown = { error };
              throw error;
            }
          },
          { ...timing, ...how },
        );
      } catch (error) {
        if (thrown !== undefined) throw isDatabaseError(thrown.error) ? unavailable(doing, thrown.error) : thrown.error;
        throw committing && !wasRefused(error) ? unknownCommit(doing, error) : unavailable(doing, error);
      }
    },
    async close() {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}

/** What the sessions of an address are told, and how they are found. */
export function sessionsOf(
  address: Address,
  { connectMs, statementMs, idleInTransactionMs, silenceMs }: Limits,
): Omit<ConnectionSettings, 'name'> {
  const needs = { schema: 'public', statementMs, idleInTransactionMs, idleSessionMs: 0 } as const;
  return { address, needs, connectMs, silenceMs };
}

const isDatabaseError = (error: unknown): boolean =>
  error instanceof Error &&
  (error.name.startsWith('PrismaClient') || error.name === 'DriverAdapterError' || lost(error));

const lost = (error: Error): boolean =>
  /^(Connection terminated|the database was silent|Client (has encountered|was closed)|Query read timeout)|ECONNRESET|EPIPE/.test(
    error.message,
  );

/** No connection was had, so no statement was sent. */
function neverSent(error: unknown): boolean {
  // A Failure that comes out whole is of whoever read the answer.
  if (!(error instanceof Error) || error instanceof Failure) return false;
  const { code } = error as { code?: unknown };
  return (
    // A Failure of the connection's own, which Prisma takes apart but for its code.
    code === 'STORE_UNAVAILABLE' ||
    code === 'P1001' ||
    code === 'ECONNREFUSED' ||
    /timeout exceeded when trying to connect|due to connection timeout|Can't reach/.test(error.message)
  );
}
