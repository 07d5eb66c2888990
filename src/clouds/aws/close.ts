import type { Logger } from '../../ports/logger.ts';
import type { AccountClient } from './account-client.ts';
import { allTried } from './all-tried.ts';
import { waitFor } from './attempt.ts';
import { EXPIRY, meaningOf, REVOKED } from './documents.ts';
import { answered } from './errors.ts';
import type { Detail } from './plan-detail.ts';
import { attachedArns, inlineNames, isMissing, isRevoked, seeEnding } from './role-seen.ts';
import { createRole, deletePolicy, detachPolicy, putPolicy, replaceTrust } from './role-writes.ts';
import { until } from './until.ts';

/** So long may removing what allows hold up the news that both Denies stand (milliseconds). */
const REMOVAL_MS = 3_000;

/**
 * Takes access away: the unconditional Deny first, since it is what stops sessions; then a trust that lets nobody in,
 * even where the Deny was refused (the rights for the two differ); both read back. Where the role is missing one is made,
 * so that a late CreateRole of an opener finds the name taken. Resolves with the hashes of what was read back.
 *
 * Then the permissions go, while both Denies stay. They give nothing any more, so what cannot be removed is logged and
 * left to the next close or to `buryRole`.
 */
export async function closeRole(
  account: AccountClient,
  detail: Detail,
  logger: Logger,
): Promise<Readonly<Record<string, string>>> {
  const { roleName } = detail;
  await allTried([() => deny(account, detail, logger), () => replaceTrust(account, roleName, detail.closedTrust)]);
  const seen = await until(`reading back the end of role ${roleName}`, account.signal, async () => {
    const now = await seeEnding(account, detail, [REVOKED]);
    return now && isRevoked(now, detail) ? now : undefined;
  });
  try {
    await removeAllows(account.within(REMOVAL_MS), roleName);
  } catch (error) {
    logger.warn(
      { role: roleName, why: String(error) },
      'access is denied, but permissions stay on the ended role until they can be removed',
    );
  }
  return { [REVOKED]: meaningOf(seen.inline.get(REVOKED) ?? ''), 'closed-trust': meaningOf(seen.trust) };
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
