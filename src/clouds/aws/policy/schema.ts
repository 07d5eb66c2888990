import { z } from 'zod';
import { Failure } from '../../../core/failure.ts';
import type { Principal } from '../../../core/policy/directory.ts';
import type { Account, Role } from '../../../core/policy/policy.ts';
import { type AwsPrincipal, isIamUserArn, isPersonalSessionArn } from './principal.ts';

/** The number of an AWS account. */
export const accountId = z.string().regex(/^\d{12}$/, 'must be 12 digits, in quotes');
/** Anything that AWS names in an account. */
const arn = z.string().regex(/^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:\d{12}:.+$/, 'must be an ARN with an account');

/**
 * What AWS takes as a source identity.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
const sourceIdentity = z
  .string()
  .regex(/^[\w+=,.@-]{2,64}$/, 'must be 2 to 64 of letters, digits and _+=,.@-, as AWS takes a source identity')
  .optional();

/** A2: one human's cloud identity. Roots, roles, permission sets and patterns would open for many, from any source. */
export const principalSchema: z.ZodType<AwsPrincipal> = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('iam-user'),
    arn: arn.refine(
      isIamUserArn,
      'an iam-user is named by arn:aws:iam::<account>:user/<name>: shared identities (root, roles) are refused',
    ),
    sourceIdentity,
  }),
  z.strictObject({
    kind: z.literal('identity-center-session'),
    arn: arn.refine(
      isPersonalSessionArn,
      'an identity-center-session is named by arn:aws:sts::<account>:assumed-role/AWSReservedSSO_<set>_<id>/<user>: ' +
        'write the whole session ARN',
    ),
    sourceIdentity,
  }),
  z.strictObject({
    kind: z.literal('identity-center-user'),
    account: accountId,
    permissionSet: z.string().regex(/^[\w+=,.@-]{1,32}$/),
    userId: z.string().regex(/^[0-9a-fA-F-]{1,47}$/),
    sourceIdentity,
  }),
]);

const document = z.record(z.string(), z.json());
const digest = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in lower-case hex');

/** A customer's policy names its account; one of AWS's own says `aws` there. */
const policyArn = z.string().regex(/^arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/.+$/, 'must be the ARN of an IAM policy');
const managed = z.strictObject({ arn: policyArn, document, sha256: digest });
const inline = z.strictObject({ name: z.string().regex(/^[\w+=,.@-]{1,64}$/), document });

/** What a role says besides what every role says. */
export const roleMembers = {
  policies: z
    .array(z.union([inline, managed]))
    .min(1)
    .max(10),
  /** Identities under which this role can start code: what runs as them outlives an early end. */
  startsCodeAs: z.array(arn).max(20).default([]),
  /** Roles and policies whose permissions this role may change (zone C only). */
  identityTargets: z.array(arn).max(20).default([]),
};

/** What an account says besides what every account says. */
export const accountMembers = {
  brokerRole: arn,
  externalId: z.string().regex(/^[\w+=,.@:/-]{2,1224}$/),
  /** The permissions boundary of each zone's roles. It lives outside `/breakglass/`, where the broker cannot edit it. */
  boundaries: z.strictObject({ A: arn, B: arn, C: arn }),
  /** Session tag keys that this account's trust policies allow. None by default: tags could satisfy ABAC policies. */
  sessionTagKeys: z
    .array(z.string().regex(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u))
    .max(10)
    .default([]),
};

/** A role of the catalog in AWS, with all its members. */
export type AwsRole = Role & z.infer<z.ZodObject<typeof roleMembers>>;
/** An account of AWS, with all its members. */
export type AwsAccount = Account & z.infer<z.ZodObject<typeof accountMembers>>;

/** This cloud's name. */
export const CLOUD = 'aws';

const notOurs = (what: string, { id, provider }: Role | Account): Failure =>
  new Failure('PROVIDER_REFUSED', `${what} ${id} is of cloud "${provider}", and this is ${CLOUD}`);

/** The role with its members. Throws `PROVIDER_REFUSED` where it is another cloud's. */
export function awsRoleOf(role: Role): AwsRole {
  if (role.provider !== CLOUD) throw notOurs('role', role);
  return role as AwsRole;
}

/** The account with its members. Throws `PROVIDER_REFUSED` where it is another cloud's. */
export function awsAccountOf(account: Account): AwsAccount {
  if (account.provider !== CLOUD) throw notOurs('account', account);
  return account as AwsAccount;
}

/** The principal with its members. Throws `PROVIDER_REFUSED` where it does not name one person to AWS. */
export function awsPrincipalOf(principal: Principal): AwsPrincipal {
  const read = principalSchema.safeParse(principal);
  if (read.success) return read.data;
  throw new Failure('PROVIDER_REFUSED', `the directory's ${principal.kind} does not name one person to AWS`);
}
