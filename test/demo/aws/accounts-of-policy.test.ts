import { readFileSync } from 'node:fs';
import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  GetAccountSummaryCommand,
  GetPolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { parse } from 'yaml';
import { type AwsAccount, awsAccountOf, awsRoleOf } from '../../../src/clouds/aws/policy/schema.ts';
import { PRODUCTION_FLOORS, policySchema } from '../../../src/core/policy/policy.ts';
import { DEFINITIONS } from '../../../src/definitions.ts';
import { accountsOfPolicy, BROKER_HOME } from '../../../src/demo/aws/accounts-of-policy.ts';
import { type LocalAws, startLocalAws } from '../../../src/demo/aws/local-aws.ts';
import type { SigningKeys } from '../../../src/demo/aws/sigv4.ts';
import { simulate } from '../../../src/demo/aws/simulate.ts';
import { allow, codeOf, document, trust } from './two-accounts.ts';

const policy = policySchema(PRODUCTION_FLOORS, DEFINITIONS).parse(
  parse(readFileSync('breakglass.example.yaml', 'utf8')),
);
const { accounts, signInArns } = accountsOfPolicy(policy);

let aws: LocalAws;
beforeAll(async () => {
  aws = await startLocalAws({ accounts });
});
afterAll(() => aws.close());

const settings = (credentials: SigningKeys) => ({
  endpoint: aws.url,
  region: 'eu-central-1',
  credentials,
  maxAttempts: 1,
});

async function assume(keys: SigningKeys, RoleArn: string, ExternalId?: string): Promise<Required<SigningKeys>> {
  const client = new STSClient(settings(keys));
  const input = { RoleArn, RoleSessionName: 'session', ...(ExternalId && { ExternalId }) };
  const { Credentials } = await client.send(new AssumeRoleCommand(input)).finally(() => client.destroy());
  return {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
}

const own = policy.accounts.map(awsAccountOf);
const broker = async (account: AwsAccount) =>
  new IAMClient(
    settings(await assume(aws.keysOf(BROKER_HOME.account, BROKER_HOME.user), account.brokerRole, account.externalId)),
  );

const [production] = own;
if (production === undefined) throw new Error('the example has no account');

it.each(own)('the broker reaches $name through its role, and no account without the external id', async (account) => {
  const iam = await broker(account);
  expect((await iam.send(new GetAccountSummaryCommand())).SummaryMap?.RolesQuota).toBe(1000);
  iam.destroy();
  const own = aws.keysOf(BROKER_HOME.account, BROKER_HOME.user);
  expect(await codeOf(assume(own, account.brokerRole))).toBe('AccessDenied');
});

it.each([...signInArns])('%s can sign in and may do nothing but ask for a grant', async (_person, arn) => {
  const keys = aws.signInAs(arn, { mfa: true });
  const may = async (action: string, resource: string) => (await simulate(aws.url, keys, { action, resource })).allowed;
  expect(await may('sts:AssumeRole', `arn:aws:iam::${production.id}:role/breakglass/bg-1`)).toBe(true);
  expect(await may('sts:AssumeRole', production.brokerRole)).toBe(false);
  expect(await may('iam:ListUsers', '*')).toBe(false);
});

it('pinned managed policies are there for the broker to read', async () => {
  const arns = policy.roles
    .map(awsRoleOf)
    .flatMap((role) =>
      role.policies.flatMap((one) => ('arn' in one && role.account === production.id ? [one.arn] : [])),
    );
  expect(arns.length).toBeGreaterThan(0);
  const iam = await broker(production);
  for (const PolicyArn of arns)
    expect((await iam.send(new GetPolicyCommand({ PolicyArn }))).Policy?.Arn).toBe(PolicyArn);
  iam.destroy();
});

describe('a grant under a zone boundary (C3, C4)', () => {
  const sessionIn = async (zone: 'A' | 'B' | 'C') => {
    const iam = await broker(production);
    const name = `bg-${zone}`;
    const person = signInArns.get('theo') ?? '';
    await iam.send(
      new CreateRoleCommand({
        RoleName: name,
        Path: '/breakglass/',
        AssumeRolePolicyDocument: trust(person, { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }),
        PermissionsBoundary: production.boundaries[zone],
        Tags: [{ Key: 'breakglass-grant', Value: 'g' }],
      }),
    );
    const everything = JSON.stringify(document(allow('*')));
    await iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: '10-grant', PolicyDocument: everything }));
    const foreign = 'arn:aws:iam::aws:policy/AdministratorAccess';
    expect(await codeOf(iam.send(new AttachRolePolicyCommand({ RoleName: name, PolicyArn: foreign })))).toBe(
      'AccessDenied',
    );
    iam.destroy();
    return assume(aws.signInAs(person, { mfa: true }), `arn:aws:iam::${production.id}:role/breakglass/${name}`);
  };
  const service = (kind: string, name: string) => `arn:aws:iam::${production.id}:${kind}/service/${name}`;

  it('does its work, leaves nothing lasting, touches no guardrail, and in zone C removes only what is named', async () => {
    const [b, c] = [await sessionIn('B'), await sessionIn('C')];
    const may = async (keys: SigningKeys, action: string, resource = '*', context = {}) =>
      (await simulate(aws.url, keys, { action, resource, context })).allowed;
    expect(await may(b, 'ecs:UpdateService')).toBe(true);
    for (const action of [
      'iam:CreateAccessKey',
      'iam:CreateUser',
      'iam:UpdateAssumeRolePolicy',
      'iam:PutRolePolicy',
      'iam:PutRolePermissionsBoundary',
      'cloudtrail:StopLogging',
      'sts:GetFederationToken',
      'sts:AssumeRole',
    ]) {
      expect([action, await may(b, action)]).toEqual([action, false]);
    }
    expect(
      await may(b, 'iam:PassRole', service('role', 'backup-restore'), { 'iam:PassedToService': 'ec2.amazonaws.com' }),
    ).toBe(false);
    expect(await may(b, 'iam:DetachRolePolicy', service('role', 'model-gateway'))).toBe(false);
    expect(await may(c, 'iam:DetachRolePolicy', service('role', 'model-gateway'))).toBe(true);
    expect(await may(c, 'iam:SetDefaultPolicyVersion', service('policy', 'model-gateway'))).toBe(true);
    expect(await may(c, 'iam:DetachRolePolicy', service('role', 'another'))).toBe(false);
    expect(await may(c, 'iam:DeleteRolePolicy', `arn:aws:iam::${production.id}:role/breakglass/bg-C`)).toBe(false);
  });
});
