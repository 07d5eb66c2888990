import { withClient } from '../support/database.ts';

/**
 * Copies one closed request, its log, its grant, its card and a form so many times in bulk SQL, as requests that are long
 * finished: told, buried, nothing owed. The copies' hashes only look like hashes; nothing here reads them. As the server's
 * superuser, since the checks of each row would take most of the time.
 */
export const growHistory = (adminUrl: string, model: string, from: number, to: number): Promise<void> =>
  withClient(adminUrl, async (admin) => {
    await admin.query(`SET session_replication_role = replica`);
    const copied = `replace("document"::text, '${model}', "copy")::jsonb`;
    const copies = `generate_series(${from}, ${to - 1}) AS n, LATERAL (SELECT 'old' || lpad(n::text, 12, '0')) AS c ("copy")`;
    const mark = (seq: string) => `encode(sha256(("copy" || ${seq})::bytea), 'hex')`;
    await admin.query(`
      INSERT INTO "events" ("stream", "seq", "type", "at", "actor", "data", "checkpoint", "prev_hash", "hash")
      SELECT 'request/' || "copy", "seq", "type", "at", "actor", "data", "checkpoint",
        CASE WHEN "seq" = 1 THEN repeat('0', 64) ELSE ${mark('"seq" - 1')} END, ${mark('"seq"')}
      FROM "events", ${copies} WHERE "stream" = 'request/${model}'`);
    await admin.query(`
      INSERT INTO "requests" ("id", "state", "outcome", "version", "seq", "drawn_version", "posted_seq", "document",
        "created_at", "updated_at")
      SELECT "copy", "state", "outcome", "version", "seq", "version", "seq", ${copied},
        "created_at" - n * interval '1 minute', "updated_at" - n * interval '1 minute'
      FROM "requests", ${copies} WHERE "id" = '${model}'`);
    await admin.query(`
      INSERT INTO "grants" ("id", "request_id", "state", "outcome", "provider", "account", "plan", "planned_end",
        "confirmed_at", "ends_at", "access_removed_at", "sessions_ended_at", "buried_at")
      SELECT "copy", "copy", "state", "outcome", "provider", "account",
        replace("plan"::text, '${model}', "copy")::jsonb, "planned_end", "confirmed_at", "ends_at", "access_removed_at",
        "sessions_ended_at", "planned_end" + interval '13 hours'
      FROM "grants", ${copies} WHERE "request_id" = '${model}'`);
    await admin.query(`
      INSERT INTO "messages" ("request_id", "kind", "seq", "person", "channel", "ts", "state", "drawn_version", "digest")
      SELECT "copy", 'card', 0, '', 'C0OLD', n::text, 'sent', "version", 'digest' FROM "requests", ${copies}
      WHERE "id" = '${model}'`);
    await admin.query(`
      INSERT INTO "forms" ("id", "kind", "key", "request_id", "digest", "channel", "used_at")
      SELECT "copy", 'request', 'someone', "copy", '', '', clock_timestamp() FROM ${copies}`);
    await admin.query('ANALYZE');
  });
