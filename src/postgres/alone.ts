import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { type ConnectionSettings, connect } from './connection.ts';
import type { Session } from './session.ts';

/**
 * Which of two sessions each statement goes to. No pattern that a pool could follow by chance: not the one after the
 * other, nor pairs, nor halves.
 */
const TURNS = [0, 1, 1, 0, 1, 0, 0, 0, 1, 1, 1, 0, 1, 1, 0, 0, 1, 0] as const;

const MARK = `SELECT pg_catalog.set_config('breakglass.session', $1, false)`;
const WHO = `SELECT pg_catalog.pg_backend_pid() AS "pid", pg_catalog.current_setting('breakglass.session', true) AS "mark"`;

/**
 * Where something answers in PostgreSQL's place (`Session.isDirect` is false): are sessions ours alone all the same? It may
 * give each client one of its own until it leaves (a proxy, a pooler in session mode), or lend one for each transaction:
 * then, in turns on two new connections, the same session answers on both, or another one on the same. Rejects when two
 * could not be had.
 */
export async function areOursAlone(settings: ConnectionSettings): Promise<boolean> {
  const sessions: Session[] = [];
  const clients: pg.Client[] = [];
  const open = async () => {
    const client = await connect({ ...settings, onSession: (session) => sessions.push(session) });
    clients.push(client);
    return client;
  };
  try {
    const pair = [await open(), await open()] as const;
    // One that PostgreSQL itself answers says nothing of the others.
    return sessions.every(({ isDirect }) => !isDirect) && (await answerApart(pair));
  } finally {
    for (const client of clients) client.end().catch(() => undefined);
  }
}

async function answerApart(clients: readonly [pg.Client, pg.Client]): Promise<boolean> {
  const marks = [randomUUID(), randomUUID()] as const;
  const pids: [number | undefined, number | undefined] = [undefined, undefined];
  await clients[0].query(MARK, [marks[0]]);
  await clients[1].query(MARK, [marks[1]]);
  for (const turn of TURNS) {
    const { rows } = await clients[turn].query<{ readonly pid: number; readonly mark: string | null }>(WHO);
    const [found] = rows;
    if (found === undefined || found.mark !== marks[turn]) return false;
    pids[turn] ??= found.pid;
    if (pids[turn] !== found.pid) return false;
  }
  return pids[0] !== pids[1];
}
