import { iamArn, sessionArn } from './accounts.ts';
import { type AccountOptions, roleNameOf } from './seed.ts';
import type { World } from './world.ts';

/** Temporary credentials in the shape the AWS SDK takes. */
export interface TemporaryCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
}

export interface SignInOptions {
  /** For an IAM user: with a second factor, as GetSessionToken with an MFA code gives. Identity Center never says. */
  readonly mfa?: boolean;
  /** What the identity provider says of the session, once and for all: every role that it takes on carries it too. */
  readonly sourceIdentity?: string;
  /** Life of the credentials; 8 hours unless told. */
  readonly durationSeconds?: number;
}

/**
 * Signs a person in and hands out temporary credentials: for `arn:aws:sts::…:assumed-role/AWSReservedSSO_…/NAME`, a session
 * of Identity Center (with `identitystore:UserId`); for `arn:aws:iam::…:user/NAME`, one of that user. Throws for anybody the
 * configuration does not name.
 */
export function signIn(
  world: World,
  accounts: readonly AccountOptions[],
  arn: string,
  options: SignInOptions = {},
): TemporaryCredentials {
  const issuedAt = world.now();
  const expiration = new Date(issuedAt.getTime() + (options.durationSeconds ?? 8 * 3600) * 1000);
  const session = {
    ...personOf(world, accounts, arn),
    issuedAt,
    expiresAt: expiration,
    sourceIdentity: options.sourceIdentity,
    policies: undefined,
    tags: [],
    transitiveTagKeys: [],
  };
  const mfaAt = session.of === 'user' && options.mfa === true ? issuedAt : undefined;
  return { ...world.keys.issueSession({ ...session, mfaAt }), expiration };
}

function personOf(world: World, accounts: readonly AccountOptions[], arn: string) {
  for (const { id, users = [], permissionSets = [] } of accounts) {
    const account = world.accounts.get(id);
    if (account === undefined) continue;
    const user = users.find(({ name, path = '/' }) => iamArn(account, 'user', path, name) === arn);
    const entity = user && account.users.get(user.name.toLowerCase());
    if (entity !== undefined)
      return { of: 'user' as const, account: id, entityId: entity.id, name: entity.name, facts: {} };
    for (const set of permissionSets) {
      const roleName = roleNameOf(id, set);
      const person = set.people.find(({ name }) => arn === sessionArn(account, roleName, name));
      const role = account.roles.get(roleName.toLowerCase());
      if (person === undefined || role === undefined) continue;
      const facts = { 'identitystore:UserId': person.userId };
      return { of: 'role' as const, account: id, entityId: role.id, name: person.name, facts };
    }
  }
  throw new Error(
    `Nobody signs in as ${arn}: name the user or the permission set's person in the local AWS's options.`,
  );
}
