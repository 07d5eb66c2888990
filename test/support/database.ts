import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { Limits } from '../../src/store/database.ts';
import { until } from './until.ts';

/**
 * Limits of a store for tests that do not wait for one: where many contend, each waits for all before it, and a busy
 * machine may stall longer than production would have patience.
 */
export const PATIENT: Limits = {
  connectMs: 60_000,
  statementMs: 60_000,
  idleInTransactionMs: 50_000,
  silenceMs: 70_000,
};

interface Server {
  readonly adminUrl: string;
  readonly ownerUrl: string;
  readonly appUrl: string;
  readonly sealUrl: string;
  readonly template: string;
}

export interface TestDatabase {
  /** With the role that owns the tables. */
  readonly ownerUrl: string;
  readonly appUrl: string;
  /** With the sealer's role. */
  readonly sealUrl: string;
  /** With the server's superuser, in this database. */
  readonly adminUrl: string;
  drop(): Promise<void>;
}

async function server(): Promise<Server> {
  const desk = process.env.BREAKGLASS_TEST_DATABASES;
  if (desk === undefined) throw new Error('run through Jest: its global set-up provides the databases');
  // Each on a connection of its own: one that is kept may be closed by the time that it is used again.
  const answer = await fetch(desk, { headers: { connection: 'close' } });
  if (!answer.ok) throw new Error(`no test database: ${await answer.text()}`);
  return (await answer.json()) as Server;
}

/**
 * A migrated database of its own, dropped by `drop()`. It is an installation in its own right, unless `copied` leaves
 * it the copy of the template that it is; `template` names what it is made from.
 */
export async function freshDatabase({
  copied = false,
  template,
}: {
  copied?: boolean;
  template?: string;
} = {}): Promise<TestDatabase> {
  const found = await server();
  const name = `test_${randomBytes(6).toString('hex')}`;
  const at = (url: string, database = name) => Object.assign(new URL(url), { pathname: `/${database}` }).href;
  await onceFree(
    found.adminUrl,
    `CREATE DATABASE ${name} TEMPLATE ${template ?? found.template} OWNER breakglass_owner`,
  );
  if (!copied && template === undefined) {
    await withClient(at(found.adminUrl), async (admin) => {
      await admin.query(
        `UPDATE installation SET installation_id = $1, database_oid = d.database_oid FROM database_identity() AS d`,
        [randomBytes(8).toString('hex')],
      );
    });
  }
  return {
    ownerUrl: at(found.ownerUrl),
    appUrl: at(found.appUrl),
    sealUrl: at(found.sealUrl),
    adminUrl: at(found.adminUrl),
    drop: () => onceFree(found.adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

const IN_USE = '55006';

/** The server waits five seconds for others to leave a database; on a busy machine a session may take longer to end. */
const onceFree = (adminUrl: string, sql: string): Promise<void> =>
  until(
    () =>
      withClient(adminUrl, (admin) => admin.query(sql)).then(
        () => true,
        (error: { readonly code?: string }) => {
          if (error.code !== IN_USE) throw error;
          return false;
        },
      ),
    'nobody to use a database',
  );

/** Runs `work` on a connection of its own. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
