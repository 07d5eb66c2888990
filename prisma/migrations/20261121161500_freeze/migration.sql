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
CREATE TRIGGER "freeze_no_truncate" BEFORE TRUNCATE ON "freeze"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

-- Volatile, so that each call looks anew: called beside a locking function, it sees what was committed before the lock
-- was got, in the same round trip.
CREATE FUNCTION "freeze_now"() RETURNS JSONB LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  RETURN (SELECT f."document" FROM "freeze" AS f);
END $$;
