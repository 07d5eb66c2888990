import type pg from 'pg';
import { EMPTY_HEAD, type Head, seal } from '../core/audit/log.ts';
import { incidentStream, requestListed } from '../core/events.ts';
import { incidentSchema } from '../core/policy/policy.ts';

interface Unlisted {
  readonly id: string;
  readonly incident: string;
  readonly hash: string;
}

/** The migration since which every request is listed as it is opened. */
const SINCE = '20261121150000_checkpoints';

/**
 * Requests of versions that kept no incident streams are listed now, as the operator who migrates. One that began
 * after the migration to them and that no incident names was tampered with, or opened by an old process that still ran:
 * it stays for `audit verify` to report. Runs as the owner, and changes nothing the second time.
 */
export async function listEarlierRequests(owner: pg.Client): Promise<void> {
  const { rows } = await owner.query<Unlisted>(
    `SELECT r."id", r."document" -> 'details' -> 'incident' ->> 'id' AS "incident", e."hash"
     FROM "requests" AS r JOIN "events" AS e ON e."stream" = r."stream" AND e."seq" = 1
     WHERE e."at" < (SELECT "finished_at" FROM "_prisma_migrations"
       WHERE "migration_name" = $1 AND "rolled_back_at" IS NULL)
     AND NOT EXISTS (
       SELECT FROM "events" AS l WHERE l."type" = 'request_listed' AND l."data" ->> 'requestId' = r."id"
         AND l."stream" = 'incident/' || (r."document" -> 'details' -> 'incident' ->> 'id')
     ) ORDER BY r."created_at", r."id"`,
    [SINCE],
  );
  // An id that cannot name a stream is of a request whose incident nobody could check.
  for (const one of rows.filter(({ incident }) => incidentSchema.shape.id.safeParse(incident).success)) {
    await list(owner, one);
  }
}

async function list(owner: pg.Client, { id, incident, hash }: Unlisted): Promise<void> {
  const stream = incidentStream(incident);
  await owner.query('BEGIN');
  try {
    const { rows } = await owner.query<{ now: Date; head_seq: number | null; head_hash: string; checkpoint: number }>(
      'SELECT * FROM "lock_stream"($1)',
      [stream],
    );
    const [found] = rows;
    if (found === undefined) throw new Error('lock_stream answered nothing');
    const head: Head = found.head_seq === null ? EMPTY_HEAD : { seq: found.head_seq, hash: found.head_hash };
    const stamp = { at: found.now, actor: 'operator:migrate', checkpoint: found.checkpoint };
    for (const event of seal(stream, head, [requestListed(id, { hash })], stamp)) {
      await owner.query(
        `INSERT INTO "events" ("stream", "seq", "type", "at", "actor", "data", "checkpoint", "prev_hash", "hash")
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        [
          stream,
          event.seq,
          event.type,
          event.at,
          event.actor,
          event.data,
          event.checkpoint,
          event.prevHash,
          event.hash,
        ],
      );
    }
    await owner.query('COMMIT');
  } catch (error) {
    await owner.query('ROLLBACK');
    throw error;
  }
}
