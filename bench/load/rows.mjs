import pg from 'pg';

const BATCH = 250;

/** Writes lives in bulk, as the owner of the tables: rows, grants, their whole logs, and the cards that show them. */
export async function writeLives(ownerUrl, lives) {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    for (let from = 0; from < lives.length; from += BATCH) await writeBatch(client, lives.slice(from, from + BATCH));
    await client.query('ANALYZE');
  } finally {
    await client.end();
  }
}

async function writeBatch(client, lives) {
  await client.query(
    `WITH "rows" AS (
       INSERT INTO "requests" ("id", "state", "outcome", "version", "seq", "chats", "drawn_version", "posted_seq",
         "state_work_at", "ends_at", "document", "created_at", "updated_at")
       SELECT "id", "document" ->> 'state', 'none', "version", "seq",
         jsonb_build_object('slack', jsonb_build_object('drawnVersion', "version", 'postedSeq', "seq")), "version", "seq", "workAt", "endsAt", "document",
         "askedAt", "updatedAt"
       FROM jsonb_to_recordset($1::jsonb) AS r ("id" text, "version" integer, "seq" integer, "workAt" timestamptz,
         "endsAt" timestamptz, "document" jsonb, "askedAt" timestamptz, "updatedAt" timestamptz)
     ), "opened" AS (
       INSERT INTO "grants" ("id", "request_id", "state", "outcome", "provider", "account", "plan", "planned_end",
         "confirmed_at", "ends_at")
       SELECT "id", "requestId", 'active', 'none', 'aws', "account", "plan", "plannedEnd", "confirmedAt", "endsAt"
       FROM jsonb_to_recordset($2::jsonb) AS g ("id" text, "requestId" text, "account" text, "plan" jsonb,
         "plannedEnd" timestamptz, "confirmedAt" timestamptz, "endsAt" timestamptz)
     ), "cards" AS (
       INSERT INTO "messages" ("request_id", "chat", "kind", "seq", "person", "place", "message", "state", "drawn_version", "digest")
       SELECT "requestId", 'slack', 'card', 0, '', "channel", "ts", 'sent', "version", "digest"
       FROM jsonb_to_recordset($3::jsonb) AS c ("requestId" text, "channel" text, "ts" text, "version" integer,
         "digest" text)
     )
     INSERT INTO "events" ("stream", "seq", "type", "at", "actor", "data", "checkpoint", "prev_hash", "hash")
     SELECT "stream", "seq", "type", "at", "actor", "data", "checkpoint", "prevHash", "hash"
     FROM jsonb_to_recordset($4::jsonb) AS e ("stream" text, "seq" integer, "type" text, "at" timestamptz,
       "actor" text, "data" jsonb, "checkpoint" integer, "prevHash" text, "hash" text)`,
    [
      JSON.stringify(lives.map(rowRecord)),
      JSON.stringify(lives.flatMap(grantRecords)),
      JSON.stringify(lives.flatMap(cardRecord)),
      JSON.stringify(lives.flatMap(({ events }) => events)),
    ],
  );
}

const rowRecord = ({ row, workAt }) => ({
  id: row.request.details.id,
  version: row.version,
  seq: row.seq,
  workAt,
  endsAt: row.request.endsAt,
  document: row.request,
  askedAt: row.request.details.askedAt,
  updatedAt: row.updatedAt,
});

const grantRecords = ({ row }) =>
  row.request.grants.map(({ id, target, plan, confirmedAt, endsAt }) => ({
    id,
    requestId: row.request.details.id,
    account: target.account,
    plan,
    plannedEnd: plan.plannedEnd,
    confirmedAt,
    endsAt,
  }));

const cardRecord = ({ row, card }) =>
  card === undefined
    ? []
    : [{ ...card, requestId: row.request.details.id, version: row.version, digest: row.request.details.digest }];
