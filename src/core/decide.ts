import type { Actor, Command } from './command.ts';
import { decideApprove } from './decide-approve.ts';
import { decideAttest } from './decide-attest.ts';
import {
  decideBar,
  decideDeny,
  decideEnd,
  decideEndFrozen,
  decideExpire,
  decideLapse,
  decideProof,
  decideRemovalLost,
  decideRevokeFailed,
  decideWithdraw,
} from './decide-ending.ts';
import { decideRemind } from './decide-escalation.ts';
import {
  decideApproveExtension,
  decideDenyExtension,
  decideExtend,
  decideExtended,
  decideExtensionFailed,
  decideIssueExtension,
  decideLapseExtension,
} from './decide-extend.ts';
import { decideNoteFreeze } from './decide-freeze.ts';
import { decideConfirmed, decideIssue, failGrant } from './decide-issue.ts';
import { decideLost } from './decide-lost.ts';
import { decidePageBegun, decidePaged, decideStoodDown } from './decide-page.ts';
import { decideRequest } from './decide-request.ts';
import { accept, type Decision, refuse, unreachable } from './decision.ts';
import { union } from './directory.ts';
import { askedNow, extensionAwaited, isTooLateToExtend } from './extension.ts';
import type { Facts } from './facts.ts';
import { freezeDetail } from './freeze.ts';
import type { AccessRequest } from './request.ts';
import { warnAt } from './work.ts';

export type { Decision } from './decision.ts';

/**
 * Applies one command to one request. Pure: no clock, no I/O, no randomness; `now` comes from the store, `facts` hold
 * what was looked up. A "no" is an answer and comes back as a refusal; only a command that no code path can produce throws.
 */
export function decide(
  request: AccessRequest | undefined,
  command: Command,
  actor: Actor,
  facts: Facts,
  now: Date,
): Decision {
  if (command.type === 'request') {
    return request === undefined ? decideRequest(command, actor, facts, now) : refuse('not_in_this_state');
  }
  if (request === undefined) return refuse('unknown_request');
  switch (command.type) {
    case 'approve':
      return extensionAwaited(request)
        ? decideApproveExtension(request, command, actor, facts, now)
        : decideApprove(request, command, actor, facts, now);
    case 'issue':
      return decideIssue(request, command, actor, facts, now);
    case 'grant_confirmed':
      return decideConfirmed(request, command, actor, facts, now);
    case 'grant_failed':
      if (actor.type !== 'system') return refuse('not_yours');
      if (request.state !== 'granting') return refuse('not_in_this_state');
      // Lifted meanwhile: it goes on.
      if (command.why === 'frozen' && facts.frozen === undefined) return refuse('not_frozen');
      return failGrant(request, { code: command.why, detail: freezeOf(command.why, facts) }, now);
    case 'deny':
      if (isNoToOther(request, command.digest)) return refuse('look_again');
      return extensionAwaited(request)
        ? decideDenyExtension(request, command.reason, actor)
        : decideDeny(request, command.reason, actor, now);
    case 'extend':
      return decideExtend(request, command, actor, facts, now);
    case 'issue_extension':
      return decideIssueExtension(request, command, actor, facts, now);
    case 'extension_confirmed':
      // Frozen while it was written: the old end stays and wins.
      return facts.frozen !== undefined && request.state === 'active'
        ? decideExtensionFailed(
            request,
            { type: 'extension_failed', number: command.number, why: 'frozen' },
            actor,
            facts,
          )
        : decideExtended(request, command, actor, now);
    case 'extension_failed':
      return decideExtensionFailed(request, command, actor, facts);
    case 'lapse_extension':
      return decideLapseExtension(request, actor, now);
    case 'end_frozen':
      return decideEndFrozen(request, actor, facts, now);
    case 'note_freeze':
      return decideNoteFreeze(request, actor, facts);
    case 'attest':
      return decideAttest(request, command, actor, facts, now);
    case 'withdraw':
      return decideWithdraw(request, actor, now);
    case 'lapse':
      return decideLapse(request, actor, now);
    case 'end':
      return decideEnd(request, actor, now);
    case 'expire':
      return decideExpire(request, actor, now);
    case 'bar_requester':
      return decideBar(request, command.why, actor, now);
    case 'lost':
      return decideLost(request, command, actor, now);
    case 'revoke_confirmed':
    case 'sessions_confirmed':
      return decideProof(request, command, actor, now);
    case 'removal_lost':
      return decideRemovalLost(request, command, actor, now);
    case 'revoke_failed':
      return decideRevokeFailed(request, command, actor, now);
    default:
      return note(request, command, actor, facts, now);
  }
}

/** A no whose form showed something else than what waits for an answer now. */
function isNoToOther(request: AccessRequest, shown: string | undefined): boolean {
  const asked = askedNow(request);
  return shown !== undefined && asked !== undefined && shown !== asked.digest;
}

/** Who froze openings, since when and why, where that is what a grant failed by. */
const freezeOf = (why: string, { frozen }: Facts) =>
  why === 'frozen' && frozen !== undefined ? freezeDetail(frozen) : undefined;

type Note = Extract<
  Command,
  {
    type:
      | 'warn'
      | 'invited'
      | 'remind'
      | 'page_begun'
      | 'paged'
      | 'stood_down'
      | 'approver_changed'
      | 'turned_away'
      | 'buried';
  }
>;

/** What is recorded without changing who has access. */
function note(request: AccessRequest, command: Note, actor: Actor, facts: Facts, now: Date): Decision {
  if (actor.type !== 'system') return refuse('not_yours');
  switch (command.type) {
    case 'warn':
      if (request.state !== 'active' || request.warnedAt !== undefined) return refuse('not_in_this_state');
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
            ...(facts.frozen && { frozen: freezeDetail(facts.frozen) }),
          },
        },
      );
    case 'invited': {
      if (request.invited !== undefined) return refuse('not_in_this_state');
      const invited = { reached: command.reached, missed: command.missed };
      return accept({ ...request, invited }, { type: 'approvers_told', data: invited });
    }
    case 'remind':
      return decideRemind(request, command, facts, now);
    case 'page_begun':
      return decidePageBegun(request, command, now);
    case 'paged':
      return decidePaged(request, command);
    case 'stood_down':
      return decideStoodDown(request, command, now);
    case 'approver_changed':
      if (request.changedApprovers?.includes(command.person)) return refuse('not_in_this_state');
      return accept(
        { ...request, changedApprovers: [...(request.changedApprovers ?? []), command.person] },
        { type: 'approver_changed', data: { person: command.person, why: command.why } },
      );
    case 'turned_away': {
      const known = request.seenTeams[command.person] ?? [];
      const teams = union(known, command.teams);
      if (askedNow(request) === undefined || teams.length === known.length) return refuse('not_in_this_state');
      const seenTeams = { ...request.seenTeams, [command.person]: teams };
      const data = { person: command.person, teams: command.teams };
      return accept({ ...request, seenTeams }, { type: 'approval_refused', data });
    }
    case 'buried': {
      if (request.state !== 'closed') return refuse('not_in_this_state');
      const grant = request.grants.find(({ id }) => id === command.grantId);
      if (grant?.plan === undefined || grant.buriedAt !== undefined) return refuse('not_in_this_state');
      const grants = request.grants.map((one) => (one.id === grant.id ? { ...one, buriedAt: now } : one));
      return accept(
        { ...request, grants },
        { type: 'tombstone_removed', data: { grantId: grant.id, name: grant.plan.name } },
      );
    }
    default:
      return unreachable(command);
  }
}
