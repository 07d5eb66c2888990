import { createHash } from 'node:crypto';
import {
  type Account,
  iamArn,
  type ManagedPolicy,
  type Owner,
  type Role,
  type Tag,
  type User,
  uniqueId,
} from './accounts.ts';
import { newManagedPolicy } from './iam-managed-policies.ts';
import { ORGANIZATION } from './manifests.ts';
import { type PolicyKind, parsePolicy } from './policy-document.ts';

/** A policy document, as text or as the object it says. */
export type Document = string | object;
type Documents = Readonly<Record<string, Document>>;
type Tags = Readonly<Record<string, string>>;

export interface ManagedPolicyOptions {
  readonly name: string;
  readonly path?: string;
  readonly document: Document;
}

export interface RoleOptions {
  readonly name: string;
  readonly path?: string;
  readonly trust: Document;
  readonly policies?: Documents;
  /** ARNs of managed policies. */
  readonly attached?: readonly string[];
  readonly boundary?: string;
  readonly maxSessionDuration?: number;
  readonly tags?: Tags;
}

/** Sugar for the role that the broker takes on in an account: trusts these principals, with this external id. */
export interface BrokerRoleOptions {
  readonly name: string;
  readonly path?: string;
  readonly policy: Document;
  readonly externalId: string;
  readonly trusted: readonly string[];
}

/** A permission set of Identity Center, provisioned into the account; `people` may sign in to it. */
export interface PermissionSetOptions {
  readonly name: string;
  /** The role's name, where a configuration already says it; otherwise {@link reservedRoleName}. */
  readonly roleName?: string;
  /** Identity Center's home region; part of the role's path. */
  readonly region?: string;
  readonly policies?: Documents;
  readonly people: readonly { readonly name: string; readonly userId: string }[];
}

export interface AccountOptions {
  readonly id: string;
  readonly name: string;
  /** Roles the account may hold; 1000 unless told. */
  readonly roleQuota?: number;
  readonly users?: readonly {
    readonly name: string;
    readonly path?: string;
    readonly policies?: Documents;
    readonly tags?: Tags;
  }[];
  readonly roles?: readonly RoleOptions[];
  readonly brokerRole?: BrokerRoleOptions;
  readonly managedPolicies?: readonly ManagedPolicyOptions[];
  readonly permissionSets?: readonly PermissionSetOptions[];
  readonly serviceControlPolicies?: readonly Document[];
  readonly resourceControlPolicies?: readonly Document[];
  /** Id of its organization: {@link ORGANIZATION} unless told; `none` for an account that belongs to none. */
  readonly organization?: string;
}

const textOf = (document: Document): string => (typeof document === 'string' ? document : JSON.stringify(document));

/** The text of a policy of that kind. Throws `MalformedPolicyDocument` on one that AWS would refuse. */
export function checkedDocument(document: Document, kind: PolicyKind = 'identity'): string {
  const text = textOf(document);
  parsePolicy(text, kind);
  return text;
}

const documentsOf = (documents: Documents = {}): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(documents).map(([name, document]) => [name, checkedDocument(document)]));

const tagsOf = (tags: Tags = {}): readonly Tag[] => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/** The name of a permission set's role. The suffix is made from account and set, so that a configuration can name it. */
export function reservedRoleName(accountId: string, permissionSet: string): string {
  const suffix = createHash('sha256').update(`${accountId}/${permissionSet}`).digest('hex').slice(0, 16);
  return `AWSReservedSSO_${permissionSet}_${suffix}`;
}

/** The role that this permission set is provisioned as. */
export const roleNameOf = (accountId: string, set: PermissionSetOptions): string =>
  set.roleName ?? reservedRoleName(accountId, set.name);

const NOBODY = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}}';

const permissionSetRole = (account: string, set: PermissionSetOptions): RoleOptions => ({
  name: roleNameOf(account, set),
  path: `/aws-reserved/sso.amazonaws.com/${set.region === undefined ? '' : `${set.region}/`}`,
  // Entered by Identity Center's sign-in only, never by AssumeRole.
  trust: NOBODY,
  maxSessionDuration: 43_200,
  ...(set.policies && { policies: set.policies }),
});

const brokerRole = (broker: BrokerRoleOptions): RoleOptions => ({
  name: broker.name,
  ...(broker.path !== undefined && { path: broker.path }),
  trust: {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: broker.trusted },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'sts:ExternalId': broker.externalId } },
      },
    ],
  },
  policies: { broker: broker.policy },
});

function seedUsers(account: Account, options: AccountOptions, createdAt: string): void {
  for (const { name, path = '/', policies, tags } of options.users ?? []) {
    const user: User = account.users.get(name.toLowerCase()) ?? {
      name,
      path,
      arn: iamArn(account, 'user', path, name),
      id: uniqueId('AIDA'),
      createdAt,
      inline: {},
      tags: [],
    };
    user.inline = documentsOf(policies);
    user.tags = tagsOf(tags);
    account.users.set(name.toLowerCase(), user);
  }
}

/** Makes a managed policy, or gives the one from an earlier run the configured document as its default version. */
function seedManagedPolicy(owner: Owner, earlier: ManagedPolicy | undefined, options: ManagedPolicyOptions, now: Date) {
  const document = checkedDocument(options.document);
  const made = newManagedPolicy(owner, { name: options.name, path: options.path ?? '/', document }, now);
  if (earlier === undefined || earlier.arn !== made.arn) return made;
  const current = earlier.versions.find(({ id }) => id === earlier.defaultVersion);
  return current?.document === document ? earlier : { ...made, id: earlier.id, createdAt: earlier.createdAt };
}

function seedRole(account: Account, options: RoleOptions, createdAt: string): Role {
  const path = options.path ?? '/';
  const arn = iamArn(account, 'role', path, options.name);
  const earlier = account.roles.get(options.name.toLowerCase());
  return {
    name: options.name,
    path,
    arn,
    id: earlier?.arn === arn ? earlier.id : uniqueId('AROA'),
    createdAt: earlier?.createdAt ?? createdAt,
    description: undefined,
    maxSessionDuration: options.maxSessionDuration ?? 3600,
    policies: {
      trust: textOf(options.trust),
      trustIds: {},
      inline: documentsOf(options.policies),
      attached: options.attached ?? [],
      boundary: options.boundary,
      tags: tagsOf(options.tags),
    },
    fading: [],
  };
}

/**
 * Makes an account from its options, on top of what an earlier run left. Returns it with the names of the configured roles,
 * whose trust still has to be resolved when all accounts stand. Throws on a document IAM would refuse.
 */
export function seedAccount(
  options: AccountOptions,
  partition: string,
  earlier: Account | undefined,
  now: Date,
): { readonly account: Account; readonly configured: readonly string[] } {
  const account: Account = {
    id: options.id,
    partition,
    name: options.name,
    roleQuota: options.roleQuota ?? 1000,
    roles: earlier?.roles ?? new Map(),
    users: earlier?.users ?? new Map(),
    managedPolicies: earlier?.managedPolicies ?? new Map(),
    serviceControlPolicies: (options.serviceControlPolicies ?? []).map((one) => checkedDocument(one)),
    resourceControlPolicies: (options.resourceControlPolicies ?? []).map((one) => checkedDocument(one, 'resource')),
    organization: options.organization === 'none' ? undefined : (options.organization ?? ORGANIZATION),
  };
  seedUsers(account, options, now.toISOString());
  for (const policy of options.managedPolicies ?? []) {
    const key = policy.name.toLowerCase();
    account.managedPolicies.set(key, seedManagedPolicy(account, account.managedPolicies.get(key), policy, now));
  }
  const roles = [
    ...(options.permissionSets ?? []).map((set) => permissionSetRole(account.id, set)),
    ...(options.roles ?? []),
    ...(options.brokerRole === undefined ? [] : [brokerRole(options.brokerRole)]),
  ];
  for (const role of roles) account.roles.set(role.name.toLowerCase(), seedRole(account, role, now.toISOString()));
  return { account, configured: roles.map(({ name }) => name.toLowerCase()) };
}
