-- The sweep of the clouds looks at every open grant and every tombstone, one after another, over as many passes as it
-- takes: up to which grant it came. Empty at the beginning.
ALTER TABLE "cloud_rounds" ADD COLUMN "watched_to" TEXT NOT NULL DEFAULT '';

CREATE INDEX "grants_standing_idx" ON "grants" ("id") WHERE "plan" IS NOT NULL AND "buried_at" IS NULL;
