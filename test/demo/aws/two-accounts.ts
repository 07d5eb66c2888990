import { IAMClient } from '@aws-sdk/client-iam';
import { AssumeRoleCommand, type AssumeRoleCommandInput, STSClient } from '@aws-sdk/client-sts';
import { type LocalAws, type LocalAwsOptions, startLocalAws } from '../../../src/demo/aws/local-aws.ts';
import { reservedRoleName } from '../../../src/demo/aws/seed.ts';
import type { SigningKeys } from '../../../src/demo/aws/sigv4.ts';

export const MANAGEMENT = '111111111111';
export const PRODUCTION = '222222222222';
export const EXTERNAL_ID = 'broker-external-id';
export const BOUNDARY = `arn:aws:iam::${PRODUCTION}:policy/breakglass-guardrails/bg-boundary`;
export const BROKER_ROLE = `arn:aws:iam::${PRODUCTION}:role/breakglass-broker`;
export const ENTRY_ROLE = reservedRoleName(PRODUCTION, 'bg-entry');
export const ALICE_SSO = `arn:aws:sts::${PRODUCTION}:assumed-role/${ENTRY_ROLE}/alice@example.com`;
export const BOB = `arn:aws:iam::${PRODUCTION}:user/bob`;
export const MALLORY = `arn:aws:iam::${PRODUCTION}:user/mallory`;

export const document = (...statements: object[]) => ({ Version: '2012-10-17', Statement: statements });
export const allow = (action: string | string[], resource: string | string[] = '*', more: object = {}) => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
  ...more,
});
export const deny = (action: string | string[], resource: string | string[] = '*', more: object = {}) => ({
  ...allow(action, resource, more),
  Effect: 'Deny',
});

const ours = 'arn:aws:iam::*:role/breakglass/*';
const bounded = { Condition: { StringEquals: { 'iam:PermissionsBoundary': BOUNDARY } } };

/** The broker's own rights, as in production: bounded roles below one path, and nothing else. */
const BROKER_POLICY = document(
  allow('iam:CreateRole', ours, bounded),
  allow(['iam:PutRolePolicy', 'iam:DeleteRolePolicy', 'iam:AttachRolePolicy', 'iam:DetachRolePolicy'], ours, bounded),
  allow(
    [
      'iam:GetRole',
      'iam:TagRole',
      'iam:UntagRole',
      'iam:UpdateRole',
      'iam:UpdateAssumeRolePolicy',
      'iam:DeleteRole',
      'iam:ListRolePolicies',
      'iam:ListAttachedRolePolicies',
      'iam:GetRolePolicy',
      'iam:ListRoleTags',
    ],
    ours,
  ),
  allow(['iam:ListRoles', 'iam:GetAccountSummary', 'iam:GetPolicy', 'iam:GetPolicyVersion']),
  deny(['iam:DeleteRolePermissionsBoundary', 'iam:PutRolePermissionsBoundary', 'iam:CreatePolicyVersion']),
);

/** A management account with the broker's user, and a production account with people, a boundary and an administrator. */
export const twoAccounts = (more: Partial<LocalAwsOptions> = {}): LocalAwsOptions => ({
  accounts: [
    {
      id: MANAGEMENT,
      name: 'management',
      users: [
        {
          name: 'breakglass',
          policies: { broker: document(allow('sts:AssumeRole', 'arn:aws:iam::*:role/breakglass-broker')) },
        },
        { name: 'stranger' },
      ],
    },
    {
      id: PRODUCTION,
      name: 'production',
      roleQuota: 20,
      users: [
        { name: 'root-admin', policies: { all: document(allow('*')) } },
        { name: 'bob' },
        { name: 'mallory', policies: { assume: document(allow('sts:AssumeRole')) } },
      ],
      managedPolicies: [
        {
          name: 'bg-boundary',
          path: '/breakglass-guardrails/',
          document: document(
            allow('*'),
            deny(['iam:CreateUser', 'sts:AssumeRole']),
            deny('*', '*', { Condition: { Null: { 'aws:PrincipalTag/breakglass-grant': 'true' } } }),
          ),
        },
        { name: 'lister', path: '/breakglass/', document: document(allow('iam:ListUsers')) },
      ],
      permissionSets: [
        {
          name: 'bg-entry',
          region: 'eu-west-1',
          policies: { entry: document(allow(['sts:AssumeRole', 'sts:SetSourceIdentity'], ours)) },
          people: [{ name: 'alice@example.com', userId: 'u-alice' }],
        },
      ],
      brokerRole: {
        name: 'breakglass-broker',
        policy: BROKER_POLICY,
        externalId: EXTERNAL_ID,
        trusted: [`arn:aws:iam::${MANAGEMENT}:user/breakglass`],
      },
    },
  ],
  awsManagedPolicies: [
    { name: 'ServicePolicy', path: '/aws-service-role/', document: document(allow('s3:GetObject')) },
    { name: 'ReadOnlyAccess', document: document(allow(['iam:Get*', 'iam:List*'])) },
  ],
  ...more,
});

/** Real SDK clients on a local AWS, closed together with it. */
export class Bench {
  readonly aws: LocalAws;
  readonly #clients: { destroy: () => void }[] = [];

  private constructor(aws: LocalAws) {
    this.aws = aws;
  }

  static async open(more: Partial<LocalAwsOptions> = {}): Promise<Bench> {
    return new Bench(await startLocalAws(twoAccounts(more)));
  }

  #settings(credentials: SigningKeys) {
    return { endpoint: this.aws.url, region: 'eu-west-1', credentials, maxAttempts: 1 };
  }

  iam(credentials: SigningKeys): IAMClient {
    const client = new IAMClient(this.#settings(credentials));
    this.#clients.push(client);
    return client;
  }

  sts(credentials: SigningKeys): STSClient {
    const client = new STSClient(this.#settings(credentials));
    this.#clients.push(client);
    return client;
  }

  /** AssumeRole as these credentials; answers with the new session's. */
  async assume(credentials: SigningKeys, input: Partial<AssumeRoleCommandInput> & { RoleArn: string }) {
    const answer = await this.sts(credentials).send(
      new AssumeRoleCommand({ RoleSessionName: 'test-session', ...input }),
    );
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer.Credentials ?? {};
    if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Expiration)
      throw new Error('AssumeRole gave no credentials');
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      expiration: Expiration,
    };
  }

  admin(): IAMClient {
    return this.iam(this.aws.keysOf(PRODUCTION, 'root-admin'));
  }

  /** The broker, in the production account, as it works: through its role with the external id. */
  async broker(): Promise<IAMClient> {
    const keys = this.aws.keysOf(MANAGEMENT, 'breakglass');
    return this.iam(await this.assume(keys, { RoleArn: BROKER_ROLE, ExternalId: EXTERNAL_ID }));
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await this.aws.close();
  }
}

/** A trust that lets this principal in, under these conditions. */
export const trust = (principal: string, condition: object = {}, action: string | string[] = 'sts:AssumeRole') =>
  JSON.stringify(document({ Effect: 'Allow', Principal: { AWS: principal }, Action: action, Condition: condition }));

/** The wire code of what a call was refused with; `allowed` where it was not. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'allowed';
  } catch (error) {
    if (error instanceof Error) return 'Code' in error && typeof error.Code === 'string' ? error.Code : error.name;
    return String(error);
  }
}
