import type { ManifestName } from '../../clouds/aws/policy/manifests.ts';
import { partitionOf } from '../../clouds/aws/policy/names.ts';
import { type AwsAccount, awsAccountOf, awsPrincipalOf, awsRoleOf, CLOUD } from '../../clouds/aws/policy/schema.ts';
import { type Policy, ZONES } from '../../core/policy/policy.ts';
import { accountFor } from '../../core/policy/terms.ts';
import { manifest } from './manifests.ts';
import { type AccountOptions, type ManagedPolicyOptions, type RoleOptions, reservedRoleName } from './seed.ts';

/** The account and user as which the broker itself signs in, before it assumes a role in the others. */
export const BROKER_HOME = { account: '999900001111', user: 'breakglass' } as const;

/** The accounts a policy speaks of, and as whom each person signs in (see `LocalAws.signInAs`). */
export interface PolicyAccounts {
  /** Of all of them: lint refuses a policy of several. */
  readonly partition: string;
  readonly accounts: readonly AccountOptions[];
  readonly signInArns: ReadonlyMap<string, string>;
}

type Person = Policy['people'][number];
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The region in which Identity Center lives; it is part of its roles' path. */
const IDENTITY_CENTER_REGION = 'eu-central-1';
const PASS_ROLE_TO = ['ecs-tasks.amazonaws.com', 'backup.amazonaws.com'];

const allow = (actions: readonly string[], resources: readonly string[] | string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: actions, Resource: resources }],
});

/** What people may do without a grant: enter break-glass roles that trust them. */
const entry = (account: string, partition: string) => ({ entry: manifest('entry', account, { partition }) });

/** Path and name out of a user's, role's or policy's ARN. */
function named(arn: string): { readonly account: string; readonly path: string; readonly name: string } {
  const [, account = '', path = '', name = ''] = /^arn:aws[a-z-]*:iam::(\d{12}):\w+(\/|\/.+\/)([^/]+)$/.exec(arn) ?? [];
  if (name === '') throw new Error(`${arn} does not name a user, role or policy: the local AWS cannot make it.`);
  return { account, path, name };
}

const BOUNDARIES = { A: 'boundary-a', B: 'boundary-b', C: 'boundary-c' } as const;

function guarded(policy: Policy, account: AwsAccount): AccountOptions {
  const roles = policy.roles.filter((role) => accountFor([account], role) !== undefined).map(awsRoleOf);
  const targets = [
    ...new Set(roles.flatMap(({ identityTargets, startsCodeAs }) => [...identityTargets, ...startsCodeAs])),
  ];
  const removable = [
    ...new Set(roles.filter(({ zone }) => zone === 'C').flatMap(({ identityTargets }) => identityTargets)),
  ];
  const partition = partitionOf(account.brokerRole);
  const brokerRole = named(account.brokerRole);
  const document = (name: ManifestName) =>
    manifest(name, account.id, { partition, brokerRole: brokerRole.name, identityTargets: removable });
  const boundaries = ZONES.map(
    (zone): ManagedPolicyOptions => ({ ...named(account.boundaries[zone]), document: document(BOUNDARIES[zone]) }),
  );
  const pinned = roles.flatMap(({ policies }) => policies.flatMap((one) => ('arn' in one ? [one] : [])));
  const targetPolicies = targets.filter((arn) => arn.includes(':policy/'));
  const managed = new Map<string, ManagedPolicyOptions>([
    ...pinned.map(({ arn, document }) => [arn, { ...named(arn), document }] as const),
    ...targetPolicies.map((arn) => [arn, { ...named(arn), document: allow(['s3:GetObject'], '*') }] as const),
  ]);
  return {
    id: account.id,
    name: account.name,
    serviceControlPolicies: [document('scp')],
    resourceControlPolicies: [document('rcp')],
    managedPolicies: [...boundaries, ...managed.values()],
    roles: targets.filter((arn) => arn.includes(':role/')).map((arn) => serviceRole(arn, targetPolicies)),
    brokerRole: {
      ...brokerRole,
      policy: document('broker'),
      externalId: account.externalId,
      trusted: [`arn:${partition}:iam::${BROKER_HOME.account}:user/${BROKER_HOME.user}`],
    },
  };
}

/** A role of the services that a break-glass role may start code as, or take permissions from. */
const serviceRole = (arn: string, policies: readonly string[]): RoleOptions => ({
  ...named(arn),
  trust: {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: PASS_ROLE_TO }, Action: 'sts:AssumeRole' }],
  },
  attached: policies.filter((policy) => named(policy).name === named(arn).name),
});

/** Where a person comes from, and the ARN that a sign-in there has. */
function originOf(
  person: Person,
  partition: string,
): { readonly account: string; readonly arn: string; readonly origin: Origin } | undefined {
  const written = person.clouds[CLOUD];
  if (written === undefined) return undefined;
  const principal = awsPrincipalOf(written);
  if (principal.kind === 'iam-user') {
    const { account, ...user } = named(principal.arn);
    return {
      account,
      arn: principal.arn,
      origin: { kind: 'user', user: { ...user, policies: entry(account, partition) } },
    };
  }
  if (principal.kind === 'identity-center-user') {
    const { account, permissionSet: set, userId } = principal;
    const roleName = reservedRoleName(account, set);
    const arn = `arn:${partition}:sts::${account}:assumed-role/${roleName}/${person.id}`;
    return { account, arn, origin: { kind: 'session', roleName, set, who: { name: person.id, userId } } };
  }
  const [, account = '', roleName = '', name = ''] =
    /^arn:aws[a-z-]*:sts::(\d{12}):assumed-role\/([^/]+)\/(.+)$/.exec(principal.arn) ?? [];
  const set = roleName.replace(/^AWSReservedSSO_|_[0-9a-f]+$/g, '');
  return { account, arn: principal.arn, origin: { kind: 'session', roleName, set, who: { name, userId: person.id } } };
}

type Origin =
  | { readonly kind: 'user'; readonly user: NonNullable<AccountOptions['users']>[number] }
  | {
      readonly kind: 'session';
      readonly roleName: string;
      readonly set: string;
      readonly who: { readonly name: string; readonly userId: string };
    };

function add(account: Mutable<AccountOptions>, origin: Origin, partition: string): void {
  if (origin.kind === 'user') {
    account.users = [...(account.users ?? []), origin.user];
    return;
  }
  const { roleName, set, who } = origin;
  const sets = account.permissionSets ?? [];
  const known = sets.find((one) => one.roleName === roleName);
  const people = [...(known?.people ?? []), who];
  const made = { name: set, roleName, region: IDENTITY_CENTER_REGION, policies: entry(account.id, partition), people };
  account.permissionSets = [...sets.filter((one) => one !== known), made];
}

/**
 * The AWS in which a policy would be at home: its accounts with broker roles, boundaries, pinned managed policies and the
 * identities that its roles touch; its people with an entry to break-glass roles and nothing else; the broker's own account.
 */
export function accountsOfPolicy(policy: Policy): PolicyAccounts {
  const own = policy.accounts.filter(({ provider }) => provider === CLOUD).map(awsAccountOf);
  const partition = partitionOf(own[0]?.brokerRole ?? '');
  const home: Mutable<AccountOptions> = {
    id: BROKER_HOME.account,
    name: 'Broker',
    users: [
      {
        name: BROKER_HOME.user,
        policies: {
          'assume-broker-roles': allow(
            ['sts:AssumeRole'],
            own.map(({ brokerRole }) => brokerRole),
          ),
        },
      },
    ],
  };
  const accounts = new Map<string, Mutable<AccountOptions>>([[home.id, home]]);
  for (const account of own) accounts.set(account.id, guarded(policy, account));
  const signInArns = new Map<string, string>();
  for (const person of policy.people) {
    const from = originOf(person, partition);
    if (from === undefined) continue;
    const account = accounts.get(from.account) ?? { id: from.account, name: 'People' };
    add(account, from.origin, partition);
    accounts.set(from.account, account);
    signInArns.set(person.id, from.arn);
  }
  return { partition, accounts: [...accounts.values()], signInArns };
}
