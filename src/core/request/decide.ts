import { canonical } from '../canonical.ts';
import type { Actor, Command, CommandName } from './command.ts';
import { decideApprove } from './decide-approve.ts';
import { decideAttest } from './decide-attest.ts';
import {
  decideDeny,
  decideEnd,
  decideEndFrozen,
  decideExpire,
  decideLapse,
  decideProof,
  decideRemovalLost,
  decideRevokeFailed,
  decideWithdraw,
  startEnding,
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
import { decideConfirmed, decideGrantFailed, decideIssue } from './decide-issue.ts';
import { decideLost } from './decide-lost.ts';
import {
  decideActionRefused,
  decideAltered,
  decideApproverChanged,
  decideClosedAgain,
  decideInvited,
  decideTombstoneDeleted,
  decideTurnedAway,
  decideWarn,
} from './decide-note.ts';
import { decidePageBegun, decidePaged, decideStoodDown } from './decide-page.ts';
import { decideRequest } from './decide-request.ts';
import { type Decision, refuse, wrongState } from './decision.ts';
import { askedNow, extensionAwaited } from './extension.ts';
import type { Facts } from './facts.ts';
import type { AccessRequest } from './request.ts';
import { type CommandOf, outOfPlace, type RequestFor, type SenderOf } from './transitions.ts';

export type { Decision } from './decision.ts';

/** A command that has its place in the table, as each part of `decide` receives it. */
interface Sent<C extends CommandName> {
  readonly request: RequestFor<C>;
  readonly command: CommandOf<C>;
  readonly actor: SenderOf<C>;
  readonly facts: Facts;
  readonly now: Date;
}

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
  const refusal = outOfPlace(request, command.type, actor.type);
  if (refusal) return { ok: false, refusal };
  // The table has just said that the three belong together, which the compiler cannot follow.
  const part = DECIDED[command.type] as (sent: Sent<CommandName>) => Decision;
  return withTeams(request, part({ request, command, actor, facts, now } as Sent<CommandName>));
}

/** Teams that were seen decide who may fill a clause, so the log holds each change of them: in the first event of it. */
function withTeams(before: AccessRequest | undefined, decision: Decision): Decision {
  if (!decision.ok || decision.next.seenTeams === before?.seenTeams) return decision;
  const changed = Object.entries(decision.next.seenTeams).filter(
    ([id, teams]) => canonical(teams) !== canonical(before?.seenTeams[id] ?? null),
  );
  const [first, ...rest] = decision.events;
  if (first === undefined || changed.length === 0) return decision;
  const seenTeams = Object.fromEntries(changed);
  return { ...decision, events: [{ ...first, data: { ...first.data, seenTeams } }, ...rest] };
}

const DECIDED: { readonly [C in CommandName]: (sent: Sent<C>) => Decision } = {
  request: ({ command, actor, facts, now }) => decideRequest(command, actor, facts, now),
  approve: ({ request, command, actor, facts, now }) => {
    if (request.state === 'pending') return decideApprove(request, command, actor, facts, now);
    return extensionAwaited(request)
      ? decideApproveExtension(request, command, actor, facts, now)
      : wrongState(request);
  },
  deny: ({ request, command, actor, now }) => {
    if (isNoToOther(request, command.digest)) return refuse('look_again');
    if (request.state === 'pending') return decideDeny(request, command.reason, actor, now);
    return extensionAwaited(request) ? decideDenyExtension(request, command.reason, actor) : wrongState(request);
  },
  withdraw: ({ request, actor, now }) => decideWithdraw(request, actor, now),
  lapse: ({ request, now }) => decideLapse(request, now),
  issue: ({ request, command, facts, now }) => decideIssue(request, command, facts, now),
  grant_confirmed: ({ request, command, facts, now }) => decideConfirmed(request, command, facts, now),
  grant_failed: ({ request, command, facts, now }) => decideGrantFailed(request, command, facts, now),
  extend: ({ request, command, actor, facts, now }) => decideExtend(request, command, actor, facts, now),
  lapse_extension: ({ request, now }) => decideLapseExtension(request, now),
  issue_extension: ({ request, command, facts, now }) => decideIssueExtension(request, command, facts, now),
  extension_confirmed: ({ request, command, actor, facts, now }) => decideExtended(request, command, actor, facts, now),
  extension_failed: ({ request, command, facts }) => decideExtensionFailed(request, command, facts),
  end: ({ request, actor, now }) => decideEnd(request, actor, now),
  expire: ({ request, actor, now }) => decideExpire(request, actor, now),
  bar_requester: ({ request, command, actor, now }) =>
    startEnding(request, 'requester_barred', actor, now, command.why),
  end_frozen: ({ request, actor, facts, now }) => decideEndFrozen(request, actor, facts, now),
  note_freeze: ({ request, facts }) => decideNoteFreeze(request, facts),
  lost: ({ request, command, actor, now }) => decideLost(request, command, actor, now),
  revoke_confirmed: ({ request, command, now }) => decideProof(request, command, now),
  sessions_confirmed: ({ request, command, now }) => decideProof(request, command, now),
  revoke_failed: ({ request, command, now }) => decideRevokeFailed(request, command, now),
  removal_lost: ({ request, command, now }) => decideRemovalLost(request, command, now),
  altered: ({ request, command }) => decideAltered(request, command),
  closed_again: ({ request, command }) => decideClosedAgain(request, command),
  attest: ({ request, command, actor, facts, now }) => decideAttest(request, command, actor, facts, now),
  warn: ({ request, facts, now }) => decideWarn(request, facts, now),
  invited: ({ request, command }) => decideInvited(request, command),
  remind: ({ request, command, facts, now }) => decideRemind(request, command, facts, now),
  page_begun: ({ request, command, now }) => decidePageBegun(request, command, now),
  paged: ({ request, command }) => decidePaged(request, command),
  stood_down: ({ request, command, now }) => decideStoodDown(request, command, now),
  approver_changed: ({ request, command }) => decideApproverChanged(request, command),
  action_refused: ({ request, command }) => decideActionRefused(request, command),
  turned_away: ({ request, command }) => decideTurnedAway(request, command),
  tombstone_deleted: ({ request, command, now }) => decideTombstoneDeleted(request, command, now),
};

/** A no whose form showed something else than what waits for an answer now. */
function isNoToOther(request: AccessRequest, shown: string | undefined): boolean {
  const asked = askedNow(request);
  return shown !== undefined && asked !== undefined && shown !== asked.digest;
}
