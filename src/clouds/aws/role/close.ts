import type { Logger } from '../../../ports/logger.ts';
import type { Closed } from '../../../ports/provider.ts';
import type { AccountClient } from '../client/account-client.ts';
import { allDone, allTried } from '../client/all-tried.ts';
import { waitFor } from '../client/attempt.ts';
import { answered } from '../client/errors.ts';
import { until } from '../client/until.ts';
import { EXPIRY, meaningOf, REVOKED } from '../policy/documents.ts';
import type { Detail } from '../policy/plan-detail.ts';
import {
  attachedArns,
  expiryStands,
  inlineDocument,
  inlineNames,
  isMissing,
  isRevoked,
  seeEnding,
} from './role-seen.ts';
import { createRole, deletePolicy, detachPolicy, putPolicy, replaceTrust } from './role-writes.ts';

/** So long may reading the planned end take, beside what proves the ending (milliseconds). */
const EXPIRY_MS = 2_000;

/** So long may removing what allows go on after the news that both Denies stand (milliseconds). */
const REMOVAL_MS = 3_000;

/**
 * Takes access away: at once the unconditional Deny, since it is what stops sessions, and a trust that lets nobody in,
 * each whatever becomes of the other (the rights for the two differ); then both are read back, the Deny of the planned end
 * beside them, and `removed` is told what was read. Where the role is missing one is made, so that a late CreateRole of an opener finds the name
 * taken.
 *
 * Only then the permissions go, while both Denies stay: one of them may hold a Deny of its own. They give nothing any
 * more, so what cannot be removed is logged and left to the next close or to `deleteTombstone`. Resolves after that, with the
 * same.
 */
export async function closeRole(
  account: AccountClient,
  detail: Detail,
  { logger, removed }: { readonly logger: Logger; readonly removed: (closed: Closed) => void },
): Promise<Closed> {
  const { roleName } = detail;
  await shut(account, detail, logger);
  const { seen, nativeEndIntact } = await until(
    `reading back the end of role ${roleName}`,
    account.signal,
    async () => {
      const [now, intact] = await Promise.all([seeEnding(account, detail, [REVOKED]), isExpiryIntact(account, detail)]);
      return now && isRevoked(now, detail) ? { seen: now, nativeEndIntact: intact } : undefined;
    },
  );
  const hashes = { [REVOKED]: meaningOf(seen.inline.get(REVOKED) ?? ''), 'closed-trust': meaningOf(seen.trust) };
  const closed = { hashes, nativeEndIntact };
  removed(closed);
  try {
    await removeAllows(account.within(REMOVAL_MS), roleName);
  } catch (error) {
    logger.warn(
      { role: roleName, why: String(error) },
      'access is denied, but permissions stay on the ended role until they can be removed',
    );
  }
  return closed;
}

/** Never rejects: what cannot be read in time is not said to be there, and the ending goes on. */
async function isExpiryIntact(account: AccountClient, detail: Detail): Promise<boolean> {
  try {
    const found = await inlineDocument(account.within(EXPIRY_MS), detail.roleName, EXPIRY);
    return expiryStands({ trust: '', inline: new Map(found) }, detail);
  } catch {
    return false;
  }
}

/** Writes both. Rejects with the Deny's failure first, once neither is under way any more. */
async function shut(account: AccountClient, detail: Detail, logger: Logger): Promise<void> {
  const trust = () => replaceTrust(account, detail.roleName, detail.closedTrust);
  const denied = deny(account, detail, logger);
  const closed = trust().catch(async (error: unknown) => {
    if (!answered(error, 'NoSuchEntity') && !answered(error, 'AccessDenied')) throw error;
    // There may have been no role yet: the Deny waits for one, or makes it.
    await denied.catch(() => undefined);
    await trust();
  });
  await allDone([denied, closed]);
}

/** A role that was just made may not be visible yet: tries and the pause between them (milliseconds). */
const TRIES = 8;
const PAUSE_MS = 400;

async function deny(account: AccountClient, detail: Detail, logger: Logger): Promise<void> {
  const { roleName } = detail;
  for (let tried = 1; ; tried += 1) {
    try {
      await putPolicy(account, roleName, REVOKED, detail.revoked);
      return;
    } catch (error) {
      if (tried >= TRIES) throw error;
      if (answered(error, 'LimitExceeded')) {
        // Somebody else filled the role up. What allows makes room for the Deny.
        await removeAllows(account, roleName);
        continue;
      }
      if (!(await isMissing(account, detail, error))) throw error;
    }
    const made = await createRole(account, detail, detail.closedTrust);
    if (made) logger.warn({ role: roleName }, 'the role to end was missing; a closed one now holds its name');
    else await waitFor(PAUSE_MS, `ending role ${roleName}`, account.signal);
  }
}

/** Deletes everything but the two Denies, whoever put it there; rejects with the first failure after trying all. */
export async function removeAllows(account: AccountClient, roleName: string): Promise<void> {
  await allTried([
    async () => {
      const arns = await attachedArns(account, roleName);
      await allTried(arns.map((arn) => () => detachPolicy(account, roleName, arn)));
    },
    async () => {
      const names = (await inlineNames(account, roleName)).filter((name) => name !== REVOKED && name !== EXPIRY);
      await allTried(names.map((name) => () => deletePolicy(account, roleName, name)));
    },
  ]);
}
