import type { NewEvent, StoredEvent } from '../core/events.ts';
import { completeTerms } from '../core/policy/older-version.ts';
import type { AccessRequest } from '../core/request/request.ts';
import type { Row } from '../core/request/work.ts';
import { storableText } from '../core/storable.ts';
import { instantOf, wholeOf } from './decode.ts';

/*
 * A request is kept as one document. Instants travel as ISO strings and come back as `Date`s, at exactly the places
 * that `AccessRequest` says: the compiler holds the table below to the type, so a new instant cannot be forgotten, and
 * a text that only looks like one (in a plan's `detail`, in a policy document) stays a text.
 */

/** Every path to a `Date`, `*` standing for "each of them"; what the policy or a provider wrote is left alone. */
type DatePath<T> = T extends Date
  ? ''
  : T extends readonly (infer Item)[]
    ? `.*${DatePath<Item>}`
    : T extends object
      ? {
          [Key in KeyOf<T> & string]: Key extends 'terms' | 'detail'
            ? never
            : `.${Key}${DatePath<Exclude<Get<T, Key>, undefined>>}`;
        }[KeyOf<T> & string]
      : never;
type KeyOf<T> = T extends unknown ? keyof T : never;
type Get<T, Key> = T extends unknown ? (Key extends keyof T ? T[Key] : never) : never;

const DATE_PATHS = {
  '.details.askedAt': true,
  '.details.decideBy': true,
  '.details.follows.at': true,
  '.approvals.*.at': true,
  '.extended.approvals.*.at': true,
  '.held.at': true,
  '.pages.at': true,
  '.pages.stoodDownAt': true,
  '.extension.askedAt': true,
  '.extension.decideBy': true,
  '.extension.approvedAt': true,
  '.extension.approvals.*.at': true,
  '.extension.plans.*.plannedEnd': true,
  '.extension.plans.*.cleanUpAt': true,
  '.failingSince': true,
  '.undone.since': true,
  '.undone.at': true,
  '.attestations.*.at': true,
  '.grantBy': true,
  '.endsAt': true,
  '.warnedAt': true,
  '.endRequestedAt': true,
  '.closedAt': true,
  '.grants.*.plan.plannedEnd': true,
  '.grants.*.plan.cleanUpAt': true,
  '.grants.*.confirmedAt': true,
  '.grants.*.endsAt': true,
  '.grants.*.accessRemoved.readAt': true,
  '.grants.*.sessionsEnded.at': true,
  '.grants.*.sessionsEnded.cloudTime': true,
  '.grants.*.sessionsEnded.removalReadAt': true,
  '.grants.*.tombstoneDeletedAt': true,
} as const satisfies Record<DatePath<AccessRequest>, true>;

const PATHS = Object.keys(DATE_PATHS).map((path) => path.slice(1).split('.'));

const storable = (_key: string, value: unknown): unknown => (typeof value === 'string' ? storableText(value) : value);

/** The JSON text of a document or an event's data, as the database can hold it. */
export function toJsonText(value: unknown): string {
  const text = JSON.stringify(value);
  // What cannot be held is always written as an escape; looking for one is much cheaper than looking at every string.
  return /\\u(0000|d[89a-f])/.test(text) ? JSON.stringify(value, storable) : text;
}

/** An event whose text is what the database will give back: hashed before it is stored, it must not change there. */
export const storableEvent = (event: NewEvent): NewEvent => ({
  type: event.type,
  data: JSON.parse(toJsonText(event.data)),
});

/**
 * The request that a document holds; the document becomes the request, so it must be the caller's own. It was written
 * by `toJsonText` alone, of this version or an older one, and the table's checks guard its shape.
 */
export function requestOf(document: unknown): AccessRequest {
  for (const path of PATHS) revive(document, path);
  const request = document as AccessRequest;
  return { ...request, details: { ...request.details, terms: completeTerms(request.details.terms) } };
}

/**
 * The request with what was asked as it is stored, where nobody changed it: what an older version had not written was
 * filled in for reading only. What somebody did change goes on to the table's check, which refuses it.
 */
export const detailsAsStored = (next: AccessRequest, before: AccessRequest, stored: unknown): unknown =>
  next.details === before.details ? { ...next, details: (stored as AccessRequest).details } : next;

function revive(value: unknown, [key, ...rest]: readonly string[]): void {
  if (key === undefined || typeof value !== 'object' || value === null) return;
  if (key === '*') {
    for (const item of Array.isArray(value) ? value : []) revive(item, rest);
    return;
  }
  const holder = value as Record<string, unknown>;
  const found = holder[key];
  if (rest.length > 0) revive(found, rest);
  else if (typeof found === 'string') holder[key] = new Date(found);
}

/** A row of `requests` as Prisma or a raw query gives it. */
export interface RequestRecord {
  readonly document: unknown;
  readonly version: unknown;
  readonly seq: unknown;
  readonly chats: unknown;
  readonly drawnVersion: unknown;
  readonly postedSeq: unknown;
  readonly updatedAt: unknown;
}

/** @throws Failure `STORE_UNAVAILABLE` where a column was not read; a column that no row may hold is for the table's checks. */
export const rowOf = ({ document, version, seq, chats, drawnVersion, postedSeq, updatedAt }: RequestRecord): Row => ({
  request: requestOf(document),
  version: wholeOf(version, 'a request’s version'),
  seq: wholeOf(seq, 'a request’s newest event'),
  // The table's check holds it to both numbers for each.
  chats: chats as Row['chats'],
  drawnVersion: wholeOf(drawnVersion, 'what a card shows'),
  postedSeq: wholeOf(postedSeq, 'what a request’s channel was told'),
  updatedAt: instantOf(updatedAt, 'when a request changed'),
});

/** A row of `events`. */
export interface EventRecord {
  readonly stream: string;
  readonly seq: unknown;
  readonly type: string;
  readonly at: unknown;
  readonly actor: string;
  readonly data: unknown;
  readonly checkpoint: unknown;
  readonly prevHash: string;
  readonly hash: string;
}

/** The event as it was written. A name this version does not know is kept: verifying needs the bytes, not the meaning. */
export const eventOf = ({
  stream,
  seq,
  type,
  at,
  actor,
  data,
  checkpoint,
  prevHash,
  hash,
}: EventRecord): StoredEvent => ({
  id: `${stream}/${seq}`,
  stream,
  seq: wholeOf(seq, 'an event’s number'),
  type: type as StoredEvent['type'],
  at: instantOf(at, 'when an event was'),
  actor,
  data: data as StoredEvent['data'],
  checkpoint: wholeOf(checkpoint, 'an event’s checkpoint'),
  prevHash,
  hash,
});
