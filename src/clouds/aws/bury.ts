import { Failure } from '../../core/failure.ts';
import type { AccountClient } from './account-client.ts';
import { removeAllows } from './close.ts';
import type { Detail } from './plan-detail.ts';
import { isOurs, seeRole } from './role-seen.ts';
import { deletePolicy, deleteRole } from './role-writes.ts';

/** Deletes what ending left standing, Denies last. A missing role is done; one that is not ours is left alone (C6). */
export async function buryRole(account: AccountClient, detail: Detail): Promise<void> {
  const { roleName } = detail;
  const seen = await seeRole(account, detail);
  if (seen === undefined) return;
  if (!isOurs(seen, detail)) {
    throw new Failure('PROVIDER_CONFLICT', `role ${roleName} carries another grant or mark; it was not deleted`);
  }
  await removeAllows(account, roleName);
  for (const name of seen.inline.keys()) await deletePolicy(account, roleName, name);
  await deleteRole(account, roleName);
}
