-- The tables, and what makes an illegal row impossible. Rights are given by `breakglass migrate`, which knows the
-- names of the roles of the app and of the sealer.

-- Requests ------------------------------------------------------------------------------------------------------------

-- `chats` of a request says for each chat how far it came: {"<chat>": {"drawnVersion": 3, "postedSeq": 5}, ...}.

-- What every chat has at least of one of the two.
CREATE FUNCTION "chats_least"("chats" JSONB, "what" TEXT) RETURNS INTEGER LANGUAGE sql IMMUTABLE AS $$
  SELECT min((c."value" ->> "what")::integer) FROM jsonb_each("chats") AS c
$$;

-- What any chat has at most of it.
CREATE FUNCTION "chats_most"("chats" JSONB, "what" TEXT) RETURNS INTEGER LANGUAGE sql IMMUTABLE AS $$
  SELECT max((c."value" ->> "what")::integer) FROM jsonb_each("chats") AS c
$$;

-- One chat came so far: only forward, and only one that the request is shown in.
CREATE FUNCTION "chats_noted"("chats" JSONB, "chat" TEXT, "what" TEXT, "upto" INTEGER) RETURNS JSONB
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN "chats" ? "chat" THEN jsonb_set("chats", ARRAY["chat", "what"],
    to_jsonb(GREATEST(("chats" #>> ARRAY["chat", "what"])::integer, "upto"))) ELSE "chats" END
$$;

CREATE TABLE "requests" (
  "id" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "outcome" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "stream" TEXT GENERATED ALWAYS AS ('request/' || "id") STORED,
  "seq" INTEGER NOT NULL,
  "chats" JSONB NOT NULL,
  -- The least of what the chats have: what the indexes and `next_work_at` go by.
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
  CONSTRAINT "requests_chats_check" CHECK (
    COALESCE(
      "chats" <> '{}' AND NOT "chats" @? '$.keyvalue().key ? (!(@ like_regex "^[a-z]+$"))'
        AND NOT "chats" @? '$.* ? (@.drawnVersion.type() <> "number" || @.postedSeq.type() <> "number")'
        AND "drawn_version" = "chats_least"("chats", 'drawnVersion') AND "posted_seq" = "chats_least"("chats", 'postedSeq')
        AND "chats_most"("chats", 'drawnVersion') <= "version" AND "chats_most"("chats", 'postedSeq') <= "seq",
      FALSE
    )
  ),
  CONSTRAINT "requests_deadlines_check" CHECK (
    ("state" = 'granting') = ("grant_by" IS NOT NULL) AND ("state" = 'active') = ("ends_at" IS NOT NULL)
  ),
  -- An instant that no process can read ("infinity", a year that JavaScript has not) would stop whoever reads the row
  -- beside many others. A range, because PostgreSQL takes dates up to the year 294276.
  CONSTRAINT "requests_updated_at_check" CHECK (
    "updated_at" > '0001-01-01T00:00:00Z' AND "updated_at" < '9999-01-01T00:00:00Z'
  ),
  -- A row that is not closed always owes something: it can never fall out of the sweep.
  CONSTRAINT "requests_work_check" CHECK ("state" = 'closed' OR "next_work_at" IS NOT NULL),
  CONSTRAINT "requests_document_check" CHECK (
    COALESCE(
      "document" ->> 'state' = "state"
      AND COALESCE("document" ->> 'outcome', 'none') = "outcome"
      AND "document" -> 'details' ->> 'id' = "id",
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
-- The newest requests that are not over, for `/breakglass list` and its like: without this they were looked for among all
-- that there ever were. What is not closed always owes work, so `next_work_at` says it (see requests_work_check).
CREATE INDEX "requests_open_idx" ON "requests" ("created_at" DESC, "id" DESC) WHERE "next_work_at" IS NOT NULL;

-- Whose a request is that is not over, or whose object still stands in the cloud: each owes work until then.
CREATE INDEX "requests_requester_idx" ON "requests" (("document" #>> '{details,requester,id}'))
  WHERE "next_work_at" IS NOT NULL;
-- The newest no to somebody for a role, however many there were.
CREATE INDEX "requests_turned_down_idx" ON "requests"
  (("document" #>> '{details,requester,id}'), ("document" #>> '{details,terms,role,id}'), ("document" ->> 'closedAt') DESC)
  WHERE "outcome" IN ('denied', 'lapsed');

-- Grants --------------------------------------------------------------------------------------------------------------

-- From when on what an ending left may be deleted, as its cloud's plan says; null where nobody can read that.
CREATE FUNCTION "clean_up_at"("plan" JSONB) RETURNS TIMESTAMPTZ LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN "plan" ->> 'cleanUpAt'
    ~ '^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$'
    THEN ("plan" ->> 'cleanUpAt')::timestamptz END
$$;

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
  "tombstone_deleted_at" TIMESTAMPTZ(3),

  CONSTRAINT "grants_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "grants_request_fkey" FOREIGN KEY ("request_id", "state", "outcome")
    REFERENCES "requests" ("id", "state", "outcome"),
  CONSTRAINT "grants_provider_check" CHECK ("provider" ~ '^[a-z]+$'),
  CONSTRAINT "grants_state_check" CHECK ("state" <> 'pending'),
  CONSTRAINT "grants_plan_check" CHECK (
    ("plan" IS NULL) = ("planned_end" IS NULL)
    AND ("plan" IS NULL OR COALESCE(
      "plan" ->> 'grantId' = "id" AND "plan" ->> 'provider' = "provider" AND "clean_up_at"("plan") >= "planned_end", FALSE
    ))
  ),
  -- Without a plan nothing was ever opened, so there is nothing to confirm, to remove or to delete.
  CONSTRAINT "grants_unplanned_check" CHECK (
    "plan" IS NOT NULL OR (
      "confirmed_at" IS NULL AND "access_removed_at" IS NULL AND "sessions_ended_at" IS NULL AND "tombstone_deleted_at" IS NULL
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
  CONSTRAINT "grants_tombstone_deleted_check" CHECK (
    "tombstone_deleted_at" IS NULL
    OR ("state" = 'closed' AND COALESCE("tombstone_deleted_at" >= "clean_up_at"("plan"), FALSE))
  )
);

CREATE INDEX "grants_request_id_idx" ON "grants" ("request_id");
CREATE INDEX "grants_unended_idx" ON "grants" ("request_id") WHERE "plan" IS NOT NULL AND "state" <> 'closed';
-- The sweep of the clouds looks at every open grant and every tombstone, one after another, over as many passes as it takes.
CREATE INDEX "grants_objects_idx" ON "grants" ("id") WHERE "plan" IS NOT NULL AND "tombstone_deleted_at" IS NULL;
-- Each listed name is looked up here; names are compared as the clouds compare them, without regard to case.
CREATE INDEX "grants_name_idx" ON "grants" ("account", lower("plan" ->> 'name')) WHERE "plan" IS NOT NULL;

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
  CONSTRAINT "events_stream_check" CHECK (
    "stream" ~ '^(system|request/[A-Za-z0-9_-]{1,40}|incident/[A-Za-z0-9][A-Za-z0-9._-]{0,39})$'
  ),
  CONSTRAINT "events_seq_check" CHECK ("seq" >= 1 AND ("seq" > 1 OR "prev_hash" = repeat('0', 64))),
  CONSTRAINT "events_hash_check" CHECK ("hash" ~ '^[0-9a-f]{64}$' AND "prev_hash" ~ '^[0-9a-f]{64}$'),
  CONSTRAINT "events_type_check" CHECK ("type" ~ '^[a-z_]{1,60}$'),
  CONSTRAINT "events_at_check" CHECK ("at" > '0001-01-01T00:00:00Z' AND "at" < '9999-01-01T00:00:00Z'),
  CONSTRAINT "events_actor_check" CHECK ("actor" <> ''),
  CONSTRAINT "events_data_check" CHECK (jsonb_typeof("data") = 'object'),
  CONSTRAINT "events_checkpoint_check" CHECK ("checkpoint" >= 0)
);

-- A policy is in force only where the log explains its row: read at every click, by the event of its number.
CREATE INDEX "events_policy_changed_idx" ON "events" (("data" ->> 'number'))
  WHERE "stream" = 'system' AND "type" = 'policy_changed';
-- Finds what explains the freeze and the policies, however long the system stream is.
CREATE INDEX "events_explaining_idx" ON "events" ("seq")
  WHERE "stream" = 'system'
    AND "type" IN ('policy_changed', 'openings_frozen', 'thaw_requested', 'openings_thawed');
-- Events come in the order of their instants: for a few bytes this finds those that no checkpoint has seen.
CREATE INDEX "events_at_idx" ON "events" USING brin ("at");

-- A row cannot claim more events than its stream holds.
ALTER TABLE "requests" ADD CONSTRAINT "requests_seq_fkey" FOREIGN KEY ("stream", "seq") REFERENCES "events" ("stream", "seq");

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

-- The sealer's memory -------------------------------------------------------------------------------------------------

-- How far each stream was when it was last signed. All rows together give the root of the newest checkpoint.
CREATE TABLE "sealed_heads" (
  "stream" TEXT COLLATE "C" NOT NULL,
  "length" INTEGER NOT NULL,
  "head" TEXT NOT NULL,

  CONSTRAINT "sealed_heads_pkey" PRIMARY KEY ("stream"),
  CONSTRAINT "sealed_heads_length_check" CHECK ("length" >= 1)
);

-- The newest checkpoint that each anchor is known to hold.
CREATE TABLE "anchor_progress" (
  "anchor" TEXT NOT NULL,
  "number" INTEGER NOT NULL,

  CONSTRAINT "anchor_progress_pkey" PRIMARY KEY ("anchor"),
  CONSTRAINT "anchor_progress_number_check" CHECK ("number" >= 0)
);

-- What it found, until it is explained. The next checkpoint names it.
CREATE TABLE "unexplained_rows" (
  "stream" TEXT COLLATE "C" NOT NULL,
  "what" TEXT COLLATE "C" NOT NULL,

  CONSTRAINT "unexplained_rows_pkey" PRIMARY KEY ("stream", "what")
);

-- How far its round over all requests came: one row, made by the first round.
CREATE TABLE "explaining_round" (
  "one" BOOLEAN NOT NULL DEFAULT TRUE,
  -- The last stream that it looked at.
  "after" TEXT COLLATE "C" NOT NULL,
  "began_at" TIMESTAMPTZ(3) NOT NULL,
  -- How many streams it has looked at since.
  "done" INTEGER NOT NULL,

  CONSTRAINT "explaining_round_pkey" PRIMARY KEY ("one"),
  CONSTRAINT "explaining_round_one_check" CHECK ("one")
);

-- The chat's memory ---------------------------------------------------------------------------------------------------

CREATE TABLE "messages" (
  "request_id" TEXT NOT NULL,
  "chat" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "seq" INTEGER NOT NULL,
  "person" TEXT NOT NULL,
  -- The chat's own ids: of the channel or conversation, and of the message once it stands there.
  "place" TEXT NOT NULL,
  "message" TEXT,
  "state" TEXT NOT NULL,
  "drawn_version" INTEGER NOT NULL,
  "digest" TEXT NOT NULL,
  "why" TEXT,
  -- Since when the chat answers the sending of this message with what nobody knows the meaning of.
  "unclear_since" TIMESTAMPTZ(3),
  -- How often it was reserved to be sent: again only where surely nothing was.
  "tries" INTEGER NOT NULL DEFAULT 1,

  CONSTRAINT "messages_pkey" PRIMARY KEY ("request_id", "chat", "kind", "seq", "person"),
  CONSTRAINT "messages_request_id_fkey" FOREIGN KEY ("request_id") REFERENCES "requests" ("id"),
  CONSTRAINT "messages_chat_place_message_key" UNIQUE ("chat", "place", "message"),
  CONSTRAINT "messages_chat_check" CHECK ("chat" ~ '^[a-z]+$'),
  CONSTRAINT "messages_kind_check" CHECK (
    "kind" IN ('card', 'copy', 'post', 'note')
    AND ("kind" IN ('card', 'copy')) = ("seq" = 0) AND "seq" >= 0
    AND ("kind" <> 'card' OR "person" = '') AND ("kind" <> 'copy' OR "person" <> '')
  ),
  CONSTRAINT "messages_state_check" CHECK (
    "state" IN ('sending', 'sent', 'gone')
    AND ("state" <> 'sent' OR "message" IS NOT NULL) AND ("state" = 'gone') = ("why" IS NOT NULL)
  ),
  CONSTRAINT "messages_drawn_version_check" CHECK ("drawn_version" >= 0 AND "tries" >= 1)
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
  CONSTRAINT "forms_kind_check" CHECK (
    "kind" IN ('request', 'approve', 'deny', 'end', 'extend', 'attest', 'freeze', 'thaw')
  ),
  CONSTRAINT "forms_key_check" CHECK ("key" <> '')
);

-- Who the chat said that we are, when it last said so: until it says so again, endings are heard by this.
CREATE TABLE "chat_identities" (
  "chat" TEXT NOT NULL,
  "app" TEXT NOT NULL,
  -- In the chat's own words: texts by name.
  "identity" JSONB NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

  CONSTRAINT "chat_identities_pkey" PRIMARY KEY ("chat", "app"),
  CONSTRAINT "chat_identities_identity_check" CHECK (
    COALESCE(jsonb_typeof("identity") = 'object' AND NOT "identity" @? '$.* ? (@.type() <> "string")', FALSE)
  )
);

-- What people are told of ---------------------------------------------------------------------------------------------

-- How far each channel of each chat was told of freezes and of changes of the policy: a place in the system stream. One
-- that is not here was told nothing yet.
CREATE TABLE "news" (
  "chat" TEXT NOT NULL,
  "place" TEXT NOT NULL,
  "seq" INTEGER NOT NULL,

  CONSTRAINT "news_pkey" PRIMARY KEY ("chat", "place"),
  CONSTRAINT "news_chat_check" CHECK ("chat" ~ '^[a-z]+$'),
  CONSTRAINT "news_place_check" CHECK ("place" IN ('security', 'default', 'policy_before', 'policy_after')),
  CONSTRAINT "news_seq_check" CHECK ("seq" >= 0)
);

-- Rounds of paging about what is no request, such as a cloud that holds what nobody can explain.
CREATE TABLE "troubles" (
  "key" TEXT NOT NULL,
  "round" INTEGER NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL,
  "reached" TEXT[] NOT NULL,
  "over" BOOLEAN NOT NULL,
  -- A pager that did not take it that a trouble is over is told again, and goes on from the round that it came to.
  "stood_down" BOOLEAN NOT NULL DEFAULT TRUE,
  "resolved" JSONB NOT NULL DEFAULT '{}',

  CONSTRAINT "troubles_pkey" PRIMARY KEY ("key"),
  CONSTRAINT "troubles_key_check" CHECK ("key" ~ '^[a-z0-9][a-z0-9/_-]{0,79}$'),
  CONSTRAINT "troubles_round_check" CHECK ("round" >= 1),
  CONSTRAINT "troubles_resolved_check" CHECK (jsonb_typeof("resolved") = 'object')
);

-- Policy and installation ---------------------------------------------------------------------------------------------

CREATE TABLE "policies" (
  "number" INTEGER NOT NULL,
  "digest" TEXT NOT NULL,
  "policy" JSONB NOT NULL,
  "document" TEXT NOT NULL,
  "applied_at" TIMESTAMPTZ(3) NOT NULL,
  "applied_by" TEXT NOT NULL,
  -- Each stands on the one before it: a number far ahead would leave none for the next.
  "previous_number" INTEGER GENERATED ALWAYS AS (CASE WHEN "number" > 1 THEN "number" - 1 END) STORED,
  -- Where a change of it is told, without reading the whole policy.
  "channels" JSONB GENERATED ALWAYS AS ("policy" -> 'channels') STORED,

  CONSTRAINT "policies_pkey" PRIMARY KEY ("number"),
  CONSTRAINT "policies_previous_number_fkey" FOREIGN KEY ("previous_number") REFERENCES "policies" ("number"),
  CONSTRAINT "policies_number_check" CHECK ("number" >= 1),
  CONSTRAINT "policies_digest_check" CHECK ("digest" ~ '^[0-9a-f]{64}$'),
  CONSTRAINT "policies_applied_at_check" CHECK (
    "applied_at" > '0001-01-01T00:00:00Z' AND "applied_at" < '9999-01-01T00:00:00Z'
  ),
  CONSTRAINT "policies_applied_by_check" CHECK ("applied_by" <> '')
);

CREATE TABLE "installation" (
  "one" BOOLEAN NOT NULL,
  "installation_id" TEXT NOT NULL,
  "system_identifier" TEXT NOT NULL,
  "database_oid" TEXT NOT NULL,
  "bound_at" TIMESTAMPTZ(3) NOT NULL,

  CONSTRAINT "installation_pkey" PRIMARY KEY ("one"),
  CONSTRAINT "installation_installation_id_key" UNIQUE ("installation_id"),
  CONSTRAINT "installation_one_check" CHECK ("one"),
  CONSTRAINT "installation_installation_id_check" CHECK ("installation_id" ~ '^[0-9a-f]{16}$')
);

-- Which database this is: another one after a restore, a copy or a branch. It runs with the owner's rights because
-- some clouds do not let everybody read pg_control_system().
CREATE FUNCTION "database_identity"() RETURNS TABLE ("system_identifier" TEXT, "database_oid" TEXT)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.system_identifier::text, d.oid::text
  FROM pg_control_system() AS c, pg_database AS d WHERE d.datname = current_database()
$$;

-- The installation's id: random, made once, on everything this installation ever opens.
INSERT INTO "installation" ("one", "installation_id", "system_identifier", "database_oid", "bound_at")
SELECT TRUE, substr(md5(gen_random_uuid()::text || gen_random_uuid()::text), 1, 16),
  i."system_identifier", i."database_oid", clock_timestamp()
FROM "database_identity"() AS i;

-- The freeze of all openings (B11): one row while they are frozen, none otherwise.

CREATE TABLE "freeze" (
  "one" BOOLEAN NOT NULL DEFAULT TRUE,
  "document" JSONB NOT NULL,

  CONSTRAINT "freeze_pkey" PRIMARY KEY ("one"),
  CONSTRAINT "freeze_one_check" CHECK ("one"),
  CONSTRAINT "freeze_document_check" CHECK (
    COALESCE(
      "document" ->> 'at' <> '' AND "document" -> 'by' ->> 'id' <> '' AND jsonb_typeof("document" -> 'all') = 'boolean'
      AND jsonb_array_length("document" -> 'lifts') <= 1,
      FALSE
    )
  )
);

-- The sweeps ----------------------------------------------------------------------------------------------------------

-- When a sweep last came to its end, whoever made it, and how long it is from one to the next: read by health alone.
CREATE TABLE "sweeps" (
  "one" BOOLEAN NOT NULL DEFAULT TRUE,
  "at" TIMESTAMPTZ(3) NOT NULL,
  "every_ms" INTEGER NOT NULL,

  CONSTRAINT "sweeps_pkey" PRIMARY KEY ("one"),
  CONSTRAINT "sweeps_one_check" CHECK ("one"),
  CONSTRAINT "sweeps_every_ms_check" CHECK ("every_ms" > 0)
);

-- What the sweep of the clouds remembers: how far it came, what it found that no row explains, and which open access
-- it has seen. All of it can be lost: the next pass finds it again, and may then report something twice.

-- The pass over all accounts that is under way, or the last one: one row.
CREATE TABLE "cloud_rounds" (
  "one" BOOLEAN NOT NULL,
  "number" INTEGER NOT NULL,
  "begun_at" TIMESTAMPTZ(3) NOT NULL,
  "ended_at" TIMESTAMPTZ(3),
  -- Since when objects of ours without a row are left alone, being too many.
  "stopped_at" TIMESTAMPTZ(3),
  "notified" BOOLEAN NOT NULL DEFAULT FALSE,
  -- Up to which grant it came in looking at every open grant and every tombstone. Empty at the beginning.
  "watched_to" TEXT NOT NULL DEFAULT '',

  CONSTRAINT "cloud_rounds_pkey" PRIMARY KEY ("one"),
  CONSTRAINT "cloud_rounds_one_check" CHECK ("one"),
  CONSTRAINT "cloud_rounds_number_check" CHECK ("number" >= 1)
);

-- Where the listing of each account stands.
CREATE TABLE "cloud_accounts" (
  "provider" TEXT NOT NULL,
  "account" TEXT NOT NULL,
  -- The last pass that was through with it, listed to the end or not.
  "round" INTEGER NOT NULL,
  -- When this listing began.
  "since" TIMESTAMPTZ(3) NOT NULL,
  "cursor" TEXT,
  "done" BOOLEAN NOT NULL,
  -- Passes in a row in which not one page came.
  "failures" INTEGER NOT NULL DEFAULT 0,
  "why" TEXT,
  "notified" BOOLEAN NOT NULL DEFAULT FALSE,

  CONSTRAINT "cloud_accounts_pkey" PRIMARY KEY ("provider", "account"),
  CONSTRAINT "cloud_accounts_done_check" CHECK (NOT ("done" AND "cursor" IS NOT NULL)),
  CONSTRAINT "cloud_accounts_failures_check" CHECK ("failures" >= 0 AND ("failures" > 0) = ("why" IS NOT NULL))
);

-- Objects in the place of ours that no row explains.
CREATE TABLE "cloud_orphans" (
  "provider" TEXT NOT NULL,
  "account" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  -- The cloud's own id: an object made anew under the name is another one.
  "object_id" TEXT NOT NULL,
  "installation_id" TEXT,
  "grant_id" TEXT,
  -- It carried this installation's id.
  "ours" BOOLEAN NOT NULL,
  "was_open" BOOLEAN NOT NULL,
  "found_at" TIMESTAMPTZ(3) NOT NULL,
  "seen_at" TIMESTAMPTZ(3) NOT NULL,
  "failures" INTEGER NOT NULL DEFAULT 0,
  "why" TEXT,
  -- Its event is written: ours is closed, another's is only reported.
  "settled_at" TIMESTAMPTZ(3),
  -- What the security channel was last notified of.
  "notified" TEXT,

  CONSTRAINT "cloud_orphans_pkey" PRIMARY KEY ("provider", "account", "name"),
  CONSTRAINT "cloud_orphans_failures_check" CHECK ("failures" >= 0 AND ("failures" > 0) = ("why" IS NOT NULL)),
  CONSTRAINT "cloud_orphans_settled_check" CHECK ("ours" OR "settled_at" IS NOT NULL),
  CONSTRAINT "cloud_orphans_notified_check" CHECK ("notified" IN ('failed', 'settled'))
);

-- Open access as the clouds show it.
CREATE TABLE "cloud_sightings" (
  "grant_id" TEXT NOT NULL,
  -- When it was last listed or read.
  "seen_at" TIMESTAMPTZ(3),
  -- When a read by name first found nothing, and nothing was seen since.
  "missed_at" TIMESTAMPTZ(3),

  CONSTRAINT "cloud_sightings_pkey" PRIMARY KEY ("grant_id"),
  CONSTRAINT "cloud_sightings_grant_fkey" FOREIGN KEY ("grant_id") REFERENCES "grants" ("id")
);
CREATE INDEX "cloud_sightings_missed_idx" ON "cloud_sightings" ("missed_at") WHERE "missed_at" IS NOT NULL;

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
CREATE TRIGGER "checkpoints_append_only" BEFORE UPDATE OR DELETE ON "checkpoints"
  FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "checkpoints_no_truncate" BEFORE TRUNCATE ON "checkpoints"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "checkpoint_leaves_append_only" BEFORE UPDATE OR DELETE ON "checkpoint_leaves"
  FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "checkpoint_leaves_no_truncate" BEFORE TRUNCATE ON "checkpoint_leaves"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "sealed_heads_no_delete" BEFORE DELETE ON "sealed_heads"
  FOR EACH ROW EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "sealed_heads_no_truncate" BEFORE TRUNCATE ON "sealed_heads"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "freeze_no_truncate" BEFORE TRUNCATE ON "freeze"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

-- How a row may change ------------------------------------------------------------------------------------------------

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
    OR NEW."document" -> 'details' IS DISTINCT FROM OLD."document" -> 'details' THEN
    RAISE EXCEPTION 'what request % asked for is never edited', OLD."id"
      USING ERRCODE = 'check_violation', CONSTRAINT = 'requests_details_check';
  END IF;
  IF NEW."version" NOT IN (OLD."version", OLD."version" + 1) OR NEW."seq" < OLD."seq"
    OR EXISTS (
      SELECT FROM jsonb_each(OLD."chats") AS o
      LEFT JOIN jsonb_each(NEW."chats") AS n ON n."key" = o."key"
      WHERE n."key" IS NULL OR (n."value" ->> 'drawnVersion')::integer < (o."value" ->> 'drawnVersion')::integer
        OR (n."value" ->> 'postedSeq')::integer < (o."value" ->> 'postedSeq')::integer
    ) THEN
    RAISE EXCEPTION 'the counters of request % go forward, one version at a time', OLD."id"
      USING ERRCODE = 'check_violation', CONSTRAINT = 'requests_forward_check';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER "requests_change" BEFORE UPDATE ON "requests"
  FOR EACH ROW EXECUTE FUNCTION "check_request_change"();

-- More time on access that is open: the one way in which a plan changes. While the grant was active, under the same
-- name and installation id, to a later end.
CREATE FUNCTION "check_grant_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."id" <> OLD."id" OR NEW."request_id" <> OLD."request_id" OR NEW."provider" <> OLD."provider"
    OR NEW."account" <> OLD."account"
  THEN
    RAISE EXCEPTION 'what grant % is for is never edited', OLD."id"
      USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_plan_kept_check';
  END IF;
  IF OLD."plan" IS NOT NULL
    AND (NEW."plan" IS DISTINCT FROM OLD."plan" OR NEW."planned_end" IS DISTINCT FROM OLD."planned_end")
    AND NOT COALESCE(
      OLD."state" = 'active' AND NEW."planned_end" > OLD."planned_end"
        AND NEW."plan" ->> 'grantId' = OLD."plan" ->> 'grantId'
        AND NEW."plan" ->> 'installationId' = OLD."plan" ->> 'installationId'
        AND NEW."plan" ->> 'name' = OLD."plan" ->> 'name',
      FALSE
    )
  THEN
    RAISE EXCEPTION 'the plan of grant % changes only to a later end while it is active', OLD."id"
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

-- Two people lift it: whoever comes second finds the word of the first on the row.
CREATE FUNCTION "check_thaw"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF jsonb_array_length(OLD."document" -> 'lifts') < 1 THEN
    RAISE EXCEPTION 'openings are frozen until two people have said that they may go on'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN OLD;
END $$;

CREATE TRIGGER "freeze_thaw" BEFORE DELETE ON "freeze"
  FOR EACH ROW EXECUTE FUNCTION "check_thaw"();

-- What each transaction begins with: one call, one round trip ---------------------------------------------------------

-- Each statement below sees what was committed before it, so the head is read after the lock was got. The clock too. Every
-- event names the newest checkpoint when it was written: read here, at no further round trip.
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

-- The request's row, locked. Where there is none yet, its name is locked instead, so that it is created once.
CREATE FUNCTION "lock_request"("wanted" TEXT)
RETURNS TABLE (
  "now" TIMESTAMPTZ, "head_seq" INTEGER, "head_hash" TEXT, "checkpoint" INTEGER, "document" JSONB, "version" INTEGER,
  "seq" INTEGER, "chats" JSONB, "drawn_version" INTEGER, "posted_seq" INTEGER, "updated_at" TIMESTAMPTZ
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
      r."document", r."version", r."seq", r."chats", r."drawn_version", r."posted_seq", r."updated_at"
    FROM (SELECT) AS always
    LEFT JOIN "requests" AS r ON r."id" = "wanted"
    LEFT JOIN LATERAL (
      SELECT x."seq", x."hash" FROM "events" AS x WHERE x."stream" = 'request/' || "wanted" ORDER BY x."seq" DESC LIMIT 1
    ) AS e ON TRUE;
END $$;

-- As `lock_request`, after the person's own lock: whoever asks twice at once is decided one after the other, in whatever
-- processes. Always in this order, the person's before the request's, so that no two wait for each other.
CREATE FUNCTION "lock_requester"("wanted" TEXT, "person" TEXT)
RETURNS TABLE (
  "now" TIMESTAMPTZ, "head_seq" INTEGER, "head_hash" TEXT, "checkpoint" INTEGER, "document" JSONB, "version" INTEGER,
  "seq" INTEGER, "chats" JSONB, "drawn_version" INTEGER, "posted_seq" INTEGER, "updated_at" TIMESTAMPTZ
) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('requester/' || "person", 0));
  RETURN QUERY SELECT * FROM "lock_request"("wanted");
END $$;

-- What a person asked for before, as core/request/requester-history.ts says it. Volatile, so that it sees what was committed before
-- the lock was got. `objects` counts an object that may still come of what waits or opens, and one that is not deleted yet.
CREATE FUNCTION "requester_history"("person" TEXT, "role" TEXT, "incident" TEXT, "provider" TEXT, "account" TEXT)
RETURNS JSONB LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  "counted" JSONB;
  "turned" JSONB;
BEGIN
  SELECT jsonb_build_object(
    'same', (array_agg(jsonb_build_object('id', r."id", 'state', r."state") ORDER BY r."created_at", r."id") FILTER (
      WHERE r."state" IN ('pending', 'granting', 'active')
        AND r."document" #>> '{details,terms,role,id}' = "requester_history"."role"
        AND lower(r."document" #>> '{details,incident,id}') = lower("requester_history"."incident")))[1],
    'pending', COALESCE(jsonb_agg(r."id" ORDER BY r."created_at", r."id") FILTER (WHERE r."state" = 'pending'), '[]'),
    'objects', COALESCE(sum(
      CASE WHEN r."state" = 'pending'
        THEN (r."document" #>> '{details,terms,account,id}' = "requester_history"."account"
          AND r."document" #>> '{details,terms,account,provider}' = "requester_history"."provider")::integer
        ELSE (SELECT count(*) FROM "grants" AS g
          WHERE g."request_id" = r."id" AND g."provider" = "requester_history"."provider"
            AND g."account" = "requester_history"."account" AND g."tombstone_deleted_at" IS NULL
            AND (g."plan" IS NOT NULL OR r."state" = 'granting'))
      END), 0))
  INTO "counted"
  FROM "requests" AS r
  WHERE r."document" #>> '{details,requester,id}' = "requester_history"."person" AND r."next_work_at" IS NOT NULL;

  SELECT jsonb_build_object('id', r."id", 'outcome', r."outcome", 'at', r."document" ->> 'closedAt',
    'by', COALESCE(e."data" ->> 'name', ''), 'reason', COALESCE(e."data" ->> 'reason', ''))
  INTO "turned"
  FROM "requests" AS r
  LEFT JOIN "events" AS e ON e."stream" = 'request/' || r."id" AND e."type" = 'request_denied'
  WHERE r."document" #>> '{details,requester,id}' = "requester_history"."person"
    AND r."document" #>> '{details,terms,role,id}' = "requester_history"."role"
    AND r."outcome" IN ('denied', 'lapsed')
  ORDER BY r."document" ->> 'closedAt' DESC LIMIT 1;

  RETURN "counted" || jsonb_build_object('turnedDown', "turned");
END $$;

-- Volatile, so that each call looks anew: called beside a locking function, it sees what was committed before the lock
-- was got, in the same round trip.
CREATE FUNCTION "freeze_now"() RETURNS JSONB LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  RETURN (SELECT f."document" FROM "freeze" AS f);
END $$;
