-- A policy is in force only where the log explains its row: read at every click, by the event of its number.
CREATE INDEX "events_policy_changed_idx" ON "events" (("data" ->> 'number'))
  WHERE "stream" = 'system' AND "type" = 'policy_changed';

ALTER TABLE "policies"
  -- Each stands on the one before it: a number far ahead would leave none for the next.
  ADD COLUMN "previous_number" INTEGER GENERATED ALWAYS AS (CASE WHEN "number" > 1 THEN "number" - 1 END) STORED,
  ADD CONSTRAINT "policies_previous_number_fkey" FOREIGN KEY ("previous_number") REFERENCES "policies" ("number"),
  -- Where a change of it is told, without reading the whole policy.
  ADD COLUMN "security_channel" TEXT GENERATED ALWAYS AS ("policy" #>> '{channels,security}') STORED;
