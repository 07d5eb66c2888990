import { PRODUCTION_FLOORS, type Timings } from '../../core/policy/policy.ts';
import type { BrokerDeps } from '../deps.ts';
import { notifyFindings } from '../notify/findings.ts';
import { policyOf } from '../policy-of.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { forEachLimit } from './for-each-limit.ts';
import { listAccount } from './list-account.ts';
import { confirmLost, noteMissing } from './lost.ts';
import { watchObjects } from './objects.ts';
import { settleOrphans } from './orphans.ts';

export interface CloudPass {
  /** Time from the beginning of one pass to that of the next, in milliseconds of the store's clock. */
  readonly everyMs: number;
  /** How long one answer about one object may take, in milliseconds; then its account is asked no more in this pass. */
  readonly oneMs?: number;
  /** How long a part that looks at single objects may take, in milliseconds. */
  readonly partMs?: number;
  /** From a look that shows a difference to the second one, in milliseconds. */
  readonly againMs?: number;
  readonly signal: AbortSignal;
}

/** One answer about one object gets this long. */
const ONE_MS = 30_000;
/** So long for each part that looks at single objects. The listing needs no such limit: it goes on where it stands. */
const PART_MS = 60_000;
const AGAIN_MS = 2_000;

/**
 * Compares what the clouds hold under our installation id with the rows, both ways: what no row explains, open access that is not
 * there or not what was opened, and what was ended and is open again. One call at a time over all processes, which the caller sees to; it may be cut off anywhere, and the next
 * call goes on where the memory stands. A copy of another installation looks at nothing.
 *
 * Rejects when the store does not answer or no policy is in force; what a cloud does not answer is noted and told.
 */
export async function sweepCloud(
  deps: BrokerDeps,
  { everyMs, oneMs = ONE_MS, partMs = PART_MS, againMs = AGAIN_MS, signal }: CloudPass,
): Promise<void> {
  const { store } = deps;
  const { installationId, copy } = await store.installation();
  if (copy !== undefined) return;
  const { accounts, timings } = await policyOf(deps);
  const breaker = new CircuitBreaker(oneMs);
  const part = partOf(deps, partMs, signal);
  // What is due before any listing: a pass that takes long, or is cut off each time, must not hold it up.
  const lostSeconds = lostSecondsOf(timings);
  await part('confirmLost', (limit) => confirmLost(deps, { installationId, lostSeconds, breaker, signal: limit }));
  await notifyFindings(deps, signal);
  const round = await store.cloud.beginRound(await store.clock.now(), everyMs);
  if (round === undefined) return;
  const pass = { round, installationId, accounts, breaker, signal };
  await forEachLimit(accounts, (account) => listAccount(deps, pass, account));
  await part('settleOrphans', (limit) => settleOrphans(deps, { ...pass, signal: limit }));
  await part('watchObjects', (limit) => watchObjects(deps, { ...pass, againMs, signal: limit }));
  await part('noteMissing', (limit) => noteMissing(deps, { ...pass, signal: limit }));
  await store.cloud.endRound(round, await store.clock.now());
  await notifyFindings(deps, signal);
}

/** Does one part of a pass; what it has not reached when its time is up is due in the next pass as well. */
const partOf =
  ({ logger }: BrokerDeps, ms: number, signal: AbortSignal) =>
  async (part: string, work: (limit: AbortSignal) => Promise<void>): Promise<void> => {
    const enough = AbortSignal.timeout(ms);
    try {
      await work(AbortSignal.any([signal, enough]));
    } catch (error) {
      signal.throwIfAborted();
      if (!enough.aborted) throw error;
      logger.warn(
        { part },
        'a part of comparing the clouds with the rows took too long; its rest is left to the next pass',
      );
    }
  };

/** A policy that an older version put in force does not say. */
function lostSecondsOf({ lostSeconds = PRODUCTION_FLOORS.lost }: Partial<Timings>): number {
  return lostSeconds;
}
