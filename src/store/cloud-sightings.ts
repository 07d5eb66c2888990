import { addSeconds } from '../core/request/decision.ts';
import type { CloudMemory, MissingGrant, NamedGrant } from '../ports/cloud-memory.ts';
import type { Database } from './database.ts';
import { instantOf } from './decode.ts';

type Sightings = Pick<
  CloudMemory,
  'planned' | 'unseen' | 'missed' | 'noteRead' | 'expectedObjects' | 'watchedTo' | 'noteWatched'
>;

/** A tombstone is left alone from so long before it may be deleted: one that is gone then is no sign of anybody else. */
const DELETED_SOON_SECONDS = 600;

/** Which rows explain what the clouds hold, and which open access they show. */
export const cloudSightings = (database: Database): Sightings => ({
  planned: ({ provider, account }, names, now) =>
    database.write(`ask which plans stand for names in account ${account}`, async (prisma) => {
      const found = await prisma.$queryRaw<{ readonly name: string }[]>`
        WITH "named" AS (
          SELECT "id", "state", lower("plan" ->> 'name') AS "name" FROM "grants"
          WHERE "account" = ${account} AND lower("plan" ->> 'name') = ANY(${names}::text[])
            AND "plan" IS NOT NULL AND "provider" = ${provider} AND "tombstone_deleted_at" IS NULL
        ), "noted" AS (
          INSERT INTO "cloud_sightings" ("grant_id", "seen_at")
          SELECT "id", ${now.toISOString()}::timestamptz FROM "named" WHERE "state" = 'active'
          ON CONFLICT ("grant_id") DO UPDATE SET "seen_at" = EXCLUDED."seen_at"
        )
        SELECT "name" FROM "named"`;
      return new Set(found.map(({ name }) => name));
    }),
  unseen: (installationId, limit, after) =>
    database.read(
      'read which open access no cloud showed',
      (prisma) =>
        prisma.$queryRaw<MissingGrant[]>`
        SELECT g."provider", g."account", g."request_id" AS "requestId", g."id" AS "grantId"
        FROM "grants" AS g
        JOIN "cloud_accounts" AS a ON a."provider" = g."provider" AND a."account" = g."account"
        LEFT JOIN "cloud_sightings" AS s ON s."grant_id" = g."id"
        WHERE g."state" = 'active' AND g."plan" ->> 'installationId' = ${installationId} AND a."done" AND g."confirmed_at" < a."since"
          AND (s."seen_at" IS NULL OR s."seen_at" < a."since") AND s."missed_at" IS NULL AND g."id" > ${after}
        ORDER BY g."id" LIMIT ${limit}`,
    ),
  missed: (installationId, before, limit, after) =>
    database.read('read which open access was missed', async (prisma) => {
      const found = await prisma.$queryRaw<(MissingGrant & { readonly missedAt: unknown })[]>`
        SELECT g."provider", g."account", g."request_id" AS "requestId", g."id" AS "grantId", s."missed_at" AS "missedAt"
        FROM "cloud_sightings" AS s JOIN "grants" AS g ON g."id" = s."grant_id"
        WHERE s."missed_at" <= ${before.toISOString()}::timestamptz AND g."state" = 'active'
          AND g."plan" ->> 'installationId' = ${installationId} AND g."id" > ${after}
        ORDER BY g."id" LIMIT ${limit}`;
      return found.map(({ missedAt, ...grant }) => ({ ...grant, missedAt: instantOf(missedAt, 'when it was missed') }));
    }),
  expectedObjects: (installationId, now, limit, after) => {
    const rested = addSeconds(now, DELETED_SOON_SECONDS).toISOString();
    return database.read(
      'read what should stand in the clouds',
      (prisma) =>
        prisma.$queryRaw<NamedGrant[]>`
        SELECT "provider", "account", "request_id" AS "requestId", "id" AS "grantId" FROM "grants"
        WHERE "plan" IS NOT NULL AND "tombstone_deleted_at" IS NULL AND "id" > ${after} AND "plan" ->> 'installationId' = ${installationId}
          AND ("state" = 'active' OR ("state" = 'closed' AND COALESCE("clean_up_at"("plan") > ${rested}::timestamptz, TRUE)))
        ORDER BY "id" LIMIT ${limit}`,
    );
  },
  watchedTo: () =>
    database.read('read how far the looks at the clouds came', async (prisma) => {
      const [row] = await prisma.$queryRaw<{ readonly watchedTo: string }[]>`
        SELECT "watched_to" AS "watchedTo" FROM "cloud_rounds"`;
      return row?.watchedTo ?? '';
    }),
  noteWatched: (after) =>
    database.write('note how far the looks at the clouds came', async (prisma) => {
      await prisma.$executeRaw`UPDATE "cloud_rounds" SET "watched_to" = ${after} WHERE "watched_to" <> ${after}`;
    }),
  noteRead: (grantId, found, now) =>
    database.write(`note a read of grant ${grantId}`, async (prisma) => {
      const at = now.toISOString();
      await prisma.$executeRaw`
        INSERT INTO "cloud_sightings" AS s ("grant_id", "seen_at", "missed_at")
        VALUES (${grantId}, CASE WHEN ${found} THEN ${at}::timestamptz END, CASE WHEN ${found} THEN NULL ELSE ${at}::timestamptz END)
        ON CONFLICT ("grant_id") DO UPDATE SET
          "seen_at" = COALESCE(EXCLUDED."seen_at", s."seen_at"),
          "missed_at" = CASE WHEN ${found} THEN NULL ELSE COALESCE(s."missed_at", EXCLUDED."missed_at") END`;
    }),
});
