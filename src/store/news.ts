import { SYSTEM_STREAM, type SystemEventName } from '../core/events.ts';
import type { ChatName } from '../core/policy/directory.ts';
import type { FreezeChannel, News, NewsPlace, PolicyChannel } from '../ports/news.ts';
import type { Database, Tx } from './database.ts';
import { eventOf } from './row-codec.ts';

/** More events than are told in one go. */
const LIMIT = 50;
/** A place that was told everything is moved on over so many events of other kinds, so that none is read for ever. */
const STRIDE = 200;

type Channel = FreezeChannel | PolicyChannel;
const CHANNELS: readonly Channel[] = ['security', 'default', 'policy_before', 'policy_after'];

export const freezeNews = (database: Database): News<FreezeChannel> =>
  newsOf(database, ['openings_frozen', 'thaw_requested', 'openings_thawed']);

export const policyNews = (database: Database): News<PolicyChannel> => newsOf(database, ['policy_changed']);

/** One row a place: the newest event of the system stream that it was told of, or does not care for. */
const newsOf = (database: Database, types: readonly SystemEventName[]): News<Channel> => ({
  pendingNotifications: async ({ chat, channel: place }) => {
    const seq = await database.read('read how far a place was told', async (prisma) => {
      const found = await prisma.news.findUnique({ where: { chat_place: { chat, place } } });
      return found?.seq ?? 0;
    });
    const found = await database.read('read what a place was not told', (prisma) =>
      prisma.event.findMany({
        where: { stream: SYSTEM_STREAM, seq: { gt: seq }, type: { in: [...types] } },
        orderBy: { seq: 'asc' },
        take: LIMIT,
      }),
    );
    if (found.length === 0) await moveOn(database, types, { chat, channel: place });
    return found.map(eventOf);
  },
  notified: ({ chat, channel: place }, seq) =>
    database.write('note what a place was told', async (prisma) => {
      await prisma.$executeRaw`
        INSERT INTO "news" ("chat", "place", "seq") VALUES (${chat}, ${place}, ${seq}::integer)
        ON CONFLICT ("chat", "place") DO UPDATE SET "seq" = GREATEST("news"."seq", EXCLUDED."seq")`;
    }),
});

/** In one statement, so that an event of ours that comes meanwhile is not passed over. */
const moveOn = (database: Database, types: readonly SystemEventName[], { chat, channel }: NewsPlace<Channel>) =>
  database.write('move on over events of other kinds', async (prisma) => {
    await prisma.$executeRaw`
      INSERT INTO "news" ("chat", "place", "seq")
      SELECT ${chat}, ${channel}, h."head"
      FROM (SELECT max("seq") AS "head" FROM "events" WHERE "stream" = ${SYSTEM_STREAM}) AS h,
        LATERAL (SELECT COALESCE((SELECT n."seq" FROM "news" AS n WHERE n."chat" = ${chat} AND n."place" = ${channel}), 0)
          AS "seq") AS n
      WHERE h."head" > n."seq" + ${STRIDE} AND NOT EXISTS (
        SELECT FROM "events" AS e
        WHERE e."stream" = ${SYSTEM_STREAM} AND e."seq" > n."seq" AND e."type" = ANY(${[...types]}::text[]))
      ON CONFLICT ("chat", "place") DO UPDATE SET "seq" = GREATEST("news"."seq", EXCLUDED."seq")`;
  });

/** A chat that a policy names for the first time is told of what happens from then on, not of all that ever did. */
export async function beginNews(tx: Tx, chats: readonly ChatName[], seq: number): Promise<void> {
  await tx.news.createMany({
    data: chats.flatMap((chat) => CHANNELS.map((place) => ({ chat, place, seq }))),
    skipDuplicates: true,
  });
}
