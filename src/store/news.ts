import { SYSTEM_STREAM, type SystemEventName } from '../core/events.ts';
import type { News, NewsPlace, PolicyPlace } from '../ports/news.ts';
import type { Database } from './database.ts';
import { eventOf } from './row-codec.ts';

/** More events than are told in one go. */
const LIMIT = 50;
/** A place that was told everything is moved on over so many events of other kinds, so that none is read for ever. */
const STRIDE = 200;

export const freezeNews = (database: Database): News<NewsPlace> =>
  newsOf(database, ['openings_frozen', 'thaw_requested', 'openings_thawed']);

export const policyNews = (database: Database): News<PolicyPlace> => newsOf(database, ['policy_changed']);

/** One row a place: the newest event of the system stream that it was told of, or does not care for. */
const newsOf = (database: Database, types: readonly SystemEventName[]): News<NewsPlace | PolicyPlace> => ({
  pendingNotifications: async (place) => {
    const seq = await database.read('read how far a place was told', async (prisma) => {
      const found = await prisma.news.findUniqueOrThrow({ where: { place } });
      return found.seq;
    });
    const found = await database.read('read what a place was not told', (prisma) =>
      prisma.event.findMany({
        where: { stream: SYSTEM_STREAM, seq: { gt: seq }, type: { in: [...types] } },
        orderBy: { seq: 'asc' },
        take: LIMIT,
      }),
    );
    if (found.length === 0) await moveOn(database, types, place);
    return found.map(eventOf);
  },
  notified: (place, seq) =>
    database.write('note what a place was told', async (prisma) => {
      await prisma.$executeRaw`
        UPDATE "news" SET "seq" = GREATEST("seq", ${seq}::integer) WHERE "place" = ${place}`;
    }),
});

/** In one statement, so that an event of ours that comes meanwhile is not passed over. */
const moveOn = (database: Database, types: readonly SystemEventName[], place: string): Promise<void> =>
  database.write('move on over events of other kinds', async (prisma) => {
    await prisma.$executeRaw`
      UPDATE "news" AS n SET "seq" = h."head"
      FROM (SELECT max("seq") AS "head" FROM "events" WHERE "stream" = ${SYSTEM_STREAM}) AS h
      WHERE n."place" = ${place} AND h."head" > n."seq" + ${STRIDE} AND NOT EXISTS (
        SELECT FROM "events" AS e
        WHERE e."stream" = ${SYSTEM_STREAM} AND e."seq" > n."seq" AND e."type" = ANY(${[...types]}::text[]))`;
  });
