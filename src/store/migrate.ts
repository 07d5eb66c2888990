import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type pg from 'pg';
import { Failure } from '../core/failure.ts';
import { areOursAlone } from '../postgres/alone.ts';
import { connect, poolerWords, sessionWords } from '../postgres/connection.ts';
import type { Session } from '../postgres/session.ts';
import { unavailable } from './failures.ts';

/** Prisma's own key, so that `prisma migrate deploy` and this never run at the same time. */
const PRISMA_LOCK = 72707369;
const MIGRATIONS = new URL('../../prisma/migrations/', import.meta.url);

/** Prisma's table, as its own engine makes it. */
const LEDGER = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" VARCHAR(36) PRIMARY KEY NOT NULL,
  "checksum" VARCHAR(64) NOT NULL,
  "finished_at" TIMESTAMPTZ,
  "migration_name" VARCHAR(255) NOT NULL,
  "logs" TEXT,
  "rolled_back_at" TIMESTAMPTZ,
  "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "applied_steps_count" INTEGER NOT NULL DEFAULT 0
)`;

export interface MigrateOptions {
  /** Address with the role that owns the tables: used here and nowhere else. */
  readonly ownerUrl: string;
  /** Address that the app will use; its role gets its rights here. */
  readonly appUrl: string;
  /** Address that the sealer will use, where there is one; its role gets its rights here. */
  readonly sealUrl?: string | undefined;
  readonly log: (line: string) => void;
}

/**
 * Brings a database up to date: our tables, BullMQ's, and what app and sealer may do. May be run again at any time, and by
 * two at once; each migration is one transaction. Rejects with an `Error` whose message says what to do.
 */
export async function migrate({
  ownerUrl,
  appUrl,
  sealUrl,
  log,
}: MigrateOptions): Promise<{ readonly applied: readonly string[] }> {
  const app = loginOf('DATABASE_URL', appUrl);
  const sealer = sealUrl === undefined ? undefined : loginOf('SEAL_DATABASE_URL', sealUrl);
  if (sealer?.role === app.role) {
    throw new Error('SEAL_DATABASE_URL must name another role than DATABASE_URL: the app may not sign its own log.');
  }
  const owner = await connectOwner(ownerUrl);
  try {
    await owner.query('SELECT pg_advisory_lock($1)', [PRISMA_LOCK]);
    await ensureRole(owner, app, log);
    if (sealer !== undefined) await ensureRole(owner, sealer, log);
    const applied = await applyMigrations(owner, log);
    const { runMigrations } = await import('bullmq');
    await runMigrations(owner, 'bullmq');
    const rights = [
      ...rightsOf(owner.escapeIdentifier(app.role)),
      ...(sealer === undefined ? [] : sealRightsOf(owner.escapeIdentifier(sealer.role))),
    ];
    await inOneTransaction(owner, async () => {
      // All at once: who runs meanwhile never finds its rights gone.
      for (const statement of rights) await owner.query(statement);
    });
    log(applied.length === 0 ? 'The database is up to date.' : `Applied ${applied.length} migration(s).`);
    return { applied };
  } finally {
    await owner.end();
  }
}

/** How long a server may take to answer, in milliseconds. */
const CONNECT_MS = 30_000;
const NEEDS = { schema: 'public', statementMs: 0, idleInTransactionMs: 0, idleSessionMs: 0 } as const;

/** A session of the owner's that is ours alone, with what we set. Rejects with a `Failure` that says what is wrong with it. */
async function connectOwner(url: string): Promise<pg.Client> {
  const address = { url, setting: 'DATABASE_OWNER_URL' };
  const settings = { address, needs: NEEDS, connectMs: CONNECT_MS, name: 'breakglass migrate' };
  const found: Session[] = [];
  // Also where the URL names a file that cannot be read, nothing is said but a sentence.
  const owner = await connect({ ...settings, onSession: (session) => found.push(session) }).catch((error: unknown) => {
    throw unavailable('connecting as the owner of the tables', error);
  });
  try {
    const isAlone = found.every(({ isDirect }) => isDirect) || (await areOursAlone(settings));
    if (!isAlone) throw new Failure('STORE_UNAVAILABLE', poolerWords(address));
    const problems = found.flatMap((session) => session.problems.map((problem) => sessionWords(address, problem)));
    if (problems.length > 0) throw new Failure('STORE_UNAVAILABLE', problems.join('\n'));
    return owner;
  } catch (error) {
    await owner.end();
    throw error;
  }
}

interface Login {
  readonly setting: string;
  readonly role: string;
  readonly password: string;
}

function loginOf(setting: string, address: string): Login {
  // Said here, because the error of `new URL` carries the address with its password.
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url?.hostname) throw new Error(`${setting} is not like postgresql://user:password@host/database.`);
  return { setting, role: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
}

/** Another role than the owner's, always: who owns the tables could rewrite the log. */
async function ensureRole(
  owner: pg.Client,
  { setting, role, password }: Login,
  log: (line: string) => void,
): Promise<void> {
  const { rows } = await owner.query<{ me: boolean; exists: boolean; may: boolean }>(
    `SELECT current_user = $1 AS "me", EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS "exists",
       (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user) AS "may"`,
    [role],
  );
  const [found] = rows;
  if (role === '' || found?.me === true) {
    throw new Error(`${setting} must name another role than DATABASE_OWNER_URL: only \`migrate\` may own the log.`);
  }
  if (found?.exists === true) return;
  const name = owner.escapeIdentifier(role);
  if (found?.may !== true) {
    throw new Error(
      `Role ${role} does not exist and this owner may not create it. Run: CREATE ROLE ${name} LOGIN PASSWORD '…';`,
    );
  }
  await owner.query(`CREATE ROLE ${name} LOGIN PASSWORD ${owner.escapeLiteral(password)}`);
  log(`Created role ${role}.`);
}

async function applyMigrations(owner: pg.Client, log: (line: string) => void): Promise<readonly string[]> {
  await owner.query(LEDGER);
  const { rows } = await owner.query<{ migration_name: string; checksum: string; finished: boolean }>(
    `SELECT "migration_name", "checksum", "finished_at" IS NOT NULL AS "finished"
     FROM "_prisma_migrations" WHERE "rolled_back_at" IS NULL`,
  );
  const applied: string[] = [];
  for (const { name, sql, checksum } of await readMigrations()) {
    const before = rows.find(({ migration_name }) => migration_name === name);
    if (before === undefined) {
      log(`Applying ${name}.`);
      await applyOne(owner, name, sql, checksum);
      applied.push(name);
    } else if (!before.finished) {
      throw new Error(
        `Migration ${name} was begun and not finished: restore the database, or see \`prisma migrate resolve\`.`,
      );
    } else if (before.checksum !== checksum) {
      throw new Error(`Migration ${name} was edited after it was applied: install the version that applied it.`);
    }
  }
  return applied;
}

/** Every migration, oldest first, with Prisma's checksum: SHA-256 of the file. */
export async function readMigrations(): Promise<readonly { name: string; sql: string; checksum: string }[]> {
  const names = (await readdir(MIGRATIONS)).filter((name) => /^\d{14}_/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(`${name}/migration.sql`, MIGRATIONS), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

async function applyOne(owner: pg.Client, name: string, sql: string, checksum: string): Promise<void> {
  await inOneTransaction(owner, async () => {
    await owner.query(sql);
    await owner.query(
      `INSERT INTO "_prisma_migrations" ("id", "checksum", "migration_name", "finished_at", "applied_steps_count")
       VALUES ($1, $2, $3, clock_timestamp(), 1)`,
      [randomUUID(), checksum, name],
    );
  });
}

async function inOneTransaction(owner: pg.Client, work: () => Promise<void>): Promise<void> {
  await owner.query('BEGIN');
  try {
    await work();
    await owner.query('COMMIT');
  } catch (error) {
    await owner.query('ROLLBACK');
    throw error;
  }
}

/** All that the app may do. Taken away first, so that a right given by hand does not stay. */
const rightsOf = (app: string): readonly string[] => [
  `REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${app}`,
  `REVOKE ALL ON SCHEMA public FROM PUBLIC, ${app}`,
  `GRANT USAGE ON SCHEMA public TO ${app}`,
  `GRANT SELECT, INSERT ON "events", "policies" TO ${app}`,
  `GRANT SELECT ON "checkpoints", "checkpoint_leaves" TO ${app}`,
  `GRANT SELECT, INSERT, UPDATE ON "requests", "grants", "messages", "forms", "troubles", "chat_identities", "sweeps", "news" TO ${app}`,
  `GRANT SELECT, UPDATE ON "installation" TO ${app}`,
  // The row goes when the freeze is lifted; its history is in the events.
  `GRANT SELECT, INSERT, UPDATE, DELETE ON "freeze" TO ${app}`,
  `GRANT SELECT, INSERT, UPDATE, DELETE ON "cloud_rounds", "cloud_accounts", "cloud_orphans", "cloud_sightings" TO ${app}`,
  // BullMQ checks its schema as the app, and wants CREATE there to be satisfied.
  `GRANT USAGE, CREATE ON SCHEMA bullmq TO ${app}`,
  `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA bullmq TO ${app}`,
  // Each queue makes a sequence of its own as the app, which owns it: those need no grant, and we may give none.
  `DO $$ DECLARE own text; BEGIN
     FOR own IN SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences
       WHERE schemaname = 'bullmq' AND sequenceowner = current_user
     LOOP EXECUTE 'GRANT USAGE, SELECT ON SEQUENCE ' || own || ' TO ${app}'; END LOOP;
   END $$`,
  `GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA bullmq TO ${app}`,
  `ALTER DEFAULT PRIVILEGES IN SCHEMA bullmq GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${app}`,
  `ALTER DEFAULT PRIVILEGES IN SCHEMA bullmq GRANT USAGE, SELECT ON SEQUENCES TO ${app}`,
  `ALTER DEFAULT PRIVILEGES IN SCHEMA bullmq GRANT EXECUTE ON FUNCTIONS TO ${app}`,
];

/** All that the sealer may do: read events and the rows that they explain, add checkpoints, and remember. */
const sealRightsOf = (sealer: string): readonly string[] => [
  `REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${sealer}`,
  `REVOKE ALL ON SCHEMA public FROM ${sealer}`,
  `GRANT USAGE ON SCHEMA public TO ${sealer}`,
  `GRANT SELECT ON "events", "requests", "grants", "policies", "freeze" TO ${sealer}`,
  `GRANT SELECT, INSERT ON "checkpoints", "checkpoint_leaves" TO ${sealer}`,
  `GRANT SELECT, INSERT, UPDATE ON "sealed_heads", "anchor_progress", "explaining_round" TO ${sealer}`,
  `GRANT SELECT, INSERT, DELETE ON "unexplained_rows" TO ${sealer}`,
];
