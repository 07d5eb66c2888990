import { VENDS_SECRETS } from './powers-secrets.ts';

/*
 * What actions can do, by name. Lists of patterns as IAM writes them; lint compares patterns with patterns, so a
 * wildcard of an author meets every name below it. The three long classes: powers-share.ts, powers-code.ts,
 * powers-secrets.ts.
 */

/** Takes permissions away from somebody, or brings an older set back: a removed Deny may add, so targets are named. */
export const CHANGES_IDENTITIES: readonly string[] = [
  'iam:Detach*Policy',
  'iam:Delete*Policy',
  'iam:DeletePolicyVersion',
  'iam:SetDefaultPolicyVersion',
];

/** Every other way in which IAM changes who may do what. */
const IAM_EDITS: readonly string[] = [
  ...['Accept', 'Acquire', 'Add', 'Associate', 'Attach', 'Change', 'Create', 'Deactivate', 'Disable', 'Disassociate'],
  ...['Enable', 'Put', 'Reject', 'Remove', 'Reset', 'Resync', 'Send', 'Tag', 'Untag', 'Update', 'Upload'],
]
  .map((verb) => `iam:${verb}*`)
  .concat(
    ['DeleteAccessKey', 'DeleteAccountAlias', 'DeleteGroup', 'DeleteInstanceProfile', 'DeleteLoginProfile'].map(iam),
    ['DeleteOpenIDConnectProvider', 'DeleteRole', 'DeleteRolePermissionsBoundary', 'DeleteSAMLProvider'].map(iam),
    // A policy that a named roll-back may set back, it may not delete as a whole.
    ['DeletePolicy', 'DeleteSSHPublicKey', 'DeleteServerCertificate', 'DeleteServiceLinkedRole'].map(iam),
    ['DeleteServiceSpecificCredential', 'DeleteSigningCertificate', 'DeleteUser'].map(iam),
    ['DeleteUserPermissionsBoundary', 'DeleteVirtualMFADevice', 'DeleteCloudFrontPublicKey'].map(iam),
    ['SetSecurityTokenServicePreferences', 'SetSTSRegionalEndpointStatus'].map(iam),
  );

function iam(action: string): string {
  return `iam:${action}`;
}

/** Never part of an emergency role, in any zone: the boundary denies it anyway, and asking for it is a mistake (C3). */
export const FORBIDDEN: readonly { readonly pattern: string; readonly why: string }[] = [
  ...IAM_EDITS.map((pattern) => ({
    pattern,
    why: 'it makes keys, or changes who may do what beyond a named roll-back',
  })),
  ...['sts:AssumeRole*', 'sts:AssumeRoot'].map((pattern) => ({
    pattern,
    why: 'a session of another role outlives the end of this one',
  })),
  ...[
    'sts:GetFederationToken',
    'sts:GetSessionToken',
    'sts:GetWebIdentityToken',
    'sts:GetDelegatedAccessToken',
    ...['Create', 'Delete', 'Disable', 'Enable', 'Import', 'Put', 'Reset', 'Update'].map(
      (verb) => `rolesanywhere:${verb}*`,
    ),
    'ssm:CreateActivation',
  ].map((pattern) => ({ pattern, why: 'it makes credentials that outlive the access' })),
  ...[
    'organizations',
    'account',
    'account-access',
    'sso',
    'sso-directory',
    'sso-oauth',
    'identitystore',
    'identity-sync',
  ]
    .map((service) => `${service}:*`)
    .map((pattern) => ({ pattern, why: 'it changes who may do what, everywhere' })),
  ...[
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
    // Alarms about the broker itself are rules of EventBridge.
    'events:DeleteRule',
    'events:DisableRule',
    'events:RemoveTargets',
    's3:BypassGovernanceRetention',
    's3:PutObjectRetention',
    's3:PutObjectLegalHold',
    's3:PutBucketObjectLockConfiguration',
    's3:GetDataAccess',
  ].map((pattern) => ({ pattern, why: 'it can hide what was done, or get around the guardrails' })),
];

/** How a reading action's name begins. */
export const READING_VERBS =
  /^(?:BatchCheck|BatchDescribe|BatchGet|Check|Describe|Filter|Get|Head|List|Lookup|Preview|Query|Scan|Search|Select|Simulate|StartLiveTail|StartQuery|StopQuery|Tail|TestMetricFilter|View)/;

/** What zone A may not read: secrets and credentials, and whole services that deal in them. */
export const NOT_IN_ZONE_A: readonly string[] = [
  ...['secretsmanager:*', 'kms:*', 'ssm:GetParameter*', 'iam:*', 'sts:*'],
  ...['ecr:GetAuthorizationToken', 'ecr-public:GetAuthorizationToken'],
  ...VENDS_SECRETS.actions,
];

/**
 * Tokens that a Deny on the role does not reach once they are made.
 * unverified: lifetimes as AWS documents them; no real account was asked.
 */
export const OUTLIVING_TOKENS: readonly { readonly action: string; readonly say: string }[] = [
  {
    action: 'ecr:GetAuthorizationToken',
    say: 'A container registry (ECR) token made during the access works for up to 12 hours, so at the latest until 12 hours after the end.',
  },
  {
    action: 'ecr-public:GetAuthorizationToken',
    say: 'A token for the public registry (ECR Public) made during the access works for up to 12 hours, so at the latest until 12 hours after the end.',
  },
  {
    action: 'codeartifact:GetAuthorizationToken',
    say: 'A CodeArtifact token made during the access works for up to 12 hours, so at the latest until 12 hours after the end.',
  },
  {
    action: 'rds-db:connect',
    say: 'A database sign-in (RDS IAM) token works for 15 minutes, so at the latest until 15 minutes after the end; a connection that is open stays open until the database closes it.',
  },
  {
    // The token is a signed GetCallerIdentity, which a Deny does not refuse, so a live session can still make one.
    action: 'eks:AccessKubernetesApi',
    say: 'A Kubernetes (EKS) token works for 15 minutes, and a session can make more of them until it lapses, 1 hour after it began: at the latest 75 minutes after the end. Remove the access entry in the cluster to end it sooner.',
  },
];
