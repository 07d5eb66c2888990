import { requestStream, type StoredEvent } from '../events.ts';
import { OPENER_SECONDS } from '../request/work.ts';
import { type Replayed, replay } from './replay.ts';
import { later, type ReplayedGrant, type ReplayedRow } from './replay-row.ts';
import { isRowField, ROW_FIELDS } from './row-fields.ts';

/** A row of `requests` as it stands in the database, unread: whoever wrote it may not have been us. */
export interface StoredRow {
  readonly id: string;
  readonly state: string;
  readonly outcome: string;
  readonly seq: number;
  readonly grantBy: Date | undefined;
  readonly endsAt: Date | undefined;
  /** When the sweep looks at it next for what its state owes. */
  readonly stateWorkAt: Date | undefined;
  readonly document: unknown;
  /** Its rows of `grants`. */
  readonly grants: readonly StoredGrant[];
}

/** A row of `grants` as the database has it, read by nobody yet. */
export interface StoredGrant {
  readonly id: string;
  readonly plan: unknown;
  readonly plannedEnd: Date | undefined;
  readonly confirmedAt: Date | undefined;
  readonly endsAt: Date | undefined;
  readonly accessRemovedAt: Date | undefined;
  readonly sessionsEndedAt: Date | undefined;
  readonly tombstoneDeletedAt: Date | undefined;
}

/** What no event explains: of which stream, and what, in words that hold nothing that stands in the row. */
export interface Unexplained {
  readonly stream: string;
  readonly what: string;
}

/** A request's row and all of its events, of one moment; the row may be gone, and so may the events. */
export interface RowEvidence {
  readonly id: string;
  readonly row: StoredRow | undefined;
  readonly events: readonly StoredEvent[];
}

/** What their events do not explain of these requests. */
export const unexplainedRows = (all: readonly RowEvidence[]): readonly Unexplained[] =>
  all.flatMap(({ id, row, events }) => {
    // Where neither is there, nobody ever asked for it.
    const what = row === undefined && events.length === 0 ? undefined : unexplained(row, events);
    return what === undefined ? [] : [{ stream: requestStream(id), what }];
  });

/**
 * The first thing about a request that its events do not explain, in words; undefined where they explain all of it. Row
 * and events must be of one moment. A chain that does not hold is found elsewhere.
 */
export function unexplained(row: StoredRow | undefined, events: readonly StoredEvent[]): string | undefined {
  if (events.length === 0) return 'its row has no events';
  const replayed = replay(events);
  if (!replayed.ok) return failed(replayed);
  if (row === undefined) {
    return replayed.row.state === 'closed' ? undefined : `its row is missing, and it is ${replayed.row.state}`;
  }
  if (row.seq !== events.length) return `its row counts ${row.seq} events, and there are ${events.length}`;
  const different = documentProblem(replayed.row, row.document) ?? columnProblem(replayed.row, row);
  if (different !== undefined) return `${different} is not what its events say`;
  const by = actsBy(replayed.row);
  return by !== undefined && (iso(row.stateWorkAt) ?? '~') > by
    ? 'column state_work_at puts its ending off'
    : undefined;
}

const failed = ({ seq, why }: Extract<Replayed, { ok: false }>): string => `event ${seq} ${why}`;

/** The path of the first difference between what events tell and what the document says. */
function documentProblem(replayed: ReplayedRow, document: unknown): string | undefined {
  if (!isObject(document)) return 'the document';
  const strange = Object.keys(document).find((name) => !isRowField(name));
  if (strange !== undefined) return shown([strange]);
  for (const name of Object.keys(ROW_FIELDS)) {
    if (!isExplained(name)) continue;
    const path = difference(replayed[name], Object.hasOwn(document, name) ? document[name] : undefined);
    if (path !== undefined) return shown([name, ...path]);
  }
  return undefined;
}

const isExplained = (name: string): name is keyof ReplayedRow => isRowField(name) && ROW_FIELDS[name] === 'explained';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Where two values of JSON first differ; the order of members does not count, since no store keeps it. */
export function difference(replayed: unknown, stored: unknown): readonly string[] | undefined {
  if (replayed === stored) return undefined;
  if (Array.isArray(replayed) && Array.isArray(stored)) {
    if (replayed.length !== stored.length) return [];
    for (const [at, one] of replayed.entries()) {
      const path = difference(one, stored[at]);
      if (path !== undefined) return [String(at), ...path];
    }
    return undefined;
  }
  if (!isObject(replayed) || !isObject(stored)) return [];
  for (const name of Object.keys(replayed)) {
    // A text of JSON may name a member `__proto__`: what is inherited is none.
    const path = difference(replayed[name], Object.hasOwn(stored, name) ? stored[name] : undefined);
    if (path !== undefined) return [name, ...path];
  }
  const more = Object.keys(stored).find((name) => !Object.hasOwn(replayed, name));
  return more === undefined ? undefined : [more];
}

/** A path as it is said: it is signed and posted, and whoever wrote the row chose its names. */
export const shown = (path: readonly string[]): string =>
  path
    .map((name) => (/^[A-Za-z0-9_-]{1,40}$/.test(name) ? name : '?'))
    .join('.')
    .slice(0, 160);

const iso = (at: Date | undefined): string | undefined => at?.toISOString();

/** The first column beside the document that differs: SQL finds what is due by these. */
function columnProblem(replayed: ReplayedRow, row: StoredRow): string | undefined {
  const columns: readonly (readonly [string, unknown, unknown])[] = [
    ['id', replayed.details.id, row.id],
    ['state', replayed.state, row.state],
    ['outcome', replayed.outcome ?? 'none', row.outcome],
    ['grant_by', replayed.grantBy, iso(row.grantBy)],
    ['ends_at', replayed.endsAt, iso(row.endsAt)],
  ];
  const wrong = columns.find(([, expected, found]) => expected !== found)?.[0];
  if (wrong !== undefined) return `column ${wrong}`;
  for (const grant of replayed.grants ?? []) {
    const found = row.grants.find(({ id }) => id === grant.id);
    const column = found === undefined ? 'the row' : grantProblem(grant, found);
    if (column !== undefined) return `${column} of a grant`;
  }
  return undefined;
}

/**
 * By when something must be done for it, at the latest: found too late by the sweep, access would stay past its end.
 * Undefined where nothing is left to end.
 */
function actsBy({ state, details, grantBy, endsAt, endRequestedAt, grants = [] }: ReplayedRow): string | undefined {
  switch (state) {
    case 'pending':
      return details.decideBy;
    case 'granting':
      return grantBy;
    case 'active':
      return endsAt;
    case 'revoking': {
      const by = grants.flatMap(({ plan, accessRemoved: removed, sessionsEnded }) => {
        if (removed === undefined) return endRequestedAt ?? '';
        return sessionsEnded === undefined
          ? later(removed.readAt, (plan?.propagationSeconds ?? 0) + OPENER_SECONDS)
          : [];
      });
      return by.sort()[0];
    }
    default:
      return undefined;
  }
}

function grantProblem(replayed: ReplayedGrant, row: StoredGrant): string | undefined {
  const columns: readonly (readonly [string, unknown, unknown])[] = [
    ['planned_end', replayed.plan?.plannedEnd, iso(row.plannedEnd)],
    ['confirmed_at', replayed.confirmedAt, iso(row.confirmedAt)],
    ['ends_at', replayed.endsAt, iso(row.endsAt)],
    ['access_removed_at', replayed.accessRemoved?.readAt, iso(row.accessRemovedAt)],
    ['sessions_ended_at', replayed.sessionsEnded?.at, iso(row.sessionsEndedAt)],
    ['tombstone_deleted_at', replayed.tombstoneDeletedAt, iso(row.tombstoneDeletedAt)],
  ];
  const wrong = columns.find(([, expected, found]) => expected !== found)?.[0];
  if (wrong !== undefined) return `column ${wrong}`;
  return difference(replayed.plan, row.plan ?? undefined) === undefined ? undefined : 'column plan';
}
