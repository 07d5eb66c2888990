import type { Unexplained } from '../core/audit/explain.ts';
import { requestIdOf } from '../core/events.ts';
import type { RowLedger } from '../ports/ledger.ts';
import type { Database } from './database.ts';
import { instantOf, wholeOf } from './decode.ts';
import { evidenceReader } from './evidence.ts';
import type { RawTx } from './raw.ts';
import { toJsonText } from './row-codec.ts';

/** Rows with the events that must explain them, as the sealer reads them, and its memory of what it found. */
export const rowLedger = (database: Database): RowLedger => ({
  evidence: evidenceReader(database),
  open: (limit, after) =>
    database.raw.read('read which requests are open', async (client) => {
      // What is not closed always owes work, so the index of what is unfinished holds it (see requests_work_check).
      const found = await client.$queryRaw<{ readonly id: string }[]>`
        SELECT "id" FROM "requests" WHERE "next_work_at" IS NOT NULL AND "state" <> 'closed' AND "id" > ${after}
        ORDER BY "id" LIMIT ${limit}`;
      return found.map(({ id }) => id);
    }),
  sealed: (limit, after) =>
    database.raw.read('read which requests were sealed', async (client) => {
      const found = await client.$queryRaw<{ readonly stream: string }[]>`
        SELECT "stream" FROM "sealed_heads" WHERE "stream" > ${after} AND "stream" >= 'request/' AND "stream" < 'request0'
        ORDER BY "stream" LIMIT ${limit}`;
      return found.flatMap(({ stream }) => requestIdOf(stream));
    }),
  eventless: (limit) =>
    database.raw.read('read which rows have no event', async (client) => {
      const found = await client.$queryRaw<{ readonly id: string }[]>`
        SELECT r."id" FROM "requests" AS r
        WHERE NOT EXISTS (SELECT FROM "events" AS e WHERE e."stream" = r."stream") LIMIT ${limit}`;
      return found.map(({ id }) => id);
    }),
  round: () =>
    database.raw.read('read how far the round over all requests came', async (client) => {
      const [found] = await client.$queryRaw<
        { readonly after: string; readonly beganAt: unknown; readonly done: unknown }[]
      >`
        SELECT "after", "began_at" AS "beganAt", "done" FROM "explaining_round"`;
      const of = 'the round over all requests';
      return found && { after: found.after, beganAt: instantOf(found.beganAt, of), done: wholeOf(found.done, of) };
    }),
  setRound: ({ after, beganAt, done }) =>
    database.write('remember how far the round over all requests came', async (prisma) => {
      await prisma.$executeRaw`
        INSERT INTO "explaining_round" ("after", "began_at", "done") VALUES (${after}, ${beganAt}::timestamptz, ${done})
        ON CONFLICT ("one") DO UPDATE SET "after" = EXCLUDED."after", "began_at" = EXCLUDED."began_at",
          "done" = EXCLUDED."done"`;
    }),
  found: (limit) =>
    database.raw.read('read what was found', async (client) => (await foundBefore(client, limit)).first),
  setFound: (found) =>
    database.write('remember what was found', async (prisma) => {
      await prisma.$executeRaw`
        WITH "now" AS (
          SELECT DISTINCT "stream", "what" FROM jsonb_to_recordset(${toJsonText(found)}::jsonb) AS f ("stream" text, "what" text)
        ), "gone" AS (
          DELETE FROM "unexplained_rows" AS u
          WHERE NOT EXISTS (SELECT FROM "now" AS n WHERE n."stream" = u."stream" AND n."what" = u."what")
        )
        INSERT INTO "unexplained_rows" ("stream", "what") SELECT "stream", "what" FROM "now"
        ON CONFLICT DO NOTHING`;
    }),
});

/** The first of what was found, by stream, and how much it is in all. */
export async function foundBefore(client: RawTx, limit: number) {
  const found = await client.$queryRaw<(Unexplained & { readonly rows: number })[]>`
    SELECT "stream", "what", count(*) OVER ()::integer AS "rows" FROM "unexplained_rows"
    ORDER BY "stream", "what" LIMIT ${limit}`;
  return { first: found.map(({ stream, what }) => ({ stream, what })), rows: found[0]?.rows ?? 0 };
}
