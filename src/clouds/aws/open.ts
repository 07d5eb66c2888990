import { Failure } from '../../core/failure.ts';
import type { AccountClient } from './account-client.ts';
import { REVOKED } from './documents.ts';
import { answered } from './errors.ts';
import { type Pinned, refuseChanged } from './pinned.ts';
import type { Detail } from './plan-detail.ts';
import {
  isMissing,
  isOpen,
  isOpening,
  isOurs,
  missingAttached,
  missingInline,
  type RoleSeen,
  seeRole,
  strangers,
} from './role-seen.ts';
import { attachPolicy, createRole, putPolicy } from './role-writes.ts';
import { until } from './until.ts';

/**
 * Opens what the plan says, in an order that fails closed wherever it stops: a role without permissions, the Deny that
 * ends it, then the permissions. Goes on from whatever an earlier try left; writes nothing if all of it stands.
 *
 * It never writes a trust policy and never touches `99-revoked`, so whatever it writes late, after an ending, stays
 * refused; and it resolves only after a read-back that shows no ending, and each pinned policy as it was approved.
 */
export async function openRole(account: AccountClient, detail: Detail, pinned: readonly Pinned[]): Promise<void> {
  const { roleName } = detail;
  let seen = await seeRole(account, detail);
  const made = seen === undefined;
  if (seen === undefined) {
    await createRole(account, detail, detail.trust);
    seen = await until(`reading new role ${roleName}`, account.signal, () => seeRole(account, detail));
  }
  refuseForeign(seen, detail);
  for (const { name, document } of missingInline(seen, detail)) {
    await onceVisible(account, detail, made, () => putPolicy(account, roleName, name, document));
  }
  for (const arn of missingAttached(seen, detail)) {
    await onceVisible(account, detail, made, () => attachPolicy(account, roleName, arn));
  }
  if (!isOpen(seen, detail)) await readBack(account, detail);
  await refuseChanged(account, pinned);
}

async function readBack(account: AccountClient, detail: Detail): Promise<void> {
  await until(`reading back role ${detail.roleName}`, account.signal, async () => {
    const now = await seeRole(account, detail);
    if (now === undefined) return undefined;
    refuseForeign(now, detail);
    return isOpen(now, detail) ? now : undefined;
  });
}

/**
 * A role that was just made may be missing to the next call, or there without the boundary that the broker's rights ask
 * for. After a few seconds the refusal is meant.
 */
async function onceVisible(
  account: AccountClient,
  detail: Detail,
  made: boolean,
  write: () => Promise<void>,
): Promise<void> {
  let refusal: unknown;
  await until(
    `writing to new role ${detail.roleName}`,
    account.signal,
    async () => {
      try {
        await write();
        return true;
      } catch (error) {
        const early = made && answered(error, 'AccessDenied');
        if (!early && !(await isMissing(account, detail, error))) throw error;
        refusal = error;
        return undefined;
      }
    },
    () => refusal,
  );
}

/** Throws `PROVIDER_CONFLICT` unless the role is this plan's, untouched by any ending and by anybody else. */
function refuseForeign(seen: RoleSeen, detail: Detail): void {
  const { roleName } = detail;
  const conflict = (why: string) => new Failure('PROVIDER_CONFLICT', `role ${roleName} ${why}`);
  if (seen.inline.has(REVOKED)) throw conflict('was ended already');
  if (!isOurs(seen, detail)) throw conflict('exists and carries another grant or mark');
  if (!isOpening(seen, detail)) throw conflict('has another trust policy, boundary or session length than planned');
  const unknown = strangers(seen, detail);
  if (unknown.length > 0) throw conflict(`holds policies that nobody approved: ${unknown.join(', ')}`);
}
