import type { RowEvidence, StoredGrant, StoredRow } from '../core/audit/explain.ts';
import { securityChannelsOf } from '../core/policy/policy-row.ts';
import type { EvidenceReader } from '../ports/evidence.ts';
import type { Database } from './database.ts';
import { instantIn } from './decode.ts';
import type { RawTx } from './raw.ts';
import { type EventRecord, eventOf } from './row-codec.ts';

/*
 * Each of these is one statement, so that rows and events are of one snapshot: what is committed meanwhile is seen in both
 * or in none.
 */

/** An event inside JSON: its instant is a text there. */
type EventJson = Omit<EventRecord, 'at'> & { readonly at: string };
type Instants<T> = { readonly [Key in keyof T]: T[Key] extends Date | undefined ? string | null : T[Key] };

interface Found {
  readonly id: string;
  readonly row: Instants<Omit<StoredRow, 'grants'>> | null;
  readonly grants: readonly Instants<StoredGrant>[] | null;
  readonly events: readonly EventJson[] | null;
}

export const evidenceReader = (database: Database): EvidenceReader => ({
  requests: (ids) =>
    database.raw.read('read rows with their events', async (client) =>
      (await readRequests(client, ids)).map(evidenceOf),
    ),
  system: (contents) =>
    database.raw.read('read what the system stream explains', (client) => readSystem(client, contents)),
});

const readRequests = (client: RawTx, ids: readonly string[]) => client.$queryRaw<Found[]>`
  SELECT w."id",
    CASE WHEN r."id" IS NULL THEN NULL ELSE jsonb_build_object('id', r."id", 'state', r."state", 'outcome', r."outcome",
      'seq', r."seq", 'grantBy', r."grant_by", 'endsAt', r."ends_at", 'stateWorkAt', r."state_work_at",
      'document', r."document") END AS "row",
    (SELECT jsonb_agg(jsonb_build_object('id', g."id", 'plan', g."plan", 'plannedEnd', g."planned_end",
        'confirmedAt', g."confirmed_at", 'endsAt', g."ends_at", 'accessRemovedAt', g."access_removed_at",
        'sessionsEndedAt', g."sessions_ended_at", 'tombstoneDeletedAt', g."tombstone_deleted_at"))
      FROM "grants" AS g WHERE g."request_id" = w."id") AS "grants",
    (SELECT jsonb_agg(jsonb_build_object('stream', e."stream", 'seq', e."seq", 'type', e."type", 'at', e."at",
        'actor', e."actor", 'data', e."data", 'checkpoint', e."checkpoint", 'prevHash', e."prev_hash",
        'hash', e."hash") ORDER BY e."seq")
      FROM "events" AS e WHERE e."stream" = 'request/' || w."id") AS "events"
  FROM unnest(${ids}::text[]) AS w ("id") LEFT JOIN "requests" AS r ON r."id" = w."id"`;

// As it stands: one that is no instant is found to be unexplained, and must not hide the rows beside it.
const dateOf = (text: string | null): Date | undefined => (text === null ? undefined : new Date(text));

const evidenceOf = ({ id, row, grants, events }: Found): RowEvidence => ({
  id,
  row: row === null ? undefined : storedRow(row, grants ?? []),
  events: (events ?? []).map((event) => eventOf({ ...event, at: instantIn(event.at, 'when an event was') })),
});

const storedRow = (row: NonNullable<Found['row']>, grants: NonNullable<Found['grants']>): StoredRow => ({
  ...row,
  grantBy: dateOf(row.grantBy),
  endsAt: dateOf(row.endsAt),
  stateWorkAt: dateOf(row.stateWorkAt),
  grants: grants.map((grant) => ({
    id: grant.id,
    plan: grant.plan,
    plannedEnd: dateOf(grant.plannedEnd),
    confirmedAt: dateOf(grant.confirmedAt),
    endsAt: dateOf(grant.endsAt),
    accessRemovedAt: dateOf(grant.accessRemovedAt),
    sessionsEndedAt: dateOf(grant.sessionsEndedAt),
    tombstoneDeletedAt: dateOf(grant.tombstoneDeletedAt),
  })),
});

interface SystemFound {
  readonly freeze: unknown;
  readonly policies:
    | readonly {
        readonly number: number;
        readonly digest: string;
        readonly channels: unknown;
        readonly appliedAt: string;
        readonly appliedBy: string;
      }[]
    | null;
  readonly contents:
    | readonly {
        readonly number: number;
        readonly digest: string;
        readonly policy: unknown;
        readonly document: string;
      }[]
    | null;
  readonly events: readonly EventJson[] | null;
}

async function readSystem(client: RawTx, contents: readonly number[]) {
  // The kinds as in the index `events_explaining_idx`, so that this looks at none of the others.
  const [found] = await client.$queryRaw<SystemFound[]>`
    SELECT (SELECT "document" FROM "freeze") AS "freeze",
      (SELECT jsonb_agg(jsonb_build_object('number', p."number", 'digest', p."digest",
          'channels', p."channels", 'appliedAt', p."applied_at", 'appliedBy', p."applied_by")
          ORDER BY p."number") FROM "policies" AS p) AS "policies",
      (SELECT jsonb_agg(jsonb_build_object('number', p."number", 'digest', p."digest", 'policy', p."policy",
          'document', p."document"))
        FROM "policies" AS p WHERE p."number" = ANY (${contents}::integer[])) AS "contents",
      (SELECT jsonb_agg(jsonb_build_object('stream', e."stream", 'seq', e."seq", 'type', e."type", 'at', e."at",
          'actor', e."actor", 'data', e."data", 'checkpoint', e."checkpoint", 'prevHash', e."prev_hash",
          'hash', e."hash") ORDER BY e."seq")
        FROM "events" AS e WHERE e."stream" = 'system'
          AND e."type" IN ('policy_changed', 'openings_frozen', 'thaw_requested', 'openings_thawed')) AS "events"`;
  if (found === undefined) throw new Error('nothing was answered');
  return {
    freeze: found.freeze ?? undefined,
    policies: (found.policies ?? []).map(({ channels, appliedAt, ...head }) => ({
      ...head,
      securityChannels: securityChannelsOf({ channels }),
      appliedAt: instantIn(appliedAt, 'when a policy was applied'),
    })),
    contents: found.contents ?? [],
    events: (found.events ?? []).map((event) => eventOf({ ...event, at: instantIn(event.at, 'when an event was') })),
  };
}
