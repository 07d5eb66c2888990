import { addSeconds } from '../core/request/decision.ts';
import type { Resolved, TroubleMemory } from '../ports/pager.ts';
import { lockStream, type Shift } from './append.ts';
import type { Database } from './database.ts';

/** Rounds of paging, one row a trouble. Beginning one is serialised by name, so that two processes get the same. */
export function troubleMemory(database: Database, shift: Shift): TroubleMemory {
  return {
    begin: (key, everySeconds) =>
      database.transaction('begin a round of paging', async (tx) => {
        const { now } = await lockStream(tx, shift, `trouble/${key}`);
        const last = await tx.trouble.findUnique({ where: { key } });
        const lasts = everySeconds === 'once' ? last?.over === false : last && now < addSeconds(last.at, everySeconds);
        if (last !== null && lasts) {
          return last.reached.length === 0 ? last : undefined;
        }
        const begun = { round: (last?.round ?? 0) + 1, at: now, reached: [], over: false, stoodDown: false };
        return tx.trouble.upsert({ where: { key }, create: { key, ...begun }, update: begun });
      }),
    beginOnce: (key, retrySeconds) =>
      database.transaction('note a trouble', async (tx) => {
        const { now } = await lockStream(tx, shift, `trouble/${key}`);
        const last = await tx.trouble.findUnique({ where: { key } });
        const isNew = last === null || last.over;
        if (!isNew && (last.reached.length > 0 || now < addSeconds(last.at, retrySeconds))) return undefined;
        const round = (last?.round ?? 0) + (isNew ? 1 : 0);
        const begun = { round, at: now, reached: [], over: false, stoodDown: true };
        const { at, reached } = await tx.trouble.upsert({ where: { key }, create: { key, ...begun }, update: begun });
        return { round, at, reached, isNew };
      }),
    isOn: (key) =>
      database.read('read a trouble', async (prisma) => {
        const last = await prisma.trouble.findUnique({ where: { key } });
        return last !== null && !last.over;
      }),
    reached: (key, round, names) =>
      database.write('note who was paged', async (prisma) => {
        // As a set: noting it twice is noting it once.
        await prisma.$executeRaw`
          UPDATE "troubles" SET "reached" = ARRAY(SELECT DISTINCT unnest("reached" || ${names}::text[]))
          WHERE "key" = ${key} AND "round" = ${round}`;
      }),
    over: (key) =>
      database.transaction('note a trouble as over', async (tx) => {
        await lockStream(tx, shift, `trouble/${key}`);
        const last = await tx.trouble.findUnique({ where: { key } });
        if (last === null || last.over) return undefined;
        await tx.trouble.update({ where: { key }, data: { over: true } });
        return last.round;
      }),
    unresolved: () =>
      database.read('read troubles that are over', async (prisma) => {
        const found = await prisma.trouble.findMany({
          where: { over: true, stoodDown: false },
          orderBy: { key: 'asc' },
        });
        // Written below alone.
        return found.map(({ key, round, resolved }) => ({ key, round, resolved: resolved as Resolved }));
      }),
    resolved: (key, round, { resolved, whole }) =>
      database.write('note who heard that a trouble is over', async (prisma) => {
        await prisma.$executeRaw`
          UPDATE "troubles" SET "resolved" = "resolved" || ${JSON.stringify(resolved)}::jsonb, "stood_down" = ${whole}
          WHERE "key" = ${key} AND "round" = ${round} AND "over"`;
      }),
  };
}
