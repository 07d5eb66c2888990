import { incidentStream, requestListed, requestStream, type StoredEvent } from '../core/events.ts';
import type { HistoryOf, RequesterHistory } from '../core/request/facts.ts';
import type { Freeze } from '../core/request/freeze.ts';
import type { ClosedGrant, GrantingGrant, TurnedDown } from '../core/request/request.ts';
import { nextWorkAt, type Row, shownNowhere } from '../core/request/work.ts';
import type { Changed, Decide } from '../ports/store.ts';
import { type HeadRecord, lockStream, type Shift, sealed, type Tip, tipOf } from './append.ts';
import type { Database } from './database.ts';
import { instantIn, instantOf } from './decode.ts';
import { freezeOf } from './freeze.ts';
import type { RawTx } from './raw.ts';
import { detailsAsStored, type RequestRecord, rowOf, toJsonText } from './row-codec.ts';

/** One change: of which request, by whom, and what decides; `history` is what it must know of the past. */
interface Change {
  readonly requestId: string;
  readonly actor: string;
  readonly decide: Decide;
  readonly history: HistoryOf | undefined;
}

interface Locked {
  readonly now: Date;
  readonly row: Row | undefined;
  /** The document of the row as it is stored. */
  readonly document: unknown;
  readonly head: Tip;
  readonly frozen: Freeze | undefined;
  readonly history: RequesterHistory | undefined;
}

interface LockedRecord extends HeadRecord, RequestRecord {
  readonly freeze: unknown;
  readonly history?: StoredHistory;
}

/** As `requester_history` answers it. */
interface StoredHistory extends Omit<RequesterHistory, 'same' | 'turnedDown'> {
  readonly same: RequesterHistory['same'] | null;
  readonly turnedDown: (Omit<TurnedDown, 'at'> & { readonly at: string }) | null;
}

/**
 * One change of one request: lock, clock, decide, save. Two round trips between BEGIN and COMMIT; three for a new
 * request, which its incident's stream must name. What `decide` throws comes out as it is, with nothing recorded.
 */
export async function change(
  database: Database,
  shift: Shift,
  { requestId, actor, decide, history: wanted }: Change,
): Promise<Changed> {
  return database.raw.transaction(`change request ${requestId}`, async (tx) => {
    const { now, row, document: stored, head, frozen, history } = await lockRequest(tx, shift, requestId, wanted);
    const decision = decide(row, now, head, frozen, history);
    if (!decision.ok) return { ok: false, refusal: decision.refusal, row };
    const events = sealed(requestStream(requestId), head, decision.events, now, actor);
    const document = toJsonText(
      row === undefined ? decision.next : detailsAsStored(decision.next, row.request, stored),
    );
    const next = nextRow(row, document, events, now);
    const [first] = events;
    // The request's name is locked before its incident's stream, always: two openings cannot wait for each other.
    const listed = row === undefined && first !== undefined ? await listing(tx, shift, next, first, actor) : [];
    await save(tx, next, document, [...events, ...listed]);
    return { ok: true, row: next, events };
  });
}

/** That this request was opened, as its incident's stream says it. */
async function listing(tx: RawTx, shift: Shift, { request }: Row, first: StoredEvent, actor: string) {
  const stream = incidentStream(request.details.incident.id);
  const { now, head } = await lockStream(tx, shift, stream);
  return sealed(stream, head, [requestListed(request.details.id, first)], now, actor);
}

async function lockRequest(tx: RawTx, shift: Shift, requestId: string, wanted: HistoryOf | undefined): Promise<Locked> {
  const [found] = await (wanted === undefined ? lockOne(tx, requestId) : lockRequester(tx, requestId, wanted));
  if (found === undefined) throw new Error('lock_request answered nothing');
  return {
    now: shift(instantOf(found.now, 'the clock')),
    // Where there is a document there is a row, however the rest of it was read.
    row: found.document === null ? undefined : rowOf(found),
    document: found.document,
    head: tipOf(found),
    frozen: freezeOf(found.freeze),
    history: found.history && historyFrom(found.history),
  };
}

const lockOne = (tx: RawTx, requestId: string) => tx.$queryRaw<LockedRecord[]>`
  SELECT "now", "head_seq" AS "headSeq", "head_hash" AS "headHash", "checkpoint", "document", "version", "seq",
    "chats", "drawn_version" AS "drawnVersion", "posted_seq" AS "postedSeq", "updated_at" AS "updatedAt",
    "freeze_now"() AS "freeze"
  FROM "lock_request"(${requestId})`;

/** The same once the person's own lock is got, with what they asked for before. */
const lockRequester = (
  tx: RawTx,
  requestId: string,
  { person, role, incident, provider, account }: HistoryOf,
) => tx.$queryRaw<LockedRecord[]>`
  SELECT "now", "head_seq" AS "headSeq", "head_hash" AS "headHash", "checkpoint", "document", "version", "seq",
    "chats", "drawn_version" AS "drawnVersion", "posted_seq" AS "postedSeq", "updated_at" AS "updatedAt",
    "freeze_now"() AS "freeze", "requester_history"(${person}, ${role}, ${incident}, ${provider}, ${account}) AS "history"
  FROM "lock_requester"(${requestId}, ${person})`;

const historyFrom = ({ same, turnedDown, pending, objects }: StoredHistory): RequesterHistory => ({
  same: same ?? undefined,
  pending,
  objects,
  turnedDown: turnedDown === null ? undefined : { ...turnedDown, at: instantIn(turnedDown.at, 'what was turned down') },
});

/** The row as it will be read back: through its own text, so that what is decided next is what was stored. */
function nextRow(row: Row | undefined, document: string, events: readonly StoredEvent[], now: Date): Row {
  const next = rowOf({
    document: JSON.parse(document),
    chats: row?.chats ?? {},
    // What nobody is told of changes no card: a failing ending that is only counted must not redraw it each time.
    version: (row?.version ?? 0) + (events.length > 0 ? 1 : 0),
    seq: events.at(-1)?.seq ?? row?.seq ?? 0,
    drawnVersion: row?.drawnVersion ?? 0,
    postedSeq: row?.postedSeq ?? 0,
    updatedAt: now,
  });
  return row === undefined ? { ...next, chats: shownNowhere(next.request) } : next;
}

/** When the state alone needs work; the database adds what the chat is owed (`next_work_at`). */
const stateWorkAt = (row: Row): Date | undefined => nextWorkAt({ ...row, chats: {} });

// With its zone, whatever zone the session has.
const isoOf = (at: Date | undefined): string | null => at?.toISOString() ?? null;

async function save(tx: RawTx, row: Row, document: string, events: readonly StoredEvent[]): Promise<void> {
  const { request } = row;
  const outcome = request.state === 'closed' ? request.outcome : 'none';
  const grantBy = request.state === 'granting' ? request.grantBy : undefined;
  const endsAt = request.state === 'active' ? request.endsAt : undefined;
  const grants = request.state === 'pending' ? [] : request.grants;
  await tx.$queryRaw`
    WITH "saved" AS (
      INSERT INTO "requests" ("id", "state", "outcome", "version", "seq", "chats", "drawn_version", "posted_seq",
        "state_work_at", "grant_by", "ends_at", "document", "created_at", "updated_at")
      VALUES (${request.details.id}, ${request.state}, ${outcome}, ${row.version}, ${row.seq}, ${toJsonText(row.chats)}::jsonb,
        ${row.drawnVersion}, ${row.postedSeq},
        ${isoOf(stateWorkAt(row))}::timestamptz, ${isoOf(grantBy)}::timestamptz, ${isoOf(endsAt)}::timestamptz,
        ${document}::jsonb, ${isoOf(row.updatedAt)}::timestamptz, ${isoOf(row.updatedAt)}::timestamptz)
      ON CONFLICT ("id") DO UPDATE SET "state" = EXCLUDED."state", "outcome" = EXCLUDED."outcome",
        "version" = EXCLUDED."version", "seq" = EXCLUDED."seq", "state_work_at" = EXCLUDED."state_work_at",
        "grant_by" = EXCLUDED."grant_by", "ends_at" = EXCLUDED."ends_at", "document" = EXCLUDED."document",
        "updated_at" = EXCLUDED."updated_at"
    ), "named" AS (
      SELECT * FROM jsonb_to_recordset(${toJsonText(grants.map(grantRecord))}::jsonb) AS g (
        "id" text, "provider" text, "account" text, "plan" jsonb, "plannedEnd" timestamptz, "confirmedAt" timestamptz,
        "endsAt" timestamptz, "accessRemovedAt" timestamptz, "sessionsEndedAt" timestamptz, "tombstoneDeletedAt" timestamptz)
    ), "kept" AS (
      INSERT INTO "grants" ("id", "request_id", "state", "outcome", "provider", "account", "plan", "planned_end",
        "confirmed_at", "ends_at", "access_removed_at", "sessions_ended_at", "tombstone_deleted_at")
      SELECT "id", ${request.details.id}, ${request.state}, ${outcome}, "provider", "account", "plan", "plannedEnd",
        "confirmedAt", "endsAt", "accessRemovedAt", "sessionsEndedAt", "tombstoneDeletedAt" FROM "named"
      ON CONFLICT ("id") DO UPDATE SET "request_id" = EXCLUDED."request_id", "state" = EXCLUDED."state",
        "outcome" = EXCLUDED."outcome", "provider" = EXCLUDED."provider", "account" = EXCLUDED."account",
        "plan" = EXCLUDED."plan", "planned_end" = EXCLUDED."planned_end", "confirmed_at" = EXCLUDED."confirmed_at",
        "ends_at" = EXCLUDED."ends_at", "access_removed_at" = EXCLUDED."access_removed_at",
        "sessions_ended_at" = EXCLUDED."sessions_ended_at", "tombstone_deleted_at" = EXCLUDED."tombstone_deleted_at"
    ), "dropped" AS (
      -- A grant that never got a plan leaves the document when the others end; its row follows the request.
      UPDATE "grants" SET "state" = ${request.state}, "outcome" = ${outcome}
      WHERE "request_id" = ${request.details.id} AND "id" NOT IN (SELECT "id" FROM "named")
    )
    INSERT INTO "events" ("stream", "seq", "type", "at", "actor", "data", "checkpoint", "prev_hash", "hash")
    SELECT "stream", "seq", "type", "at", "actor", "data", "checkpoint", "prevHash", "hash"
    FROM jsonb_to_recordset(${toJsonText(events)}::jsonb) AS e (
      "stream" text, "seq" integer, "type" text, "at" timestamptz, "actor" text, "data" jsonb, "checkpoint" integer,
      "prevHash" text, "hash" text)`;
}

/** A grant's columns, the same for every state: what a state has not is null. */
function grantRecord(grant: GrantingGrant | ClosedGrant) {
  const { endsAt, accessRemoved, sessionsEnded, tombstoneDeletedAt }: Partial<ClosedGrant> = grant;
  return {
    id: grant.id,
    provider: grant.target.provider,
    account: grant.target.account,
    plan: grant.plan,
    plannedEnd: grant.plan?.plannedEnd,
    confirmedAt: grant.confirmedAt,
    endsAt,
    accessRemovedAt: accessRemoved?.readAt,
    sessionsEndedAt: sessionsEnded?.at,
    tombstoneDeletedAt,
  };
}
