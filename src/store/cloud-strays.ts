import type { CloudMemory, KnownStray, Stray } from '../ports/cloud-memory.ts';
import type { Shift } from './append.ts';
import { appendSystem } from './cloud-listings.ts';
import type { Database } from './database.ts';
import { Prisma } from './generated/client.ts';
import { toJsonText } from './row-codec.ts';

type Strays = Pick<
  CloudMemory,
  | 'strays'
  | 'unsettled'
  | 'settle'
  | 'failStray'
  | 'dropStray'
  | 'untold'
  | 'toldStopped'
  | 'toldAccount'
  | 'toldStrays'
>;

interface StrayRecord {
  readonly provider: 'aws';
  readonly account: string;
  readonly name: string;
  readonly id: string;
  readonly mark: string | null;
  readonly grantId: string | null;
  readonly ours: boolean;
  readonly wasOpen: boolean;
  readonly failures: number;
  readonly why: string | null;
  readonly settled: boolean;
  readonly listed: boolean;
}

const strayOf = ({ mark, grantId, why, ...rest }: StrayRecord): KnownStray => ({
  ...rest,
  mark: mark ?? undefined,
  grantId: grantId ?? undefined,
  why: why ?? undefined,
});

const SELECT = Prisma.sql`
  SELECT s."provider", s."account", s."name", s."object_id" AS "id", s."mark", s."grant_id" AS "grantId", s."ours",
    s."was_open" AS "wasOpen", s."failures", s."why", s."settled_at" IS NOT NULL AS "settled", a."done" AS "listed"
  FROM "cloud_strays" AS s JOIN "cloud_accounts" AS a ON a."provider" = s."provider" AND a."account" = s."account"`;

const isIt = ({ provider, account, name }: Stray) =>
  Prisma.sql`"provider" = ${provider} AND "account" = ${account} AND "name" = ${name}`;

/** What no row explains, and what the security channel knows of it. */
export function cloudStrays(database: Database, shift: Shift): Strays {
  return {
    strays: ({ provider, account }, names) =>
      database.read(`read what is known of account ${account}`, async (prisma) => {
        const found = await prisma.$queryRaw<StrayRecord[]>`${SELECT}
          WHERE s."provider" = ${provider} AND s."account" = ${account} AND s."name" = ANY(${names}::text[])`;
        return found.map(strayOf);
      }),
    unsettled: (accounts, limit) =>
      database.read('read what is to be closed', async (prisma) => {
        const found = await prisma.$queryRaw<StrayRecord[]>`${SELECT}
          WHERE s."ours" AND s."settled_at" IS NULL AND s."seen_at" >= a."since"
            AND s."account" = ANY(${accounts}::text[])
          ORDER BY s."found_at", s."account", s."name" LIMIT ${limit}`;
        return found.map(strayOf);
      }),
    settle: (stray, event, now) =>
      database.transaction(`settle ${stray.name}`, async (tx) => {
        const settled = await tx.$executeRaw`
          UPDATE "cloud_strays" SET "settled_at" = ${now.toISOString()}::timestamptz, "failures" = 0, "why" = NULL
          WHERE ${isIt(stray)} AND "settled_at" IS NULL`;
        if (settled > 0) await appendSystem(tx, shift, [event]);
      }),
    failStray: (stray, why, event) =>
      database.transaction(`note that ${stray.name} was not closed`, async (tx) => {
        const [row] = await tx.$queryRaw<{ readonly failures: number }[]>`
          UPDATE "cloud_strays" SET "failures" = "failures" + 1, "why" = ${why} WHERE ${isIt(stray)} RETURNING "failures"`;
        if (row?.failures === 1) await appendSystem(tx, shift, [event]);
      }),
    dropStray: (stray) =>
      database.write(`forget ${stray.name}`, async (prisma) => {
        await prisma.$executeRaw`DELETE FROM "cloud_strays" WHERE ${isIt(stray)} AND "settled_at" IS NULL`;
      }),
    untold: (limit, tellAt) =>
      database.read('read what was not told yet', async (prisma) => {
        const [round] = await prisma.$queryRaw<{ readonly stopped: boolean }[]>`
          SELECT "stopped_at" IS NOT NULL AND NOT "told" AS "stopped" FROM "cloud_rounds"`;
        const accounts = await prisma.$queryRaw<{ provider: 'aws'; account: string; why: string }[]>`
          SELECT "provider", "account", "why" FROM "cloud_accounts" WHERE "failures" >= ${tellAt} AND NOT "told"
          ORDER BY "account" LIMIT ${limit}`;
        const strays = await prisma.$queryRaw<StrayRecord[]>`${SELECT}
          WHERE (s."settled_at" IS NOT NULL AND s."told" IS DISTINCT FROM 'settled')
            OR (s."settled_at" IS NULL AND s."failures" > 0 AND s."told" IS DISTINCT FROM 'failed')
          ORDER BY s."account", s."name" LIMIT ${limit}`;
        return { stopped: round?.stopped ?? false, accounts, strays: strays.map(strayOf) };
      }),
    toldStopped: () =>
      database.write('note that the stop was told', async (prisma) => {
        await prisma.$executeRaw`UPDATE "cloud_rounds" SET "told" = TRUE WHERE "stopped_at" IS NOT NULL`;
      }),
    toldAccount: ({ provider, account }) =>
      database.write(`note that account ${account} was told of`, async (prisma) => {
        await prisma.$executeRaw`
          UPDATE "cloud_accounts" SET "told" = TRUE WHERE "provider" = ${provider} AND "account" = ${account}`;
      }),
    // Only what was said, of the object it was said of: one that was settled meanwhile is told of once more.
    toldStrays: (strays) =>
      database.write('note what was told', async (prisma) => {
        await prisma.$executeRaw`
          UPDATE "cloud_strays" AS s SET "told" = CASE WHEN t."settled" THEN 'settled' ELSE 'failed' END
          FROM jsonb_to_recordset(${toJsonText(strays)}::jsonb) AS t (
            "provider" text, "account" text, "name" text, "id" text, "settled" boolean)
          WHERE s."provider" = t."provider" AND s."account" = t."account" AND s."name" = t."name"
            AND s."object_id" = t."id"`;
      }),
  };
}
