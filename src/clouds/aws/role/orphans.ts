import { Failure } from '../../../core/failure.ts';
import type { CloudObject, Inspection, ObjectPage } from '../../../ports/provider.ts';
import type { AccountClient } from '../client/account-client.ts';
import { allTried } from '../client/all-tried.ts';
import { answered } from '../client/errors.ts';
import { until } from '../client/until.ts';
import { CLOSED_TRUST, documentText, REVOKED, REVOKED_DOCUMENT, sameDocument } from '../policy/documents.ts';
import { commandsOf } from '../policy/manual-commands.ts';
import { PATH, TAG } from '../policy/names.ts';
import { removeAllows } from './close.ts';
import { decoded, getRole, inlineDocument, rolesPage } from './role-seen.ts';
import { putPolicy, replaceTrust } from './role-writes.ts';

/** Roles of one page: what is held in memory at once. */
const PAGE = 100;
const DENY = documentText(REVOKED_DOCUMENT);
const CLOSED = documentText(CLOSED_TRUST);

/**
 * One page of the roles below our path. They come without tags, so whose they are is not known yet.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html
 */
export async function listOurPath(account: AccountClient, cursor: string | undefined): Promise<ObjectPage> {
  const { Roles = [], IsTruncated, Marker } = await rolesPage(account, PATH, { marker: cursor, max: PAGE });
  if (IsTruncated === true && Marker === undefined) {
    throw new Failure('PROVIDER_UNAVAILABLE', 'a listing of roles was cut off and did not say where it goes on');
  }
  const objects = Roles.map(({ RoleName = '', RoleId = '' }) => ({ name: RoleName, id: RoleId }));
  return { objects, next: IsTruncated === true ? Marker : undefined };
}

/** What a role says of itself by its tags, and whether an ending closed it: at most two reads. */
export async function inspectRole(account: AccountClient, name: string): Promise<Inspection | undefined> {
  const role = await getRole(account, { roleName: name, path: PATH });
  if (role === undefined) return undefined;
  const tag = (key: string) => role.Tags?.find(({ Key }) => Key === key)?.Value;
  const shut = sameDocument(decoded(role.AssumeRolePolicyDocument), CLOSED);
  return {
    name,
    id: role.RoleId ?? '',
    installationId: tag(TAG.installation),
    grantId: tag(TAG.grant),
    ended: shut && (await isDenied(account, name)),
  };
}

async function isDenied(account: AccountClient, name: string): Promise<boolean> {
  const [found] = await inlineDocument(account, name, REVOKED);
  return found !== undefined && sameDocument(found[1], DENY);
}

/** Both Denies, each tried whatever became of the other; then both are read back. */
export async function closeOrphanRole(
  account: AccountClient,
  { name, id, installationId }: CloudObject & { readonly installationId: string },
): Promise<void> {
  const before = await inspectRole(account, name);
  if (before?.id !== id || before.installationId !== installationId) {
    throw new Failure('PROVIDER_CONFLICT', `role ${name} is not the one that was found; it was not touched`);
  }
  await allTried([() => deny(account, name), () => replaceTrust(account, name, CLOSED)]);
  await until(`reading back the end of role ${name}`, account.signal, async () =>
    (await inspectRole(account, name))?.ended === true ? true : undefined,
  );
}

export const orphanCommandsOf = (name: string): string =>
  commandsOf({ roleName: name, revoked: DENY, closedTrust: CLOSED });

async function deny(account: AccountClient, name: string): Promise<void> {
  try {
    await putPolicy(account, name, REVOKED, DENY);
  } catch (error) {
    if (!answered(error, 'LimitExceeded')) throw error;
    // Somebody filled the role up. What allows makes room for the Deny.
    await removeAllows(account, name);
    await putPolicy(account, name, REVOKED, DENY);
  }
}
