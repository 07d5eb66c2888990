import type { Logger } from '../../../ports/logger.ts';
import type { AccountClient } from '../client/account-client.ts';
import { allDone, allTried } from '../client/all-tried.ts';
import { waitFor } from '../client/attempt.ts';
import { answered } from '../client/errors.ts';
import { until } from '../client/until.ts';
import { EXPIRY, meaningOf, REVOKED } from '../policy/documents.ts';
import type { Detail } from '../policy/plan-detail.ts';
import { attachedArns, inlineNames, isMissing, isRevoked, seeEnding } from './role-seen.ts';
import { createRole, deletePolicy, detachPolicy, putPolicy, replaceTrust } from './role-writes.ts';

/** So long may removing what allows go on after the news that both Denies stand (milliseconds). */
const REMOVAL_MS = 3_000;

/**
 * Takes access away: at once the unconditional Deny, since it is what stops sessions, and a trust that lets nobody in,
 * each whatever becomes of the other (the rights for the two differ); then both are read back, and `removed` is told the
 * hashes of what was read. Where the role is missing one is made, so that a late CreateRole of an opener finds the name
 * taken.
 *
 * Only then the permissions go, while both Denies stay: one of them may hold a Deny of its own. They give nothing any
 * more, so what cannot be removed is logged and left to the next close or to `deleteTombstone`. Resolves after that, with the
 * same hashes.
 */
export async function closeRole(
  account: AccountClient,
  detail: Detail,
  { logger, removed }: { readonly logger: Logger; readonly removed: (hashes: Hashes) => void },
): Promise<Hashes> {
  const { roleName } = detail;
  await shut(account, detail, logger);
  const seen = await until(`reading back the end of role ${roleName}`, account.signal, async () => {
    const now = await seeEnding(account, detail, [REVOKED]);
    return now && isRevoked(now, detail) ? now : undefined;
  });
  const hashes = { [REVOKED]: meaningOf(seen.inline.get(REVOKED) ?? ''), 'closed-trust': meaningOf(seen.trust) };
  removed(hashes);
  try {
    await removeAllows(account.within(REMOVAL_MS), roleName);
  } catch (error) {
    logger.warn(
      { role: roleName, why: String(error) },
      'access is denied, but permissions stay on the ended role until they can be removed',
    );
  }
  return hashes;
}

/** By name, the hash of each document that ending read back. */
export type Hashes = Readonly<Record<string, string>>;

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
