import { addSeconds } from '../../core/request/decision.ts';
import type { MissingGrant } from '../../ports/cloud-memory.ts';
import type { Observation } from '../../ports/provider.ts';
import { apply } from '../apply.ts';
import { type BrokerDeps, providerOf } from '../deps.ts';
import { WORKER } from '../grant/open.ts';
import { isIn, placesOf } from '../places.ts';
import { forEachLimit } from './for-each-limit.ts';
import type { Round } from './list-account.ts';

/** Open access looked at together. */
const PAGE = 100;

type Looking = Pick<Round, 'installationId' | 'signal' | 'breaker'>;

/**
 * The first look by name, at open access that was confirmed before its account's listing began and is not in it. A
 * listing that lags proves nothing; a read that finds nothing is remembered, and proves nothing yet either.
 */
export async function noteMissing(deps: BrokerDeps, looking: Looking): Promise<void> {
  const { cloud } = deps.store;
  const unseen = (after: string) => cloud.unseen(looking.installationId, PAGE, after);
  await byAccount(unseen, async (one) => {
    const seen = await observed(deps, looking, one);
    if (seen !== undefined) await note(deps, one, seen.found);
  });
}

/**
 * The second look, at least `lostSeconds` after the first. Not there again: a closed object takes the name, so that
 * nothing late opens under it, and only then the row is told. Its ending is proven like any other.
 */
export async function confirmLost(
  deps: BrokerDeps,
  { lostSeconds, ...looking }: Looking & { readonly lostSeconds: number },
): Promise<void> {
  const { clock, cloud } = deps.store;
  const before = addSeconds(await clock.now(), -lostSeconds);
  const missed = (after: string) => cloud.missed(looking.installationId, before, PAGE, after);
  await byAccount(missed, async ({ missedAt, ...one }) => {
    const seen = await observed(deps, looking, one);
    if (seen === undefined) return;
    // A closed one, where nothing was, is our own: whoever wrote it did not come to telling the row.
    const isBarred = seen.found && seen.ended;
    if (!isBarred) await note(deps, one, seen.found);
    if (isBarred || !seen.found) await end(deps, looking, one, missedAt);
  });
}

/** Goes through pages of open access, several accounts at once and one after another within each. */
async function byAccount<T extends MissingGrant>(
  pageAfter: (after: string) => Promise<readonly T[]>,
  work: (one: T) => Promise<void>,
): Promise<void> {
  for (let after = ''; ; ) {
    const page = await pageAfter(after);
    await forEachLimit(placesOf(page), async (place) => {
      for (const one of page) if (isIn(place, one)) await work(one);
    });
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = last.grantId;
  }
}

/** What stands there under its name; undefined where that could not be read, or is no open access any more. */
async function observed(
  deps: BrokerDeps,
  { signal, breaker }: Looking,
  missing: MissingGrant,
): Promise<Observation | undefined> {
  signal.throwIfAborted();
  if (breaker.isOver(missing)) return undefined;
  const grant = await openGrantOf(deps, missing);
  if (grant === undefined) return undefined;
  const observe = async (limit: AbortSignal) => await providerOf(deps, missing.provider).observe(grant.plan, limit);
  try {
    return await breaker.call(missing, signal, observe);
  } catch (error) {
    signal.throwIfAborted();
    deps.logger.warn({ ...missing, why: String(error) }, 'open access that was not listed could not be read by name');
    return undefined;
  }
}

async function note({ store, logger }: BrokerDeps, missing: MissingGrant, found: boolean): Promise<void> {
  if (!found) logger.warn({ ...missing }, 'open access is not in the cloud; it is read again');
  await store.cloud.noteRead(missing.grantId, found, await store.clock.now());
}

async function openGrantOf({ store }: BrokerDeps, { requestId, grantId }: MissingGrant) {
  const row = await store.find(requestId);
  if (row?.request.state !== 'active') return undefined;
  return row.request.grants.find(({ id }): boolean => id === grantId);
}

async function end(deps: BrokerDeps, { signal, breaker }: Looking, one: MissingGrant, missedAt: Date): Promise<void> {
  const missedAgainAt = await deps.store.clock.now();
  const grant = await openGrantOf(deps, one);
  if (grant === undefined) return;
  const { plan } = grant;
  try {
    await breaker.call(one, signal, (limit) => providerOf(deps, one.provider).close(plan, limit));
    const { requestId, grantId } = one;
    const changed = await apply(deps, requestId, { type: 'lost', grantId, missedAt, missedAgainAt }, WORKER);
    if (changed.ok)
      deps.logger.error({ ...one, name: plan.name }, 'open access was gone from the cloud; it is being ended');
  } catch (error) {
    signal.throwIfAborted();
    deps.logger.error({ ...one, why: String(error) }, 'access that is gone could not be barred; it is tried again');
  }
}
