import { PRODUCTION_FLOORS, type Timings } from '../core/policy.ts';
import type { BrokerDeps } from './deps.ts';
import { confirmLost, noteMissing } from './find-lost.ts';
import { policyOf } from './gather.ts';
import { listAccount, type Round } from './list-account.ts';
import { settleStrays } from './settle-strays.ts';
import { tellFindings } from './tell-findings.ts';

export interface CloudPass {
  /** Time from the beginning of one pass to that of the next, in milliseconds of the store's clock. */
  readonly everyMs: number;
  readonly signal: AbortSignal;
}

/** Accounts listed at once: one that does not answer holds up few. */
const LANES = 4;

/**
 * Compares what the clouds hold under our mark with the rows, both ways: what no row explains, and open access that is
 * not there. One call at a time over all processes, which the caller sees to; it may be cut off anywhere, and the next
 * call goes on where the memory stands. A copy of another installation looks at nothing.
 *
 * Rejects when the store does not answer or no policy is in force; what a cloud does not answer is noted and told.
 */
export async function sweepCloud(deps: BrokerDeps, { everyMs, signal }: CloudPass): Promise<void> {
  const { store } = deps;
  const { mark, copy } = await store.installation();
  if (copy !== undefined) return;
  const { accounts, timings } = await policyOf(deps);
  // What is due before any listing: a pass that takes long, or is cut off each time, must not hold it up.
  await confirmLost(deps, { mark, lostSeconds: lostSecondsOf(timings), signal });
  await tellFindings(deps, signal);
  const round = await store.cloud.beginRound(await store.clock.now(), everyMs);
  if (round === undefined) return;
  const pass = { round, mark, accounts, signal };
  await listAll(deps, pass);
  await settleStrays(deps, pass);
  await noteMissing(deps, pass);
  await store.cloud.endRound(round, await store.clock.now());
  await tellFindings(deps, signal);
}

/** Resolves or rejects only when every lane has ended: nothing goes on behind the caller's back. */
async function listAll(deps: BrokerDeps, pass: Round): Promise<void> {
  const waiting = [...pass.accounts];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await listAccount(deps, pass, next);
  };
  const lanes = await Promise.allSettled(Array.from({ length: LANES }, lane));
  for (const ended of lanes) if (ended.status === 'rejected') throw ended.reason;
}

/** A policy that an older version put in force does not say. */
function lostSecondsOf({ lostSeconds = PRODUCTION_FLOORS.lost }: Partial<Timings>): number {
  return lostSeconds;
}
