-- Asking has bounds: what somebody has asked for before is counted in the transaction that opens another request.

-- Whose a request is that is not over, or whose object still stands in the cloud: each owes work until then.
CREATE INDEX "requests_requester_idx" ON "requests" (("document" #>> '{ask,requester,id}'))
  WHERE "next_work_at" IS NOT NULL;
-- The newest no to somebody for a role, however many there were.
CREATE INDEX "requests_turned_down_idx" ON "requests"
  (("document" #>> '{ask,requester,id}'), ("document" #>> '{ask,terms,role,id}'), ("document" ->> 'closedAt') DESC)
  WHERE "outcome" IN ('denied', 'lapsed');

-- As `lock_request`, after the person's own lock: whoever asks twice at once is decided one after the other, in whatever
-- processes. Always in this order, the person's before the request's, so that no two wait for each other.
CREATE FUNCTION "lock_asking"("wanted" TEXT, "person" TEXT)
RETURNS TABLE (
  "now" TIMESTAMPTZ, "head_seq" INTEGER, "head_hash" TEXT, "checkpoint" INTEGER, "document" JSONB, "version" INTEGER,
  "seq" INTEGER, "drawn_version" INTEGER, "posted_seq" INTEGER, "updated_at" TIMESTAMPTZ
) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('requester/' || "person", 0));
  RETURN QUERY SELECT * FROM "lock_request"("wanted");
END $$;

-- What a person asked for before, as core/requester-history.ts says it. Volatile, so that it sees what was committed before
-- the lock was got. `standing` counts an object that may still come of what waits or opens, and one that is not deleted yet.
CREATE FUNCTION "requester_history"("person" TEXT, "role" TEXT, "incident" TEXT, "account" TEXT)
RETURNS JSONB LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  "counted" JSONB;
  "turned" JSONB;
BEGIN
  SELECT jsonb_build_object(
    'same', (array_agg(jsonb_build_object('id', r."id", 'state', r."state") ORDER BY r."created_at", r."id") FILTER (
      WHERE r."state" IN ('pending', 'granting', 'active')
        AND r."document" #>> '{ask,terms,role,id}' = "requester_history"."role"
        AND lower(r."document" #>> '{ask,incident,id}') = lower("requester_history"."incident")))[1],
    'pending', COALESCE(jsonb_agg(r."id" ORDER BY r."created_at", r."id") FILTER (WHERE r."state" = 'pending'), '[]'),
    'standing', COALESCE(sum(
      CASE WHEN r."state" = 'pending'
        THEN (r."document" #>> '{ask,terms,account,id}' = "requester_history"."account")::integer
        ELSE (SELECT count(*) FROM "grants" AS g
          WHERE g."request_id" = r."id" AND g."account" = "requester_history"."account" AND g."buried_at" IS NULL
            AND (g."plan" IS NOT NULL OR r."state" = 'granting'))
      END), 0))
  INTO "counted"
  FROM "requests" AS r
  WHERE r."document" #>> '{ask,requester,id}' = "requester_history"."person" AND r."next_work_at" IS NOT NULL;

  SELECT jsonb_build_object('id', r."id", 'outcome', r."outcome", 'at', r."document" ->> 'closedAt',
    'by', COALESCE(e."data" ->> 'name', ''), 'reason', COALESCE(e."data" ->> 'reason', ''))
  INTO "turned"
  FROM "requests" AS r
  LEFT JOIN "events" AS e ON e."stream" = 'request/' || r."id" AND e."type" = 'request_denied'
  WHERE r."document" #>> '{ask,requester,id}' = "requester_history"."person"
    AND r."document" #>> '{ask,terms,role,id}' = "requester_history"."role"
    AND r."outcome" IN ('denied', 'lapsed')
  ORDER BY r."document" ->> 'closedAt' DESC LIMIT 1;

  RETURN "counted" || jsonb_build_object('turnedDown', "turned");
END $$;
