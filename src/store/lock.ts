import type pg from 'pg';
import { Failure } from '../core/failure.ts';
import type { Logger } from '../ports/logger.ts';
import type { Store } from '../ports/store.ts';
import { type Address, type OnSession, openPool } from '../postgres/connection.ts';
import { LIMITS, sessionsOf } from './database.ts';
import { wholeOf } from './decode.ts';
import { sqlStateOf, unavailable } from './failures.ts';
import { connected } from './raw.ts';

/** Milliseconds. The heartbeat must fit several times into the time after which the server lets go of a silent holder. */
export interface LockTimes {
  /** A holder that is not heard for this long loses its connection, and the lock with it. */
  readonly idleMs: number;
  readonly heartbeatMs: number;
}
const TIMES: LockTimes = { idleMs: 60_000, heartbeatMs: 15_000 };

/** How many locks one process holds at once. */
const HELD_MAX = 30;
/** One wait in the server is shorter than the silence after which a connection counts as dead. */
const SLICE_MS = 4_000;
const LOCK_NOT_AVAILABLE = '55P03';

export interface LockOptions {
  readonly address: Address;
  readonly logger: Logger;
  readonly onSession?: OnSession | undefined;
  readonly times?: Partial<LockTimes> | undefined;
}

export interface Locks {
  readonly withLock: Store['withLock'];
  close(): Promise<void>;
}

/**
 * Named locks that a dead or stopped process loses: advisory locks, each on a connection of its own, which the server
 * ends when it hears nothing. @see https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-IDLE-SESSION-TIMEOUT
 */
export function openLocks({ address, logger, onSession, times }: LockOptions): Locks {
  const { idleMs, heartbeatMs } = { ...TIMES, ...times };
  const { needs, ...sessions } = sessionsOf(address, { ...LIMITS, silenceMs: idleMs });
  const pool = openPool({
    ...sessions,
    needs: { ...needs, idleSessionMs: idleMs },
    name: 'breakglass lock',
    max: HELD_MAX,
    idleMs: Math.min(10_000, idleMs / 2),
    onSession,
    onIdleLost: (error) => logger.warn({ error: error.message }, 'an idle lock connection was lost'),
  });

  return {
    async withLock(name, waitMs, work) {
      const connection = await connected(pool).catch((error: unknown) => {
        throw unavailable(`lock ${name}`, error);
      });
      const lost = new AbortController();
      const lose = (why: string) => lost.abort(new Failure('STORE_UNAVAILABLE', `lock ${name} was lost: ${why}`));
      const onError = (error: Error) => lose(error.message);
      const onEnd = () => lose('its connection ended');
      connection.on('error', onError).on('end', onEnd);
      let clean = false;
      try {
        const session = await obtained(connection, name, waitMs);
        if (session === undefined) {
          clean = true;
          return undefined;
        }
        const beating = beat(connection, session, heartbeatMs, lose);
        try {
          return { value: await work(lost.signal) };
        } finally {
          clearInterval(beating);
          clean = await released(connection, name);
        }
      } finally {
        connection.off('error', onError).off('end', onEnd);
        // Closing the connection lets go of whatever it still holds.
        connection.release(!clean || lost.signal.aborted);
      }
    },
    close: () => pool.end(),
  };
}

/** Tries at once, then waits in the server, in slices. The process of the session that holds it, or undefined. */
async function obtained(connection: pg.PoolClient, name: string, waitMs: number): Promise<number | undefined> {
  const until = performance.now() + waitMs;
  try {
    const tried = await connection.query(
      'SELECT pg_try_advisory_lock(hashtextextended($1, 1)) AS "got", pg_backend_pid() AS "session"',
      [name],
    );
    if (tried.rows[0]?.got === true) return wholeOf(tried.rows[0].session, `lock ${name}`);
    for (let left = waitMs; left >= 1; left = until - performance.now()) {
      await connection.query(`SELECT set_config('lock_timeout', $1, false)`, [
        `${Math.ceil(Math.min(left, SLICE_MS))}ms`,
      ]);
      const session = await waited(connection, name);
      if (session !== undefined) return session;
    }
    return undefined;
  } catch (error) {
    throw unavailable(`lock ${name}`, error);
  }
}

async function waited(connection: pg.PoolClient, name: string): Promise<number | undefined> {
  try {
    const { rows } = await connection.query(
      'SELECT pg_advisory_lock(hashtextextended($1, 1)), pg_backend_pid() AS "session"',
      [name],
    );
    return wholeOf(rows[0]?.session, `lock ${name}`);
  } catch (error) {
    if (sqlStateOf(error) === LOCK_NOT_AVAILABLE) return undefined;
    throw error;
  }
}

/**
 * Says something now and then. A heartbeat without an answer by the next one, or answered by another session than the one
 * that holds it, means that the lock cannot be relied on.
 */
function beat(
  connection: pg.PoolClient,
  session: number,
  everyMs: number,
  lose: (why: string) => void,
): NodeJS.Timeout {
  let waiting = false;
  return setInterval(() => {
    if (waiting) return lose('the database does not answer');
    waiting = true;
    connection.query('SELECT pg_backend_pid() AS "session"').then(
      ({ rows }) => {
        waiting = false;
        if (rows[0]?.session !== session) lose('another session answers');
      },
      (error: Error) => lose(error.message),
    );
  }, everyMs);
}

async function released(connection: pg.PoolClient, name: string): Promise<boolean> {
  try {
    const { rows } = await connection.query('SELECT pg_advisory_unlock(hashtextextended($1, 1)) AS "was"', [name]);
    return rows[0]?.was === true;
  } catch {
    // The caller closes the connection, which lets go all the same.
    return false;
  }
}
