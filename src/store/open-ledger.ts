import type { Leaf } from '../core/audit/merkle.ts';
import type { StoredEvent } from '../core/events.ts';
import type { KeptCheckpoint } from '../ports/checkpoints.ts';
import type { Ledger, LedgerView, MovedStream, Span } from '../ports/ledger.ts';
import type { Logger } from '../ports/logger.ts';
import { changesBetween, checkpointsAfter, newestCheckpoint } from './checkpoints.ts';
import { type Database, type Limits, openDatabase, type Tx, LIMITS as USUAL } from './database.ts';
import { instantOf, wholeOf } from './decode.ts';
import { openLocks } from './lock.ts';
import { excessPrivilegesOfSealer } from './rights.ts';
import { type EventRecord, eventOf, toJsonText } from './row-codec.ts';
import { foundBefore, rowLedger } from './row-ledger.ts';
import { sessionsOn } from './sessions.ts';

/** A pass looks at every stream there ever was: its statements may take longer than anything a person waits for. */
const LIMITS: Limits = { ...USUAL, statementMs: 600_000, idleInTransactionMs: 60_000, silenceMs: 610_000 };
const CONNECTIONS = 4;
/** Leaves in one statement. */
const BATCH = 5_000;

/** The sealer's own connection, with its own role. Nothing is connected until the first call. */
export function openLedger({ url, logger }: { readonly url: string; readonly logger: Logger }): Ledger {
  const address = { url, setting: 'SEAL_DATABASE_URL' };
  const { onSession, readBack } = sessionsOn({ address, limits: LIMITS });
  const database = openDatabase({ address, logger, onSession, connections: CONNECTIONS, limits: LIMITS });
  const locks = openLocks({ address, logger, onSession });
  return {
    withLock: locks.withLock,
    rows: rowLedger(database),
    excessPrivileges: () => excessPrivilegesOfSealer(database),
    readBack: () => readBack(database.pool),
    look: (work) =>
      database.transaction('look at the log', async (tx) => work(await viewOf(tx)), {
        isolationLevel: 'RepeatableRead',
      }),
    now: () => database.read('read the clock', readClock),
    after: (number, limit) => database.read('read checkpoints', (prisma) => checkpointsAfter(prisma, number, limit)),
    newest: () => database.read('read the newest checkpoint', newestCheckpoint),
    leaves: (number) => database.read('read leaves', (prisma) => changesBetween(prisma, number - 1, number)),
    anchored: (anchor) => readAnchored(database, anchor),
    setAnchored: (anchor, number) =>
      database.write('remember what an anchor holds', async (prisma) => {
        await prisma.$executeRaw`
          INSERT INTO "anchor_progress" ("anchor", "number") VALUES (${anchor}, ${number})
          ON CONFLICT ("anchor") DO UPDATE SET "number" = EXCLUDED."number"`;
      }),
    async close() {
      await locks.close();
      await database.close();
    },
  };
}

async function readClock(client: Pick<Tx, '$queryRaw'>): Promise<Date> {
  const [found] = await client.$queryRaw<{ readonly now: unknown }[]>`
    SELECT date_trunc('milliseconds', clock_timestamp()) AS "now"`;
  return instantOf(found?.now, 'the clock');
}

const readAnchored = (database: Database, anchor: string): Promise<number | undefined> =>
  database.read('read what an anchor holds', async (prisma) => {
    const [found] = await prisma.$queryRaw<{ readonly number: unknown }[]>`
      SELECT "number" FROM "anchor_progress" WHERE "anchor" = ${anchor}`;
    return found && wholeOf(found.number, 'what an anchor holds');
  });

async function viewOf(tx: Tx): Promise<LedgerView> {
  // The first statement takes the snapshot and then reads the clock: an event that is not seen was committed later.
  const now = await readClock(tx);
  return {
    now,
    newest: () => newestCheckpoint(tx),
    find: async (number) => (await checkpointsAfter(tx, number - 1, 1)).find(({ header }) => header.number === number),
    sealedHeads: (after, limit) => tx.$queryRaw<Leaf[]>`
      SELECT "stream", "length", "head" FROM "sealed_heads" WHERE "stream" > ${after} ORDER BY "stream" LIMIT ${limit}`,
    moved: () => moved(tx),
    gone: async () => {
      const [found] = await tx.$queryRaw<{ readonly stream: string }[]>`
        SELECT s."stream" FROM "sealed_heads" AS s
        WHERE NOT EXISTS (SELECT FROM "events" AS e WHERE e."stream" = s."stream" COLLATE "default") LIMIT 1`;
      return found?.stream;
    },
    unexplained: (limit) => foundBefore(tx, limit),
    events: (spans) => eventsOf(tx, spans),
    save: (checkpoint, leaves) => save(tx, checkpoint, leaves),
  };
}

/** One index probe for each stream, not one for each event: the log grows for ever, and this runs every minute. */
async function moved(tx: Tx): Promise<readonly MovedStream[]> {
  type Found = Leaf & { sealedLength: number | null; sealedHead: string | null; standsThere: string | null };
  const found = await tx.$queryRaw<Found[]>`
    WITH RECURSIVE "named" AS (
      (SELECT "stream" FROM "events" ORDER BY "stream" LIMIT 1)
      UNION ALL
      SELECT (SELECT e."stream" FROM "events" AS e WHERE e."stream" > n."stream" ORDER BY e."stream" LIMIT 1)
      FROM "named" AS n WHERE n."stream" IS NOT NULL
    )
    SELECT n."stream", h."seq" AS "length", h."hash" AS "head", s."length" AS "sealedLength", s."head" AS "sealedHead",
      (SELECT k."hash" FROM "events" AS k WHERE k."stream" = n."stream" AND k."seq" = s."length") AS "standsThere"
    FROM "named" AS n
    CROSS JOIN LATERAL (
      SELECT e."seq", e."hash" FROM "events" AS e WHERE e."stream" = n."stream" ORDER BY e."seq" DESC LIMIT 1
    ) AS h
    LEFT JOIN "sealed_heads" AS s ON s."stream" = n."stream" COLLATE "C"
    WHERE n."stream" IS NOT NULL
      AND (s."stream" IS NULL OR s."length" <> h."seq" OR s."head" <> h."hash")`;
  return found.map(({ sealedLength, sealedHead, standsThere, ...leaf }) => ({
    ...leaf,
    sealed: sealedLength === null || sealedHead === null ? undefined : { length: sealedLength, head: sealedHead },
    standsThere: standsThere ?? undefined,
  }));
}

async function eventsOf(tx: Tx, spans: readonly Span[]): Promise<readonly StoredEvent[]> {
  const found = await tx.$queryRaw<EventRecord[]>`
    SELECT e."stream", e."seq", e."type", e."at", e."actor", e."data", e."checkpoint", e."prev_hash" AS "prevHash",
      e."hash"
    FROM jsonb_to_recordset(${toJsonText(spans)}::jsonb) AS s ("stream" text, "after" integer, "upTo" integer)
    JOIN "events" AS e ON e."stream" = s."stream" AND e."seq" > s."after" AND e."seq" <= s."upTo"
    ORDER BY e."stream", e."seq"`;
  return found.map(eventOf);
}

async function save(tx: Tx, checkpoint: KeptCheckpoint, leaves: readonly Leaf[]): Promise<void> {
  const { header, hash, signature, publicKey } = checkpoint;
  await tx.$executeRaw`
    INSERT INTO "checkpoints" ("number", "previous", "at", "header", "hash", "signature", "public_key")
    VALUES (${header.number}, ${header.previous}, ${header.at}::timestamptz, ${toJsonText(header)}::jsonb, ${hash},
      ${signature}, ${publicKey})`;
  for (let from = 0; from < leaves.length; from += BATCH) {
    await tx.$executeRaw`
      WITH "changed" AS (
        SELECT * FROM jsonb_to_recordset(${toJsonText(leaves.slice(from, from + BATCH))}::jsonb)
          AS l ("stream" text, "length" integer, "head" text)
      ), "kept" AS (
        INSERT INTO "checkpoint_leaves" ("number", "stream", "length", "head")
        SELECT ${header.number}::integer, "stream", "length", "head" FROM "changed"
      )
      INSERT INTO "sealed_heads" ("stream", "length", "head") SELECT "stream", "length", "head" FROM "changed"
      ON CONFLICT ("stream") DO UPDATE SET "length" = EXCLUDED."length", "head" = EXCLUDED."head"`;
  }
}
