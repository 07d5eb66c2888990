import { withDeadline } from '../../bounded.ts';
import type { Head } from '../../core/audit/log.ts';
import { Failure } from '../../core/failure.ts';
import type { Actor, Command } from '../../core/request/command.ts';
import { plannedEndOf } from '../../core/request/decide-issue.ts';
import type { Facts } from '../../core/request/facts.ts';
import { RETRYABLE } from '../../core/request/refusal.ts';
import type { GrantingGrant, Plan } from '../../core/request/request.ts';
import { OPENER_SECONDS, type Row } from '../../core/request/work.ts';
import type { PlanInput } from '../../ports/provider.ts';
import { apply } from '../apply.ts';
import { type BrokerDeps, providerOf } from '../deps.ts';
import { gather, openingOffNow } from '../gather.ts';

export const WORKER: Actor = { type: 'system', name: 'worker' };
/** Named lock of the one writer per grant. */
export const writerLock = (grantId: string): string => `grant/${grantId}`;
/** A writer waits this long for another one of the same grant (milliseconds). */
export const LOCK_WAIT_MS = 5_000;

/** Something that the same job may do better a moment later. The queue retries it; the row says until when. */
export class TryLater extends Error {
  override readonly name = 'TryLater';
}

/**
 * From approved to open: read the target, ask the whole policy again, commit the plan, write to the cloud, read back,
 * and only then confirm. Started again anywhere in between, it finds the row where it was and goes on.
 */
export async function openGrant(
  deps: BrokerDeps,
  requestId: string,
  grantId: string,
  signal: AbortSignal,
): Promise<void> {
  const row = await deps.store.find(requestId);
  if (row?.request.state !== 'granting') return;
  // A process that must open nothing leaves it to another until `grantBy`; then any of them fails it.
  const off = deps.openingOff();
  if (off !== undefined && !(await isLate(deps, row))) throw new TryLater(`not opened by this process: ${off}`);
  const planned = grantIn(row, grantId)?.plan ? { row, untried: false } : await issue(deps, row, grantId, signal);
  if (planned === undefined) return;
  await write(deps, planned, grantId, signal);
}

/** A row with a plan. `untried`: the plan was committed here just now, so no try of it came before. */
interface Planned {
  readonly row: Row;
  readonly untried: boolean;
}

const grantIn = (row: Row, grantId: string): GrantingGrant | undefined =>
  row.request.state === 'granting' ? row.request.grants.find(({ id }) => id === grantId) : undefined;

/** The command `issue`. Returns the row if it has a plan now, undefined if the request was closed instead. */
async function issue(deps: BrokerDeps, row: Row, grantId: string, signal: AbortSignal): Promise<Planned | undefined> {
  const { details, approvals } = row.request;
  const target = grantIn(row, grantId)?.target;
  if (target === undefined) return undefined;
  const facts = await gather(deps, {
    key: details.askedWith,
    incident: details.incident.id,
    approvers: approvals.map(({ key }) => key),
    opening: { target, terms: details.terms },
    signal,
  });
  const { installationId } = await deps.store.installation();
  const changed = await apply(
    deps,
    requestIdOf(row),
    (current, now, head) => issueCommand(deps, current, now, head, { grantId, facts, installationId }),
    WORKER,
    facts,
  );
  if (!changed.ok) {
    if (RETRYABLE.has(changed.refusal.code)) throw new TryLater(`not issued yet: ${changed.refusal.code}`);
    // Another worker issued it, or somebody ended it: the next look at the row knows.
    return changed.row && grantIn(changed.row, grantId)?.plan ? { row: changed.row, untried: false } : undefined;
  }
  return grantIn(changed.row, grantId)?.plan ? { row: changed.row, untried: true } : undefined;
}

const requestIdOf = (row: Row): string => row.request.details.id;

function issueCommand(
  deps: BrokerDeps,
  row: Row | undefined,
  now: Date,
  head: Head,
  {
    grantId,
    facts,
    installationId,
  }: { readonly grantId: string; readonly facts: Facts; readonly installationId: string },
): Command {
  const grant = row && grantIn(row, grantId);
  const { request } = row ?? {};
  // Past `grantBy` there is nothing to plan any more; `issue` itself says so.
  const late = request?.state === 'granting' && now >= request.grantBy;
  if (request === undefined || grant === undefined || !facts.target.ok || late)
    return { type: 'issue', plan: undefined };
  const input: PlanInput = {
    grantId,
    installationId,
    head: head.hash,
    plannedEnd: plannedEndOf(request, now),
    offsetMs: facts.target.value.offsetMs,
    target: grant.target,
    details: request.details,
    approvers: request.approvals.map(({ by }) => by),
  };
  try {
    return { type: 'issue', plan: providerOf(deps, grant.target.provider).plan(input) };
  } catch (error) {
    // What cannot be planned now cannot be planned later either: the same order gives the same plan.
    if (!(error instanceof Failure)) throw error;
    deps.logger.error({ requestId: request.details.id, why: error.message }, 'no plan could be made');
    return { type: 'grant_failed', why: error.code };
  }
}

/** Frozen since it was planned: it is given up, and what may stand in the cloud is taken away. */
async function giveUpFrozen(deps: BrokerDeps, row: Row): Promise<boolean> {
  if ((await deps.store.freeze()) === undefined) return false;
  const failed = await apply(deps, requestIdOf(row), { type: 'grant_failed', why: 'frozen' }, WORKER);
  return failed.ok || failed.refusal.code !== 'not_frozen';
}

/** Why this process must not write an opening now: switched off, a copy, or another installation's plan. */
export async function mayNotOpen(deps: BrokerDeps, plan: Plan): Promise<string | undefined> {
  const [off, { installationId }] = await Promise.all([openingOffNow(deps), deps.store.installation()]);
  if (off !== undefined) return String(off);
  return installationId === plan.installationId ? undefined : 'the plan is another installation’s';
}

const isLate = async (deps: BrokerDeps, { request }: Row): Promise<boolean> =>
  request.state === 'granting' && (await deps.store.clock.now()) >= request.grantBy;

/** Gives up a request whose time to be opened is over. Needs no lock: the row's state decides who was first. */
async function giveUpLate(deps: BrokerDeps, row: Row): Promise<boolean> {
  if (!(await isLate(deps, row))) return false;
  await apply(deps, requestIdOf(row), { type: 'grant_failed', why: 'grant_window_closed' }, WORKER);
  return true;
}

async function write(deps: BrokerDeps, { row, untried }: Planned, grantId: string, signal: AbortSignal): Promise<void> {
  const requestId = requestIdOf(row);
  if (await giveUpLate(deps, row)) return;
  const done = await deps.store.withLock(writerLock(grantId), LOCK_WAIT_MS, async (lost) => {
    // Under the lock the row is read again: whoever held it before may have opened or ended this grant.
    const current = await deps.store.find(requestId);
    const grant = current && grantIn(current, grantId);
    if (current?.request.state !== 'granting' || grant?.plan === undefined || grant.confirmedAt !== undefined) return;
    if ((await giveUpLate(deps, current)) || (await giveUpFrozen(deps, current))) return;
    const why = await mayNotOpen(deps, grant.plan);
    if (why !== undefined) throw new TryLater(`not opened here: ${why}`);
    const left = Math.max(0, current.request.grantBy.getTime() - (await deps.store.clock.now()).getTime());
    const limit = withDeadline(Math.min(left, OPENER_SECONDS * 1000), signal, lost);
    try {
      await providerOf(deps, grant.target.provider).open(grant.plan, limit, untried);
    } catch (error) {
      if (!(error instanceof Failure) || error.retry) throw error;
      deps.logger.error({ requestId, code: error.code, why: error.message }, 'the cloud refused the opening');
      await apply(deps, requestId, { type: 'grant_failed', why: error.code }, WORKER);
      return;
    }
    await apply(deps, requestId, { type: 'grant_confirmed', grantId }, WORKER);
  });
  if (done === undefined) throw new TryLater('another worker is opening this grant');
}
