import { types } from 'node:util';
import type pg from 'pg';
import { judgedSettings, type SessionNeeds, sessionSettings, wrongSettings } from './settings.ts';

/** What was read back of one session. */
export interface Session {
  /** What is not as we need it, in words; empty when all is. */
  readonly problems: readonly string[];
  /**
   * PostgreSQL itself answers on this connection: the process that greeted us is the one that runs our statements. A
   * pooler or proxy greets with a number of its own. @see https://www.postgresql.org/docs/current/protocol-flow.html
   */
  readonly isDirect: boolean;
}

// By their full names: until the path is ours, a name could mean anything.
const SET = `
  SELECT pg_catalog.set_config(w.name, CASE
      WHEN w.name OPERATOR(pg_catalog.=) 'synchronous_commit'
        AND pg_catalog.current_setting(w.name) OPERATOR(pg_catalog.=) 'remote_apply' THEN 'remote_apply'
      ELSE w.value END, false)
  FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) AS w (name, value)
  WHERE pg_catalog.current_setting(w.name, true) IS NOT NULL`;
const OWN_ROLE = `SELECT pg_catalog.set_config('role', 'none', false)`;
const LOOK = `
  SELECT pg_catalog.pg_backend_pid() AS "pid", pg_catalog.pg_is_in_recovery() AS "isReplica",
    pg_catalog.clock_timestamp() AS "now", CURRENT_USER OPERATOR(pg_catalog.=) SESSION_USER AS "isOwnRole",
    (SELECT pg_catalog.json_object_agg(s.name, s.setting) FROM pg_catalog.pg_settings AS s
      WHERE s.name OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[])) AS "settings"`;

interface Looked {
  readonly pid: number;
  readonly isReplica: boolean;
  readonly now: unknown;
  readonly isOwnRole: boolean;
  readonly settings: Readonly<Record<string, string>> | null;
}

/**
 * Makes a new session ours: sets what it must be told, after whatever anybody preset, and reads it back. What PostgreSQL
 * will not let us set shows in what is read back. Rejects as the driver does when it cannot be asked.
 */
export async function prepareSession(client: pg.ClientBase, needs: SessionNeeds): Promise<Session> {
  const settings = Object.entries(sessionSettings(needs));
  const set = (some: typeof settings) =>
    heeded(client.query(SET, [some.map(([name]) => name), some.map(([, value]) => value)]));
  await heeded(client.query(OWN_ROLE));
  // One that is refused must not keep the others from being set.
  if (!(await set(settings))) for (const one of settings) await set([one]);
  return lookAtSession(client, needs);
}

/** Reads back what a session is now. Rejects as the driver does when it cannot be asked. */
export async function lookAtSession(client: pg.ClientBase, needs: SessionNeeds): Promise<Session> {
  const { rows } = await client.query<Looked>(LOOK, [judgedSettings(needs)]);
  const [found] = rows;
  if (found === undefined) throw new Error('the look at the session was answered with nothing');
  const { pid, isReplica, now, isOwnRole, settings } = found;
  return {
    isDirect: greetedBy(client) === pid,
    problems: [
      ...wrongSettings(needs, settings ?? {}),
      ...(types.isDate(now) && Number.isFinite(now.getTime()) ? [] : ['its clock shows no date that can be read']),
      ...(isOwnRole ? [] : ['it acts as another role than the one that signed in']),
      ...(isReplica ? ['it is a replica, which lags behind and takes no changes'] : []),
    ],
  };
}

/** The process that said hello, as the protocol names it; the driver keeps it, and its types do not say so. */
function greetedBy(client: pg.ClientBase): unknown {
  return 'processID' in client ? client.processID : undefined;
}

/** False where PostgreSQL refused: what is read back then says what is there. Rejects where the connection is lost. */
async function heeded(asked: Promise<unknown>): Promise<boolean> {
  try {
    await asked;
    return true;
  } catch (error) {
    // PostgreSQL's own, in whatever language; if it ended the session too, the next statement says so.
    if (error instanceof Error && 'severity' in error) return false;
    throw error;
  }
}
