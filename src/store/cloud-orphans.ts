import type { Cloud } from '../core/policy/directory.ts';
import type { CloudMemory, KnownOrphan, Orphan } from '../ports/cloud-memory.ts';
import type { Shift } from './append.ts';
import { appendSystem } from './cloud-listings.ts';
import type { Database } from './database.ts';
import { Prisma } from './generated/client.ts';
import { toJsonText } from './row-codec.ts';

type Orphans = Pick<
  CloudMemory,
  | 'orphans'
  | 'unsettled'
  | 'settle'
  | 'failOrphan'
  | 'dropOrphan'
  | 'pendingNotifications'
  | 'notifiedStopped'
  | 'notifiedAccount'
  | 'notifiedOrphans'
>;

interface OrphanRecord {
  readonly provider: Cloud;
  readonly account: string;
  readonly name: string;
  readonly id: string;
  readonly installationId: string | null;
  readonly grantId: string | null;
  readonly ours: boolean;
  readonly wasOpen: boolean;
  readonly failures: number;
  readonly why: string | null;
  readonly settled: boolean;
  readonly listed: boolean;
}

const orphanOf = ({ installationId, grantId, why, ...rest }: OrphanRecord): KnownOrphan => ({
  ...rest,
  installationId: installationId ?? undefined,
  grantId: grantId ?? undefined,
  why: why ?? undefined,
});

const SELECT = Prisma.sql`
  SELECT s."provider", s."account", s."name", s."object_id" AS "id", s."installation_id" AS "installationId", s."grant_id" AS "grantId", s."ours",
    s."was_open" AS "wasOpen", s."failures", s."why", s."settled_at" IS NOT NULL AS "settled", a."done" AS "listed"
  FROM "cloud_orphans" AS s JOIN "cloud_accounts" AS a ON a."provider" = s."provider" AND a."account" = s."account"`;

const isIt = ({ provider, account, name }: Orphan) =>
  Prisma.sql`"provider" = ${provider} AND "account" = ${account} AND "name" = ${name}`;

/** What no row explains, and what the security channel knows of it. */
export function cloudOrphans(database: Database, shift: Shift): Orphans {
  return {
    orphans: ({ provider, account }, names) =>
      database.read(`read what is known of account ${account}`, async (prisma) => {
        const found = await prisma.$queryRaw<OrphanRecord[]>`${SELECT}
          WHERE s."provider" = ${provider} AND s."account" = ${account} AND s."name" = ANY(${names}::text[])`;
        return found.map(orphanOf);
      }),
    unsettled: (places, limit) =>
      database.read('read what is to be closed', async (prisma) => {
        const found = await prisma.$queryRaw<OrphanRecord[]>`${SELECT}
          WHERE s."ours" AND s."settled_at" IS NULL AND s."seen_at" >= a."since"
            AND EXISTS (SELECT 1 FROM jsonb_to_recordset(${toJsonText(places)}::jsonb) AS p ("provider" text, "account" text)
              WHERE p."provider" = s."provider" AND p."account" = s."account")
          ORDER BY s."found_at", s."provider", s."account", s."name" LIMIT ${limit}`;
        return found.map(orphanOf);
      }),
    settle: (orphan, event, now) =>
      database.transaction(`settle ${orphan.name}`, async (tx) => {
        const settled = await tx.$executeRaw`
          UPDATE "cloud_orphans" SET "settled_at" = ${now.toISOString()}::timestamptz, "failures" = 0, "why" = NULL
          WHERE ${isIt(orphan)} AND "settled_at" IS NULL`;
        if (settled > 0) await appendSystem(tx, shift, [event]);
      }),
    failOrphan: (orphan, why, event) =>
      database.transaction(`note that ${orphan.name} was not closed`, async (tx) => {
        const [row] = await tx.$queryRaw<{ readonly failures: number }[]>`
          UPDATE "cloud_orphans" SET "failures" = "failures" + 1, "why" = ${why} WHERE ${isIt(orphan)} RETURNING "failures"`;
        if (row?.failures === 1) await appendSystem(tx, shift, [event]);
      }),
    dropOrphan: (orphan) =>
      database.write(`forget ${orphan.name}`, async (prisma) => {
        await prisma.$executeRaw`DELETE FROM "cloud_orphans" WHERE ${isIt(orphan)} AND "settled_at" IS NULL`;
      }),
    pendingNotifications: (limit, notifyAt) =>
      database.read('read what was not told yet', async (prisma) => {
        const [round] = await prisma.$queryRaw<{ readonly stopped: boolean }[]>`
          SELECT "stopped_at" IS NOT NULL AND NOT "notified" AS "stopped" FROM "cloud_rounds"`;
        const accounts = await prisma.$queryRaw<{ provider: Cloud; account: string; why: string }[]>`
          SELECT "provider", "account", "why" FROM "cloud_accounts" WHERE "failures" >= ${notifyAt} AND NOT "notified"
          ORDER BY "account" LIMIT ${limit}`;
        const orphans = await prisma.$queryRaw<OrphanRecord[]>`${SELECT}
          WHERE (s."settled_at" IS NOT NULL AND s."notified" IS DISTINCT FROM 'settled')
            OR (s."settled_at" IS NULL AND s."failures" > 0 AND s."notified" IS DISTINCT FROM 'failed')
          ORDER BY s."account", s."name" LIMIT ${limit}`;
        return { stopped: round?.stopped ?? false, accounts, orphans: orphans.map(orphanOf) };
      }),
    notifiedStopped: () =>
      database.write('note that the stop was told', async (prisma) => {
        await prisma.$executeRaw`UPDATE "cloud_rounds" SET "notified" = TRUE WHERE "stopped_at" IS NOT NULL`;
      }),
    notifiedAccount: ({ provider, account }) =>
      database.write(`note that account ${account} was told of`, async (prisma) => {
        await prisma.$executeRaw`
          UPDATE "cloud_accounts" SET "notified" = TRUE WHERE "provider" = ${provider} AND "account" = ${account}`;
      }),
    // Only what was said, of the object it was said of: one that was settled meanwhile is told of once more.
    notifiedOrphans: (orphans) =>
      database.write('note what was told', async (prisma) => {
        await prisma.$executeRaw`
          UPDATE "cloud_orphans" AS s SET "notified" = CASE WHEN t."settled" THEN 'settled' ELSE 'failed' END
          FROM jsonb_to_recordset(${toJsonText(orphans)}::jsonb) AS t (
            "provider" text, "account" text, "name" text, "id" text, "settled" boolean)
          WHERE s."provider" = t."provider" AND s."account" = t."account" AND s."name" = t."name"
            AND s."object_id" = t."id"`;
      }),
  };
}
