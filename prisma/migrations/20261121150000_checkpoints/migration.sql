-- Incident streams, and checkpoints: what the sealer signed of the log. Rights are given by `breakglass migrate`.

ALTER TABLE "events" DROP CONSTRAINT "events_stream_check";
ALTER TABLE "events" ADD CONSTRAINT "events_stream_check" CHECK (
  "stream" ~ '^(system|request/[A-Za-z0-9_-]{1,40}|incident/[A-Za-z0-9][A-Za-z0-9._-]{0,39})$'
);

-- Checkpoints ---------------------------------------------------------------------------------------------------------

CREATE TABLE "checkpoints" (
  "number" INTEGER NOT NULL,
  "previous_number" INTEGER GENERATED ALWAYS AS (CASE WHEN "number" > 1 THEN "number" - 1 END) STORED,
  "previous" TEXT NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL,
  -- What was signed, every member of it.
  "header" JSONB NOT NULL,
  "hash" TEXT NOT NULL,
  "signature" TEXT NOT NULL,
  -- SPKI in base64: whose fingerprint the header names.
  "public_key" TEXT NOT NULL,

  CONSTRAINT "checkpoints_pkey" PRIMARY KEY ("number"),
  CONSTRAINT "checkpoints_number_hash_key" UNIQUE ("number", "hash"),
  -- Each checkpoint stands on the one before it, by number and by hash.
  CONSTRAINT "checkpoints_chain_fkey" FOREIGN KEY ("previous_number", "previous")
    REFERENCES "checkpoints" ("number", "hash"),
  CONSTRAINT "checkpoints_number_check" CHECK ("number" >= 1 AND ("number" > 1 OR "previous" = repeat('0', 64))),
  CONSTRAINT "checkpoints_hash_check" CHECK ("hash" ~ '^[0-9a-f]{64}$' AND "previous" ~ '^[0-9a-f]{64}$'),
  CONSTRAINT "checkpoints_header_check" CHECK (
    COALESCE(("header" ->> 'number')::integer = "number" AND "header" ->> 'previous' = "previous", FALSE)
  )
);

-- The streams that a checkpoint found changed, and how far it saw each. Bytes decide the order: the tree needs one that
-- no locale changes.
CREATE TABLE "checkpoint_leaves" (
  "number" INTEGER NOT NULL,
  "stream" TEXT COLLATE "C" NOT NULL,
  "length" INTEGER NOT NULL,
  "head" TEXT NOT NULL,

  CONSTRAINT "checkpoint_leaves_pkey" PRIMARY KEY ("number", "stream"),
  CONSTRAINT "checkpoint_leaves_number_fkey" FOREIGN KEY ("number") REFERENCES "checkpoints" ("number"),
  -- Nothing is sealed that is not there.
  CONSTRAINT "checkpoint_leaves_event_fkey" FOREIGN KEY ("stream", "length", "head")
    REFERENCES "events" ("stream", "seq", "hash")
);

CREATE INDEX "checkpoint_leaves_stream_idx" ON "checkpoint_leaves" ("stream", "number" DESC);

CREATE TRIGGER "checkpoints_append_only" BEFORE UPDATE OR DELETE ON "checkpoints"
  FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "checkpoints_no_truncate" BEFORE TRUNCATE ON "checkpoints"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "checkpoint_leaves_append_only" BEFORE UPDATE OR DELETE ON "checkpoint_leaves"
  FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "checkpoint_leaves_no_truncate" BEFORE TRUNCATE ON "checkpoint_leaves"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

-- The sealer's memory -------------------------------------------------------------------------------------------------

-- How far each stream was when it was last signed. All rows together give the root of the newest checkpoint.
CREATE TABLE "sealed_heads" (
  "stream" TEXT COLLATE "C" NOT NULL,
  "length" INTEGER NOT NULL,
  "head" TEXT NOT NULL,

  CONSTRAINT "sealed_heads_pkey" PRIMARY KEY ("stream"),
  CONSTRAINT "sealed_heads_length_check" CHECK ("length" >= 1)
);

CREATE TRIGGER "sealed_heads_no_delete" BEFORE DELETE ON "sealed_heads"
  FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "sealed_heads_no_truncate" BEFORE TRUNCATE ON "sealed_heads"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

-- The newest checkpoint that each anchor is known to hold.
CREATE TABLE "anchor_progress" (
  "anchor" TEXT NOT NULL,
  "number" INTEGER NOT NULL,

  CONSTRAINT "anchor_progress_pkey" PRIMARY KEY ("anchor"),
  CONSTRAINT "anchor_progress_number_check" CHECK ("number" >= 0)
);

-- Every event names the newest checkpoint when it was written: read where the lock was got, at no further round trip ---

DROP FUNCTION "lock_stream"(TEXT);
CREATE FUNCTION "lock_stream"("wanted" TEXT)
RETURNS TABLE ("now" TIMESTAMPTZ, "head_seq" INTEGER, "head_hash" TEXT, "checkpoint" INTEGER) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended("wanted", 0));
  RETURN QUERY
    SELECT date_trunc('milliseconds', clock_timestamp()), e."seq", e."hash",
      COALESCE((SELECT max(c."number") FROM "checkpoints" AS c), 0)
    FROM (SELECT) AS always
    LEFT JOIN LATERAL (
      SELECT x."seq", x."hash" FROM "events" AS x WHERE x."stream" = "wanted" ORDER BY x."seq" DESC LIMIT 1
    ) AS e ON TRUE;
END $$;

DROP FUNCTION "lock_request"(TEXT);
CREATE FUNCTION "lock_request"("wanted" TEXT)
RETURNS TABLE (
  "now" TIMESTAMPTZ, "head_seq" INTEGER, "head_hash" TEXT, "checkpoint" INTEGER, "document" JSONB, "version" INTEGER,
  "seq" INTEGER, "drawn_version" INTEGER, "posted_seq" INTEGER, "updated_at" TIMESTAMPTZ
) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM "requests" AS r WHERE r."id" = "wanted" FOR UPDATE;
  IF NOT FOUND THEN
    PERFORM pg_advisory_xact_lock(hashtextextended('request/' || "wanted", 0));
    PERFORM FROM "requests" AS r WHERE r."id" = "wanted" FOR UPDATE;
  END IF;
  RETURN QUERY
    SELECT date_trunc('milliseconds', clock_timestamp()), e."seq", e."hash",
      COALESCE((SELECT max(c."number") FROM "checkpoints" AS c), 0),
      r."document", r."version", r."seq", r."drawn_version", r."posted_seq", r."updated_at"
    FROM (SELECT) AS always
    LEFT JOIN "requests" AS r ON r."id" = "wanted"
    LEFT JOIN LATERAL (
      SELECT x."seq", x."hash" FROM "events" AS x WHERE x."stream" = 'request/' || "wanted" ORDER BY x."seq" DESC LIMIT 1
    ) AS e ON TRUE;
END $$;
