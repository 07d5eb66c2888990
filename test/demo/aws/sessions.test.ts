import {
  CreateRoleCommand,
  type CreateRoleCommandInput,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  type IAMClient,
  ListUsersCommand,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import type { AssumeRoleCommandInput } from '@aws-sdk/client-sts';
import type { SigningKeys } from '../../../src/demo/aws/sigv4.ts';
import { simulate } from '../../../src/demo/aws/simulate.ts';
import { rawQuery } from './raw-request.ts';
import {
  ALICE_SSO,
  allow,
  Bench,
  BOB,
  BOUNDARY,
  BROKER_ROLE,
  codeOf,
  deny,
  document,
  ENTRY_ROLE,
  EXTERNAL_ID,
  MANAGEMENT,
  PRODUCTION,
  trust,
  twoAccounts,
} from './two-accounts.ts';

const ROLE = `arn:aws:iam::${PRODUCTION}:role/breakglass/bg-1`;
const ENTRY = `arn:aws:iam::${PRODUCTION}:role/aws-reserved/sso.amazonaws.com/eu-west-1/${ENTRY_ROLE}`;

let bench: Bench;
let admin: IAMClient;
beforeEach(async () => {
  bench = await Bench.open();
  admin = bench.admin();
});
afterEach(() => bench.close());

const text = (...statements: object[]) => JSON.stringify(document(...statements));
const soon = (minutes: number) => new Date(bench.aws.now().getTime() + minutes * 60_000).toISOString();
const make = (AssumeRolePolicyDocument: string, more: Partial<CreateRoleCommandInput> = {}) =>
  admin.send(
    new CreateRoleCommand({
      RoleName: 'bg-1',
      Path: '/breakglass/',
      AssumeRolePolicyDocument,
      Tags: [{ Key: 'breakglass-grant', Value: 'g1' }],
      ...more,
    }),
  );
const put = (PolicyName: string, ...statements: object[]) =>
  admin.send(new PutRolePolicyCommand({ RoleName: 'bg-1', PolicyName, PolicyDocument: text(...statements) }));
const assume = (keys: SigningKeys, more: Partial<AssumeRoleCommandInput> = {}) =>
  codeOf(bench.assume(keys, { ...more, RoleArn: more.RoleArn ?? ROLE }));
const may = async (keys: SigningKeys, action: string, context: Record<string, string> = {}) =>
  (await simulate(bench.aws.url, keys, { action, resource: '*', context, at: bench.aws.now() })).code;

const alice = () => bench.aws.signInAs(ALICE_SSO);
const bob = () => bench.aws.keysOf(PRODUCTION, 'bob');
const mallory = () => bench.aws.keysOf(PRODUCTION, 'mallory');
const breakglass = () => bench.aws.keysOf(MANAGEMENT, 'breakglass');

describe('a trust lets in', () => {
  it.each<[promise: string, trusted: () => string, who: () => SigningKeys, expected: string]>([
    ['the session it names', () => trust(ALICE_SSO), alice, 'allowed'],
    ['the user it names, who needs no right of their own', () => trust(BOB), bob, 'allowed'],
    ['nobody else', () => trust(BOB), alice, 'AccessDenied'],
    ['not a user with every sts right whom it does not name', () => trust(BOB), mallory, 'AccessDenied'],
    ['the sessions of a role it names', () => trust(ENTRY), alice, 'allowed'],
    ['of an account only who may assume', () => trust(PRODUCTION), mallory, 'allowed'],
    ['of an account nobody without that right', () => trust(`arn:aws:iam::${PRODUCTION}:root`), bob, 'AccessDenied'],
    ['nobody of another account by the root of this one', () => trust(PRODUCTION), breakglass, 'AccessDenied'],
    [
      'of another account nobody without a right there',
      () => trust(`arn:aws:iam::${MANAGEMENT}:user/breakglass`),
      breakglass,
      'AccessDenied',
    ],
    [
      'a person of Identity Center by user id and role pattern',
      () =>
        trust(`arn:aws:iam::${PRODUCTION}:root`, {
          ArnLike: {
            'aws:PrincipalArn': `arn:aws:iam::${PRODUCTION}:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_bg-entry_*`,
          },
          StringEquals: { 'identitystore:UserId': 'u-alice' },
        }),
      alice,
      'allowed',
    ],
    [
      'nobody with another user id',
      () => trust(PRODUCTION, { StringEquals: { 'identitystore:UserId': 'u-alice' } }),
      mallory,
      'AccessDenied',
    ],
    [
      'nobody after its window',
      () => trust(BOB, { DateLessThan: { 'aws:CurrentTime': soon(-1) } }),
      bob,
      'AccessDenied',
    ],
    [
      'nobody before its window',
      () => trust(BOB, { DateGreaterThanEquals: { 'aws:CurrentTime': soon(1) } }),
      bob,
      'AccessDenied',
    ],
    ['who asks within the window', () => trust(BOB, { DateLessThan: { 'aws:CurrentTime': soon(1) } }), bob, 'allowed'],
    [
      'nobody whom it also denies',
      () =>
        text(
          { Effect: 'Allow', Principal: { AWS: BOB }, Action: 'sts:AssumeRole' },
          { Effect: 'Deny', Principal: '*', Action: 'sts:*' },
        ),
      bob,
      'AccessDenied',
    ],
  ])('%s', async (_promise, trusted, who, expected) => {
    await make(trusted());
    expect(await assume(who())).toBe(expected);
  });

  it('only an IAM user with a fresh second factor where it asks for one', async () => {
    await make(
      trust(BOB, {
        Bool: { 'aws:MultiFactorAuthPresent': 'true' },
        NumericLessThan: { 'aws:MultiFactorAuthAge': '3600' },
      }),
    );
    const withMfa = bench.aws.signInAs(BOB, { mfa: true });
    expect(await assume(bob())).toBe('AccessDenied');
    expect(await assume(bench.aws.signInAs(BOB))).toBe('AccessDenied');
    expect(await assume(withMfa)).toBe('allowed');
    bench.aws.dials.setClockOffset(3600_000);
    expect(await codeOf(bench.assume(withMfa, { RoleArn: ROLE }))).not.toBe('allowed');
  });

  it('nobody of Identity Center where it asks for a second factor, for AWS never learns of theirs', async () => {
    await make(trust(ALICE_SSO, { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }));
    expect(await assume(alice())).toBe('AccessDenied');
  });

  it('a role it names, but not another one made later under the same name', async () => {
    const friend = `arn:aws:iam::${PRODUCTION}:role/friend`;
    const befriend = () =>
      admin.send(new CreateRoleCommand({ RoleName: 'friend', AssumeRolePolicyDocument: trust(BOB) }));
    await befriend();
    await make(trust(friend));
    expect(await assume(await bench.assume(bob(), { RoleArn: friend }))).toBe('allowed');
    await admin.send(new DeleteRoleCommand({ RoleName: 'friend' }));
    await befriend();
    expect(await assume(await bench.assume(bob(), { RoleArn: friend }))).toBe('AccessDenied');
  });
});

describe('AssumeRole', () => {
  it('answers for a missing role as for a forbidden one', async () => {
    expect(await assume(mallory())).toBe('AccessDenied');
    expect(await assume(mallory(), { RoleArn: 'arn:aws:iam::999999999999:role/nowhere' })).toBe('AccessDenied');
    await make(trust(PRODUCTION));
    expect(await assume(mallory(), { RoleArn: `arn:aws:iam::${PRODUCTION}:role/bg-1` })).toBe('AccessDenied');
  });

  it('across accounts wants the external id (confused deputy)', async () => {
    const into = (ExternalId?: string) =>
      codeOf(bench.assume(breakglass(), { RoleArn: BROKER_ROLE, ...(ExternalId && { ExternalId }) }));
    expect(await into(EXTERNAL_ID)).toBe('allowed');
    expect(await into('another')).toBe('AccessDenied');
    expect(await into()).toBe('AccessDenied');
    const stranger = bench.aws.keysOf(MANAGEMENT, 'stranger');
    expect(await codeOf(bench.assume(stranger, { RoleArn: BROKER_ROLE, ExternalId: EXTERNAL_ID }))).toBe(
      'AccessDenied',
    );
  });

  it.each<[refused: string, code: string, input: Partial<AssumeRoleCommandInput>]>([
    ['a session of 899 seconds', 'ValidationError', { DurationSeconds: 899 }],
    ['a session longer than the role allows', 'ValidationError', { DurationSeconds: 3601 }],
    ['a session name with a space', 'ValidationError', { RoleSessionName: 'a b' }],
    ['a session name of one letter', 'ValidationError', { RoleSessionName: 'a' }],
    ['a session policy that is none', 'MalformedPolicyDocument', { Policy: '{}' }],
    ['tags that the trust does not allow', 'AccessDenied', { Tags: [{ Key: 'a', Value: 'b' }] }],
    ['a source identity that the trust does not allow', 'AccessDenied', { SourceIdentity: 'bob' }],
    [
      'a code of a device nobody registered',
      'AccessDenied',
      { SerialNumber: 'arn:aws:iam::222222222222:mfa/bob', TokenCode: '123456' },
    ],
  ])('refuses %s: %s', async (_what, code, input) => {
    await make(trust(BOB));
    expect(await assume(bob(), input)).toBe(code);
  });

  it('gives a chained session an hour at most', async () => {
    await make(trust(ALICE_SSO), { MaxSessionDuration: 43_200 });
    expect(await assume(alice(), { DurationSeconds: 3601 })).toBe('ValidationError');
    expect(await assume(alice(), { DurationSeconds: 3600 })).toBe('allowed');
  });

  it('takes tags and source identity where the trust allows them, and the conditions see them', async () => {
    const actions = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'];
    await make(trust(BOB, { StringEquals: { 'sts:SourceIdentity': 'bob' } }, actions));
    await put(
      'p',
      allow('s3:*', '*', {
        Condition: { StringEquals: { 'aws:PrincipalTag/case': 'INC-1', 'aws:SourceIdentity': 'bob' } },
      }),
    );
    expect(await assume(bob())).toBe('AccessDenied');
    const Tags = [{ Key: 'case', Value: 'INC-1' }];
    const session = await bench.assume(bob(), { RoleArn: ROLE, SourceIdentity: 'bob', Tags });
    expect(await may(session, 's3:GetObject')).toBe('ok');
    const untagged = await bench.assume(bob(), { RoleArn: ROLE, SourceIdentity: 'bob' });
    expect(await may(untagged, 's3:GetObject')).toBe('AccessDenied');
  });
});

describe('an open session', () => {
  const open = async (more: Partial<AssumeRoleCommandInput> = {}, role: Partial<CreateRoleCommandInput> = {}) => {
    await make(trust(ALICE_SSO), { PermissionsBoundary: BOUNDARY, ...role });
    await put('10-grant', allow('*'));
    return bench.assume(alice(), { ...more, RoleArn: ROLE });
  };

  it('does what its policy allows, over the real SDK too', async () => {
    const session = await open();
    expect((await bench.iam(session).send(new ListUsersCommand())).Users?.length).toBe(3);
    expect(await may(session, 'ecs:UpdateService')).toBe('ok');
  });

  it.each([
    ['what the boundary denies', 'iam:CreateUser'],
    ['assuming another role (no chaining)', 'sts:AssumeRole'],
  ])('is refused %s', async (_what, action) => {
    expect(await may(await open(), action)).toBe('AccessDenied');
  });

  it('is refused everything where the boundary wants the grant tag and the role has none', async () => {
    expect(await may(await open({}, { Tags: [] }), 'ecs:UpdateService')).toBe('AccessDenied');
  });

  it('is limited by its session policy', async () => {
    const session = await open({ Policy: text(allow('ecs:*')) });
    expect(await may(session, 'ecs:UpdateService')).toBe('ok');
    expect(await may(session, 's3:GetObject')).toBe('AccessDenied');
  });

  it('ends by the date of its Deny, with every other part still in place (D3, the provider alone)', async () => {
    const session = await open();
    await put('00-expiry', deny('*', '*', { Condition: { DateGreaterThanEquals: { 'aws:CurrentTime': soon(15) } } }));
    expect(await may(session, 'ecs:UpdateService')).toBe('ok');
    bench.aws.dials.setClockOffset(15 * 60_000);
    expect(await may(session, 'ecs:UpdateService')).toBe('AccessDenied');
    bench.aws.dials.setIgnoreDates(true);
    expect(await may(session, 'ecs:UpdateService')).toBe('ok');
  });

  it('ends with an unconditional Deny, and nobody comes in after a Deny-all trust (D5)', async () => {
    const session = await open();
    await put('99-revoked', deny('*'));
    const closed = text({ Effect: 'Deny', Principal: '*', Action: 'sts:AssumeRole' });
    await admin.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'bg-1', PolicyDocument: closed }));
    expect(await may(session, 'ecs:UpdateService')).toBe('AccessDenied');
    expect(await codeOf(bench.iam(session).send(new ListUsersCommand()))).toBe('AccessDenied');
    expect(await assume(alice())).toBe('AccessDenied');
    bench.aws.dials.setIgnoreDates(true);
    expect(await may(session, 'ecs:UpdateService')).toBe('AccessDenied');
  });

  it('dies with its role and does not come back with one of the same name', async () => {
    const session = await open();
    await admin.send(new DeleteRolePolicyCommand({ RoleName: 'bg-1', PolicyName: '10-grant' }));
    await admin.send(new DeleteRoleCommand({ RoleName: 'bg-1' }));
    expect(await may(session, 'ecs:UpdateService')).toBe('InvalidClientTokenId');
    await open();
    expect(await may(session, 'ecs:UpdateService')).toBe('InvalidClientTokenId');
  });

  it('ends when its credentials do', async () => {
    const session = await open({ DurationSeconds: 900 });
    bench.aws.dials.setClockOffset(900_000);
    expect(await may(session, 'ecs:UpdateService')).toBe('ExpiredToken');
  });

  it('brings service keys along in a simulated call, but cannot claim who it is', async () => {
    const session = await open();
    const passed = { Condition: { StringNotEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } } };
    await put('pass', deny('iam:PassRole', '*', passed));
    expect(await may(session, 'iam:PassRole', { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' })).toBe('ok');
    expect(await may(session, 'iam:PassRole', { 'iam:PassedToService': 'ec2.amazonaws.com' })).toBe('AccessDenied');
    expect(await may(session, 's3:GetObject', { 'aws:CurrentTime': '2000-01-01' })).toBe('ValidationError');
    expect(await may(session, 's3:GetObject', { 'AWS:PrincipalTag/x': 'y' })).toBe('ValidationError');
  });
});

it('a service control policy denies in the whole account', async () => {
  const scp = document(deny('cloudtrail:StopLogging'));
  const accounts = twoAccounts().accounts.map((account) => ({ ...account, serviceControlPolicies: [scp] }));
  const guarded = await Bench.open({ accounts });
  const keys = guarded.aws.keysOf(PRODUCTION, 'root-admin');
  const answer = await simulate(guarded.aws.url, keys, { action: 'cloudtrail:StopLogging', resource: '*' });
  const other = await simulate(guarded.aws.url, keys, { action: 's3:GetObject', resource: '*' });
  await guarded.close();
  expect(answer.message).toContain('with an explicit deny in a service control policy');
  expect(other.allowed).toBe(true);
});

describe('propagation', () => {
  it('lets a new role be assumed, and a change of it be felt, only after its time', async () => {
    const base = { now: Date.parse('2030-01-01T12:00:00Z') };
    const slow = await Bench.open({ now: () => base.now });
    slow.aws.dials.setPropagation(10_000);
    const root = slow.aws.keysOf(PRODUCTION, 'root-admin');
    const send = (params: Record<string, string>) => rawQuery(slow.aws, root, { RoleName: 'r', ...params });
    const enter = () =>
      rawQuery(
        slow.aws,
        slow.aws.keysOf(PRODUCTION, 'bob'),
        {
          Action: 'AssumeRole',
          Version: '2011-06-15',
          RoleArn: `arn:aws:iam::${PRODUCTION}:role/r`,
          RoleSessionName: 'bob',
        },
        { service: 'sts' },
      );
    await send({ Action: 'CreateRole', AssumeRolePolicyDocument: trust(BOB) });
    const before = (await enter()).code;
    base.now += 10_000;
    const after = await enter();
    const closed = text({ Effect: 'Deny', Principal: '*', Action: 'sts:AssumeRole' });
    await send({ Action: 'UpdateAssumeRolePolicy', PolicyDocument: closed });
    const stillOpen = (await enter()).code;
    base.now += 10_000;
    const shut = (await enter()).code;
    await slow.close();
    expect([before, after.code, stillOpen, shut]).toEqual(['AccessDenied', 'ok', 'ok', 'AccessDenied']);
  });
});
