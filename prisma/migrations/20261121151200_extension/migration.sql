-- More time on access that is open: the one way in which a plan changes. While the grant was active, under the same
-- name and mark, to a later end.
CREATE OR REPLACE FUNCTION "check_grant_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."id" <> OLD."id" OR NEW."request_id" <> OLD."request_id" OR NEW."provider" <> OLD."provider"
    OR NEW."account" <> OLD."account"
  THEN
    RAISE EXCEPTION 'what grant % is for is never edited', OLD."id"
      USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_plan_kept_check';
  END IF;
  IF OLD."plan" IS NOT NULL
    AND (NEW."plan" IS DISTINCT FROM OLD."plan" OR NEW."planned_end" IS DISTINCT FROM OLD."planned_end")
    AND NOT COALESCE(
      OLD."state" = 'active' AND NEW."planned_end" > OLD."planned_end"
        AND NEW."plan" ->> 'grantId' = OLD."plan" ->> 'grantId'
        AND NEW."plan" ->> 'mark' = OLD."plan" ->> 'mark'
        AND NEW."plan" ->> 'name' = OLD."plan" ->> 'name',
      FALSE
    )
  THEN
    RAISE EXCEPTION 'the plan of grant % changes only to a later end while it is active', OLD."id"
      USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_plan_kept_check';
  END IF;
  RETURN NEW;
END $$;

-- The forms of more time, of security's word on an ending, and of a freeze and its lifting.
ALTER TABLE "forms" DROP CONSTRAINT "forms_kind_check";
ALTER TABLE "forms" ADD CONSTRAINT "forms_kind_check"
  CHECK ("kind" IN ('request', 'approve', 'deny', 'end', 'extend', 'attest', 'freeze', 'thaw'));
