import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  type CreateRoleCommandInput,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetAccountSummaryCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  type IAMClient,
  ListAttachedRolePoliciesCommand,
  ListPolicyVersionsCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
  ListRoleTagsCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  SetDefaultPolicyVersionCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam';
import {
  allow,
  Bench,
  BOB,
  BOUNDARY,
  codeOf,
  document,
  ENTRY_ROLE,
  MANAGEMENT,
  PRODUCTION,
  trust,
} from './two-accounts.ts';

let bench: Bench;
let admin: IAMClient;
beforeEach(async () => {
  bench = await Bench.open();
  admin = bench.admin();
});
afterEach(() => bench.close());

const create = (more: Partial<CreateRoleCommandInput> = {}, client = admin) =>
  client.send(new CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument: trust(BOB), ...more }));
const text = (...statements: object[]) => JSON.stringify(document(...statements));
const put = (PolicyName: string, PolicyDocument: string, RoleName = 'r') =>
  admin.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }));
const LISTER = `arn:aws:iam::${PRODUCTION}:policy/breakglass/lister`;

describe('a role', () => {
  it('comes back as it was written, its trust URL-encoded (D3 read-back)', async () => {
    const Tags = [
      { Key: 'breakglass-grant', Value: ' Ünïcode 日本 :/=+-@_. ' },
      { Key: 'empty', Value: '' },
    ];
    const made = await create({
      Path: '/breakglass/',
      Description: 'a <b> & "c"\n\té',
      Tags,
      PermissionsBoundary: BOUNDARY,
    });
    const { Role } = await admin.send(new GetRoleCommand({ RoleName: 'r' }));
    expect(Role).toMatchObject({
      Arn: `arn:aws:iam::${PRODUCTION}:role/breakglass/r`,
      Path: '/breakglass/',
      Description: 'a <b> & "c"\n\té',
      MaxSessionDuration: 3600,
      PermissionsBoundary: { PermissionsBoundaryArn: BOUNDARY },
      Tags,
    });
    expect(Role?.AssumeRolePolicyDocument).toContain('%7B%22Version%22');
    expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')).toBe(trust(BOB));
    expect(Role?.RoleId).toBe(made.Role?.RoleId);
    expect(Role?.CreateDate).toBeInstanceOf(Date);
  });

  it.each<[refused: string, code: string, input: Partial<CreateRoleCommandInput>]>([
    ['a name with a space', 'ValidationError', { RoleName: 'a b' }],
    ['a name of 65 characters', 'ValidationError', { RoleName: 'a'.repeat(65) }],
    ['a path without slashes', 'ValidationError', { Path: 'x' }],
    ['a description beyond Latin-1', 'ValidationError', { Description: 'smart “quotes”' }],
    ['a description of 1,001 characters', 'ValidationError', { Description: 'a'.repeat(1001) }],
    ['a tag value with a comma', 'ValidationError', { Tags: [{ Key: 'a', Value: 'b,c' }] }],
    ['a tag value of 257 characters', 'ValidationError', { Tags: [{ Key: 'a', Value: 'b'.repeat(257) }] }],
    ['a tag key of 129 characters', 'ValidationError', { Tags: [{ Key: 'a'.repeat(129), Value: '' }] }],
    ['51 tags', 'ValidationError', { Tags: Array.from({ length: 51 }, (_, i) => ({ Key: `k${i}`, Value: '' })) }],
    [
      'one tag twice, in other letters',
      'InvalidInput',
      {
        Tags: [
          { Key: 'a', Value: '' },
          { Key: 'A', Value: '' },
        ],
      },
    ],
    ['a tag of AWS', 'InvalidInput', { Tags: [{ Key: 'aws:x', Value: '' }] }],
    ['a session of half an hour at most', 'ValidationError', { MaxSessionDuration: 1800 }],
    ['a session of 13 hours', 'ValidationError', { MaxSessionDuration: 46_800 }],
    ['a trust that is no policy', 'MalformedPolicyDocument', { AssumeRolePolicyDocument: '{}' }],
    [
      'a trust of somebody who is not there',
      'MalformedPolicyDocument',
      { AssumeRolePolicyDocument: trust(`${BOB}by`) },
    ],
    [
      'a trust of an account that is not there',
      'MalformedPolicyDocument',
      { AssumeRolePolicyDocument: trust('333333333333') },
    ],
    ['a trust of 2,049 characters', 'LimitExceeded', { AssumeRolePolicyDocument: trust(BOB).padEnd(2049, ' ') }],
    ['a boundary that is not there', 'NoSuchEntity', { PermissionsBoundary: `${BOUNDARY}x` }],
    ['a path of AWS', 'InvalidInput', { Path: '/aws-reserved/x/' }],
  ])('with %s is refused: %s', async (_what, code, input) => {
    expect(await codeOf(create(input))).toBe(code);
    expect(bench.aws.roles(PRODUCTION).map(({ name }) => name)).not.toContain('r');
  });

  it('exists once, without regard to case, and is another one when made again', async () => {
    const first = await create();
    expect(await codeOf(create({ RoleName: 'R', Path: '/other/' }))).toBe('EntityAlreadyExists');
    await admin.send(new DeleteRoleCommand({ RoleName: 'r' }));
    expect(await codeOf(admin.send(new GetRoleCommand({ RoleName: 'r' })))).toBe('NoSuchEntity');
    expect((await create()).Role?.RoleId).not.toBe(first.Role?.RoleId);
  });

  it('counts against the quota, which the summary tells (issue §5)', async () => {
    const { SummaryMap } = await admin.send(new GetAccountSummaryCommand());
    expect(SummaryMap).toMatchObject({ Roles: 2, RolesQuota: 20 });
    for (let i = 0; i < 18; i += 1) await create({ RoleName: `r${i}` });
    expect(await codeOf(create())).toBe('LimitExceeded');
  });

  it('is listed by path, page by page, without its tags', async () => {
    for (const RoleName of ['c', 'a', 'b'])
      await create({ RoleName, Path: '/breakglass/', Tags: [{ Key: 'k', Value: 'v' }] });
    const first = await admin.send(new ListRolesCommand({ PathPrefix: '/breakglass/', MaxItems: 2 }));
    expect(first.Roles?.map(({ RoleName }) => RoleName)).toEqual(['a', 'b']);
    expect(first.Roles?.[0]?.Tags).toBeUndefined();
    expect(first.IsTruncated).toBe(true);
    const rest = await admin.send(new ListRolesCommand({ PathPrefix: '/breakglass/', Marker: first.Marker }));
    expect(rest.Roles?.map(({ RoleName }) => RoleName)).toEqual(['c']);
    expect(rest.IsTruncated).toBe(false);
  });

  it('refuses a marker that it did not give', async () => {
    expect(await codeOf(admin.send(new ListRolesCommand({ Marker: 'Not one of mine' })))).toBe('ValidationError');
  });

  it('is missing from listings, not from reads by name, for as long as the dial says', async () => {
    bench.aws.dials.setListLag(60_000);
    await create({ RoleName: 'late', Path: '/breakglass/' });
    const listed = async () => (await admin.send(new ListRolesCommand({ PathPrefix: '/breakglass/' }))).Roles?.length;
    expect(await listed()).toBe(0);
    expect(await codeOf(admin.send(new GetRoleCommand({ RoleName: 'late' })))).toBe('allowed');
    bench.aws.dials.setClockOffset(60_000);
    expect(await listed()).toBe(1);
  });

  it('changes its trust, description and longest session, and keeps the rest', async () => {
    await create({ Description: 'old' });
    await admin.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'r', PolicyDocument: trust(MANAGEMENT) }));
    await admin.send(new UpdateRoleCommand({ RoleName: 'r', Description: 'new', MaxSessionDuration: 7200 }));
    const { Role } = await admin.send(new GetRoleCommand({ RoleName: 'r' }));
    expect(Role).toMatchObject({ Description: 'new', MaxSessionDuration: 7200 });
    expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')).toBe(trust(MANAGEMENT));
    const bad = new UpdateAssumeRolePolicyCommand({ RoleName: 'r', PolicyDocument: text(allow('*')) });
    expect(await codeOf(admin.send(bad))).toBe('MalformedPolicyDocument');
  });

  it('keeps 50 tags at most and forgets those taken away', async () => {
    await create({ Tags: Array.from({ length: 49 }, (_, i) => ({ Key: `k${i}`, Value: '' })) });
    const tag = (...keys: string[]) =>
      admin.send(new TagRoleCommand({ RoleName: 'r', Tags: keys.map((Key) => ({ Key, Value: 'new' })) }));
    await tag('K0', 'more');
    expect(await codeOf(tag('too-many'))).toBe('LimitExceeded');
    await admin.send(new UntagRoleCommand({ RoleName: 'r', TagKeys: ['K0'] }));
    const { Tags } = await admin.send(new ListRoleTagsCommand({ RoleName: 'r' }));
    expect(Tags?.length).toBe(49);
    expect(Tags).toContainEqual({ Key: 'more', Value: 'new' });
  });

  it('of Identity Center is not ours to change', async () => {
    expect(await codeOf(put('x', text(allow('*')), ENTRY_ROLE))).toBe('UnmodifiableEntity');
    expect(await codeOf(admin.send(new DeleteRoleCommand({ RoleName: ENTRY_ROLE })))).toBe('UnmodifiableEntity');
  });
});

describe("a role's policies", () => {
  beforeEach(() => create());

  it('are written twice as well as once, read back encoded, and deleted once', async () => {
    await put('10-grant', text(allow('s3:*')));
    await put('10-grant', text(allow('ec2:*')));
    const read = await admin.send(new GetRolePolicyCommand({ RoleName: 'r', PolicyName: '10-grant' }));
    expect(decodeURIComponent(read.PolicyDocument ?? '')).toBe(text(allow('ec2:*')));
    expect((await admin.send(new ListRolePoliciesCommand({ RoleName: 'r' }))).PolicyNames).toEqual(['10-grant']);
    const gone = () => admin.send(new DeleteRolePolicyCommand({ RoleName: 'r', PolicyName: '10-grant' }));
    await gone();
    expect(await codeOf(gone())).toBe('NoSuchEntity');
    expect(await codeOf(admin.send(new GetRolePolicyCommand({ RoleName: 'r', PolicyName: 'constructor' })))).toBe(
      'NoSuchEntity',
    );
  });

  it('share 10,240 characters, white space not counted', async () => {
    const long = (length: number) => text(allow('s3:*', `arn:aws:s3:::${'x'.repeat(length)}`));
    const frame = long(0).length;
    await put('a', long(6000));
    await put('spaces', `${long(0)}${' '.repeat(20_000)}`);
    expect(await codeOf(put('b', long(10_240 - 6000 - 3 * frame + 1)))).toBe('LimitExceeded');
    await put('b', long(10_240 - 6000 - 3 * frame));
  });

  it('are refused when they are no policies, or not Latin-1', async () => {
    expect(await codeOf(put('a', text({ ...allow('*'), Principal: '*' })))).toBe('MalformedPolicyDocument');
    expect(await codeOf(put('a', text(allow('*', 'arn:aws:s3:::“x”'))))).toBe('ValidationError');
    expect(await codeOf(put('a b', text(allow('*'))))).toBe('ValidationError');
    expect(await codeOf(put('a', text(allow('*')), 'nobody'))).toBe('NoSuchEntity');
  });

  it('keep the role from being deleted until they are gone', async () => {
    const drop = () => codeOf(admin.send(new DeleteRoleCommand({ RoleName: 'r' })));
    await admin.send(new AttachRolePolicyCommand({ RoleName: 'r', PolicyArn: LISTER }));
    await put('a', text(allow('*')));
    expect(await drop()).toBe('DeleteConflict');
    await admin.send(new DetachRolePolicyCommand({ RoleName: 'r', PolicyArn: LISTER }));
    expect(await drop()).toBe('DeleteConflict');
    await admin.send(new DeleteRolePolicyCommand({ RoleName: 'r', PolicyName: 'a' }));
    expect(await drop()).toBe('allowed');
    expect(await drop()).toBe('NoSuchEntity');
  });

  it('attach twice as well as once, and only what can be attached', async () => {
    const attach = (PolicyArn: string) => codeOf(admin.send(new AttachRolePolicyCommand({ RoleName: 'r', PolicyArn })));
    expect([await attach(LISTER), await attach(LISTER)]).toEqual(['allowed', 'allowed']);
    expect(await attach('arn:aws:iam::aws:policy/ReadOnlyAccess')).toBe('allowed');
    expect(await attach(`${LISTER}x`)).toBe('NoSuchEntity');
    expect(await attach('arn:aws:iam::aws:policy/aws-service-role/ServicePolicy')).toBe('PolicyNotAttachable');
    const { AttachedPolicies } = await admin.send(new ListAttachedRolePoliciesCommand({ RoleName: 'r' }));
    expect(AttachedPolicies?.map(({ PolicyName }) => PolicyName)).toEqual(['lister', 'ReadOnlyAccess']);
    const detach = () => codeOf(admin.send(new DetachRolePolicyCommand({ RoleName: 'r', PolicyArn: LISTER })));
    expect([await detach(), await detach()]).toEqual(['allowed', 'NoSuchEntity']);
  });

  it('are bounded by an existing policy, which then cannot be deleted', async () => {
    await admin.send(new PutRolePermissionsBoundaryCommand({ RoleName: 'r', PermissionsBoundary: LISTER }));
    expect(await codeOf(admin.send(new DeletePolicyCommand({ PolicyArn: LISTER })))).toBe('DeleteConflict');
    await admin.send(new DeleteRolePermissionsBoundaryCommand({ RoleName: 'r' }));
    expect(await codeOf(admin.send(new DeletePolicyCommand({ PolicyArn: LISTER })))).toBe('allowed');
  });
});

describe('a managed policy', () => {
  const version = (document: string, SetAsDefault: boolean) =>
    admin.send(new CreatePolicyVersionCommand({ PolicyArn: LISTER, PolicyDocument: document, SetAsDefault }));

  it('tells the document in force and keeps five versions (pinned by digest, issue §5)', async () => {
    await version(text(allow('s3:*')), true);
    await version(text(allow('ec2:*')), false);
    const { Policy } = await admin.send(new GetPolicyCommand({ PolicyArn: LISTER }));
    expect(Policy).toMatchObject({ DefaultVersionId: 'v2', Path: '/breakglass/', IsAttachable: true });
    const read = await admin.send(new GetPolicyVersionCommand({ PolicyArn: LISTER, VersionId: 'v2' }));
    expect(decodeURIComponent(read.PolicyVersion?.Document ?? '')).toBe(text(allow('s3:*')));
    await version(text(allow('*')), false);
    await version(text(allow('*')), false);
    expect(await codeOf(version(text(allow('*')), false))).toBe('LimitExceeded');
    const { Versions } = await admin.send(new ListPolicyVersionsCommand({ PolicyArn: LISTER }));
    expect(Versions?.filter(({ IsDefaultVersion }) => IsDefaultVersion).map(({ VersionId }) => VersionId)).toEqual([
      'v2',
    ]);
    await admin.send(new SetDefaultPolicyVersionCommand({ PolicyArn: LISTER, VersionId: 'v1' }));
    await admin.send(new DeletePolicyVersionCommand({ PolicyArn: LISTER, VersionId: 'v2' }));
    expect(await codeOf(admin.send(new GetPolicyVersionCommand({ PolicyArn: LISTER, VersionId: 'v2' })))).toBe(
      'NoSuchEntity',
    );
  });

  it('is made once and holds 6,144 characters', async () => {
    const make = (PolicyName: string, PolicyDocument: string) =>
      codeOf(admin.send(new CreatePolicyCommand({ PolicyName, PolicyDocument })));
    expect(await make('new', text(allow('*')))).toBe('allowed');
    expect(await make('NEW', text(allow('*')))).toBe('EntityAlreadyExists');
    expect(await make('long', text(allow('*', `arn:aws:s3:::${'x'.repeat(6100)}`)))).toBe('LimitExceeded');
  });

  it('of AWS is read by everybody and changed by nobody', async () => {
    const PolicyArn = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
    expect((await admin.send(new GetPolicyCommand({ PolicyArn }))).Policy?.Arn).toBe(PolicyArn);
    expect(await codeOf(admin.send(new DeletePolicyCommand({ PolicyArn })))).not.toBe('allowed');
  });
});

describe("the broker's own rights (D3)", () => {
  const bounded = { RoleName: 'bg-1', Path: '/breakglass/', PermissionsBoundary: BOUNDARY };

  it.each<[refused: string, input: Partial<CreateRoleCommandInput>]>([
    ['a role without boundary', { RoleName: 'bg-1', Path: '/breakglass/' }],
    ['a role with another boundary', { ...bounded, PermissionsBoundary: LISTER }],
    ['a role outside its path', { ...bounded, Path: '/' }],
  ])('do not reach to %s', async (_what, input) => {
    expect(await codeOf(create(input, await bench.broker()))).toBe('AccessDenied');
  });

  it('reach to its own roles and to no others', async () => {
    const broker = await bench.broker();
    await create(bounded, broker);
    await create({ RoleName: 'app' });
    const write = (RoleName: string) =>
      broker.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'p', PolicyDocument: text(allow('*')) }));
    expect(await codeOf(write('bg-1'))).toBe('allowed');
    expect(await codeOf(write('app'))).toBe('AccessDenied');
    expect(await codeOf(broker.send(new DeleteRolePermissionsBoundaryCommand({ RoleName: 'bg-1' })))).toBe(
      'AccessDenied',
    );
  });

  it('learn that a role is missing, unless the dial says that its path cannot be known', async () => {
    const broker = await bench.broker();
    expect(await codeOf(broker.send(new GetRoleCommand({ RoleName: 'gone' })))).toBe('NoSuchEntity');
    bench.aws.dials.setMissingRolesAreDenied(true);
    expect(await codeOf(broker.send(new GetRoleCommand({ RoleName: 'gone' })))).toBe('AccessDenied');
  });
});
