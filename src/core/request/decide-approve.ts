import type { NewEvent } from '../events.ts';
import { principalOf } from '../policy/cloud.ts';
import { type Directory, personById, teamsOf, union } from '../policy/directory.ts';
import { wantedBy } from '../policy/terms.ts';
import { actingPerson } from './acting.ts';
import { firstReason, tally } from './approvals.ts';
import { accept, addSeconds, type Decision, partyOf, refuse } from './decision.ts';
import { approvalData, written } from './event-parts.ts';
import { askedNow, joinedByUnverified, joining, joiningData, type OpenQuestion } from './extension.ts';
import type { Facts } from './facts.ts';
import { linkedProblem } from './linked.ts';
import type { AccessRequest, Approval } from './request.ts';
import { refusalAt, situationOf } from './rule.ts';
import { RULES } from './rules.ts';
import type { CommandOf, SenderOf } from './transitions.ts';

/** From the last approval until the access must be open; past it the request fails however late a worker returns. */
export const GRANT_SECONDS = 300;

/** One person's yes, counted only if it fills a place that nobody else fills (B1–B4, B7). */
export function decideApprove(
  request: Extract<AccessRequest, { state: 'pending' }>,
  command: CommandOf<'approve'>,
  actor: SenderOf<'approve'>,
  facts: Facts,
  now: Date,
): Decision {
  const { details, approvals: given } = request;
  const asked = { given, digest: details.digest, decideBy: details.decideBy };
  const counted = countYes(request, asked, command, actor, facts, now);
  if (!counted.ok) return counted;
  const { approvals, changed, events, complete, directory } = counted;
  if (!complete) return accept({ ...request, ...changed, approvals }, ...events);

  const grantBy = addSeconds(now, GRANT_SECONDS);
  const subject = personById(directory, details.subject.person);
  const { provider, id: account } = details.terms.account;
  // Only the last yes needs it: until then the directory may still say who they are to the cloud.
  const principal = subject && principalOf(facts.clouds, directory, subject, provider);
  if (principal === undefined) return refuse('no_cloud_identity');
  const grant = { id: details.id, target: { provider, account, principal } };
  const { details: _ask, state: _state, held: _held, ...kept } = request;
  return accept({ ...kept, ...changed, details, state: 'granting', approvals, grantBy, grants: [grant] }, ...events, {
    type: 'request_approved',
    data: {
      grantBy: grantBy.toISOString(),
      approvers: approvals.map(({ by }) => by.id),
      grants: [written(grant)],
      incidentVerified: facts.incident.ok,
    },
  });
}

/** Judges one yes by everything that is known now: the clauses, the policy, the incident, and every yes before it. */
export function countYes(
  request: AccessRequest,
  { given, digest, decideBy }: OpenQuestion,
  command: CommandOf<'approve'>,
  actor: SenderOf<'approve'>,
  facts: Facts,
  now: Date,
) {
  if (now >= decideBy) return refuse('decision_window_closed');
  const acting = actingPerson(actor, facts, now, 'approve');
  if (!acting.ok) return acting;
  const { person, teams, key, directory, policy } = acting;
  const { details } = request;
  const world = { facts, now, given, policy, directory, account: 'member' } as const;
  const shown = { digest: command.digest, stands: digest };
  const refusal = refusalAt(RULES, 'approve', situationOf(request, world, { shown }));
  if (refusal) return { ok: false, refusal } as const;

  const seenTeams = seenSince(request, directory, [person.id]);
  const asker = { id: details.requester.id, seen: seenTeams[details.requester.id] ?? [] };
  const candidate = { id: person.id, teams, seen: seenTeams[person.id] ?? [], assurance: 'chat' as const };
  const incidentVerified = facts.incident.ok;
  const wanted = wantedBy(details.terms, incidentVerified);
  const { present, gone } = presentApprovers(given, facts);
  const before = tally(wanted, present, asker, digest, directory, seenTeams);
  // What was missing is not wanted any more: the incident is verified again. Whoever could have given it says go.
  const enough = before.complete;
  const unfit = firstReason([...wanted.clauses, ...((enough && wanted.also) || [])], candidate, asker);
  if (unfit) return refuse(unfit);
  const voided = [...gone, ...before.voided].map(voidedEvent);
  const added = incidentVerified ? undefined : joinedByUnverified(request, directory, seenTeams);
  const changed = { seenTeams, incidentVerified, ...(added && joining(request, added)) };
  if (enough)
    return { ok: true, approvals: before.counted, changed, events: voided, complete: true, directory } as const;

  if (before.counted.some(({ by }) => by.id === person.id)) return refuse('already_approved');
  const approval: Approval = { by: partyOf(person), key, at: now, teams, digest, assurance: 'chat', incidentVerified };
  const after = tally(wanted, [...before.counted, approval], asker, digest, directory, seenTeams);
  if (placesLeft(after.open) >= placesLeft(before.open)) return refuse('clause_filled');

  const events: readonly NewEvent[] = [
    ...voided,
    {
      type: 'approval_recorded',
      data: {
        ...approvalData(approval),
        requesterTeams: asker.seen,
        open: after.open.map(({ clause, missing }) => ({ clause: clause.name, missing })),
        ...(added && joiningData(added)),
      },
    },
  ];
  return { ok: true, approvals: after.counted, changed, events, complete: after.complete, directory } as const;
}

/**
 * Parts the approvals by what the chats say of each approver now. Only a clear answer voids: one that could not be
 * looked up is asked again at `issue`, and counts there only with an answer.
 */
export function presentApprovers(approvals: readonly Approval[], facts: Facts) {
  const gone = approvals.flatMap((approval) => {
    const account = facts.approvers?.[approval.key];
    const person = facts.directory.ok ? personById(facts.directory.value, approval.by.id) : undefined;
    const barred = person && linkedProblem(facts, person, approval.key)?.code;
    const why = account?.ok && account.value !== 'member' ? (`account_${account.value}` as const) : barred;
    return why === undefined ? [] : [{ approval, why }];
  });
  return { gone, present: approvals.filter((approval) => !gone.some((one) => one.approval === approval)) };
}

/** How many people are still missing, over all of these clauses. */
export const placesLeft = (open: readonly { readonly missing: number }[]): number =>
  open.reduce((sum, { missing }) => sum + missing, 0);

/** For the log: this yes does not count any more, and why. */
export const voidedEvent = ({ approval, why }: { approval: Approval; why: string }): NewEvent => ({
  type: 'approval_voided',
  data: { person: approval.by.id, name: approval.by.name, why },
});

/** Teams of the requester, the approvers and `also`, joined with all that was seen of them since the request. */
export function seenSince(request: AccessRequest, directory: Directory, also: readonly string[] = []) {
  const ids = new Set([...Object.keys(request.seenTeams), ...also]);
  return Object.fromEntries(
    [...ids].map((id) => {
      const person = personById(directory, id);
      return [id, union(request.seenTeams[id] ?? [], person ? teamsOf(directory, person) : [])];
    }),
  );
}

/**
 * What is still open of what waits for approvals, by this directory, and what is seen of everybody's teams with it. For
 * cards; `decide` has the last word.
 */
export function openNow(request: AccessRequest, directory: Directory) {
  const asked = askedNow(request);
  if (asked === undefined) return undefined;
  const seen = seenSince(request, directory);
  const { details, incidentVerified } = request;
  const asker = { id: details.requester.id, seen: seen[details.requester.id] ?? [] };
  return {
    ...tally(wantedBy(details.terms, incidentVerified), asked.given, asker, asked.digest, directory, seen),
    asker,
    seen,
  };
}
