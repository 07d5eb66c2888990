-- A pager that did not take it that a trouble is over is told again, and goes on from the round that it came to.
ALTER TABLE "troubles"
  ADD COLUMN "stood_down" BOOLEAN NOT NULL DEFAULT TRUE,
  ADD COLUMN "resolved" JSONB NOT NULL DEFAULT '{}',
  ADD CONSTRAINT "troubles_resolved_check" CHECK (jsonb_typeof("resolved") = 'object');
-- What lasts now is called off when it is over.
UPDATE "troubles" SET "stood_down" = FALSE WHERE NOT "over";

-- How far each channel was told of freezes: a place in the system stream. What was announced before counts as told.
CREATE TABLE "freeze_news" (
  "place" TEXT NOT NULL,
  "seq" INTEGER NOT NULL,

  CONSTRAINT "freeze_news_pkey" PRIMARY KEY ("place"),
  CONSTRAINT "freeze_news_place_check" CHECK ("place" IN ('security', 'default')),
  CONSTRAINT "freeze_news_seq_check" CHECK ("seq" >= 0)
);
INSERT INTO "freeze_news" ("place", "seq")
  SELECT p.place, COALESCE((SELECT max("seq") FROM "events" WHERE "stream" = 'system'), 0)
  FROM (VALUES ('security'), ('default')) AS p (place);
