import type { Account } from '../core/policy.ts';
import { isOurs, STRAYS_MAX } from '../core/stray.ts';
import type { KnownStray } from '../ports/cloud-memory.ts';
import type { BrokerDeps } from './deps.ts';
import { codeOf, placeOf, type Round } from './list-account.ts';

/** Closing one gets this long in one pass. */
const CLOSE_MS = 60_000;

/**
 * Closes what is of our mark and explained by no row, once the listing that found it is done. More than a few at once
 * mean that rows are missing, not that roles are too many: then none is touched, and people are called. They all refuse
 * by themselves from the end that is written on them.
 */
export async function settleStrays(deps: BrokerDeps, pass: Round): Promise<void> {
  pass.signal.throwIfAborted();
  const { cloud, clock } = deps.store;
  const ids = pass.accounts.map(({ id }) => id);
  const unknown = await cloud.unsettled(ids, STRAYS_MAX + 1);
  if (unknown.length > STRAYS_MAX) {
    const objects = unknown.map(({ account, name }) => ({ account, name }));
    deps.logger.error({ objects }, 'too many objects of ours without a row; none is touched');
    await cloud.stop({ type: 'cloud_sweep_stopped', data: { atLeast: unknown.length, objects } }, await clock.now());
    return;
  }
  await cloud.resume();
  for (const stray of unknown) {
    const account = pass.accounts.find(({ id }) => id === stray.account);
    if (account !== undefined && stray.listed) await settle(deps, pass, account, stray);
  }
}

async function settle(deps: BrokerDeps, pass: Round, account: Account, stray: KnownStray): Promise<void> {
  const { cloud, clock } = deps.store;
  const signal = AbortSignal.any([pass.signal, AbortSignal.timeout(CLOSE_MS)]);
  const { provider, account: accountId, name, id, grantId = '', mark = '', wasOpen } = stray;
  const data = { provider, account: accountId, name, id, grantId };
  try {
    if (!(await isStray(deps, pass, account, stray, signal))) return await cloud.dropStray(stray);
    await deps.providers[account.provider].closeStray(account, { name, id, mark }, signal);
    await cloud.settle(stray, { type: 'stray_revoked', data: { ...data, wasOpen } }, await clock.now());
  } catch (error) {
    pass.signal.throwIfAborted();
    const why = codeOf(error);
    deps.logger.error({ ...data, why: String(error) }, 'an object of ours without a row was not closed');
    await cloud.failStray(stray, why, { type: 'alarm', data: { what: 'stray_not_revoked', ...data, why } });
  }
}

/** Everything is asked once more, just before it is touched: who we are, what stands there, and what the rows say. */
async function isStray(
  { store, providers }: BrokerDeps,
  { mark }: Round,
  account: Account,
  { name, id }: KnownStray,
  signal: AbortSignal,
): Promise<boolean> {
  const seen = await providers[account.provider].inspect(account, name, signal);
  if (seen?.id !== id || !isOurs(seen.mark, mark)) return false;
  const planned = await store.cloud.planned(placeOf(account), [name.toLowerCase()], await store.clock.now());
  const installation = await store.installation();
  return planned.size === 0 && installation.copy === undefined && installation.mark === mark;
}
