import type { Observation } from '../../ports/provider.ts';
import type { AccountClient } from './account-client.ts';
import type { Detail } from './plan-detail.ts';
import { expiryStands, isOpen, isRevoked, seeRole } from './role-seen.ts';

/**
 * What stands in the cloud now. The time is read before the role, so that an expiry Deny seen unchanged was in force at
 * that time.
 */
export async function observeRole(account: AccountClient, detail: Detail): Promise<Observation> {
  const { cloud } = await account.time();
  const seen = await seeRole(account, detail);
  return {
    found: seen !== undefined,
    cloudTime: new Date(cloud),
    open: seen !== undefined && isOpen(seen, detail),
    pastEnd: cloud >= Date.parse(detail.cloudEnd),
    revoked: seen !== undefined && isRevoked(seen, detail),
    expiryDenyUnchanged: seen !== undefined && expiryStands(seen, detail),
  };
}
