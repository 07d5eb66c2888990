import { Failure } from '../../../core/failure.ts';
import type { AccountClient } from '../client/account-client.ts';
import { allDone } from '../client/all-tried.ts';
import { answered } from '../client/errors.ts';
import { until } from '../client/until.ts';
import { EXPIRY, REVOKED } from '../policy/documents.ts';
import type { Detail, Pinned } from '../policy/plan-detail.ts';
import { refuseChanged, versionsInForce } from './pinned.ts';
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

/**
 * Opens what the plan says, in an order that fails closed wherever it stops: a role without permissions, the Deny that
 * ends it, then, all at once, the permissions. Goes on from whatever an earlier try left, and writes nothing if all of it
 * stands; with `untried`, where nothing can stand yet, the role is made without a look. A name that is taken is looked at
 * all the same.
 *
 * It never writes a trust policy and never touches `99-revoked`, so whatever it writes late, after an ending, stays
 * refused; and it resolves only after a read-back that shows no ending, and each pinned policy as it was approved.
 */
export async function openRole(
  account: AccountClient,
  detail: Detail,
  { pinned, untried }: { readonly pinned: readonly Pinned[]; readonly untried: boolean },
): Promise<void> {
  const { roleName } = detail;
  // Asked beside the first call, so that reading them back later takes one question each.
  const versions = versionsInForce(account, pinned);
  let seen = untried ? undefined : await seeRole(account, detail);
  // Not seen before is new, even where the name turns out to be taken: the answer of our own create may have been lost.
  const absent = seen === undefined;
  const made = absent && (await createRole(account, detail, detail.trust));
  if (!made) {
    seen ??= await until(`reading role ${roleName}`, account.signal, () => seeRole(account, detail));
    refuseForeign(seen, detail);
  }
  const write = (one: Detail['inline'][number]) =>
    onceVisible(account, detail, absent, () => putPolicy(account, roleName, one.name, one.document));
  const attach = (arn: string) => onceVisible(account, detail, absent, () => attachPolicy(account, roleName, arn));
  const inline = seen === undefined ? detail.inline : missingInline(seen, detail);
  const attached = seen === undefined ? detail.attached : missingAttached(seen, detail);
  for (const one of inline) if (one.name === EXPIRY) await write(one);
  await allDone([...inline.filter(({ name }) => name !== EXPIRY).map(write), ...attached.map(attach)]);
  const stands = seen !== undefined && isOpen(seen, detail);
  // Each begins in this tick: a read-back that failed while the versions were awaited would have nobody to hear of it.
  await allDone([
    ...(stands ? [] : [readBack(account, detail)]),
    versions.then((known) => refuseChanged(account, pinned, known)),
  ]);
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
 * A role that was not there a moment ago (`absent`) may be missing to the next call, or there without the boundary that the broker's rights ask
 * for. After a few seconds the refusal is meant.
 */
async function onceVisible(
  account: AccountClient,
  detail: Detail,
  absent: boolean,
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
        const early = absent && answered(error, 'AccessDenied');
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
  if (!isOurs(seen, detail)) throw conflict('exists and carries another grant or installation id');
  if (!isOpening(seen, detail)) throw conflict('has another trust policy, boundary or session length than planned');
  const unknown = strangers(seen, detail);
  if (unknown.length > 0) throw conflict(`holds policies that nobody approved: ${unknown.join(', ')}`);
}
