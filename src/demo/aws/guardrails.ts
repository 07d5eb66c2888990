/** A policy as an object, ready for an account's options. */
export interface GuardrailPolicy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly object[];
}

const OURS = [
  'arn:aws:iam::*:role/breakglass/*',
  'arn:aws:iam::*:policy/breakglass/*',
  'arn:aws:iam::*:role/breakglass-broker*',
];
const GRANT_ROLES = 'arn:aws:iam::*:role/breakglass/*';

const policy = (...statements: readonly object[]): GuardrailPolicy => ({
  Version: '2012-10-17',
  Statement: statements,
});
const deny = (sid: string, actions: readonly string[], more: object = {}) => ({
  Sid: sid,
  Effect: 'Deny',
  Action: actions,
  Resource: '*',
  ...more,
});

const LONG_LIVED_CREDENTIALS = [
  'iam:CreateAccessKey',
  'iam:UpdateAccessKey',
  'iam:CreateUser',
  'iam:CreateLoginProfile',
  'iam:UpdateLoginProfile',
  'iam:CreateServiceSpecificCredential',
  'iam:ResetServiceSpecificCredential',
  'iam:UpdateServiceSpecificCredential',
  'iam:UploadSSHPublicKey',
  'iam:UploadSigningCertificate',
  'iam:UploadServerCertificate',
  'iam:CreateVirtualMFADevice',
  'iam:EnableMFADevice',
  'iam:DeactivateMFADevice',
  'iam:ChangePassword',
  'sts:GetFederationToken',
  'sts:GetSessionToken',
  'sts:AssumeRoot',
  'sts:GetWebIdentityToken',
  'sts:GetDelegatedAccessToken',
  'rolesanywhere:Create*',
  'rolesanywhere:Update*',
  'rolesanywhere:Enable*',
  'ssm:CreateActivation',
];

const TRUST_AND_GUARDRAILS = [
  'iam:UpdateAssumeRolePolicy',
  'iam:CreateRole',
  'iam:AcquireRole',
  'iam:DeleteRolePermissionsBoundary',
  'iam:PutRolePermissionsBoundary',
  'iam:DeleteUserPermissionsBoundary',
  'iam:PutUserPermissionsBoundary',
  'iam:CreateSAMLProvider',
  'iam:UpdateSAMLProvider',
  'iam:CreateOpenIDConnectProvider',
  'iam:UpdateOpenIDConnectProviderThumbprint',
  'iam:AddClientIDToOpenIDConnectProvider',
  'iam:CreateDelegationRequest',
  'iam:AcceptDelegationRequest',
  'iam:SendDelegationToken',
  'iam:*OutboundWebIdentityFederation',
  'iam:PutAccountProperties',
  'organizations:*',
  'account:*',
  'sso:*',
  'sso-directory:*',
  'identitystore:*',
];

const AUDIT_TRAIL = [
  'cloudtrail:StopLogging',
  'cloudtrail:DeleteTrail',
  'cloudtrail:UpdateTrail',
  'cloudtrail:PutEventSelectors',
  'cloudtrail:PutInsightSelectors',
  'cloudtrail:DeleteEventDataStore',
  'cloudtrail:UpdateEventDataStore',
  'cloudtrail:StopEventDataStoreIngestion',
  'config:StopConfigurationRecorder',
  'config:DeleteConfigurationRecorder',
  'config:DeleteDeliveryChannel',
  'guardduty:Delete*',
  'guardduty:Disassociate*',
  'guardduty:UpdateDetector',
  'securityhub:DisableSecurityHub',
  'events:DeleteRule',
  'events:DisableRule',
  'events:RemoveTargets',
  's3:PutObjectRetention',
  's3:PutObjectLegalHold',
  's3:BypassGovernanceRetention',
  's3:PutBucketObjectLockConfiguration',
];

const OTHER_PRINCIPALS = [
  'iam:Attach*Policy',
  'iam:Put*Policy',
  'iam:CreatePolicy*',
  'iam:AddUserToGroup',
  'iam:UpdateRole',
  'iam:Tag*',
  'iam:Untag*',
  'iam:*InstanceProfile',
  's3:GetDataAccess',
];

/** Taking permissions away can open: a removed policy may have held a Deny. */
const REMOVALS = ['iam:Detach*Policy', 'iam:Delete*Policy', 'iam:DeletePolicyVersion', 'iam:SetDefaultPolicyVersion'];

/**
 * The ceiling over every grant of a zone: no lasting credentials, no change of trust or guardrails, no tampering with the
 * audit trail or with our own objects, no chaining, only tagged grants. `mayRemoveOn` names the role and policy ARNs on
 * which an identity role of zone C may detach, delete or choose a version; all other zones name none. `networks` are the
 * CIDRs that responders come from, `passRoleTo` the services that may be handed a role.
 */
export function boundaryPolicy(options: {
  readonly networks: readonly string[];
  readonly mayRemoveOn?: readonly string[];
  readonly passRoleTo: readonly string[];
}): GuardrailPolicy {
  const removable = options.mayRemoveOn ?? [];
  const removals = removable.length === 0 ? { Resource: '*' } : { NotResource: removable };
  return policy(
    { Sid: 'Ceiling', Effect: 'Allow', Action: '*', Resource: '*' },
    deny('NoLongLivedCredentials', LONG_LIVED_CREDENTIALS),
    deny('NoTrustOrGuardrailEdits', TRUST_AND_GUARDRAILS),
    deny('NoAuditTampering', AUDIT_TRAIL),
    deny('NoSelfModification', ['iam:*'], { Resource: OURS }),
    deny('NoChaining', ['sts:AssumeRole']),
    deny('OnlyTaggedGrants', ['*'], { Condition: { Null: { 'aws:PrincipalTag/breakglass-grant': 'true' } } }),
    deny('ExpectedNetwork', ['*'], {
      Condition: {
        NotIpAddressIfExists: { 'aws:SourceIp': options.networks },
        Bool: { 'aws:ViaAWSService': 'false' },
      },
    }),
    deny('NoOtherPrincipals', OTHER_PRINCIPALS),
    { Sid: 'RemoveOnlyWhatIsNamed', Effect: 'Deny', Action: REMOVALS, ...removals },
    deny('PassRoleOnlyToNamedServices', ['iam:PassRole'], {
      Condition: { StringNotEquals: { 'iam:PassedToService': options.passRoleTo } },
    }),
  );
}

/** The broker's own rights in an account: roles below one path, each under one of these boundaries, and reading. */
export function brokerPolicy(boundaries: readonly string[]): GuardrailPolicy {
  const bounded = { StringEquals: { 'iam:PermissionsBoundary': boundaries } };
  const onGrants = (sid: string, actions: readonly string[], condition?: object) => ({
    Sid: sid,
    Effect: 'Allow',
    Action: actions,
    Resource: GRANT_ROLES,
    ...(condition && { Condition: condition }),
  });
  return policy(
    onGrants('CreateOnlyBounded', ['iam:CreateRole'], bounded),
    onGrants('InlineOnlyBounded', ['iam:PutRolePolicy', 'iam:DeleteRolePolicy', 'iam:DetachRolePolicy'], bounded),
    onGrants('AttachOnlyOurs', ['iam:AttachRolePolicy'], {
      ...bounded,
      ArnLike: { 'iam:PolicyARN': 'arn:aws:iam::*:policy/breakglass/*' },
    }),
    onGrants('Lifecycle', [
      'iam:GetRole',
      'iam:TagRole',
      'iam:UpdateAssumeRolePolicy',
      'iam:DeleteRole',
      'iam:ListRolePolicies',
      'iam:ListAttachedRolePolicies',
      'iam:GetRolePolicy',
      'iam:ListRoleTags',
    ]),
    {
      Sid: 'Find',
      Effect: 'Allow',
      Action: ['iam:ListRoles', 'iam:GetAccountSummary', 'iam:GetPolicy', 'iam:GetPolicyVersion', 'iam:ListUsers'],
      Resource: '*',
    },
    deny('NeverUnbound', [
      'iam:DeleteRolePermissionsBoundary',
      'iam:PutRolePermissionsBoundary',
      'iam:CreatePolicyVersion',
      'iam:SetDefaultPolicyVersion',
      'iam:CreateAccessKey',
      'iam:CreateUser',
      'iam:CreateLoginProfile',
    ]),
  );
}

/** The organization's lock beside the boundary: only the broker's roles touch grant roles, and none is made without one. */
export function serviceControlPolicy(brokerRoles: readonly string[], boundaries: readonly string[]): GuardrailPolicy {
  const others = { ArnNotLike: { 'aws:PrincipalArn': brokerRoles } };
  return policy(
    deny('BgSessionsNoPersistence', LONG_LIVED_CREDENTIALS, {
      Condition: { ArnLike: { 'aws:PrincipalArn': GRANT_ROLES } },
    }),
    deny(
      'OnlyBrokerTouchesBreakglassRoles',
      [
        'iam:CreateRole',
        'iam:DeleteRole',
        'iam:PutRolePolicy',
        'iam:DeleteRolePolicy',
        'iam:AttachRolePolicy',
        'iam:DetachRolePolicy',
        'iam:UpdateAssumeRolePolicy',
        'iam:PutRolePermissionsBoundary',
        'iam:DeleteRolePermissionsBoundary',
        'iam:UpdateRole',
        'iam:TagRole',
        'iam:UntagRole',
      ],
      { Resource: GRANT_ROLES, Condition: others },
    ),
    deny('BreakglassRolesMustBeBounded', ['iam:CreateRole', 'iam:PutRolePermissionsBoundary'], {
      Resource: GRANT_ROLES,
      Condition: { StringNotLike: { 'iam:PermissionsBoundary': boundaries } },
    }),
  );
}
