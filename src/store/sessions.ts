import type pg from 'pg';
import { areOursAlone } from '../postgres/alone.ts';
import { type Address, poolerWords, sessionWords } from '../postgres/connection.ts';
import { lookAtSession, type Session } from '../postgres/session.ts';
import { type Limits, sessionsOf } from './database.ts';
import { unavailable } from './failures.ts';

export interface SessionsOptions {
  readonly address: Address;
  readonly limits: Limits;
  /** Told at once of a new session that is not as it must be, or that nobody knows yet to be ours alone. */
  readonly onDoubt?: ((problems: readonly string[]) => void) | undefined;
}

/** What was found of the sessions of one address, all pools together. */
export interface Sessions {
  /** To be told of every new session. */
  onSession(session: Session, client: pg.ClientBase): void;
  /** As `Store.readBack`; looks at a session of this pool, which are of the schema `public`. */
  readBack(pool: pg.Pool): Promise<readonly string[]>;
}

export function sessionsOn({ address, limits, onDoubt }: SessionsOptions): Sessions {
  const living = new Map<pg.ClientBase, Session>();
  const settings = { ...sessionsOf(address, limits), name: 'breakglass check' };
  // Whether what answers in PostgreSQL's place was found to give each of us a session of our own.
  let isAlone = false;
  const wordsFor = ({ problems, isDirect }: Session): readonly string[] => [
    ...problems.map((problem) => sessionWords(address, problem)),
    ...(isDirect || isAlone ? [] : [poolerWords(address)]),
  ];

  return {
    onSession(session, client) {
      living.set(client, session);
      client.once('end', () => living.delete(client));
      const problems = wordsFor(session);
      if (problems.length > 0) onDoubt?.(problems);
    },
    async readBack(pool) {
      const looked = await lookOn(pool, settings.needs);
      const sessions = [...living.values(), looked];
      if (sessions.some(({ isDirect }) => !isDirect)) {
        isAlone = await areOursAlone(settings).catch((error: unknown) => {
          isAlone = false;
          throw unavailable(`${address.setting}: what answers in PostgreSQL's place gave us no two sessions`, error);
        });
      }
      return [...new Set(sessions.flatMap(wordsFor))];
    },
  };
}

async function lookOn(pool: pg.Pool, needs: Parameters<typeof lookAtSession>[1]): Promise<Session> {
  try {
    const client = await pool.connect();
    try {
      return await lookAtSession(client, needs);
    } finally {
      client.release();
    }
  } catch (error) {
    throw unavailable('read back the database sessions', error);
  }
}
