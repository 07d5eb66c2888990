import type { NewEvent } from '../events.ts';
import { wantedBy } from '../policy/terms.ts';
import { actingPerson } from './acting.ts';
import { countYes, seenSince } from './decide-approve.ts';
import { overseersOf, startEnding } from './decide-ending.ts';
import { judge } from './decide-issue.ts';
import {
  accept,
  actorName,
  addSeconds,
  type Decision,
  earlier,
  isParty,
  later,
  refuse,
  wrongState,
} from './decision.ts';
import { planData } from './event-parts.ts';
import {
  type Active,
  endsOf,
  extensionAwaited,
  extensionDigest,
  isTooLateToExtend,
  joinedByUnverified,
  joinedSince,
  joiningData,
  moreMinutes,
  whyNotExtend,
} from './extension.ts';
import type { Facts } from './facts.ts';
import { freezeDetail } from './freeze.ts';
import { GATES } from './gates.ts';
import { RETRYABLE, type Refusal } from './refusal.ts';
import type { Extension, Plan } from './request.ts';
import { refusalAt, situationOf } from './rule.ts';
import { RULES } from './rules.ts';
import type { CommandOf, RequestFor, SenderOf } from './transitions.ts';

/*
 * More time (B8): the same clauses as the first request, a bounded total, and never in the last minutes. Until the cloud
 * was read back nothing moves, so whatever goes wrong here leaves the old end armed, and it wins.
 */

/** The requester asks for more time on access that is open. */
export function decideExtend(
  request: RequestFor<'extend'>,
  { minutes, digest }: CommandOf<'extend'>,
  actor: SenderOf<'extend'>,
  facts: Facts,
  now: Date,
): Decision {
  const acting = actingPerson(actor, facts, now, 'extend');
  if (!acting.ok) return acting;
  const { directory, policy } = acting;
  const { details } = request;
  if (!isParty(actor, details.requester) || acting.person.id !== details.requester.id) return refuse('not_yours');
  const blocked = whyNotExtend(request);
  if (blocked) return { ok: false, refusal: blocked };
  if (isTooLateToExtend(request, now)) return refuse('too_late_to_extend');
  const world = { facts, now, given: [], policy, directory, account: 'member' } as const;
  const asked = { shown: { digest, stands: details.digest }, minutes: moreMinutes(request, minutes) };
  const refusal = refusalAt(RULES, 'extend', situationOf(request, world, asked));
  if (refusal) return { ok: false, refusal };

  const number = (request.extended?.asked ?? 0) + 1;
  const extension: Extension = {
    number,
    minutes,
    askedAt: now,
    decideBy: earlier(addSeconds(now, details.terms.timings.decisionSeconds), request.endsAt),
    digest: extensionDigest(details.digest, { number, minutes }),
    approvals: [],
  };
  const seenTeams = seenSince(request, acting.directory);
  const incidentVerified = facts.incident.ok;
  const { clauses } = wantedBy(details.terms, incidentVerified);
  const joined = joinedSince(request, clauses, acting.directory, seenTeams);
  const joinedNow = incidentVerified ? undefined : joinedByUnverified(request, acting.directory, seenTeams);
  const { minutes: added = 0, approvals = [] } = request.extended ?? {};
  const event: NewEvent = {
    type: 'extension_asked',
    data: {
      number,
      minutes,
      digest: extension.digest,
      decideBy: extension.decideBy.toISOString(),
      requesterTeams: acting.teams,
      incidentVerified,
      endsAt: request.endsAt.toISOString(),
      ...(joinedNow && joiningData(joinedNow)),
      ...(joined.length > 0 && { alsoAsked: joined.map(({ id }) => id), parties: joined.map((one) => ({ ...one })) }),
    },
  };
  const extended = { asked: number, minutes: added, approvals };
  const escalatedTo = [...(request.escalatedTo ?? []), ...joined];
  return accept(
    {
      ...request,
      seenTeams,
      incidentVerified,
      extension,
      extended,
      ...(joinedNow && { alsoDeciders: joinedNow.alsoDeciders }),
      ...(joined.length > 0 && { escalatedTo }),
    },
    event,
  );
}

/** One person's yes to more time: the same clauses, every yes given anew. */
export function decideApproveExtension(
  request: Awaiting,
  command: CommandOf<'approve'>,
  actor: SenderOf<'approve'>,
  facts: Facts,
  now: Date,
): Decision {
  const { extension } = request;
  const { approvals: given, digest, decideBy } = extension;
  const counted = countYes(request, { given, digest, decideBy }, command, actor, facts, now);
  if (!counted.ok) return counted;
  const { approvals, changed, events, complete } = counted;
  if (!complete) return accept({ ...request, ...changed, extension: { ...extension, approvals } }, ...events);
  return accept({ ...request, ...changed, extension: { ...extension, approvals, approvedAt: now } }, ...events, {
    type: 'extension_approved',
    data: {
      number: extension.number,
      approvers: approvals.map(({ by }) => by.id),
      incidentVerified: facts.incident.ok,
    },
  });
}

type Awaiting = Active & { readonly extension: Extension };

const without = ({ extension: _extension, ...kept }: Active): Active => kept;

/** Somebody who may deny says no to more time; the access goes on to its old end. */
export function decideDenyExtension(request: Awaiting, reason: string, actor: SenderOf<'deny'>): Decision {
  const by = overseersOf(request).find((party) => isParty(actor, party));
  if (by === undefined || isParty(actor, request.details.requester)) return refuse('not_yours');
  const { number } = request.extension;
  const data = { number, by: by.id, name: by.name, reason, endsAt: request.endsAt.toISOString() };
  return accept(without(request), { type: 'extension_denied', data });
}

/** Nobody answered in time; the access goes on to its old end. */
export function decideLapseExtension(request: RequestFor<'lapse_extension'>, now: Date): Decision {
  if (!extensionAwaited(request)) return wrongState(request);
  const { number, decideBy } = request.extension;
  if (now < decideBy) return refuse('not_due');
  return accept(without(request), {
    type: 'extension_lapsed',
    data: { number, endsAt: request.endsAt.toISOString() },
  });
}

/** The end that the plan of an extension must carry: the old one and the minutes that were approved. */
export const extendedEnd = (plan: Plan, { minutes }: Pick<Extension, 'minutes'>): Date =>
  addSeconds(plan.plannedEnd, minutes * 60);

/**
 * The whole policy again (B4), then the new ends, committed before the first write. A failed look-up is answered with a
 * retryable refusal until the old end; a "no" drops the extension.
 */
export function decideIssueExtension(
  request: RequestFor<'issue_extension'>,
  command: CommandOf<'issue_extension'>,
  facts: Facts,
  now: Date,
): Decision {
  const { extension, grants } = request;
  if (extension?.approvedAt === undefined || extension.plans !== undefined) return wrongState(request);
  if (now >= request.endsAt) return refuse('too_late_to_extend');
  const { approvals: given, digest, number } = extension;
  const lookedUp = refusalAt(GATES, 'issue', { facts, now, given });
  if (lookedUp && RETRYABLE.has(lookedUp.code)) return { ok: false, refusal: lookedUp };
  if (lookedUp) return dropped(request, number, lookedUp);
  const judged = judge(request, { given, digest, grants }, facts, now);
  if (judged.refusal) {
    return dropped({ ...request, seenTeams: judged.seenTeams }, number, judged.refusal, judged.events);
  }

  const fits = grants.every(({ id, plan }) => {
    const next = command.plans.find(({ grantId }) => grantId === id);
    return (
      next !== undefined &&
      next.provider === plan.provider &&
      next.installationId === plan.installationId &&
      next.name === plan.name &&
      next.nativeEnd === plan.nativeEnd &&
      next.cleanUpAt >= next.plannedEnd &&
      next.plannedEnd.getTime() === extendedEnd(plan, extension).getTime()
    );
  });
  if (!fits || command.plans.length !== grants.length) return refuse('plan_mismatch');
  const next: Active = {
    ...request,
    seenTeams: judged.seenTeams,
    incidentVerified: facts.incident.ok,
    extension: { ...extension, plans: command.plans },
  };
  return accept(
    next,
    ...command.plans.map(
      (plan): NewEvent => ({
        type: 'extension_planned',
        data: {
          ...planData(plan),
          number,
          approvers: given.map(({ by }) => by.id),
          incidentVerified: facts.incident.ok,
        },
      }),
    ),
  );
}

/** Given up before anything was written. */
function dropped(request: Active, number: number, { code, detail }: Refusal, events: readonly NewEvent[] = []) {
  const alarm: NewEvent[] = code === 'clock_apart' ? [{ type: 'alarm', data: { what: 'clock_apart', ...detail } }] : [];
  return accept(without(request), ...events, ...alarm, {
    type: 'extension_failed',
    data: { number, why: code, ...detail, ...endsOf(request) },
  });
}

/**
 * The cloud was read back with the new end, so now it moves. Past the old end it does not: that one wins, and the access
 * is ended.
 */
export function decideExtended(
  request: RequestFor<'extension_confirmed'>,
  { number, grantId }: CommandOf<'extension_confirmed'>,
  actor: SenderOf<'extension_confirmed'>,
  facts: Facts,
  now: Date,
): Decision {
  if (request.state !== 'active') {
    return accept(request, { type: 'late_confirmation', data: { grantId, state: request.state, extension: number } });
  }
  // Frozen while it was written: the old end stays and wins.
  if (facts.frozen !== undefined) return decideExtensionFailed(request, { number, why: 'frozen' }, facts);
  const { extension } = request;
  const plan = extension?.plans?.find((one) => one.grantId === grantId);
  if (extension?.number !== number || plan === undefined || extension.failedWhy !== undefined)
    return wrongState(request);
  if (now >= request.endsAt) return startEnding(request, 'expired', actor, now);
  const grants = request.grants.map((grant) =>
    grant.id === grantId ? { ...grant, plan, endsAt: addSeconds(grant.endsAt, extension.minutes * 60) } : grant,
  );
  const moved = grants.find(({ id }) => id === grantId);
  const event: NewEvent = {
    type: 'access_extended',
    data: {
      number,
      grantId,
      minutes: extension.minutes,
      endsAt: moved?.endsAt.toISOString(),
      plannedEnd: plan.plannedEnd.toISOString(),
      by: actorName(actor),
    },
  };
  const plans = extension.plans?.filter((one) => one !== plan) ?? [];
  if (plans.length > 0) return accept({ ...request, grants, extension: { ...extension, plans } }, event);
  const { extension: _done, warnedAt: _warnedAt, ...kept } = request;
  const endsAt = grants.reduce((last, one) => later(last, one.endsAt), request.endsAt);
  const { asked = number, minutes = 0, approvals = [] } = request.extended ?? {};
  const extended = {
    asked,
    minutes: minutes + extension.minutes,
    approvals: [...approvals, ...extension.approvals],
  };
  return accept({ ...kept, grants, endsAt, extended }, event);
}

/**
 * The cloud refused, or no plan could be made. Once planned, part of it may be written, so the plans stay on the row
 * until the access ended; the old end stays armed.
 */
export function decideExtensionFailed(
  request: RequestFor<'extension_failed'>,
  { number, why }: Pick<CommandOf<'extension_failed'>, 'number' | 'why'>,
  { frozen }: Facts,
): Decision {
  // Lifted meanwhile: it goes on.
  if (why === 'frozen' && frozen === undefined) return refuse('not_frozen');
  const { extension } = request;
  if (extension?.number !== number || extension.approvedAt === undefined || extension.failedWhy !== undefined) {
    return wrongState(request);
  }
  const next =
    extension.plans === undefined ? without(request) : { ...request, extension: { ...extension, failedWhy: why } };
  const detail = why === 'frozen' && frozen !== undefined ? freezeDetail(frozen) : {};
  return accept(next, { type: 'extension_failed', data: { number, why, ...detail, ...endsOf(request) } });
}
