import { SYSTEM_STREAM, type SystemEventName } from '../core/events.ts';
import type { FreezeNews } from '../ports/freeze-news.ts';
import type { Database } from './database.ts';
import { eventOf } from './row-codec.ts';

const NEWS: readonly SystemEventName[] = ['openings_frozen', 'thaw_requested', 'openings_thawed'];
/** More freezes than are told in one go. */
const LIMIT = 50;
/** A channel that was told everything is moved on over so many events of other kinds, so that none is read for ever. */
const STRIDE = 200;

/** One row a channel: the newest event of the system stream that it was told of, or does not care for. */
export const freezeNews = (database: Database): FreezeNews => ({
  untold: async (place) => {
    const seq = await database.read('read how far a channel was told of freezes', async (prisma) => {
      const found = await prisma.freezeNews.findUniqueOrThrow({ where: { place } });
      return found.seq;
    });
    const found = await database.read('read what a channel was not told of freezes', (prisma) =>
      prisma.event.findMany({
        where: { stream: SYSTEM_STREAM, seq: { gt: seq }, type: { in: [...NEWS] } },
        orderBy: { seq: 'asc' },
        take: LIMIT,
      }),
    );
    if (found.length === 0) await moveOn(database, place);
    return found.map(eventOf);
  },
  told: (place, seq) =>
    database.write('note what a channel was told of freezes', async (prisma) => {
      await prisma.$executeRaw`
        UPDATE "freeze_news" SET "seq" = GREATEST("seq", ${seq}::integer) WHERE "place" = ${place}`;
    }),
});

/** In one statement, so that an event of ours that comes meanwhile is not passed over. */
const moveOn = (database: Database, place: string): Promise<void> =>
  database.write('move on over events of other kinds', async (prisma) => {
    await prisma.$executeRaw`
      UPDATE "freeze_news" AS n SET "seq" = h."head"
      FROM (SELECT max("seq") AS "head" FROM "events" WHERE "stream" = ${SYSTEM_STREAM}) AS h
      WHERE n."place" = ${place} AND h."head" > n."seq" + ${STRIDE} AND NOT EXISTS (
        SELECT FROM "events" AS e
        WHERE e."stream" = ${SYSTEM_STREAM} AND e."seq" > n."seq" AND e."type" = ANY(${[...NEWS]}::text[]))`;
  });
