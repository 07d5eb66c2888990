import type { Json } from './canonical.ts';

/** Kinds of events in a request's stream. Shipped names are never renamed: old logs must still verify and read. */
export const REQUEST_EVENTS = [
  'request_opened',
  'approvers_notified',
  'approval_recorded',
  'approval_voided',
  'approval_refused',
  'action_refused',
  'request_approved',
  'request_denied',
  'request_withdrawn',
  'request_lapsed',
  'request_refused',
  'access_planned',
  'access_opened',
  'grant_failed',
  'late_confirmation',
  'access_ending_soon',
  'approvers_reminded',
  'request_held',
  'request_resumed',
  'extension_asked',
  'extension_approved',
  'extension_denied',
  'extension_lapsed',
  'extension_planned',
  'access_extended',
  'extension_failed',
  'end_requested',
  'access_lost',
  'access_removed',
  'sessions_ended',
  'revoke_failed',
  'oncall_paged',
  'page_resolved',
  'ending_attested',
  'approver_changed',
  'alarm',
  'request_closed',
  'tombstone_deleted',
] as const;
/** Kinds in the system stream. */
export const SYSTEM_EVENTS = [
  'request_refused',
  'policy_changed',
  'installation_adopted',
  'oncall_paged',
  'page_resolved',
  'openings_frozen',
  'thaw_requested',
  'openings_thawed',
  'alarm',
  'orphan_revoked',
  'orphan_foreign',
  'cloud_sweep_stopped',
  'incident_source_down',
  'incident_source_back',
] as const;
/** Kinds in an incident's stream, which names every request that was opened under it. */
export const INCIDENT_EVENTS = ['request_listed'] as const;

/** Names of events, by the stream they stand in, and all of them. */
export type RequestEventName = (typeof REQUEST_EVENTS)[number];
export type SystemEventName = (typeof SYSTEM_EVENTS)[number];
export type EventName = RequestEventName | SystemEventName | (typeof INCIDENT_EVENTS)[number];

/** What happened, before it has a place in a stream. */
export interface NewEvent {
  readonly type: EventName;
  readonly data: Readonly<Record<string, Json | undefined>>;
}

/** An event at rest: sealed into its stream's chain. */
export interface StoredEvent {
  readonly id: string;
  readonly stream: string;
  readonly seq: number;
  readonly type: EventName;
  readonly at: Date;
  readonly actor: string;
  readonly data: Readonly<Record<string, Json | undefined>>;
  /** Number of the newest checkpoint when it was written; 0 before the first. A floor for its time. */
  readonly checkpoint: number;
  readonly prevHash: string;
  readonly hash: string;
}

/** Names of streams: one for the installation, one for each request and for each incident. */
export const SYSTEM_STREAM = 'system';
export const requestStream = (requestId: string): string => `request/${requestId}`;
/** The request whose stream that is, alone in a list; none for any other stream. */
export const requestIdOf = (stream: string): readonly string[] =>
  stream.startsWith('request/') ? [stream.slice('request/'.length)] : [];
/** See `SYSTEM_STREAM`. The id is in the incident source's own spelling. */
export const incidentStream = (incidentId: string): string => `incident/${incidentId}`;

/** What an incident's stream says of a request that was opened under it: its id, and the hash of its first event. */
export const requestListed = (requestId: string, first: Pick<StoredEvent, 'hash'>): NewEvent => ({
  type: 'request_listed',
  data: { requestId, hash: first.hash },
});
