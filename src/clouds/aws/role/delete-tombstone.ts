import { Failure } from '../../../core/failure.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { AccountClient } from '../client/account-client.ts';
import { until } from '../client/until.ts';
import type { Detail } from '../policy/plan-detail.ts';
import { removeAllows } from './close.ts';
import { getRole, isOurs, seeRole } from './role-seen.ts';
import { deletePolicy, deleteRole } from './role-writes.ts';

/**
 * Deletes what an ending leaves, Denies last, and resolves once the role is read to be gone. A role that is missing
 * already is done; one that is not ours is left alone (C6).
 */
export async function deleteTombstone(account: AccountClient, detail: Detail, logger: Logger): Promise<void> {
  const { roleName } = detail;
  const seen = await seeRole(account, detail);
  if (seen === undefined) {
    logger.info({ role: roleName }, 'nothing to delete: the ended role was gone already');
    return;
  }
  if (!isOurs(seen, detail)) {
    throw new Failure(
      'PROVIDER_CONFLICT',
      `role ${roleName} carries another grant or installation id; it was not deleted`,
    );
  }
  await removeAllows(account, roleName);
  for (const name of seen.inline.keys()) await deletePolicy(account, roleName, name);
  await deleteRole(account, roleName);
  await until(`reading that role ${roleName} is gone`, account.signal, async () =>
    (await getRole(account, detail)) === undefined ? true : undefined,
  );
}
