import { addSeconds } from '../core/decision.ts';
import type { MissingGrant } from '../ports/cloud-memory.ts';
import { apply } from './apply.ts';
import type { BrokerDeps } from './deps.ts';
import type { Round } from './list-account.ts';
import { WORKER } from './open-grant.ts';

/** Open access looked at together. */
const PAGE = 100;
/** One look, or one ending, gets this long. */
const ONE_MS = 30_000;

/**
 * The first look by name, at open access that was confirmed before its account's listing began and is not in it. A
 * listing that lags proves nothing; a read that finds nothing is remembered, and proves nothing yet either.
 */
export async function noteMissing(deps: BrokerDeps, { mark, signal }: Pick<Round, 'mark' | 'signal'>): Promise<void> {
  for (let after = ''; ; ) {
    const missing = await deps.store.cloud.unseen(mark, PAGE, after);
    for (const one of missing) await look(deps, one, signal);
    const last = missing.at(-1);
    if (last === undefined || missing.length < PAGE) return;
    after = last.grantId;
  }
}

/** Reads by name and remembers what was seen. True if nothing is there. */
async function look(deps: BrokerDeps, missing: MissingGrant, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted();
  const { store, logger, providers } = deps;
  const grant = await openGrantOf(deps, missing);
  if (grant === undefined) return false;
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(ONE_MS)]);
    const { found } = await providers[grant.target.provider].observe(grant.plan, limit);
    if (!found) logger.warn({ ...missing, name: grant.plan.name }, 'open access is not in the cloud; it is read again');
    await store.cloud.noteRead(grant.id, found, await store.clock.now());
    return !found;
  } catch (error) {
    signal.throwIfAborted();
    logger.warn({ ...missing, why: String(error) }, 'open access that was not listed could not be read by name');
    return false;
  }
}

async function openGrantOf({ store }: BrokerDeps, { requestId, grantId }: MissingGrant) {
  const row = await store.find(requestId);
  if (row?.request.state !== 'active') return undefined;
  return row.request.grants.find(({ id }): boolean => id === grantId);
}

/**
 * The second look, at least `lostSeconds` after the first. Not there again: a closed object takes the name, so that
 * nothing late opens under it, and only then the row is told. Its ending is proven like any other.
 */
export async function confirmLost(
  deps: BrokerDeps,
  { mark, lostSeconds, signal }: { readonly mark: string; readonly lostSeconds: number; readonly signal: AbortSignal },
): Promise<void> {
  const { store } = deps;
  const before = addSeconds(await store.clock.now(), -lostSeconds);
  for (let after = ''; ; ) {
    const missed = await store.cloud.missed(mark, before, PAGE, after);
    for (const { missedAt, ...one } of missed) {
      if (await look(deps, one, signal)) await end(deps, one, missedAt, signal);
    }
    const last = missed.at(-1);
    if (last === undefined || missed.length < PAGE) return;
    after = last.grantId;
  }
}

async function end(deps: BrokerDeps, one: MissingGrant, missedAt: Date, signal: AbortSignal): Promise<void> {
  const missedAgainAt = await deps.store.clock.now();
  const grant = await openGrantOf(deps, one);
  if (grant === undefined) return;
  const { target, plan } = grant;
  try {
    await deps.providers[target.provider].close(plan, AbortSignal.any([signal, AbortSignal.timeout(ONE_MS)]));
    const { requestId, grantId } = one;
    await apply(deps, requestId, { type: 'lost', grantId, missedAt, missedAgainAt }, WORKER);
    deps.logger.error({ ...one, name: plan.name }, 'open access was gone from the cloud; it is being ended');
  } catch (error) {
    signal.throwIfAborted();
    deps.logger.error({ ...one, why: String(error) }, 'access that is gone could not be barred; it is tried again');
  }
}
