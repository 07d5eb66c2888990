-- Changes of the policy are told like freezes: how far each channel was told, a place in the system stream.
ALTER TABLE "freeze_news" RENAME TO "news";
ALTER TABLE "news" RENAME CONSTRAINT "freeze_news_pkey" TO "news_pkey";
ALTER TABLE "news" RENAME CONSTRAINT "freeze_news_seq_check" TO "news_seq_check";
ALTER TABLE "news" DROP CONSTRAINT "freeze_news_place_check";
ALTER TABLE "news" ADD CONSTRAINT "news_place_check"
  CHECK ("place" IN ('security', 'default', 'policy_before', 'policy_after'));
-- What was put in force before was told when it was.
INSERT INTO "news" ("place", "seq")
  SELECT p.place, COALESCE((SELECT max("seq") FROM "events" WHERE "stream" = 'system'), 0)
  FROM (VALUES ('policy_before'), ('policy_after')) AS p (place);
