import { z } from 'zod';
import { isIamUserArn, isPersonalSessionArn } from './principal.ts';

/** The number of an AWS account. */
export const accountId = z.string().regex(/^\d{12}$/, 'must be 12 digits, in quotes');
/** Anything that AWS names in an account. */
export const arn = z
  .string()
  .regex(/^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:\d{12}:.+$/, 'must be an ARN with an account');

/**
 * What AWS takes as a source identity.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
const sourceIdentity = z
  .string()
  .regex(/^[\w+=,.@-]{2,64}$/, 'must be 2 to 64 of letters, digits and _+=,.@-, as AWS takes a source identity')
  .optional();

/** A2: one human's cloud identity. Roots, roles, permission sets and patterns would open for many, from any source. */
export const principalSchema = z.discriminatedUnion('kind', [
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
