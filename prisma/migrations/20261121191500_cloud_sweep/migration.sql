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
  "told" BOOLEAN NOT NULL DEFAULT FALSE,

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
  "told" BOOLEAN NOT NULL DEFAULT FALSE,

  CONSTRAINT "cloud_accounts_pkey" PRIMARY KEY ("provider", "account"),
  CONSTRAINT "cloud_accounts_done_check" CHECK (NOT ("done" AND "cursor" IS NOT NULL)),
  CONSTRAINT "cloud_accounts_failures_check" CHECK ("failures" >= 0 AND ("failures" > 0) = ("why" IS NOT NULL))
);

-- Objects in the place of ours that no row explains.
CREATE TABLE "cloud_strays" (
  "provider" TEXT NOT NULL,
  "account" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  -- The cloud's own id: an object made anew under the name is another one.
  "object_id" TEXT NOT NULL,
  "mark" TEXT,
  "grant_id" TEXT,
  -- It carried this installation's mark.
  "ours" BOOLEAN NOT NULL,
  "was_open" BOOLEAN NOT NULL,
  "found_at" TIMESTAMPTZ(3) NOT NULL,
  "seen_at" TIMESTAMPTZ(3) NOT NULL,
  "failures" INTEGER NOT NULL DEFAULT 0,
  "why" TEXT,
  -- Its event is written: ours is closed, another's is only told of.
  "settled_at" TIMESTAMPTZ(3),
  -- What the security channel was last told of it.
  "told" TEXT,

  CONSTRAINT "cloud_strays_pkey" PRIMARY KEY ("provider", "account", "name"),
  CONSTRAINT "cloud_strays_failures_check" CHECK ("failures" >= 0 AND ("failures" > 0) = ("why" IS NOT NULL)),
  CONSTRAINT "cloud_strays_settled_check" CHECK ("ours" OR "settled_at" IS NOT NULL),
  CONSTRAINT "cloud_strays_told_check" CHECK ("told" IN ('failed', 'settled'))
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
-- Each listed name is looked up here; names are compared as the clouds compare them, without regard to case.
CREATE INDEX "grants_name_idx" ON "grants" ("account", lower("plan" ->> 'name')) WHERE "plan" IS NOT NULL;
