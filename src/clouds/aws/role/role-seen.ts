import type { ListRolesCommandOutput, Role } from '@aws-sdk/client-iam';
import type { AccountClient } from '../client/account-client.ts';
import { answered } from '../client/errors.ts';
import { EXPIRY, REVOKED, sameDocument } from '../policy/documents.ts';
import { TAG } from '../policy/names.ts';
import type { Detail } from '../policy/plan-detail.ts';

/** A role as IAM shows it now, whole. */
export interface RoleSeen {
  readonly path: string;
  readonly trust: string;
  readonly boundary: string | undefined;
  readonly maxSessionSeconds: number;
  readonly tags: ReadonlyMap<string, string>;
  readonly inline: ReadonlyMap<string, string>;
  readonly attached: readonly string[];
}

/** Longest session of a role, and AWS's shortest: the conditions end it, not this. */
export const SESSION_SECONDS = 3600;

/** Documents come URL-encoded. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html */
export function decoded(text: string | undefined): string {
  if (text === undefined) return '';
  // A document begins with a brace; one that still does was not encoded (some emulators).
  return text.trimStart().startsWith('{') ? text : decodeURIComponent(text);
}

/** Where a role is looked for. */
export type RoleAt = Pick<Detail, 'roleName' | 'path'>;

/** Where a role is looked for, and the policies that it is expected to hold. */
export type RoleExpected = RoleAt & Pick<Detail, 'inline'>;

/**
 * Everything that stands under the plan's name, or undefined if nothing does. All is asked at once, the documents by the
 * names that the plan gives them; only what the listing shows counts, and what nobody expects there is asked for then.
 */
export async function seeRole(account: AccountClient, detail: RoleExpected): Promise<RoleSeen | undefined> {
  const { roleName } = detail;
  const expected = detail.inline.map(({ name }) => name);
  const documentsOf = (names: readonly string[]) =>
    Promise.all(names.map((name) => inlineDocument(account, roleName, name)));
  const asking = getRole(account, detail);
  const policies = Promise.all([
    inlineNames(account, roleName),
    documentsOf(expected),
    attachedArns(account, roleName),
  ]);
  // Where there is no role these are refused too: then its absence is the answer, and not their refusal.
  policies.catch(() => undefined);
  const role = await asking;
  if (role === undefined) return undefined;
  const [names, known, attached] = await policies;
  const others = await documentsOf(names.filter((name) => !expected.includes(name)));
  return {
    path: role.Path ?? '',
    trust: decoded(role.AssumeRolePolicyDocument),
    boundary: role.PermissionsBoundary?.PermissionsBoundaryArn,
    maxSessionSeconds: role.MaxSessionDuration ?? SESSION_SECONDS,
    tags: new Map((role.Tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? ''])),
    inline: new Map([...known.flat().filter(([name]) => names.includes(name)), ...others.flat()]),
    attached,
  };
}

/** The part of a role that says whether it has ended. */
export type EndingSeen = Pick<RoleSeen, 'trust' | 'inline'>;

/** Trust and these inline policies of what stands under the plan's name: thousands may end at once, and every question counts. */
export async function seeEnding(
  account: AccountClient,
  detail: Detail,
  names: readonly string[],
): Promise<EndingSeen | undefined> {
  const asking = getRole(account, detail);
  const reading = Promise.all(names.map((name) => inlineDocument(account, detail.roleName, name)));
  // As in `seeRole`.
  reading.catch(() => undefined);
  const role = await asking;
  if (role === undefined) return undefined;
  return { trust: decoded(role.AssumeRolePolicyDocument), inline: new Map((await reading).flat()) };
}

/** The role under the plan's name without its policies, or undefined if there is none, whoever made it. */
export async function getRole(account: AccountClient, detail: RoleAt): Promise<Role | undefined> {
  const { roleName } = detail;
  try {
    const { Role } = await account.ask(`reading role ${roleName}`, (iam, { GetRoleCommand }, options) =>
      iam.send(new GetRoleCommand({ RoleName: roleName }), options),
    );
    return Role;
  } catch (error) {
    if (answered(error, 'NoSuchEntity')) return undefined;
    // A role that does not exist has no path, so rights limited to a path do not reach it: the "no" may mean "none".
    if (answered(error, 'AccessDenied') && !(await isListed(account, detail))) return undefined;
    throw error;
  }
}

/** Does this refusal mean that the role is not there? It may say so, or deny: rights that ask for a boundary find none. */
export async function isMissing(account: AccountClient, detail: Detail, error: unknown): Promise<boolean> {
  if (answered(error, 'NoSuchEntity')) return true;
  return answered(error, 'AccessDenied') && (await getRole(account, detail)) === undefined;
}

async function isListed(account: AccountClient, { path, roleName }: RoleAt): Promise<boolean> {
  for (let marker: string | undefined; ; ) {
    const page = await rolesPage(account, path, { marker, max: 1000 });
    if (page.Roles?.some(({ RoleName }) => RoleName?.toLowerCase() === roleName) === true) return true;
    if (page.IsTruncated !== true || page.Marker === undefined) return false;
    marker = page.Marker;
  }
}

/** One page of the roles below a path, without tags and boundaries. */
export const rolesPage = (
  account: AccountClient,
  path: string,
  { marker, max }: { readonly marker: string | undefined; readonly max: number },
): Promise<ListRolesCommandOutput> =>
  account.ask(`listing roles below ${path}`, (iam, { ListRolesCommand }, options) =>
    iam.send(
      new ListRolesCommand({ PathPrefix: path, MaxItems: max, ...(marker !== undefined && { Marker: marker }) }),
      options,
    ),
  );

export async function inlineNames(account: AccountClient, roleName: string): Promise<readonly string[]> {
  const names: string[] = [];
  for (let marker: string | undefined; ; ) {
    const page = await account.ask(
      `listing policies of role ${roleName}`,
      (iam, { ListRolePoliciesCommand }, options) =>
        iam.send(
          new ListRolePoliciesCommand({ RoleName: roleName, ...(marker !== undefined && { Marker: marker }) }),
          options,
        ),
    );
    names.push(...(page.PolicyNames ?? []));
    if (page.IsTruncated !== true || page.Marker === undefined) return names;
    marker = page.Marker;
  }
}

/** Name and document; nothing if it was deleted since it was listed. */
export async function inlineDocument(
  account: AccountClient,
  roleName: string,
  name: string,
): Promise<[string, string][]> {
  try {
    const what = `reading policy ${name} of role ${roleName}`;
    const { PolicyDocument } = await account.ask(what, (iam, { GetRolePolicyCommand }, options) =>
      iam.send(new GetRolePolicyCommand({ RoleName: roleName, PolicyName: name }), options),
    );
    return [[name, decoded(PolicyDocument)]];
  } catch (error) {
    if (answered(error, 'NoSuchEntity')) return [];
    throw error;
  }
}

export async function attachedArns(account: AccountClient, roleName: string): Promise<readonly string[]> {
  const arns: string[] = [];
  for (let marker: string | undefined; ; ) {
    const page = await account.ask(
      `listing managed policies of role ${roleName}`,
      (iam, { ListAttachedRolePoliciesCommand }, options) =>
        iam.send(
          new ListAttachedRolePoliciesCommand({ RoleName: roleName, ...(marker !== undefined && { Marker: marker }) }),
          options,
        ),
    );
    arns.push(...(page.AttachedPolicies ?? []).flatMap(({ PolicyArn }) => PolicyArn ?? []));
    if (page.IsTruncated !== true || page.Marker === undefined) return arns;
    marker = page.Marker;
  }
}

const holds = (seen: EndingSeen, name: string, document: string): boolean => {
  const found = seen.inline.get(name);
  return found !== undefined && sameDocument(found, document);
};

/** Is this role the one that the plan makes, open or ended: by path, grant and installation id? */
export const isOurs = (seen: RoleSeen, detail: Detail): boolean =>
  seen.path === detail.path &&
  [TAG.grant, TAG.installation].every(
    (key) => seen.tags.get(key) === detail.tags.find(({ Key }) => Key === key)?.Value,
  );

/** Made by this plan for opening, and not ended since: its trust and boundary are the plan's, and no ending wrote to it. */
export const isOpening = (seen: RoleSeen, detail: Detail): boolean =>
  isOurs(seen, detail) &&
  seen.boundary === detail.boundary &&
  seen.maxSessionSeconds === SESSION_SECONDS &&
  sameDocument(seen.trust, detail.trust) &&
  !seen.inline.has(REVOKED);

/** Policies of the plan that are missing or differ. */
export const missingInline = (seen: RoleSeen, detail: Detail): Detail['inline'] =>
  detail.inline.filter(({ name, document }) => !holds(seen, name, document));

export const missingAttached = (seen: RoleSeen, detail: Detail): readonly string[] =>
  detail.attached.filter((arn) => !seen.attached.includes(arn));

/** Policies on the role that the plan does not know: more than was approved. */
export const strangers = (seen: RoleSeen, detail: Detail): readonly string[] => [
  ...[...seen.inline.keys()].filter((name) => name !== REVOKED && !detail.inline.some((one) => one.name === name)),
  ...seen.attached.filter((arn) => !detail.attached.includes(arn)),
];

/** Everything the plan opens is there, nothing else is, and nothing takes it away. */
export const isOpen = (seen: RoleSeen, detail: Detail): boolean =>
  isOpening(seen, detail) &&
  missingInline(seen, detail).length === 0 &&
  missingAttached(seen, detail).length === 0 &&
  strangers(seen, detail).length === 0;

/** The unconditional Deny and the Deny-all trust stand as ending writes them. */
export const isRevoked = (seen: EndingSeen, detail: Detail): boolean =>
  holds(seen, REVOKED, detail.revoked) && sameDocument(seen.trust, detail.closedTrust);

export const expiryStands = (seen: EndingSeen, detail: Detail): boolean =>
  detail.inline.some(({ name, document }) => name === EXPIRY && holds(seen, name, document));
