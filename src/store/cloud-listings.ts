import { type NewEvent, SYSTEM_STREAM } from '../core/events.ts';
import type { CloudMemory, CloudPlace, ListedPage, Listing } from '../ports/cloud-memory.ts';
import { insertEvents, lockStream, type Shift, sealed } from './append.ts';
import type { Database, Tx } from './database.ts';
import { instantOf, wholeOf } from './decode.ts';
import { toJsonText } from './row-codec.ts';

/** How long an object that a listing does not show any more is remembered: listings lag, and nothing is told twice. */
const REMEMBERED = '1 day';
/** The actor of everything that the sweep of the clouds writes down. */
const ACTOR = 'system:cloud-sweep';

type Listings = Pick<
  CloudMemory,
  'beginRound' | 'endRound' | 'beginListing' | 'savePage' | 'failListing' | 'stop' | 'resume'
>;

/** Appends to the system stream, in this transaction. */
export async function appendSystem(tx: Tx, shift: Shift, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  const { now, head } = await lockStream(tx, shift, SYSTEM_STREAM);
  await insertEvents(tx, sealed(SYSTEM_STREAM, head, events, now, ACTOR));
}

/** How far the passes over the clouds came. */
export function cloudListings(database: Database, shift: Shift): Listings {
  return {
    beginRound: (now, everyMs) =>
      database.write('begin a pass over the clouds', async (prisma) => {
        const due = new Date(now.getTime() - everyMs);
        // A pass of the future was made by another clock, before a restore: it holds up nothing.
        const [row] = await prisma.$queryRaw<{ readonly number: unknown }[]>`
          INSERT INTO "cloud_rounds" AS r ("one", "number", "begun_at") VALUES (TRUE, 1, ${now.toISOString()}::timestamptz)
          ON CONFLICT ("one") DO UPDATE SET
            "number" = CASE WHEN r."ended_at" IS NULL THEN r."number" ELSE r."number" + 1 END,
            "begun_at" = CASE WHEN r."ended_at" IS NULL THEN r."begun_at" ELSE EXCLUDED."begun_at" END,
            "ended_at" = NULL
          WHERE r."ended_at" IS NULL OR r."begun_at" <= ${due.toISOString()}::timestamptz
            OR r."begun_at" > EXCLUDED."begun_at"
          RETURNING r."number"`;
        return row && wholeOf(row.number, 'the number of a pass');
      }),
    endRound: (round, now) =>
      database.transaction('end a pass over the clouds', async (tx) => {
        await tx.$executeRaw`
          UPDATE "cloud_rounds" SET "ended_at" = ${now.toISOString()}::timestamptz WHERE "number" = ${round}`;
        await tx.$executeRaw`
          DELETE FROM "cloud_sightings" AS s USING "grants" AS g WHERE g."id" = s."grant_id" AND g."state" <> 'active'`;
      }),
    beginListing: (place, round, now, anew = false) => beginListing(database, place, { round, now, anew }),
    savePage: (place, round, page, now) =>
      database.transaction(`save a page of account ${place.account}`, async (tx) => {
        await appendSystem(tx, shift, page.events);
        await saveOrphans(tx, place, page, now);
        await saveCursor(tx, place, round, page.next);
      }),
    failListing: ({ provider, account }, round, why, notifyAt, event) =>
      database.transaction(`note that account ${account} was not listed`, async (tx) => {
        const [row] = await tx.$queryRaw<{ readonly failures: number }[]>`
          UPDATE "cloud_accounts" SET "round" = ${round}, "failures" = "failures" + 1, "why" = ${why}
          WHERE "provider" = ${provider} AND "account" = ${account} RETURNING "failures"`;
        if (row?.failures === notifyAt) await appendSystem(tx, shift, [event]);
      }),
    stop: (event, now) =>
      database.transaction('stop the sweep of the clouds', async (tx) => {
        const stopped = await tx.$executeRaw`
          UPDATE "cloud_rounds" SET "stopped_at" = ${now.toISOString()}::timestamptz, "notified" = FALSE
          WHERE "stopped_at" IS NULL`;
        if (stopped > 0) await appendSystem(tx, shift, [event]);
      }),
    resume: () =>
      database.write('let the sweep of the clouds go on', async (prisma) => {
        await prisma.$executeRaw`
          UPDATE "cloud_rounds" SET "stopped_at" = NULL, "notified" = FALSE WHERE "stopped_at" IS NOT NULL`;
      }),
  };
}

const beginListing = (
  database: Database,
  { provider, account }: CloudPlace,
  { round, now, anew }: { readonly round: number; readonly now: Date; readonly anew: boolean },
): Promise<Listing | undefined> =>
  database.write(`begin the listing of account ${account}`, async (prisma) => {
    const [row] = await prisma.$queryRaw<{ readonly since: unknown; readonly cursor: string | null }[]>`
      INSERT INTO "cloud_accounts" AS a ("provider", "account", "round", "since", "done")
      VALUES (${provider}, ${account}, 0, ${now.toISOString()}::timestamptz, FALSE)
      ON CONFLICT ("provider", "account") DO UPDATE SET
        "since" = CASE WHEN a."done" OR ${anew} THEN EXCLUDED."since" ELSE a."since" END,
        "cursor" = CASE WHEN a."done" OR ${anew} THEN NULL ELSE a."cursor" END,
        "done" = FALSE
      WHERE a."round" < ${round}
      RETURNING a."since", a."cursor"`;
    return row && { since: instantOf(row.since, 'since when an account is listed'), cursor: row.cursor ?? undefined };
  });

/** Another's is settled by the event that comes with this page; ours once it is closed. */
async function saveOrphans(tx: Tx, { provider, account }: CloudPlace, page: ListedPage, now: Date): Promise<void> {
  const at = now.toISOString();
  const found = page.orphans.map(({ name, id, installationId, grantId, ours, wasOpen }) => ({
    name,
    id,
    installationId,
    grantId,
    ours,
    wasOpen,
    settledAt: ours ? undefined : at,
  }));
  if (found.length > 0) {
    await tx.$executeRaw`
      INSERT INTO "cloud_orphans" ("provider", "account", "name", "object_id", "installation_id", "grant_id", "ours", "was_open",
        "found_at", "seen_at", "settled_at")
      SELECT ${provider}, ${account}, "name", "id", "installationId", "grantId", "ours", "wasOpen", ${at}::timestamptz,
        ${at}::timestamptz, "settledAt"
      FROM jsonb_to_recordset(${toJsonText(found)}::jsonb) AS f (
        "name" text, "id" text, "installationId" text, "grantId" text, "ours" boolean, "wasOpen" boolean, "settledAt" timestamptz)
      ON CONFLICT ("provider", "account", "name") DO UPDATE SET "object_id" = EXCLUDED."object_id",
        "installation_id" = EXCLUDED."installation_id", "grant_id" = EXCLUDED."grant_id", "ours" = EXCLUDED."ours",
        "was_open" = EXCLUDED."was_open", "found_at" = EXCLUDED."found_at", "seen_at" = EXCLUDED."seen_at",
        "failures" = 0, "why" = NULL, "settled_at" = EXCLUDED."settled_at", "notified" = NULL`;
  }
  if (page.there.length > 0) {
    await tx.$executeRaw`
      UPDATE "cloud_orphans" SET "seen_at" = ${at}::timestamptz
      WHERE "provider" = ${provider} AND "account" = ${account} AND "name" = ANY(${page.there}::text[])`;
  }
}

async function saveCursor(tx: Tx, { provider, account }: CloudPlace, round: number, next: string | undefined) {
  const done = next === undefined;
  await tx.$executeRaw`
    UPDATE "cloud_accounts" SET "cursor" = ${next ?? null}, "done" = ${done},
      "round" = CASE WHEN ${done} THEN ${round}::integer ELSE "round" END, "failures" = 0, "why" = NULL, "notified" = FALSE
    WHERE "provider" = ${provider} AND "account" = ${account}`;
  if (!done) return;
  await tx.$executeRaw`
    DELETE FROM "cloud_orphans" AS s USING "cloud_accounts" AS a
    WHERE a."provider" = ${provider} AND a."account" = ${account}
      AND s."provider" = a."provider" AND s."account" = a."account" AND s."seen_at" < a."since"
      AND (s."settled_at" IS NULL OR s."seen_at" < a."since" - ${REMEMBERED}::interval)`;
}
