-- The newest requests that are not over, for `/breakglass list` and its like: without this they were looked for among all
-- that there ever were. What is not closed always owes work, so `next_work_at` says it (see requests_work_check).
CREATE INDEX "requests_open_idx" ON "requests" ("created_at" DESC, "id" DESC) WHERE "next_work_at" IS NOT NULL;
