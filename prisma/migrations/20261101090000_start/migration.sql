-- The tables, and what makes an illegal row impossible. Rights are given by `breakglass migrate`, which knows the
-- name of the app's role.

-- Requests ------------------------------------------------------------------------------------------------------------

CREATE TABLE "requests" (
  "id" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "outcome" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "stream" TEXT GENERATED ALWAYS AS ('request/' || "id") STORED,
  "seq" INTEGER NOT NULL,
  "drawn_version" INTEGER NOT NULL,
  "posted_seq" INTEGER NOT NULL,
  -- When the state itself needs work; what the chat is owed comes on top.
  "state_work_at" TIMESTAMPTZ(3),
  "grant_by" TIMESTAMPTZ(3),
  "ends_at" TIMESTAMPTZ(3),
  "document" JSONB NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "updated_at" TIMESTAMPTZ(3) NOT NULL,
  "next_work_at" TIMESTAMPTZ(3) GENERATED ALWAYS AS (
    CASE WHEN "drawn_version" < "version" OR "posted_seq" < "seq" THEN LEAST("state_work_at", "updated_at") ELSE "state_work_at" END
  ) STORED,

  CONSTRAINT "requests_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "requests_id_state_outcome_key" UNIQUE ("id", "state", "outcome"),
  CONSTRAINT "requests_id_check" CHECK ("id" ~ '^[A-Za-z0-9_-]{1,40}$'),
  CONSTRAINT "requests_state_check" CHECK ("state" IN ('pending', 'granting', 'active', 'revoking', 'closed')),
  CONSTRAINT "requests_outcome_check" CHECK (
    "outcome" IN ('none', 'refused', 'denied', 'withdrawn', 'lapsed', 'grant_failed', 'ended', 'ended_unproven')
    AND ("state" = 'closed') = ("outcome" <> 'none')
  ),
  CONSTRAINT "requests_counters_check" CHECK (
    "version" >= 1 AND "seq" >= 1
    AND "drawn_version" BETWEEN 0 AND "version" AND "posted_seq" BETWEEN 0 AND "seq"
  ),
  CONSTRAINT "requests_deadlines_check" CHECK (
    ("state" = 'granting') = ("grant_by" IS NOT NULL) AND ("state" = 'active') = ("ends_at" IS NOT NULL)
  ),
  -- A row that is not closed always owes something: it can never fall out of the sweep.
  CONSTRAINT "requests_work_check" CHECK ("state" = 'closed' OR "next_work_at" IS NOT NULL),
  CONSTRAINT "requests_document_check" CHECK (
    COALESCE(
      "document" ->> 'state' = "state"
      AND COALESCE("document" ->> 'outcome', 'none') = "outcome"
      AND "document" -> 'ask' ->> 'id' = "id",
      FALSE
    )
  ),
  CONSTRAINT "requests_grants_check" CHECK (
    CASE
      WHEN "state" = 'pending' THEN NOT "document" ? 'grants'
      WHEN "state" = 'closed' THEN COALESCE(jsonb_typeof("document" -> 'grants') = 'array', FALSE)
      ELSE COALESCE(jsonb_array_length("document" -> 'grants') >= 1, FALSE)
        AND COALESCE(jsonb_array_length("document" -> 'approvals') >= 1, FALSE)
    END
  )
);

CREATE INDEX "requests_unfinished_idx" ON "requests" ("id", "next_work_at") WHERE "next_work_at" IS NOT NULL;
CREATE INDEX "requests_created_at_idx" ON "requests" ("created_at" DESC, "id" DESC);

-- Grants --------------------------------------------------------------------------------------------------------------

CREATE TABLE "grants" (
  "id" TEXT NOT NULL,
  "request_id" TEXT NOT NULL,
  -- The request's own, so that the checks below can speak of them.
  "state" TEXT NOT NULL,
  "outcome" TEXT NOT NULL,
  "provider" TEXT NOT NULL,
  "account" TEXT NOT NULL,
  "plan" JSONB,
  "planned_end" TIMESTAMPTZ(3),
  "confirmed_at" TIMESTAMPTZ(3),
  "ends_at" TIMESTAMPTZ(3),
  "access_removed_at" TIMESTAMPTZ(3),
  "sessions_ended_at" TIMESTAMPTZ(3),
  "buried_at" TIMESTAMPTZ(3),

  CONSTRAINT "grants_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "grants_request_fkey" FOREIGN KEY ("request_id", "state", "outcome")
    REFERENCES "requests" ("id", "state", "outcome"),
  CONSTRAINT "grants_provider_check" CHECK ("provider" IN ('aws')),
  CONSTRAINT "grants_state_check" CHECK ("state" <> 'pending'),
  CONSTRAINT "grants_plan_check" CHECK (
    ("plan" IS NULL) = ("planned_end" IS NULL)
    AND ("plan" IS NULL OR COALESCE("plan" ->> 'grantId' = "id" AND "plan" ->> 'provider' = "provider", FALSE))
  ),
  -- Without a plan nothing was ever opened, so there is nothing to confirm, to remove or to bury.
  CONSTRAINT "grants_unplanned_check" CHECK (
    "plan" IS NOT NULL OR (
      "confirmed_at" IS NULL AND "access_removed_at" IS NULL AND "sessions_ended_at" IS NULL AND "buried_at" IS NULL
    )
  ),
  CONSTRAINT "grants_ends_at_check" CHECK (
    "ends_at" IS NULL OR COALESCE("confirmed_at" < "ends_at" AND "ends_at" <= "planned_end", FALSE)
  ),
  CONSTRAINT "grants_active_check" CHECK ("state" <> 'active' OR ("plan" IS NOT NULL AND "ends_at" IS NOT NULL)),
  CONSTRAINT "grants_removal_check" CHECK (
    ("access_removed_at" IS NULL AND "sessions_ended_at" IS NULL) OR "state" IN ('revoking', 'closed')
  ),
  -- D3: from a plan, closed only through both proofs, or by attestation.
  CONSTRAINT "grants_closed_check" CHECK (
    "state" <> 'closed' OR "plan" IS NULL OR "outcome" = 'ended_unproven'
    OR ("access_removed_at" IS NOT NULL AND "sessions_ended_at" IS NOT NULL)
  ),
  CONSTRAINT "grants_buried_check" CHECK (
    "buried_at" IS NULL OR ("state" = 'closed' AND "buried_at" >= "planned_end" + INTERVAL '12 hours')
  )
);

CREATE INDEX "grants_request_id_idx" ON "grants" ("request_id");
CREATE INDEX "grants_unended_idx" ON "grants" ("request_id") WHERE "plan" IS NOT NULL AND "state" <> 'closed';

-- The log -------------------------------------------------------------------------------------------------------------

CREATE TABLE "events" (
  "stream" TEXT NOT NULL,
  "seq" INTEGER NOT NULL,
  "type" TEXT NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL,
  "actor" TEXT NOT NULL,
  "data" JSONB NOT NULL,
  "checkpoint" INTEGER NOT NULL,
  "prev_seq" INTEGER GENERATED ALWAYS AS (CASE WHEN "seq" > 1 THEN "seq" - 1 END) STORED,
  "prev_hash" TEXT NOT NULL,
  "hash" TEXT NOT NULL,

  CONSTRAINT "events_pkey" PRIMARY KEY ("stream", "seq"),
  CONSTRAINT "events_hash_key" UNIQUE ("hash"),
  CONSTRAINT "events_stream_seq_hash_key" UNIQUE ("stream", "seq", "hash"),
  -- Each event stands on the one before it, by number and by hash.
  CONSTRAINT "events_chain_fkey" FOREIGN KEY ("stream", "prev_seq", "prev_hash")
    REFERENCES "events" ("stream", "seq", "hash"),
  CONSTRAINT "events_stream_check" CHECK ("stream" ~ '^(system|request/[A-Za-z0-9_-]{1,40})$'),
  CONSTRAINT "events_seq_check" CHECK ("seq" >= 1 AND ("seq" > 1 OR "prev_hash" = repeat('0', 64))),
  CONSTRAINT "events_hash_check" CHECK ("hash" ~ '^[0-9a-f]{64}$' AND "prev_hash" ~ '^[0-9a-f]{64}$'),
  CONSTRAINT "events_type_check" CHECK ("type" ~ '^[a-z_]{1,60}$'),
  CONSTRAINT "events_actor_check" CHECK ("actor" <> ''),
  CONSTRAINT "events_data_check" CHECK (jsonb_typeof("data") = 'object'),
  CONSTRAINT "events_checkpoint_check" CHECK ("checkpoint" >= 0)
);

-- A row cannot claim more events than its stream holds.
ALTER TABLE "requests" ADD CONSTRAINT "requests_seq_fkey" FOREIGN KEY ("stream", "seq") REFERENCES "events" ("stream", "seq");

-- The chat's memory ---------------------------------------------------------------------------------------------------

CREATE TABLE "messages" (
  "request_id" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "seq" INTEGER NOT NULL,
  "person" TEXT NOT NULL,
  "channel" TEXT NOT NULL,
  "ts" TEXT,
  "state" TEXT NOT NULL,
  "drawn_version" INTEGER NOT NULL,
  "digest" TEXT NOT NULL,
  "why" TEXT,

  CONSTRAINT "messages_pkey" PRIMARY KEY ("request_id", "kind", "seq", "person"),
  CONSTRAINT "messages_request_id_fkey" FOREIGN KEY ("request_id") REFERENCES "requests" ("id"),
  CONSTRAINT "messages_channel_ts_key" UNIQUE ("channel", "ts"),
  CONSTRAINT "messages_kind_check" CHECK (
    "kind" IN ('card', 'copy', 'post', 'note')
    AND ("kind" IN ('card', 'copy')) = ("seq" = 0) AND "seq" >= 0
    AND ("kind" <> 'card' OR "person" = '') AND ("kind" <> 'copy' OR "person" <> '')
  ),
  CONSTRAINT "messages_state_check" CHECK (
    "state" IN ('sending', 'sent', 'gone')
    AND ("state" <> 'sent' OR "ts" IS NOT NULL) AND ("state" = 'gone') = ("why" IS NOT NULL)
  ),
  CONSTRAINT "messages_drawn_version_check" CHECK ("drawn_version" >= 0)
);

CREATE TABLE "forms" (
  "id" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "request_id" TEXT NOT NULL,
  "digest" TEXT NOT NULL,
  "channel" TEXT NOT NULL,
  "opened_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
  "used_at" TIMESTAMPTZ(3),

  CONSTRAINT "forms_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "forms_kind_check" CHECK ("kind" IN ('request', 'approve', 'deny', 'end')),
  CONSTRAINT "forms_key_check" CHECK ("key" <> '')
);

-- Policy and installation ---------------------------------------------------------------------------------------------

CREATE TABLE "policies" (
  "number" INTEGER NOT NULL,
  "digest" TEXT NOT NULL,
  "policy" JSONB NOT NULL,
  "document" TEXT NOT NULL,
  "applied_at" TIMESTAMPTZ(3) NOT NULL,
  "applied_by" TEXT NOT NULL,

  CONSTRAINT "policies_pkey" PRIMARY KEY ("number"),
  CONSTRAINT "policies_number_check" CHECK ("number" >= 1),
  CONSTRAINT "policies_digest_check" CHECK ("digest" ~ '^[0-9a-f]{64}$'),
  CONSTRAINT "policies_applied_by_check" CHECK ("applied_by" <> '')
);

CREATE TABLE "installation" (
  "one" BOOLEAN NOT NULL,
  "mark" TEXT NOT NULL,
  "system_identifier" TEXT NOT NULL,
  "database_oid" TEXT NOT NULL,
  "bound_at" TIMESTAMPTZ(3) NOT NULL,

  CONSTRAINT "installation_pkey" PRIMARY KEY ("one"),
  CONSTRAINT "installation_mark_key" UNIQUE ("mark"),
  CONSTRAINT "installation_one_check" CHECK ("one"),
  CONSTRAINT "installation_mark_check" CHECK ("mark" ~ '^[0-9a-f]{16}$')
);

-- Which database this is: another one after a restore, a copy or a branch. It runs with the owner's rights because
-- some clouds do not let everybody read pg_control_system().
CREATE FUNCTION "database_identity"() RETURNS TABLE ("system_identifier" TEXT, "database_oid" TEXT)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.system_identifier::text, d.oid::text
  FROM pg_control_system() AS c, pg_database AS d WHERE d.datname = current_database()
$$;

-- The mark: random, made once, on everything this installation ever opens.
INSERT INTO "installation" ("one", "mark", "system_identifier", "database_oid", "bound_at")
SELECT TRUE, substr(md5(gen_random_uuid()::text || gen_random_uuid()::text), 1, 16),
  i."system_identifier", i."database_oid", clock_timestamp()
FROM "database_identity"() AS i;

-- What no statement may do, whoever runs it ---------------------------------------------------------------------------

CREATE FUNCTION "refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% on "%" is refused: its rows are kept as they were written', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER "events_append_only" BEFORE UPDATE OR DELETE ON "events"
  FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "events_no_truncate" BEFORE TRUNCATE ON "events"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "requests_no_delete" BEFORE DELETE ON "requests"
  FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "requests_no_truncate" BEFORE TRUNCATE ON "requests"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "grants_no_delete" BEFORE DELETE ON "grants"
  FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "grants_no_truncate" BEFORE TRUNCATE ON "grants"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "policies_append_only" BEFORE UPDATE OR DELETE ON "policies"
  FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "policies_no_truncate" BEFORE TRUNCATE ON "policies"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

CREATE FUNCTION "check_request_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."state" <> OLD."state" AND (OLD."state", NEW."state") NOT IN (
    ('pending', 'granting'), ('pending', 'closed'),
    ('granting', 'active'), ('granting', 'revoking'), ('granting', 'closed'),
    ('active', 'revoking'), ('revoking', 'closed')
  ) THEN
    RAISE EXCEPTION 'request % cannot go from % to %', OLD."id", OLD."state", NEW."state"
      USING ERRCODE = 'check_violation', CONSTRAINT = 'requests_transition_check';
  END IF;
  IF NEW."outcome" <> OLD."outcome" AND OLD."outcome" <> 'none' THEN
    RAISE EXCEPTION 'the outcome of request % is final', OLD."id"
      USING ERRCODE = 'check_violation', CONSTRAINT = 'requests_final_check';
  END IF;
  IF NEW."id" <> OLD."id" OR NEW."created_at" <> OLD."created_at"
    OR NEW."document" -> 'ask' IS DISTINCT FROM OLD."document" -> 'ask' THEN
    RAISE EXCEPTION 'what request % asked for is never edited', OLD."id"
      USING ERRCODE = 'check_violation', CONSTRAINT = 'requests_ask_check';
  END IF;
  IF NEW."version" NOT IN (OLD."version", OLD."version" + 1) OR NEW."seq" < OLD."seq"
    OR NEW."drawn_version" < OLD."drawn_version" OR NEW."posted_seq" < OLD."posted_seq" THEN
    RAISE EXCEPTION 'the counters of request % go forward, one version at a time', OLD."id"
      USING ERRCODE = 'check_violation', CONSTRAINT = 'requests_forward_check';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER "requests_change" BEFORE UPDATE ON "requests"
  FOR EACH ROW EXECUTE FUNCTION "check_request_change"();

CREATE FUNCTION "check_grant_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."id" <> OLD."id" OR NEW."request_id" <> OLD."request_id" OR NEW."provider" <> OLD."provider"
    OR NEW."account" <> OLD."account"
    OR (OLD."plan" IS NOT NULL AND (NEW."plan" IS DISTINCT FROM OLD."plan" OR NEW."planned_end" <> OLD."planned_end"))
  THEN
    RAISE EXCEPTION 'the plan of grant % is never edited', OLD."id"
      USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_plan_kept_check';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER "grants_change" BEFORE UPDATE ON "grants"
  FOR EACH ROW EXECUTE FUNCTION "check_grant_change"();

-- Every grant that a request's document names has its row, so that no check above can be evaded by leaving it out.
CREATE FUNCTION "check_request_grants"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM jsonb_array_elements(NEW."document" -> 'grants') AS named
    WHERE NOT EXISTS (
      SELECT FROM "grants" AS g
      WHERE g."id" = named ->> 'id' AND g."request_id" = NEW."id"
        AND g."plan" IS NOT DISTINCT FROM named -> 'plan'
        AND (g."access_removed_at" IS NOT NULL) = (named ? 'accessRemoved')
        AND (g."sessions_ended_at" IS NOT NULL) = (named ? 'sessionsEnded')
    )
  ) THEN
    RAISE EXCEPTION 'request % names a grant that has no such row', NEW."id"
      USING ERRCODE = 'check_violation', CONSTRAINT = 'requests_grant_rows_check';
  END IF;
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER "requests_grant_rows" AFTER INSERT OR UPDATE OF "document" ON "requests"
  FOR EACH ROW WHEN (NEW."document" ? 'grants') EXECUTE FUNCTION "check_request_grants"();

-- What each transaction begins with: one call, one round trip ---------------------------------------------------------

-- Each statement below sees what was committed before it, so the head is read after the lock was got. The clock too.
CREATE FUNCTION "lock_stream"("wanted" TEXT)
RETURNS TABLE ("now" TIMESTAMPTZ, "head_seq" INTEGER, "head_hash" TEXT) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended("wanted", 0));
  RETURN QUERY
    SELECT date_trunc('milliseconds', clock_timestamp()), e."seq", e."hash"
    FROM (SELECT) AS always
    LEFT JOIN LATERAL (
      SELECT x."seq", x."hash" FROM "events" AS x WHERE x."stream" = "wanted" ORDER BY x."seq" DESC LIMIT 1
    ) AS e ON TRUE;
END $$;

-- The request's row, locked. Where there is none yet, its name is locked instead, so that it is created once.
CREATE FUNCTION "lock_request"("wanted" TEXT)
RETURNS TABLE (
  "now" TIMESTAMPTZ, "head_seq" INTEGER, "head_hash" TEXT, "document" JSONB, "version" INTEGER, "seq" INTEGER,
  "drawn_version" INTEGER, "posted_seq" INTEGER, "updated_at" TIMESTAMPTZ
) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM "requests" AS r WHERE r."id" = "wanted" FOR UPDATE;
  IF NOT FOUND THEN
    PERFORM pg_advisory_xact_lock(hashtextextended('request/' || "wanted", 0));
    PERFORM FROM "requests" AS r WHERE r."id" = "wanted" FOR UPDATE;
  END IF;
  RETURN QUERY
    SELECT date_trunc('milliseconds', clock_timestamp()), e."seq", e."hash",
      r."document", r."version", r."seq", r."drawn_version", r."posted_seq", r."updated_at"
    FROM (SELECT) AS always
    LEFT JOIN "requests" AS r ON r."id" = "wanted"
    LEFT JOIN LATERAL (
      SELECT x."seq", x."hash" FROM "events" AS x WHERE x."stream" = 'request/' || "wanted" ORDER BY x."seq" DESC LIMIT 1
    ) AS e ON TRUE;
END $$;
