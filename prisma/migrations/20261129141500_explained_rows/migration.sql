-- Rows are held to their events by `audit verify` and, every minute, by the sealer.

-- Finds what explains the freeze and the policies, however long the system stream is.
CREATE INDEX "events_explaining_idx" ON "events" ("seq")
  WHERE "stream" = 'system'
    AND "type" IN ('policy_changed', 'openings_frozen', 'thaw_requested', 'openings_thawed');

-- The sealer's own: what it found, until it is explained. The next checkpoint names it.
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
