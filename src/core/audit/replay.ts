import { type RequestEventName, requestStream, type StoredEvent } from '../events.ts';
import { termsDigest } from '../policy/terms.ts';
import { approvalFrom, planFrom, type Written } from '../request/event-parts.ts';
import type { Party } from '../request/request.ts';
import { accessLost, accessRemoved, alarmed, attested, closed, ending, ends, sessionsEnded } from './replay-ending.ts';
import {
  extended,
  extensionApproved,
  extensionAsked,
  extensionDropped,
  extensionFailed,
  extensionPlanned,
} from './replay-extension.ts';
import { type Fold, hasTooFew, lastEnd, later, type ReplayedGrant, type ReplayedRow } from './replay-row.ts';

/*
 * The log tells a row: every event of a request's stream, folded into the row that it leaves. It shares no code with
 * `decide` but what an end and a digest are, so that a row and its events can be held against each other. It throws on
 * nothing, whatever stands in an event: what no version wrote is an answer.
 */

/** The row that events leave, or the first event that cannot follow those before it, and why. */
export type Replayed =
  | { readonly ok: true; readonly row: ReplayedRow }
  | { readonly ok: false; readonly seq: number; readonly why: string };

/** The row that these events leave: all of one request's stream, from its first. */
export function replay(events: readonly StoredEvent[]): Replayed {
  let row: ReplayedRow | undefined;
  for (const event of events) {
    const next = after(row, event);
    if (typeof next === 'string') return { ok: false, seq: event.seq, why: next };
    row = next;
  }
  return row === undefined ? { ok: false, seq: 1, why: 'is missing' } : { ok: true, row };
}

function after(row: ReplayedRow | undefined, event: StoredEvent): ReplayedRow | string {
  const fold = Object.hasOwn(FOLDS, event.type) ? FOLDS[event.type as RequestEventName] : undefined;
  try {
    if (row === undefined) return event.type === 'request_opened' ? opened(event) : 'is no opening, and comes first';
    return fold === undefined
      ? 'is of a kind that no request has'
      : withTeams(fold(withIncident(row, event), event), event);
  } catch (error) {
    // Whoever holds the app's role can append any JSON: what a fold cannot read is no event of ours.
    if (error instanceof TypeError || error instanceof RangeError) return 'holds what no version writes';
    throw error;
  }
}

/** Whatever waits for people says what the source said then, and who may deny since it was silent. */
const withIncident = (row: ReplayedRow, { data: { incidentVerified, alsoDeciders } }: StoredEvent): ReplayedRow => ({
  ...row,
  ...(incidentVerified !== undefined && { incidentVerified: incidentVerified === true }),
  ...(alsoDeciders !== undefined && { alsoDeciders: alsoDeciders as unknown as readonly Written<Party>[] }),
});

const withTeams = (row: ReplayedRow | string, { data: { seenTeams } }: StoredEvent): ReplayedRow | string =>
  typeof row === 'string' || seenTeams === undefined
    ? row
    : { ...row, seenTeams: { ...row.seenTeams, ...(seenTeams as ReplayedRow['seenTeams']) } };

/** All that such an event says is what was fixed at the asking, but for the teams that were seen then. */
function opened({ stream, data }: StoredEvent): ReplayedRow | string {
  const { requesterTeams: _teams, seenTeams, ...rest } = data;
  const details = rest as unknown as ReplayedRow['details'];
  if (requestStream(details.id) !== stream) return 'opens another request';
  if (termsDigest(details.terms) !== details.digest) return 'shows a digest that is not that of its terms';
  const { verified: incidentVerified } = details.incident;
  return {
    state: 'pending',
    details,
    approvals: [],
    seenTeams: (seenTeams ?? {}) as ReplayedRow['seenTeams'],
    incidentVerified,
  };
}

const same: Fold = (row) => row;

/** Who is asked besides from now on. */
const withAsked = (row: ReplayedRow, { data: { parties } }: StoredEvent): ReplayedRow =>
  parties === undefined
    ? row
    : { ...row, escalatedTo: [...(row.escalatedTo ?? []), ...(parties as unknown as readonly Written<Party>[])] };

const approvalRecorded: Fold = (before, event) => {
  const row = withAsked(before, event);
  const approval = approvalFrom(event);
  const { extension } = row;
  if (approval.key !== event.actor) return 'records an approval by somebody else than who acted';
  if (row.state === 'pending') {
    if (approval.digest !== row.details.digest) return 'records an approval of something else';
    return { ...row, approvals: [...row.approvals, approval] };
  }
  if (extension === undefined || extension.approvedAt !== undefined) return 'records an approval where none is awaited';
  if (approval.digest !== extension.digest) return 'records an approval of something else';
  return { ...row, extension: { ...extension, approvals: [...extension.approvals, approval] } };
};

/** What was approved already is only said to have lost one: that fails by itself, and the row keeps who had a part in it. */
const approvalVoided: Fold = (row, { data }) => {
  const kept = <T extends { readonly by: { readonly id: string } }>(all: readonly T[]) =>
    all.filter(({ by }) => by.id !== data.person);
  const { extension } = row;
  if (row.state === 'pending') return { ...row, approvals: kept(row.approvals) };
  if (extension === undefined || extension.approvedAt !== undefined) return row;
  return { ...row, extension: { ...extension, approvals: kept(extension.approvals) } };
};

const approved: Fold = ({ held: _held, ...row }, { data }) => {
  if (row.state !== 'pending') return 'approves what is not waiting';
  if (hasTooFew(row, row.approvals)) return 'approves with fewer people than its clauses want';
  return {
    ...row,
    state: 'granting',
    grantBy: data.grantBy as string,
    grants: data.grants as unknown as readonly ReplayedGrant[],
  };
};

const firstOf = (a: string, b: string): string => (a < b ? a : b);

const planned: Fold = (row, event) => {
  const plan = planFrom(event.data);
  const grant = row.grants?.find(({ id }) => id === plan.grantId);
  if (row.state !== 'granting' || grant === undefined || grant.plan !== undefined) return 'plans what is not granted';
  const { openingAllowanceSeconds } = row.details.terms.timings;
  const end = later(event.at.toISOString(), openingAllowanceSeconds + row.details.minutes * 60);
  if (plan.plannedEnd !== end) return 'plans another end than was approved';
  return { ...row, grants: row.grants?.map((one) => (one === grant ? { ...one, plan } : one)) };
};

const openedAccess: Fold = (row, { data }) => {
  if (row.state !== 'granting') return 'opens what is not granted';
  const grants = row.grants?.map((one) =>
    one.id === data.grantId && one.plan !== undefined ? { ...one, confirmedAt: data.confirmedAt as string } : one,
  );
  const open = (grants ?? []).flatMap((one) => {
    if (one.plan === undefined || one.confirmedAt === undefined) return [];
    const endsAt = firstOf(later(one.confirmedAt, row.details.minutes * 60), one.plan.plannedEnd);
    return [{ ...one, endsAt }];
  });
  const confirmed = open.find(({ id }) => id === data.grantId);
  if (confirmed === undefined || confirmed.endsAt !== data.endsAt) return 'opens to another end than was planned';
  if (open.length < (grants?.length ?? 0)) return { ...row, grants };
  const { grantBy: _grantBy, ...kept } = row;
  return { ...kept, state: 'active', grants: open, endsAt: lastEnd(open) };
};

const grantFailed: Fold = (row, event) => {
  if (row.state !== 'granting') return 'fails what is not being opened';
  const { grantId, confirmedAt } = event.data;
  const grants = row.grants?.map((one) =>
    confirmedAt !== undefined && one.id === grantId ? { ...one, confirmedAt: confirmedAt as string } : one,
  );
  return ending({ ...row, grants }, 'grant_failed', event);
};

const reminded: Fold = (row, { data }) => {
  const escalatedTo = [...(row.escalatedTo ?? []), ...((data.parties ?? []) as unknown as readonly Written<Party>[])];
  return { ...row, reminded: Number(data.step) + 1, escalatedTo };
};

const heldUp: Fold = (row, { data }) => {
  if (row.state !== 'pending') return 'holds what is not waiting';
  return { ...row, held: { at: data.at as string, by: data.by as string, reason: data.reason as string } };
};

const notified: Fold = (row, { data }) => ({
  ...row,
  invited: { reached: data.reached, missed: data.missed } as unknown as ReplayedRow['invited'],
});

const turnedAway: Fold = (row, { data }) => {
  const known = row.seenTeams[String(data.person)] ?? [];
  // What it added is said beside it, as everywhere.
  return (data.teams as readonly string[]).every((team) => known.includes(team)) ? 'turns away whom it knew' : row;
};

const actionRefused: Fold = (row, { data: { key, person, code } }) => {
  const refused = { key, ...(person !== undefined && { person }), code } as Refused;
  const known = row.refusedActions ?? [];
  const again = known.some(
    (one) => one.code === code && (one.key === key || (person !== undefined && one.person === person)),
  );
  return again ? 'refuses twice what is kept once' : { ...row, refusedActions: [...known, refused] };
};
type Refused = NonNullable<ReplayedRow['refusedActions']>[number];

const approverChanged: Fold = (row, { data }) => ({
  ...row,
  changedApprovers: [...(row.changedApprovers ?? []), String(data.person)],
});

const tombstoneRemoved: Fold = (row, { at, data }) => {
  if (row.state !== 'closed') return 'deletes what is not closed';
  const deleted = { tombstoneDeletedAt: at.toISOString() };
  return { ...row, grants: row.grants?.map((one) => (one.id === data.grantId ? { ...one, ...deleted } : one)) };
};

/** What each event changes. `same`: it tells, and changes nothing of what a row must have explained. */
const FOLDS: Readonly<Record<RequestEventName, Fold>> = {
  request_opened: () => 'opens what is open',
  approvers_notified: notified,
  approval_recorded: approvalRecorded,
  approval_voided: approvalVoided,
  approval_refused: turnedAway,
  action_refused: actionRefused,
  request_approved: approved,
  request_denied: same,
  request_withdrawn: (row, event) => (row.state === 'pending' ? row : ending(row, 'withdrawn', event)),
  request_lapsed: same,
  request_refused: same,
  access_planned: planned,
  access_opened: openedAccess,
  grant_failed: grantFailed,
  late_confirmation: same,
  access_ending_soon: (row, { at }) => ({ ...row, warnedAt: at.toISOString() }),
  approvers_reminded: reminded,
  request_held: heldUp,
  request_resumed: ({ held: _held, ...row }) => row,
  extension_asked: extensionAsked,
  extension_approved: extensionApproved,
  extension_denied: extensionDropped,
  extension_lapsed: extensionDropped,
  extension_planned: extensionPlanned,
  access_extended: extended,
  extension_failed: extensionFailed,
  end_requested: ends,
  access_lost: accessLost,
  access_removed: accessRemoved,
  sessions_ended: sessionsEnded,
  revoke_failed: same,
  oncall_paged: same,
  page_resolved: same,
  ending_attested: attested,
  approver_changed: approverChanged,
  alarm: alarmed,
  request_closed: closed,
  tombstone_deleted: tombstoneRemoved,
};
