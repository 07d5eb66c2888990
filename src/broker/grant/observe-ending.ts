import { apply, enqueueNext } from '../apply.ts';
import { type BrokerDeps, providerOf } from '../deps.ts';
import { endingGrant, isForeign } from './end.ts';
import { WORKER } from './open.ts';

/**
 * Looks whether a removal that was read back still stands, between then and its proof. Where somebody undid it the
 * removal is no fact any more, and is made again at once. Rejects when the cloud or the store does not answer: the next
 * look is a minute away, whatever became of this one.
 */
export async function observeEnding(
  deps: BrokerDeps,
  requestId: string,
  grantId: string,
  signal: AbortSignal,
): Promise<void> {
  const row = await deps.store.find(requestId);
  const grant = endingGrant(row, grantId);
  const removed = grant?.accessRemoved;
  if (row === undefined || removed === undefined || grant?.sessionsEnded !== undefined) return;
  if (grant === undefined || (await isForeign(deps, grant.plan))) return;
  if (await providerOf(deps, grant.target.provider).isEnded(grant.plan, signal)) {
    await enqueueNext(deps, row, 'observe', await deps.store.clock.now());
    return;
  }
  deps.logger.error({ requestId, name: grant.plan.name }, 'somebody undid a removal that was read back');
  await apply(deps, requestId, { type: 'removal_lost', grantId, readAt: removed.readAt }, WORKER);
}
