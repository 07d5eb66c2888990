import { randomInt } from 'node:crypto';

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

/** What propagation delays: everything about a role that decides who may do what. */
export interface RolePolicies {
  readonly trust: string;
  /** ARN of each role and user the trust names -> its unique id when it was stored, as IAM keeps it. */
  readonly trustIds: Readonly<Record<string, string>>;
  readonly inline: Readonly<Record<string, string>>;
  readonly attached: readonly string[];
  readonly boundary: string | undefined;
  readonly tags: readonly Tag[];
}

export interface Role {
  readonly name: string;
  readonly path: string;
  readonly arn: string;
  /** Unique per creation: a role made again under the same name is another role. */
  readonly id: string;
  readonly createdAt: string;
  description: string | undefined;
  maxSessionDuration: number;
  policies: RolePolicies;
  /** Older policies that still count until `until` (milliseconds of the base clock); empty without propagation delay. */
  fading: { readonly policies: RolePolicies | undefined; readonly until: number }[];
}

export interface User {
  readonly name: string;
  readonly path: string;
  readonly arn: string;
  readonly id: string;
  readonly createdAt: string;
  inline: Readonly<Record<string, string>>;
  tags: readonly Tag[];
}

export interface PolicyVersion {
  readonly id: string;
  readonly document: string;
  readonly createdAt: string;
}

export interface ManagedPolicy {
  readonly name: string;
  readonly path: string;
  readonly arn: string;
  readonly id: string;
  readonly createdAt: string;
  readonly description: string | undefined;
  versions: readonly PolicyVersion[];
  defaultVersion: string;
  /** The next version's number; numbers are never used twice. */
  nextVersion: number;
}

/** One AWS account, whole. Role and policy names are unique without regard to case, so keys are in lower case. */
export interface Account {
  readonly id: string;
  /** `aws`, `aws-us-gov` or `aws-cn`: what its ARNs begin with. */
  readonly partition: string;
  readonly name: string;
  roleQuota: number;
  readonly roles: Map<string, Role>;
  readonly users: Map<string, User>;
  readonly managedPolicies: Map<string, ManagedPolicy>;
  /** Service control policies: what they deny is denied (a full allow stands beside them, as AWS attaches it). */
  serviceControlPolicies: readonly string[];
  /** Resource control policies: what they deny on this account's roles is denied to whoever asks, from wherever. */
  resourceControlPolicies: readonly string[];
  /** Id of the organization it belongs to; undefined for an account of its own. */
  organization: string | undefined;
}

const ID_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** A unique id in IAM's form: a four-letter prefix that names the kind (AROA, AIDA, ANPA, AKIA, ASIA), then 17 characters. */
export function uniqueId(prefix: string, length = 17): string {
  return prefix + Array.from({ length }, () => ID_ALPHABET[randomInt(ID_ALPHABET.length)] ?? 'A').join('');
}

/** What an ARN says of its account. */
export type Owner = Pick<Account, 'id' | 'partition'>;

export const iamArn = (
  { id, partition }: Owner,
  kind: 'role' | 'user' | 'policy',
  path: string,
  name: string,
): string => `arn:${partition}:iam::${id}:${kind}${path}${name}`;

export const sessionArn = ({ id, partition }: Owner, roleName: string, sessionName: string): string =>
  `arn:${partition}:sts::${id}:assumed-role/${roleName}/${sessionName}`;

/** The role's policies as sessions see them at `at` (base clock); `undefined` while the creation itself is still on its way. */
export function effectivePolicies(role: Role, at: number): RolePolicies | undefined {
  const older = role.fading.find(({ until }) => at < until);
  return older === undefined ? role.policies : older.policies;
}

/** Changes a role. The old policies keep counting for `delayMs` more; with 0 the change counts at once. */
export function changeRole(role: Role, change: Partial<RolePolicies>, at: number, delayMs: number): void {
  role.fading = role.fading.filter(({ until }) => at < until);
  if (delayMs > 0) role.fading.push({ policies: role.policies, until: at + delayMs });
  role.policies = { ...role.policies, ...change };
}

/** Finds a user or role by the ARN IAM gives it. */
export function entityByArn(account: Account, arn: string): Role | User | undefined {
  const all = [...account.roles.values(), ...account.users.values()];
  return all.find((entity) => entity.arn === arn);
}
