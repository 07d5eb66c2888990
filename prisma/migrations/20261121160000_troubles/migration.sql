-- Rounds of paging about what is no request, such as a cloud that holds what nobody can explain.
CREATE TABLE "troubles" (
  "key" TEXT NOT NULL,
  "round" INTEGER NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL,
  "reached" TEXT[] NOT NULL,
  "over" BOOLEAN NOT NULL,

  CONSTRAINT "troubles_pkey" PRIMARY KEY ("key"),
  CONSTRAINT "troubles_key_check" CHECK ("key" ~ '^[a-z0-9][a-z0-9/_-]{0,79}$'),
  CONSTRAINT "troubles_round_check" CHECK ("round" >= 1)
);
