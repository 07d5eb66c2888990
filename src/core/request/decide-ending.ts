import type { NewEvent } from '../events.ts';
import { union } from '../policy/directory.ts';
import type { Actor, Remover } from './command.ts';
import { toRevoking } from './decide-issue.ts';
import { type Accepted, accept, actorName, type Decision, isParty, refuse, wrongState } from './decision.ts';
import { approversOf, endsOf } from './extension.ts';
import type { Facts } from './facts.ts';
import type { AccessRequest, EndCause, EndingGrant, Outcome, Party } from './request.ts';
import type { CommandOf, RequestFor, SenderOf } from './transitions.ts';
import { droppedFrom } from './two-people.ts';
import { endsExactly, propagatedAt } from './work.ts';

/*
 * Taking away needs nobody's permission but the row's: nothing here looks anybody up, so nothing here can be
 * stopped by a look-up that failed. A property test runs every command below with every look-up failing.
 */

/** Everyone besides the requester who may end or deny, by the row alone. */
export const overseersOf = (request: AccessRequest): readonly Party[] => [
  request.details.commander,
  ...request.details.deciders,
  ...(request.alsoDeciders ?? []),
  ...(request.escalatedTo ?? []),
  ...approversOf(request).map(({ by }) => by),
];

type Pending = Extract<AccessRequest, { state: 'pending' }>;

const isOverseer = (actor: Actor, request: AccessRequest): boolean =>
  overseersOf(request).some((party) => isParty(actor, party)) && !isParty(actor, request.details.requester);

/** May this actor end the request's access, by the row alone? */
export const mayEnd = (actor: Actor, request: AccessRequest): boolean =>
  actor.type !== 'person' || isParty(actor, request.details.requester) || isOverseer(actor, request);

function close(request: Pending, outcome: Outcome, now: Date, ...events: NewEvent[]) {
  const { held: _held, ...kept } = request;
  return accept({ ...kept, state: 'closed', outcome, closedAt: now, grants: [] }, ...events, {
    type: 'request_closed',
    data: { outcome },
  });
}

/** Somebody who oversees it, and did not ask for it, says no. */
export function decideDeny(request: Pending, reason: string, actor: SenderOf<'deny'>, now: Date): Decision {
  if (!isOverseer(actor, request)) return refuse('not_yours');
  const by = overseersOf(request).find((party) => isParty(actor, party));
  return close(request, 'denied', now, {
    type: 'request_denied',
    data: { by: by?.id ?? actorName(actor), name: by?.name ?? '', reason },
  });
}

/** Its requester takes it back. What may stand in the cloud by then is ended. */
export function decideWithdraw(request: RequestFor<'withdraw'>, actor: SenderOf<'withdraw'>, now: Date): Decision {
  if (!isParty(actor, request.details.requester)) return refuse('not_yours');
  const withdrawn: NewEvent = { type: 'request_withdrawn', data: { by: request.details.requester.id } };
  return request.state === 'pending'
    ? close(request, 'withdrawn', now, withdrawn)
    : toRevoking(request, 'withdrawn', now, [withdrawn]);
}

/** Nobody answered in time. */
export function decideLapse(request: RequestFor<'lapse'>, now: Date): Decision {
  if (now < request.details.decideBy) return refuse('not_due');
  const { held } = request;
  const asked = union(
    request.details.invite,
    (request.escalatedTo ?? []).map(({ id }) => id),
  );
  return close(request, 'lapsed', now, {
    type: 'request_lapsed',
    // By the row, as everything here: its card has said so since.
    data: { asked, frozen: held && { by: held.by, reason: held.reason, at: held.at.toISOString() } },
  });
}

/** A person, an operator or the system ends it now. */
export function decideEnd(request: RequestFor<'end'>, actor: Actor, now: Date): Decision {
  if (!mayEnd(actor, request)) return refuse('not_yours');
  return startEnding(request, 'ended_by_person', actor, now);
}

/** The window is over. */
export function decideExpire(request: RequestFor<'expire'>, actor: SenderOf<'expire'>, now: Date): Decision {
  if (now < request.endsAt) return refuse('not_due');
  return startEnding(request, 'expired', actor, now);
}

/** Openings are frozen, and everything open is to end with them (B11). */
export function decideEndFrozen(
  request: RequestFor<'end_frozen'>,
  actor: SenderOf<'end_frozen'>,
  facts: Facts,
  now: Date,
): Decision {
  if (facts.frozen?.all !== true) return refuse('not_frozen');
  const { by: first, reason, again } = facts.frozen;
  const by = again?.widened ? again.by : first;
  return startEnding(request, 'frozen', actor, now, reason === '' ? by.name : `${by.name}: ${reason}`);
}

/** Every plan that may have been written is on the ending: the one in force, or the later one of an extension. */
const withNewestPlans = ({ grants, extension }: Extract<AccessRequest, { state: 'active' }>): readonly EndingGrant[] =>
  grants.map((grant) => ({
    ...grant,
    plan: extension?.plans?.find(({ grantId }) => grantId === grant.id) ?? grant.plan,
  }));

/** From open, or being opened, to its ending. */
export function startEnding(
  request: RequestFor<'end'>,
  cause: EndCause,
  actor: Actor,
  now: Date,
  why?: string,
): Accepted {
  const by = [request.details.requester, ...overseersOf(request)].find((party) => isParty(actor, party));
  const asked: NewEvent = {
    type: 'end_requested',
    data: { cause, by: by?.id ?? actorName(actor), name: by?.name ?? '', ...(why === undefined ? {} : { why }) },
  };
  if (request.state === 'granting') return toRevoking(request, cause, now, [asked]);
  const { endsAt: _endsAt, warnedAt: _warnedAt, extension, ...kept } = request;
  const grants = withNewestPlans(request);
  const { asked: times = 0, minutes = 0, approvals = [] } = request.extended ?? {};
  // Whoever approved time that may have been written is involved, whether or not it was ever confirmed.
  const extended = extension && { asked: times, minutes, approvals: [...approvals, ...extension.approvals] };
  const dropped: NewEvent[] =
    extension === undefined || extension.failedWhy !== undefined
      ? []
      : [
          {
            type: 'extension_failed',
            data: { number: extension.number, why: 'ended_first', ...endsOf(request) },
          },
        ];
  return accept(
    {
      ...kept,
      ...(extended && { extended }),
      state: 'revoking',
      grants,
      cause,
      endRequestedAt: now,
      failures: 0,
    },
    ...dropped,
    asked,
  );
}

const OUTCOME_OF: Readonly<Record<EndCause, Outcome>> = {
  expired: 'ended',
  ended_by_person: 'ended',
  requester_barred: 'ended',
  frozen: 'ended',
  grant_failed: 'grant_failed',
  withdrawn: 'withdrawn',
  lost: 'ended',
};

type Proven = 'revoke_confirmed' | 'sessions_confirmed';

/**
 * What ended the access, for `access_removed`, as far as it can be known there:
 * - `by_hand`: somebody had taken it away in the cloud before us, seen twice (`access_lost`). Who runs the manual commands
 *   while we end it too is not told from us: an ending writes first and does not look.
 * - `native`: our removal was read back only when the end that the cloud itself enforces had come, and that end was read
 *   back intact beside it. Unread or gone, it is not said to have ended anything.
 * - `worker`, `sweep`: we did, by its job, or by the sweep where the queue had left it: in time, or with nothing read that had
 *   ended it before.
 */
const endedBy = (
  { cause }: RequestFor<'revoke_confirmed'>,
  grant: EndingGrant,
  { proof, by = 'worker', nativeEndIntact = false }: CommandOf<'revoke_confirmed'>,
): Remover | 'native' | 'by_hand' => {
  if (cause === 'lost') return 'by_hand';
  return nativeEndIntact && endsExactly(grant) && proof.readAt >= grant.plan.plannedEnd ? 'native' : by;
};

/** One of the two facts, with its proof. `closed` needs both for every grant (D3). */
export function decideProof(request: RequestFor<Proven>, command: CommandOf<Proven>, now: Date): Decision {
  const grant = request.grants.find(({ id }) => id === command.grantId);
  if (grant === undefined) return refuse('unknown_request');
  if (command.type === 'revoke_confirmed') {
    if (grant.accessRemoved !== undefined) return wrongState(request);
    if (command.proof.readAt > now || command.proof.readAt < request.endRequestedAt) return refuse('not_proven');
    return settle(request, { ...grant, accessRemoved: command.proof }, now, {
      type: 'access_removed',
      data: {
        grantId: grant.id,
        readAt: command.proof.readAt.toISOString(),
        contested: command.proof.contested,
        hashes: command.proof.hashes,
        by: endedBy(request, grant, command),
      },
    });
  }
  if (grant.sessionsEnded !== undefined) return wrongState(request);
  if (!sessionsProven(grant, command.proof, now)) return refuse('not_proven');
  return settle(request, { ...grant, sessionsEnded: { ...command.proof, at: now } }, now, {
    type: 'sessions_ended',
    data: { grantId: grant.id, at: now.toISOString(), ...proofData(command.proof) },
  });
}

/**
 * Somebody took the removal back. It is written anew, and the clock of the proof starts anew. How often is kept when
 * the next removal succeeds: each success would else hide that access comes back each time (D6). What was attested before
 * says nothing about the access that came back, so it counts no more.
 */
export function decideRemovalLost(
  request: RequestFor<'removal_lost'>,
  { grantId, readAt }: CommandOf<'removal_lost'>,
  now: Date,
): Decision {
  // An observation older than the newest proof says nothing about it.
  const proof = request.grants.find(({ id }) => id === grantId)?.accessRemoved;
  if (proof?.readAt.getTime() !== readAt.getTime()) return wrongState(request);
  const grants = request.grants.map(({ accessRemoved, ...grant }) =>
    grant.id === grantId || accessRemoved === undefined ? grant : { ...grant, accessRemoved },
  );
  const { attestations = [], ...kept } = request;
  const { failures, failingSince, undone } = kept;
  const dropped = droppedFrom(attestations, []);
  return accept(
    {
      ...kept,
      grants,
      failures: failures + 1,
      failingSince: failingSince ?? now,
      undone: { times: (undone?.times ?? 0) + 1, since: undone?.since ?? now, at: now },
    },
    { type: 'alarm', data: { what: 'removal_lost', grantId, ...(dropped.length > 0 && { dropped }) } },
  );
}

const proofData = (proof: CommandOf<'sessions_confirmed'>['proof']) =>
  proof.by === 'native_end'
    ? { by: proof.by, cloudTime: proof.cloudTime.toISOString() }
    : { by: proof.by, removalReadAt: proof.removalReadAt.toISOString(), waitedSeconds: proof.waitedSeconds };

/** Native end: exact, read back at grant and intact since. Propagation: waited after the removal was read back. */
function sessionsProven(grant: EndingGrant, proof: CommandOf<'sessions_confirmed'>['proof'], now: Date): boolean {
  if (proof.by === 'native_end') return endsExactly(grant) && now >= grant.plan.plannedEnd;
  const removed = grant.accessRemoved;
  return (
    removed !== undefined &&
    proof.removalReadAt.getTime() === removed.readAt.getTime() &&
    now >= propagatedAt(grant, removed)
  );
}

/** What a request keeps when it leaves `revoking`. */
export function withoutEnding(request: Extract<AccessRequest, { state: 'revoking' }>) {
  const {
    cause: _cause,
    endRequestedAt: _at,
    failures: _failures,
    failingSince: _since,
    undone: _undone,
    ...kept
  } = request;
  return kept;
}

function settle(
  request: Extract<AccessRequest, { state: 'revoking' }>,
  changed: EndingGrant,
  now: Date,
  event: NewEvent,
): Decision {
  const grants = request.grants.map((grant) => (grant.id === changed.id ? changed : grant));
  const proven = grants.every(({ accessRemoved, sessionsEnded }) => accessRemoved && sessionsEnded);
  if (!proven) return accept({ ...request, grants, failures: 0, failingSince: undefined }, event);
  const outcome = OUTCOME_OF[request.cause];
  return accept({ ...withoutEnding(request), state: 'closed', outcome, closedAt: now, grants }, event, {
    type: 'request_closed',
    data: { outcome },
  });
}

/** The cloud did not confirm: stays open, counted, and the card is red from the first time (D6). */
export function decideRevokeFailed(
  request: RequestFor<'revoke_failed'>,
  { why, of }: CommandOf<'revoke_failed'>,
  now: Date,
): Decision {
  if (of !== undefined && request.grants.find(({ id }) => id === of.grantId)?.[of.fact]) return wrongState(request);
  const failures = request.failures + 1;
  // One event when it starts to fail and one each time the count doubles: a night of retries is no flood.
  const loud = (failures & (failures - 1)) === 0;
  return accept(
    { ...request, failures, failingSince: request.failingSince ?? now },
    ...(loud ? [{ type: 'revoke_failed', data: { why, failures } } as const] : []),
  );
}
