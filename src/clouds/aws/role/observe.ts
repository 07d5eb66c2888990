import type { Observation } from '../../../ports/provider.ts';
import type { AccountClient } from '../client/account-client.ts';
import { EXPIRY, REVOKED } from '../policy/documents.ts';
import type { Detail, Pinned } from '../policy/plan-detail.ts';
import { alterationsOf } from './alterations.ts';
import { changedPinned } from './pinned.ts';
import { expiryStands, isOpen, isRevoked, seeEnding, seeRole } from './role-seen.ts';

/** Whether both Denies stand as ending wrote them: two questions, since every ended role is looked at again and again. */
export async function isRoleEnded(account: AccountClient, detail: Detail): Promise<boolean> {
  const ending = await seeEnding(account, detail, [REVOKED]);
  return ending !== undefined && isRevoked(ending, detail);
}

/**
 * What stands in the cloud now. The time is read before the role, so that an expiry Deny seen unchanged was in force at
 * that time. Of an ended role only what shows its end is read.
 */
export async function observeRole(
  account: AccountClient,
  detail: Detail,
  pinned: readonly Pinned[],
): Promise<Observation> {
  const { cloud } = await account.time();
  const time = { cloudTime: new Date(cloud), pastEnd: cloud >= Date.parse(detail.cloudEnd) };
  const ending = await seeEnding(account, detail, [REVOKED, EXPIRY]);
  if (ending !== undefined && isRevoked(ending, detail)) {
    const nativeEndIntact = expiryStands(ending, detail);
    return { ...time, found: true, open: false, ended: true, nativeEndIntact, altered: [{ part: 'ended' }] };
  }
  const seen = ending && (await seeRole(account, detail));
  if (seen === undefined) {
    return { ...time, found: false, open: false, ended: false, nativeEndIntact: false, altered: [] };
  }
  return {
    ...time,
    found: true,
    open: isOpen(seen, detail),
    ended: isRevoked(seen, detail),
    nativeEndIntact: expiryStands(seen, detail),
    altered: alterationsOf(seen, detail, await changedPinned(account, pinned)),
  };
}
