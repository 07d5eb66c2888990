import { union } from '../policy/directory.ts';
import { newAlterations } from './alteration.ts';
import { accept, type Decision, refuse, wrongState } from './decision.ts';
import { askedNow, isTooLateToExtend } from './extension.ts';
import type { Facts } from './facts.ts';
import { freezeDetail } from './freeze.ts';
import type { RefusedAction } from './refusal.ts';
import type { AccessRequest } from './request.ts';
import type { CommandOf, RequestFor } from './transitions.ts';
import { warnAt } from './work.ts';

/* What is recorded without changing who has access. */

/** The access ends soon (D7), said once for each end. */
export function decideWarn(request: RequestFor<'warn'>, { frozen }: Facts, now: Date): Decision {
  if (request.warnedAt !== undefined) return wrongState(request);
  // The job of an end that has moved since: the warning of the new one is owed at its own time.
  if (now < warnAt(request)) return refuse('not_due');
  return accept(
    { ...request, warnedAt: now },
    {
      type: 'access_ending_soon',
      data: {
        endsAt: request.endsAt.toISOString(),
        // Nobody is sent to a button that refuses.
        ...(isTooLateToExtend(request, now) && { tooLateForMore: true }),
        ...(frozen && { frozen: freezeDetail(frozen) }),
      },
    },
  );
}

/** Who was told at first, and who could not be reached: recorded once. */
export function decideInvited(request: RequestFor<'invited'>, { reached, missed }: CommandOf<'invited'>): Decision {
  if (request.invited !== undefined) return wrongState(request);
  const invited = { reached, missed };
  return accept({ ...request, invited }, { type: 'approvers_notified', data: invited });
}

/** Somebody who approved is not who they were: said once for each person. */
export function decideApproverChanged(
  request: RequestFor<'approver_changed'>,
  { person, why }: CommandOf<'approver_changed'>,
): Decision {
  const known = request.changedApprovers ?? [];
  if (known.includes(person)) return wrongState(request);
  return accept(
    { ...request, changedApprovers: [...known, person] },
    { type: 'approver_changed', data: { person, why } },
  );
}

/** So many refusals one request keeps: strangers without number do not make its row grow without end. */
export const REFUSALS_KEPT_MAX = 200;

/**
 * Is there nothing to keep of this refusal: it was kept of the same person, by their id or chat account, with the same
 * code; or as many are kept as ever are?
 */
export const isRefusalKept = (
  { refusedActions = [] }: AccessRequest,
  { key, person, code }: Pick<RefusedAction, 'key' | 'person' | 'code'>,
): boolean =>
  refusedActions.length >= REFUSALS_KEPT_MAX ||
  refusedActions.some(
    (one) => one.code === code && (one.key === key || (person !== undefined && one.person === person)),
  );

/**
 * A click or command that was refused, kept once for each person and code: whoever clicks on and on writes no more. It
 * changes nothing else, and nobody is told.
 */
export function decideActionRefused(
  request: RequestFor<'action_refused'>,
  { key, person, what, code }: CommandOf<'action_refused'>,
): Decision {
  const refused = { key, ...(person !== undefined && { person }), code };
  if (isRefusalKept(request, refused)) return wrongState(request);
  return accept(
    { ...request, refusedActions: [...(request.refusedActions ?? []), refused] },
    { type: 'action_refused', data: { ...refused, what } },
  );
}

/** The teams of somebody whose yes was refused are kept, so that leaving one for the next click buys nothing. */
export function decideTurnedAway(
  request: RequestFor<'turned_away'>,
  { person, teams: shown }: CommandOf<'turned_away'>,
): Decision {
  const known = request.seenTeams[person] ?? [];
  const teams = union(known, shown);
  if (askedNow(request) === undefined || teams.length === known.length) return wrongState(request);
  const seenTeams = { ...request.seenTeams, [person]: teams };
  return accept({ ...request, seenTeams }, { type: 'approval_refused', data: { person, teams: shown } });
}

/** What somebody changed on open access in the cloud: each part is told once, and ends nothing. */
export function decideAltered(
  request: RequestFor<'altered'>,
  { grantId, altered: found }: CommandOf<'altered'>,
): Decision {
  const grant = request.grants.find(({ id }) => id === grantId);
  const altered = newAlterations(grant?.altered, found);
  if (grant === undefined || altered.length === 0) return wrongState(request);
  const grants = request.grants.map((one) =>
    one.id === grantId ? { ...one, altered: [...(one.altered ?? []), ...altered] } : one,
  );
  return accept({ ...request, grants }, { type: 'alarm', data: { what: 'access_altered', grantId, altered } });
}

/** A tombstone had been opened. What was proven stays proven: whoever entered meanwhile entered anew. */
export function decideClosedAgain(
  request: RequestFor<'closed_again'>,
  { grantId, hashes }: CommandOf<'closed_again'>,
): Decision {
  const grant = request.grants.find(({ id }) => id === grantId);
  if (grant?.plan === undefined || grant.tombstoneDeletedAt !== undefined) return wrongState(request);
  return accept(request, { type: 'alarm', data: { what: 'closed_again', grantId, name: grant.plan.name, hashes } });
}

/** The tombstone of a grant was deleted: not before its cloud's plan lets it. */
export function decideTombstoneDeleted(
  request: RequestFor<'tombstone_deleted'>,
  { grantId }: CommandOf<'tombstone_deleted'>,
  now: Date,
): Decision {
  const grant = request.grants.find(({ id }) => id === grantId);
  if (grant?.plan === undefined || grant.tombstoneDeletedAt !== undefined) return wrongState(request);
  if (now < grant.plan.cleanUpAt) return refuse('not_due');
  const grants = request.grants.map((one) => (one.id === grantId ? { ...one, tombstoneDeletedAt: now } : one));
  return accept({ ...request, grants }, { type: 'tombstone_deleted', data: { grantId, name: grant.plan.name } });
}
