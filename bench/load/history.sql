-- Copies one closed request, its log, its grant and its card, with a form, as requests that are long finished: told, deleted,
-- nothing owed. `history.model` names it; `history.first` and `history.past` count the copies. The copies' hashes only look
-- like hashes. Run as the server's superuser, since the checks of each row would take most of the time.
SET session_replication_role = replica;
CREATE TEMPORARY TABLE copies AS
SELECT n, 'old' || lpad(n::text, 12, '0') AS copy, current_setting('history.model') AS model
FROM generate_series(current_setting('history.first')::int, current_setting('history.past')::int - 1) AS n;

INSERT INTO events (stream, seq, type, at, actor, data, checkpoint, prev_hash, hash)
SELECT 'request/' || copy, seq, type, at, actor, data, checkpoint,
  CASE WHEN seq = 1 THEN repeat('0', 64) ELSE encode(sha256((copy || (seq - 1))::bytea), 'hex') END,
  encode(sha256((copy || seq)::bytea), 'hex')
FROM events, copies WHERE stream = 'request/' || model;

INSERT INTO requests (id, state, outcome, version, seq, chats, drawn_version, posted_seq, document, created_at, updated_at)
SELECT copy, state, outcome, version, seq,
  jsonb_build_object('slack', jsonb_build_object('drawnVersion', version, 'postedSeq', seq)), version, seq, replace(document::text, model, copy)::jsonb,
  created_at - n * interval '1 minute', updated_at - n * interval '1 minute'
FROM requests, copies WHERE id = model;

INSERT INTO grants (id, request_id, state, outcome, provider, account, plan, planned_end, confirmed_at, ends_at,
  access_removed_at, sessions_ended_at, tombstone_deleted_at)
SELECT copy, copy, state, outcome, provider, account, replace(plan::text, model, copy)::jsonb, planned_end, confirmed_at,
  ends_at, access_removed_at, sessions_ended_at, planned_end + interval '13 hours'
FROM grants, copies WHERE request_id = model;

INSERT INTO messages (request_id, chat, kind, seq, person, place, message, state, drawn_version, digest)
SELECT copy, 'slack', 'card', 0, '', 'C0OLD', n::text, 'sent', version, 'digest' FROM requests, copies WHERE id = model;

INSERT INTO forms (id, kind, key, request_id, digest, channel, used_at)
SELECT copy, 'request', 'someone', copy, '', '', clock_timestamp() FROM copies;

DROP TABLE copies;
ANALYZE;
