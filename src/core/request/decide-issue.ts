import type { NewEvent } from '../events.ts';
import { wantedBy } from '../policy/terms.ts';
import { tally } from './approvals.ts';
import { presentApprovers, seenSince, voidedEvent } from './decide-approve.ts';
import { type Accepted, accept, addSeconds, type Decision, earlier, later, refuse } from './decision.ts';
import { planData } from './event-parts.ts';
import { type Facts, incidentFacts } from './facts.ts';
import { type Freeze, freezeDetail } from './freeze.ts';
import { GATES } from './gates.ts';
import { RETRYABLE, type Refusal } from './refusal.ts';
import type { AccessRequest, Approval, EndCause, EndingGrant, GrantingGrant, Plan, Target } from './request.ts';
import { refusalAt, situationOf } from './rule.ts';
import { RULES } from './rules.ts';
import type { CommandOf, RequestFor } from './transitions.ts';

/** A request that is approved and not opened yet. */
export type Granting = Extract<AccessRequest, { state: 'granting' }>;

/** The end that a plan made now must carry: one instant for every retry and every worker. */
export const plannedEndOf = ({ details }: AccessRequest, now: Date): Date =>
  addSeconds(now, details.terms.timings.openingAllowanceSeconds + details.minutes * 60);

/**
 * The whole policy again (B4), then the plan, committed before the first cloud write. A failed look-up is answered
 * with a retryable refusal until `grantBy`; a "no" closes the request, since without a plan nothing was opened.
 */
export function decideIssue(
  request: RequestFor<'issue'>,
  command: CommandOf<'issue'>,
  facts: Facts,
  now: Date,
): Decision {
  const unplanned = request.grants.filter(({ plan }) => plan === undefined);
  if (unplanned.length === 0) return refuse('not_in_this_state', { detail: { state: 'planned' } });
  const lookedUp = refusalAt(GATES, 'issue', { facts, now, given: request.approvals });
  if (now >= request.grantBy) return failed(request, lookedUp ?? { code: 'grant_window_closed' }, now);
  if (lookedUp) {
    return RETRYABLE.has(lookedUp.code) ? { ok: false, refusal: lookedUp } : failed(request, lookedUp, now);
  }
  const { grants, approvals: given } = request;
  const judged = judge(request, { given, digest: request.details.digest, grants }, facts, now);
  if (judged.refusal) return failed({ ...request, seenTeams: judged.seenTeams }, judged.refusal, now, judged.events);

  const { plan } = command;
  const grant = unplanned.find(({ id }) => id === plan?.grantId);
  if (plan === undefined || grant === undefined) return refuse('plan_mismatch');
  const expected = plannedEndOf(request, now);
  const fits = plan.plannedEnd.getTime() === expected.getTime() && plan.cleanUpAt >= plan.plannedEnd;
  if (!fits || plan.provider !== grant.target.provider) return refuse('plan_mismatch');
  return accept(
    {
      ...request,
      seenTeams: judged.seenTeams,
      incidentVerified: facts.incident.ok,
      grants: request.grants.map((one) => (one.id === grant.id ? { ...one, plan } : one)),
    },
    {
      type: 'access_planned',
      data: {
        ...planData(plan),
        account: grant.target.account,
        approvers: request.approvals.map(({ by }) => by.id),
        incidentVerified: facts.incident.ok,
        incident: { ...incidentFacts(facts) },
      },
    },
  );
}

/** What is judged anew: the request as it is opened, or one extension of it. */
export interface Judged {
  readonly given: readonly Approval[];
  readonly digest: string;
  readonly grants: readonly { readonly target: Target }[];
}

/** The whole policy again (B4), by the facts of this very moment, once the gates are open. */
export function judge(request: AccessRequest, { given, digest, grants }: Judged, facts: Facts, now: Date) {
  const { policy, directory, account, target } = facts;
  const known = directory.ok ? directory.value : { people: [], teams: [], onCall: {} };
  const seenTeams = seenSince(request, known);
  // The gates have said so already, which the compiler cannot follow.
  if (!policy.ok || !directory.ok || !account.ok || !target.ok) {
    return { refusal: { code: 'stale_facts' } as Refusal, seenTeams, events: [] };
  }
  const { details } = request;
  const asker = { id: details.requester.id, seen: seenTeams[details.requester.id] ?? [] };
  const { present, gone } = presentApprovers(given, facts);
  const incidentVerified = facts.incident.ok;
  const standingWith = (verified: boolean) =>
    tally(wantedBy(details.terms, verified), present, asker, digest, known, seenTeams);
  const judged = standingWith(incidentVerified);
  // Closed and asked again rather than kept waiting: nobody is looking at a card that says "approved" for an approval.
  const turned = !incidentVerified && standingWith(true).complete;
  const missing = turned ? 'turned_unverified' : 'approvals_missing';
  const refusal = refusalAt(
    RULES,
    'issue',
    situationOf(
      request,
      { facts, now, given, policy: policy.value, directory: known, account: account.value },
      {
        missing: judged.complete ? undefined : missing,
        targets: grants.map((grant) => grant.target),
        target: target.value,
      },
    ),
  );
  return { refusal, seenTeams, events: [...gone, ...judged.voided].map(voidedEvent) };
}

/** Closes a request whose grant never got a plan. `refused` for a rule's no, `grant_failed` where time ran out. */
function failed(request: Granting, refusal: Refusal, now: Date, events: readonly NewEvent[] = []): Decision {
  if (request.grants.some(({ plan }) => plan !== undefined)) return failGrant(request, refusal, now, events);
  const late = refusal.code === 'grant_window_closed';
  const outcome = late ? 'grant_failed' : 'refused';
  const alarm: NewEvent[] =
    refusal.code === 'clock_apart' ? [{ type: 'alarm', data: { what: 'clock_apart', ...refusal.detail } }] : [];
  const { grantBy: _grantBy, ...kept } = request;
  return accept(
    { ...kept, state: 'closed', outcome, closedAt: now },
    ...events,
    ...alarm,
    { type: late ? 'grant_failed' : 'request_refused', data: { why: refusal.code, ...refusal.detail } },
    { type: 'request_closed', data: { outcome } },
  );
}

/** The opener gave up. Where it did so for a freeze that was lifted meanwhile, it goes on. */
export function decideGrantFailed(
  request: RequestFor<'grant_failed'>,
  { why }: CommandOf<'grant_failed'>,
  { frozen }: Facts,
  now: Date,
): Decision {
  if (why !== 'frozen') return failGrant(request, { code: why }, now);
  return frozen === undefined ? refuse('not_frozen') : failGrant(request, frozenNow(frozen), now);
}

const frozenNow = (freeze: Freeze) => ({ code: 'frozen', detail: freezeDetail(freeze) });

/** Gives up on opening. With a plan there may be something in the cloud, so the way out is a proven ending. */
function failGrant(
  request: Granting,
  { code: why, detail }: { readonly code: string; readonly detail?: Refusal['detail'] },
  now: Date,
  events: readonly NewEvent[] = [],
): Decision {
  const planned = request.grants.some(({ plan }) => plan !== undefined);
  const confirmed = request.grants.findLast(({ confirmedAt }) => confirmedAt !== undefined);
  const opened = confirmed && { grantId: confirmed.id, confirmedAt: confirmed.confirmedAt?.toISOString() };
  const data = { ...detail, why, planned, ...opened };
  return toRevoking(request, 'grant_failed', now, [...events, { type: 'grant_failed', data }]);
}

const hasPlan = <G extends GrantingGrant>(grant: G): grant is G & { plan: Plan } => grant.plan !== undefined;

/** From `granting` to its ending: straight to closed where no plan exists, else through `revoking`. */
export function toRevoking(request: Granting, cause: EndCause, now: Date, events: readonly NewEvent[]): Accepted {
  const { grantBy: _grantBy, grants, ...kept } = request;
  const planned = grants.filter(hasPlan);
  if (planned.length === 0) {
    const outcome = cause === 'grant_failed' || cause === 'withdrawn' ? cause : 'ended';
    return accept({ ...kept, state: 'closed', outcome, closedAt: now, grants }, ...events, {
      type: 'request_closed',
      data: { outcome },
    });
  }
  return accept(
    {
      ...kept,
      state: 'revoking',
      cause,
      endRequestedAt: now,
      failures: 0,
      grants: planned.map((grant): EndingGrant => grant),
    },
    ...events,
  );
}

/** The cloud read back the opening. Too late, too little time left, or frozen meanwhile, and it is undone instead. */
export function decideConfirmed(
  request: RequestFor<'grant_confirmed'>,
  command: CommandOf<'grant_confirmed'>,
  facts: Facts,
  now: Date,
): Decision {
  const late: NewEvent = { type: 'late_confirmation', data: { grantId: command.grantId, state: request.state } };
  if (request.state !== 'granting') return accept(request, late);
  const grant = request.grants.find(({ id, plan }) => id === command.grantId && plan !== undefined);
  if (grant?.plan === undefined) return refuse('not_in_this_state', { detail: { state: 'unplanned' } });
  const grants = request.grants.map((one) => (one.id === grant.id ? { ...one, confirmedAt: now } : one));
  const confirmed: Granting = { ...request, grants };
  if (now >= request.grantBy) return failGrant(confirmed, { code: 'grant_window_closed' }, now);
  if (facts.frozen !== undefined) return failGrant(confirmed, frozenNow(facts.frozen), now);

  const wanted = request.details.minutes * 60_000;
  const endOf = (plan: Plan, at: Date): Date => earlier(addSeconds(at, request.details.minutes * 60), plan.plannedEnd);
  const endsAt = endOf(grant.plan, now);
  if (endsAt.getTime() - now.getTime() < wanted / 2) return failGrant(confirmed, { code: 'too_little_time_left' }, now);

  const opened: NewEvent = {
    type: 'access_opened',
    data: {
      grantId: grant.id,
      name: grant.plan.name,
      confirmedAt: now.toISOString(),
      endsAt: endsAt.toISOString(),
      plannedEnd: grant.plan.plannedEnd.toISOString(),
    },
  };
  const active = grants.flatMap((one) =>
    one.plan && one.confirmedAt
      ? [{ ...one, plan: one.plan, confirmedAt: one.confirmedAt, endsAt: endOf(one.plan, one.confirmedAt) }]
      : [],
  );
  if (active.length < grants.length) return accept(confirmed, opened);
  const { grantBy: _grantBy, grants: _grants, ...kept } = request;
  const last = active.reduce((latest, one) => later(latest, one.endsAt), endsAt);
  return accept({ ...kept, state: 'active', grants: active, endsAt: last }, opened);
}
