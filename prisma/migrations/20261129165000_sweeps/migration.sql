-- When a sweep last came to its end, whoever made it, and how long it is from one to the next: read by health alone.
CREATE TABLE "sweeps" (
  "one" BOOLEAN PRIMARY KEY DEFAULT true CHECK ("one"),
  "at" TIMESTAMPTZ(3) NOT NULL,
  "every_ms" INTEGER NOT NULL CHECK ("every_ms" > 0)
);

-- Events come in the order of their instants: for a few bytes this finds those that no checkpoint has seen.
CREATE INDEX "events_at_idx" ON "events" USING brin ("at");
