import type { StoredEvent } from '../core/events.ts';
import type { State } from '../core/request/request.ts';
import type { Row } from '../core/request/work.ts';
import type { Counted, Listing } from '../ports/store.ts';
import type { Database } from './database.ts';
import { eventOf, type RequestRecord, rowOf } from './row-codec.ts';

export const find = (database: Database, requestId: string): Promise<Row | undefined> =>
  database.raw.read(`read request ${requestId}`, async (client) => {
    const [found] = await client.$queryRaw<RequestRecord[]>`
      SELECT "document", "version", "seq", "chats", "drawn_version" AS "drawnVersion", "posted_seq" AS "postedSeq",
        "updated_at" AS "updatedAt"
      FROM "requests" WHERE "id" = ${requestId}`;
    return found === undefined ? undefined : rowOf(found);
  });

/** By id, which grows with time: a row that moved since the page before is neither missed nor seen twice. */
export const due = (database: Database, before: Date, limit: number, after = ''): Promise<readonly Row[]> =>
  database.raw.read('read what is due', async (client) => {
    // `next_work_at` is never the later of the two, and stands in the index.
    const found = await client.$queryRaw<RequestRecord[]>`
      SELECT "document", "version", "seq", "chats", "drawn_version" AS "drawnVersion", "posted_seq" AS "postedSeq",
        "updated_at" AS "updatedAt"
      FROM "requests"
      WHERE "next_work_at" <= ${before.toISOString()}::timestamptz AND "state_work_at" <= ${before.toISOString()}::timestamptz
        AND "id" > ${after}
      ORDER BY "id" LIMIT ${limit}`;
    return found.map(rowOf);
  });

/**
 * Each chat's in turn, so that what one does not take crowds out nothing that another would. Of each chat in no order among
 * the closed: one that can never be told keeps none of the others waiting.
 */
export const pendingNotifications = (database: Database, limit: number): Promise<readonly Row[]> =>
  database.raw.read('read what the chat is owed', async (client) => {
    const found = await client.$queryRaw<RequestRecord[]>`
      WITH "owed" AS (
        SELECT r."id", row_number() OVER (PARTITION BY c."chat" ORDER BY r."state" = 'closed', random()) AS "turn"
        FROM "requests" AS r, LATERAL jsonb_each(r."chats") AS c ("chat", "came")
        WHERE r."next_work_at" IS NOT NULL AND (r."drawn_version" < r."version" OR r."posted_seq" < r."seq")
          AND ((c."came" ->> 'drawnVersion')::integer < r."version" OR (c."came" ->> 'postedSeq')::integer < r."seq")
      ), "next" AS (
        SELECT "id", min("turn") AS "turn" FROM "owed" GROUP BY "id" ORDER BY "turn" LIMIT ${limit}
      )
      SELECT "document", "version", "seq", "chats", "drawn_version" AS "drawnVersion", "posted_seq" AS "postedSeq",
        "updated_at" AS "updatedAt"
      FROM "requests" JOIN "next" USING ("id")
      ORDER BY "state" = 'closed', "turn"`;
    return found.map(rowOf);
  });

/** Newest first. Those that are not closed are found among what is unfinished, however many are over. */
export const list = (database: Database, { states, requester, limit }: Listing): Promise<readonly Row[]> =>
  database.read('list requests', async (prisma) => {
    const found = await prisma.request.findMany({
      where: {
        ...(states === undefined ? {} : { state: { in: [...states] }, ...unfinished(states) }),
        ...(requester === undefined
          ? {}
          : { document: { path: ['details', 'requester', 'keys'], array_contains: [requester] } }),
      },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: limit,
    });
    return found.map(rowOf);
  });

const unfinished = (states: readonly State[]) => (states.includes('closed') ? {} : { nextWorkAt: { not: null } });

/**
 * By id, which grows with time: whoever takes a page and moves its rows on meets none of them again. What is not closed
 * always owes work, so all of these stand in the index of what is unfinished.
 */
export const inStates = (
  database: Database,
  states: readonly State[],
  limit: number,
  after = '',
): Promise<readonly Row[]> =>
  database.read('read requests by state', async (prisma) => {
    const found = await prisma.request.findMany({
      where: { state: { in: [...states] }, nextWorkAt: { not: null }, id: { gt: after } },
      orderBy: { id: 'asc' },
      take: limit,
    });
    return found.map(rowOf);
  });

/** Without the documents: there may be years of them. */
export const counted = (database: Database, limit: number, after = ''): Promise<readonly Counted[]> =>
  database.read(
    'count events by row',
    (prisma) => prisma.$queryRaw<Counted[]>`
      SELECT "id", "document" -> 'details' -> 'incident' ->> 'id' AS "incident", "seq" FROM "requests"
      WHERE "id" > ${after} ORDER BY "id" LIMIT ${limit}`,
  );

/** A plan is ended when its request is closed: the table's checks let it close only through both proofs. */
export const unended = (database: Database): Promise<readonly Row[]> =>
  database.read('read what is not ended', async (prisma) => {
    const found = await prisma.request.findMany({
      where: { state: { not: 'closed' }, nextWorkAt: { not: null }, grants: { some: { plannedEnd: { not: null } } } },
      orderBy: { id: 'asc' },
    });
    return found.map(rowOf);
  });

export const events = (database: Database, stream: string, afterSeq = 0): Promise<readonly StoredEvent[]> =>
  database.read(`read stream ${stream}`, async (prisma) => {
    const found = await prisma.event.findMany({ where: { stream, seq: { gt: afterSeq } }, orderBy: { seq: 'asc' } });
    return found.map(eventOf);
  });

export const streams = (database: Database): Promise<readonly string[]> =>
  database.read('list streams', async (prisma) => {
    const found = await prisma.event.groupBy({ by: ['stream'] });
    return found.map(({ stream }) => stream).sort();
  });
