import { Failure } from '../../../core/failure.ts';
import { type PolicyDocument, type Statement, VERSION } from './documents.ts';
import { partitionOf } from './names.ts';
import type { AwsPrincipal } from './principal.ts';
import { awsPrincipalOf } from './schema.ts';

export interface TrustInput {
  readonly principal: AwsPrincipal;
  readonly partition: string;
  /** From this instant on nobody takes on the role. */
  readonly end: string;
  /** The name of the person that a session may carry for its source, and no other. */
  readonly sourceIdentity: string;
  /** A session that carries none is refused too (zone C). */
  readonly sourceRequired: boolean;
  /** Session tag keys that may be passed; none by default. */
  readonly sessionTagKeys: readonly string[];
}

/** A second factor older than this does not count (seconds). */
const MFA_AGE_MAX = '3600';

/**
 * Who may take on the role: one named person, until the end. Throws `PROVIDER_REFUSED` on a principal that is not one
 * person's, whatever let it come this far (A2). MFA is demanded of IAM users only: AWS never sees the
 * factor of a federated person, and the condition would lock them out for ever.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
 */
export function trustDocument(input: TrustInput): PolicyDocument {
  const { principal, conditions } = whoOf(input);
  const { sourceIdentity, sourceRequired, sessionTagKeys } = input;
  const condition = {
    ...conditions,
    DateLessThan: { 'aws:CurrentTime': input.end },
    ...(sourceRequired && { StringEquals: { ...conditions.StringEquals, 'sts:SourceIdentity': sourceIdentity } }),
    // The first is what a session asks to carry, the second what the caller carries already and hands on.
    StringEqualsIfExists: {
      ...(!sourceRequired && { 'sts:SourceIdentity': sourceIdentity }),
      'aws:SourceIdentity': sourceIdentity,
    },
  };
  const enter: Statement = {
    Sid: 'NamedPerson',
    Effect: 'Allow',
    Principal: { AWS: principal },
    // Naming the source is allowed in every zone: some sign-in systems set it, and then entering needs this right.
    Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
    Condition: condition,
  };
  // Session tags could satisfy other people's tag-based policies, so none pass unless the account names their keys.
  const tags: Statement = {
    ...enter,
    Sid: 'NamedTags',
    Action: 'sts:TagSession',
    Condition: { ...condition, 'ForAllValues:StringEquals': { 'aws:TagKeys': [...sessionTagKeys] } },
  };
  return { Version: VERSION, Statement: sessionTagKeys.length === 0 ? [enter] : [enter, tags] };
}

type Conditions = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

function whoOf({ principal: named, partition }: TrustInput): { principal: string; conditions: Conditions } {
  const principal = awsPrincipalOf(named);
  // Nobody crosses a partition: IAM would refuse such a trust, or somebody else would bear that name here.
  if ('arn' in principal && partitionOf(principal.arn) !== partition) {
    const said = `the directory's ${principal.kind} is of partition ${partitionOf(principal.arn)}, the account of ${partition}`;
    throw new Failure('PROVIDER_REFUSED', said);
  }
  switch (principal.kind) {
    case 'iam-user':
      return {
        principal: principal.arn,
        conditions: {
          Bool: { 'aws:MultiFactorAuthPresent': 'true' },
          NumericLessThan: { 'aws:MultiFactorAuthAge': MFA_AGE_MAX },
        },
      };
    case 'identity-center-session':
      return { principal: principal.arn, conditions: {} };
    case 'identity-center-user': {
      // Sixteen single characters are the suffix AWS gives the role: no other permission set's name can match them.
      const role = `AWSReservedSSO_${principal.permissionSet}_${'?'.repeat(16)}`;
      const below = `arn:${partition}:iam::${principal.account}:role/aws-reserved/sso.amazonaws.com`;
      return {
        principal: `arn:${partition}:iam::${principal.account}:root`,
        conditions: {
          // The region is part of the path, except where Identity Center lives in us-east-1.
          ArnLike: { 'aws:PrincipalArn': [`${below}/${role}`, `${below}/*/${role}`] },
          StringEquals: { 'identitystore:UserId': principal.userId },
        },
      };
    }
  }
}
