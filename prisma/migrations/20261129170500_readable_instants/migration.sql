-- An instant that no process can read ("infinity", a year that JavaScript has not) would stop whoever reads the row
-- beside many others. A range, because PostgreSQL takes dates up to the year 294276.
ALTER TABLE "requests" ADD CONSTRAINT "requests_updated_at_check"
  CHECK ("updated_at" > '0001-01-01T00:00:00Z' AND "updated_at" < '9999-01-01T00:00:00Z');
ALTER TABLE "events" ADD CONSTRAINT "events_at_check"
  CHECK ("at" > '0001-01-01T00:00:00Z' AND "at" < '9999-01-01T00:00:00Z');
ALTER TABLE "policies" ADD CONSTRAINT "policies_applied_at_check"
  CHECK ("applied_at" > '0001-01-01T00:00:00Z' AND "applied_at" < '9999-01-01T00:00:00Z');
