import type { LastSweep, SealingLag } from '../ports/store.ts';
import type { Database } from './database.ts';

/** Notes that a sweep came to its end, by the database's own clock. One row, whoever sweeps. */
export const noteSweep = (database: Database, everyMs: number): Promise<void> =>
  database.write('note a sweep', async (prisma) => {
    await prisma.$executeRaw`
      INSERT INTO "sweeps" ("one", "at", "every_ms") VALUES (true, clock_timestamp(), ${everyMs}::int)
      ON CONFLICT ("one") DO UPDATE SET "at" = EXCLUDED."at", "every_ms" = EXCLUDED."every_ms"`;
  });

/** How long ago that was, counted in the database: no instant is read, so none can be misread. */
export const lastSweep = (database: Database): Promise<LastSweep | undefined> =>
  database.raw.read('read the last sweep', async (client) => {
    const [found] = await client.$queryRaw<LastSweep[]>`
      SELECT (extract(epoch FROM clock_timestamp() - "at") * 1000)::float8 AS "agoMs", "every_ms" AS "everyMs"
      FROM "sweeps" WHERE "one" = ${true}`;
    return found;
  });

/** How far the sealer is behind, counted in the same way. */
export const sealingLag = (database: Database, olderMs: number): Promise<SealingLag | undefined> =>
  database.raw.read('read how far sealing is behind', async (client) => {
    const [found] = await client.$queryRaw<SealingLag[]>`
      SELECT (extract(epoch FROM clock_timestamp() - c."at") * 1000)::float8 AS "silentMs", EXISTS (
        SELECT FROM "events" AS e
        WHERE e."at" > c."at" AND e."at" < clock_timestamp() - ${olderMs}::float8 * interval '1 ms'
      ) AS "unsealed"
      FROM "checkpoints" AS c ORDER BY c."number" DESC LIMIT 1`;
    return found;
  });
