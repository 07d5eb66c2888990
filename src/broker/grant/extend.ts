import { withDeadline } from '../../bounded.ts';
import type { Head } from '../../core/audit/log.ts';
import { Failure } from '../../core/failure.ts';
import type { Command } from '../../core/request/command.ts';
import { extendedEnd } from '../../core/request/decide-extend.ts';
import { type Active, allApprovers } from '../../core/request/extension.ts';
import type { Facts } from '../../core/request/facts.ts';
import { RETRYABLE } from '../../core/request/refusal.ts';
import type { ActiveGrant, Extension, Plan } from '../../core/request/request.ts';
import { OPENER_SECONDS, type Row } from '../../core/request/work.ts';
import { apply } from '../apply.ts';
import { type BrokerDeps, providerOf } from '../deps.ts';
import { gather } from '../gather.ts';
import { LOCK_WAIT_MS, mayNotOpen, TryLater, WORKER, writerLock } from './open.ts';

/** An extension whose clauses are filled and which the cloud has not refused. */
interface Extending {
  readonly request: Active;
  readonly extension: Extension;
}

/**
 * From more time approved to more time there: the whole policy again, commit the plans with the later end, write them,
 * read back, and only then say so. Until then the old end is armed, here and in the cloud, and wins: nothing is begun
 * past it. Started again anywhere in between, it finds the row where it was and goes on.
 */
export async function extendGrant(deps: BrokerDeps, requestId: string, signal: AbortSignal): Promise<void> {
  const row = await deps.store.find(requestId);
  const found = extendingIn(row);
  if (found === undefined || (await millisecondsLeft(deps, found)) === 0) return;
  const off = deps.openingOff();
  if (off !== undefined) throw new TryLater(`not extended by this process: ${off}`);
  const planned = found.extension.plans === undefined ? await issue(deps, found, signal) : found;
  for (const plan of planned?.extension.plans ?? []) await write(deps, requestId, plan, signal);
}

function extendingIn(row: Row | undefined): Extending | undefined {
  if (row?.request.state !== 'active') return undefined;
  const { request } = row;
  const { extension } = request;
  const approved = extension?.approvedAt !== undefined && extension.failedWhy === undefined;
  return approved ? { request, extension } : undefined;
}

/** Until the old end, which wins. */
const millisecondsLeft = async (deps: BrokerDeps, { request }: Extending): Promise<number> =>
  Math.max(0, request.endsAt.getTime() - (await deps.store.clock.now()).getTime());

/** The command `issue_extension`. Undefined if the extension was given up instead, or somebody else was first. */
async function issue(deps: BrokerDeps, found: Extending, signal: AbortSignal): Promise<Extending | undefined> {
  const { details, grants } = found.request;
  const target = grants[0]?.target;
  if (target === undefined) return undefined;
  const facts = await gather(deps, {
    key: details.askedWith,
    incident: details.incident.id,
    approvers: found.extension.approvals.map(({ key }) => key),
    opening: { target, terms: details.terms },
    signal,
  });
  const { installationId } = await deps.store.installation();
  const changed = await apply(
    deps,
    details.id,
    (current, _now, head) =>
      issueCommand(deps, current, head, { facts, installationId, number: found.extension.number }),
    WORKER,
    facts,
  );
  if (!changed.ok && RETRYABLE.has(changed.refusal.code)) {
    throw new TryLater(`more time is not issued yet: ${changed.refusal.code}`);
  }
  return extendingIn(changed.row);
}

function issueCommand(
  deps: BrokerDeps,
  row: Row | undefined,
  head: Head,
  {
    facts,
    installationId,
    number,
  }: { readonly facts: Facts; readonly installationId: string; readonly number: number },
): Command {
  const found = extendingIn(row);
  if (found === undefined || !facts.target.ok) return { type: 'issue_extension', plans: [] };
  const { request, extension } = found;
  const { offsetMs } = facts.target.value;
  try {
    const plans = request.grants.map(({ id, target, plan }) =>
      providerOf(deps, target.provider).plan({
        grantId: id,
        installationId,
        head: head.hash,
        plannedEnd: extendedEnd(plan, extension),
        offsetMs,
        target,
        details: request.details,
        approvers: allApprovers(request),
      }),
    );
    return { type: 'issue_extension', plans };
  } catch (error) {
    // What cannot be planned now cannot be planned later either: the same order gives the same plan.
    if (!(error instanceof Failure)) throw error;
    deps.logger.error({ requestId: request.details.id, why: error.message }, 'no plan for more time could be made');
    return { type: 'extension_failed', number, why: error.code };
  }
}

async function write(deps: BrokerDeps, requestId: string, planned: Plan, signal: AbortSignal): Promise<void> {
  const done = await deps.store.withLock(writerLock(planned.grantId), LOCK_WAIT_MS, async (lost) => {
    // Under the lock the row is read again: whoever held it before may have written this, or ended the access.
    const found = extendingIn(await deps.store.find(requestId));
    const plan = found?.extension.plans?.find(({ grantId }) => grantId === planned.grantId);
    const grant = found?.request.grants.find(({ id }) => id === planned.grantId);
    if (found === undefined || plan === undefined || grant === undefined) return;
    const left = await millisecondsLeft(deps, found);
    if (left === 0 || (await giveUpFrozen(deps, found))) return;
    const why = await mayNotOpen(deps, plan);
    if (why !== undefined) throw new TryLater(`not extended here: ${why}`);
    const limit = withDeadline(Math.min(left, OPENER_SECONDS * 1000), signal, lost);
    await writeOne(deps, found, { grant, plan }, limit);
  });
  if (done === undefined) throw new TryLater('another worker is writing this grant');
}

/** Frozen since it was planned: it is given up, and the old end stays. */
async function giveUpFrozen(deps: BrokerDeps, { request, extension: { number } }: Extending): Promise<boolean> {
  if ((await deps.store.freeze()) === undefined) return false;
  const failed = await apply(deps, request.details.id, { type: 'extension_failed', number, why: 'frozen' }, WORKER);
  return failed.ok || failed.refusal.code !== 'not_frozen';
}

async function writeOne(
  deps: BrokerDeps,
  { request, extension: { number } }: Extending,
  { grant, plan }: { readonly grant: ActiveGrant; readonly plan: Plan },
  signal: AbortSignal,
): Promise<void> {
  const { id } = request.details;
  try {
    await providerOf(deps, grant.target.provider).extend(grant.plan, plan, signal);
  } catch (error) {
    if (!(error instanceof Failure) || error.retry) throw error;
    deps.logger.error({ requestId: id, code: error.code, why: error.message }, 'the cloud refused more time');
    await apply(deps, id, { type: 'extension_failed', number, why: error.code }, WORKER);
    return;
  }
  await apply(deps, id, { type: 'extension_confirmed', number, grantId: grant.id }, WORKER);
}
