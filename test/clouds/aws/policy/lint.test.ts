import { capabilitiesOf } from '../../../../src/clouds/aws/policy/capabilities.ts';
import { lintAwsRole } from '../../../../src/clouds/aws/policy/lint.ts';
import type { AwsRole as Role } from '../../../../src/clouds/aws/policy/schema.ts';
import { digestOf } from '../../../../src/core/canonical.ts';
import { account, allow, BROKER_ROLE, document, GUARDRAILS, PRODUCTION, role, terms } from '../inputs.ts';

type Document = ReturnType<typeof document>;
const inline = (...statements: Parameters<typeof document>): Partial<Role> => ({
  policies: [{ name: 'x', document: document(...statements) }],
});
const said = (change: Partial<Role>, of = {}): string[] =>
  lintAwsRole(role(change), account(of)).map(({ path, message }) => `${path.join('.')}: ${message}`);

const TASK = `arn:aws:iam::${PRODUCTION}:role/app/task`;
const APP = `arn:aws:iam::${PRODUCTION}:role/app-gateway`;
const FUNCTION = `arn:aws:lambda:eu-west-1:${PRODUCTION}:function:gateway`;
const RUNNERS = [
  'iam:PassRole',
  'lambda:UpdateFunctionCode',
  'ssm:SendCommand',
  'ssm:StartSession',
  'ecs:RunTask',
  'ecs:ExecuteCommand',
  'cloudformation:CreateStack',
  'codebuild:StartBuild',
] as const;

it('has nothing to say about a narrow role', () => {
  expect(said({})).toEqual([]);
  expect(
    said({ zone: 'A', ...inline(allow(['ecs:Describe*', 'logs:FilterLogEvents', 'cloudwatch:GetMetricData'])) }),
  ).toEqual([]);
});

describe('running code as somebody else', () => {
  it.each(RUNNERS)('is refused on everything: %s', (action) => {
    expect(said({ ...inline(allow(action)), startsCodeAs: [TASK] })[0]).toMatch(
      /everything of its kind: name the resources/,
    );
  });

  it.each([
    ['a wildcard of the service', allow('ecs:*')],
    ['a wildcard in the name', allow('ecs:R*Task')],
    ['another case', allow('ECS:runtask')],
    ['a list', allow(['s3:GetObject', 'ecs:RunTask'])],
    ['cloudformation:*', allow('cloudformation:*')],
    ['everything', allow('*')],
    ['NotAction', { Effect: 'Allow', NotAction: ['iam:*', 'sts:*'], Resource: '*' }],
    ['NotResource', { Effect: 'Allow', Action: 'ecs:RunTask', NotResource: `arn:aws:ecs:*:*:task-definition/x` }],
    ['a whole kind', allow('lambda:UpdateFunctionCode', `arn:aws:lambda:*:${PRODUCTION}:function:*`)],
    ['a variable', allow('lambda:UpdateFunctionCode', `arn:aws:lambda:*:*:function:\${aws:PrincipalTag/x}`)],
    ['one broad among narrow', allow('lambda:UpdateFunctionCode', [FUNCTION, '*'])],
    [
      'a condition, which does not narrow it',
      allow('ecs:RunTask', '*', { Condition: { Bool: { 'aws:ViaAWSService': 'false' } } }),
    ],
  ])('is seen through %s', (_what, statement: Document[string]) => {
    expect(said({ ...inline(statement), startsCodeAs: [TASK] }).join('\n')).toMatch(/everything of its kind/);
  });

  it('is accepted on named resources when the identity is named, and the card says what that means', () => {
    const change = { ...inline(allow('lambda:UpdateFunctionCode', FUNCTION)), startsCodeAs: [TASK] };
    expect(said(change)).toEqual([]);
    expect(said({ ...change, startsCodeAs: [] })[0]).toMatch(/name that identity's role in startsCodeAs/);
    expect(capabilitiesOf(terms(change)).caveats).toEqual([`Ending early does not stop what was started as ${TASK}.`]);
  });

  it('lets only the named roles be passed', () => {
    expect(said({ ...inline(allow('iam:PassRole', TASK)), startsCodeAs: [TASK] })).toEqual([]);
    expect(said({ ...inline(allow('iam:PassRole', [TASK, APP])), startsCodeAs: [TASK] })).toEqual([
      `policies.0.document.Statement.0.Resource: iam:PassRole is allowed on ${APP}: write whole role ARNs, and name each in startsCodeAs`,
    ]);
    expect(said({ ...inline(allow('iam:PassRole', `${TASK}-*`)), startsCodeAs: [TASK] })).toHaveLength(1);
  });

  it('is not there where a plain Deny takes it away, and is where the Deny has a condition', () => {
    const deny = { Effect: 'Deny', Action: ['ecs:RunTask', 'ecs:StartTask', 'ecs:Register*'], Resource: '*' };
    const wide = allow(['ecs:R*', 'ecs:Start*']);
    expect(said(inline(wide, deny))).toEqual([]);
    const conditional = { ...deny, Condition: { Bool: { 'aws:ViaAWSService': 'true' } } };
    expect(said(inline(wide, conditional))).not.toEqual([]);
  });

  it('is there where a Deny spares it, alone or beside others', () => {
    for (const NotAction of ['ecs:RunTask', ['s3:*', 'ecs:RunTask'], ['ecs:Run*', 's3:*']]) {
      const deny = { Effect: 'Deny', NotAction, Resource: '*' };
      expect(said(inline(allow('ecs:RunTask'), deny)).join()).toMatch(/everything of its kind/);
    }
  });

  it('is seen in the copy of a managed policy', () => {
    const copy = document(allow('ecs:RunTask'));
    const arn = `arn:aws:iam::${PRODUCTION}:policy/breakglass/x`;
    expect(said({ policies: [{ arn, document: copy, sha256: digestOf(copy) }] })[0]).toMatch(/everything of its kind/);
  });
});

describe('what no emergency role may hold (C3)', () => {
  it.each([
    'iam:CreateAccessKey',
    'iam:CreateUser',
    'iam:CreateLoginProfile',
    'iam:UpdateAssumeRolePolicy',
    'iam:AttachRolePolicy',
    'iam:PutRolePolicy',
    'iam:CreatePolicyVersion',
    'iam:PutRolePermissionsBoundary',
    'iam:DeleteRolePermissionsBoundary',
    'sts:AssumeRole',
    'sts:AssumeRoleWithSAML',
    'sts:GetFederationToken',
    'organizations:LeaveOrganization',
    'cloudtrail:StopLogging',
    's3:BypassGovernanceRetention',
    'iam:*',
    'sts:*',
    'cloudtrail:*',
  ])('is refused in every zone, on every resource: %s', (action) => {
    for (const zone of ['A', 'B', 'C'] as const) {
      expect(said({ zone, ...inline(allow(action, APP)) }).join('\n')).toMatch(/Name narrower actions/);
    }
  });

  it('leaves looking at identities alone outside zone A', () => {
    expect(said(inline(allow(['iam:Get*', 'iam:List*', 'iam:SimulatePrincipalPolicy'])))).toEqual([]);
  });
});

describe('changing permissions of others', () => {
  const change = (more: Partial<Role>): Partial<Role> => ({
    zone: 'C',
    identityTargets: [APP],
    startsCodeAs: [],
    ...inline(allow('iam:DetachRolePolicy', APP)),
    ...more,
  });

  it('is for zone C, on the ARNs that the catalog names, and the card says so', () => {
    expect(said(change({}))).toEqual([]);
    expect(capabilitiesOf(terms(change({}))).caveats).toEqual([`This role can change the permissions of ${APP}.`]);
  });

  it.each([
    ['in zone B', change({ zone: 'B' }), /belong.* to zone C/],
    ['on everything', change(inline(allow('iam:DetachRolePolicy'))), /allowed on \*: write whole ARNs/],
    ['by wildcard', change(inline(allow('iam:Detach*', `arn:aws:iam::${PRODUCTION}:role/*`))), /write whole ARNs/],
    ['on another role', change(inline(allow('iam:DeleteRolePolicy', TASK))), /name each in identityTargets/],
    [
      'by NotResource',
      change(inline({ Effect: 'Allow', Action: 'iam:SetDefaultPolicyVersion', NotResource: APP })),
      /NotResource/,
    ],
    ['of the broker', change({ identityTargets: [BROKER_ROLE] }), /guards the grant itself/],
    ['of a boundary', change({ identityTargets: [`${GUARDRAILS}/boundary-c`] }), /guards the grant itself/],
    [
      'of a grant',
      change({ identityTargets: [`arn:aws:iam::${PRODUCTION}:role/breakglass/bg-x`] }),
      /guards the grant itself/,
    ],
    [
      'of a root',
      change({ identityTargets: [`arn:aws:iam::${PRODUCTION}:root`] }),
      /a role, user, group or policy of IAM/,
    ],
    ['of a pattern', change({ identityTargets: [`arn:aws:iam::${PRODUCTION}:role/app-*`] }), /one whole ARN/],
  ])('is refused %s', (_what, given, expected) => {
    expect(said(given).join('\n')).toMatch(expected);
  });
});

describe('zone A only reads', () => {
  it.each([
    'ecs:UpdateService',
    'ecs:*',
    'ecs:G*',
    '*',
    'secretsmanager:GetSecretValue',
    'kms:Decrypt',
    'ssm:GetParameter',
    'ssm:Get*',
    'iam:ListUsers',
    'ec2:GetPasswordData',
    'ecr:GetAuthorizationToken',
  ])('refuses %s', (action) => {
    expect(said({ zone: 'A', ...inline(allow(action)) })).not.toEqual([]);
  });

  it('refuses NotAction, which grows with every new service', () => {
    const statement = { Effect: 'Allow', NotAction: 's3:*', Resource: '*' };
    expect(said({ zone: 'A', ...inline(statement) }).join('\n')).toMatch(/instead of NotAction/);
  });
});

describe('documents that IAM would refuse', () => {
  const ok = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' };
  it.each([
    ['an unknown element', { ...ok, Actions: 's3:PutObject' }, 'Statement.0.Actions: is no element'],
    ['a principal', { ...ok, Principal: '*' }, 'Statement.0.Principal: is no element'],
    ['a wrong effect', { ...ok, Effect: 'allow' }, 'Statement.0.Effect: must be Allow or Deny'],
    ['both Action and NotAction', { ...ok, NotAction: 's3:*' }, 'Statement.0: needs exactly one of Action'],
    ['no resource', { Effect: 'Allow', Action: 's3:GetObject' }, 'Statement.0: needs exactly one of Resource'],
    ['an action without service', { ...ok, Action: 'GetObject' }, 'Statement.0.Action: is no action'],
    ['a resource that is no ARN', { ...ok, Resource: ['*', 'bucket'] }, 'Statement.0.Resource.1: is no ARN'],
    ['an empty list', { ...ok, Action: [] }, 'Statement.0.Action: is empty'],
    [
      'an unknown operator',
      { ...ok, Condition: { StringMatches: { 'aws:x': 'y' } } },
      'Statement.0.Condition.StringMatches: is no condition operator',
    ],
    [
      'a date that is none',
      { ...ok, Condition: { DateLessThan: { 'aws:CurrentTime': 'soon' } } },
      'Statement.0.Condition.DateLessThan.aws:CurrentTime: must be a date',
    ],
    ['a Sid with a dash', { ...ok, Sid: 'my-sid' }, 'Statement.0.Sid: may hold letters'],
  ])('are named with their place: %s', (_what, statement: Document[string], expected) => {
    expect(said(inline(statement)).join('\n')).toContain(`policies.0.document.${expected}`);
  });

  it('are all told at once, and one mistake hides no other', () => {
    expect(said(inline({ ...ok, Effect: 'maybe' }, allow('ecs:RunTask'))).length).toBeGreaterThan(1);
  });

  it('must say their version, and allow something', () => {
    const old: Document = { Version: '2008-10-17', Statement: [ok] };
    expect(said({ policies: [{ name: 'x', document: old }] })[0]).toMatch(/Version: must be/);
    expect(said(inline({ ...ok, Effect: 'Deny' }))).toEqual([
      'policies: allow nothing: write at least one Allow, or remove the role',
    ]);
  });

  it('must fit into IAM’s quotas together with ours', () => {
    const many = Array.from({ length: 230 }, (_, index) => `arn:aws:s3:::a-bucket-with-a-rather-long-name-${index}`);
    expect(said(inline(allow('s3:GetObject', many)))[0]).toMatch(/of 10240 allowed/);
    const sessionTagKeys = Array.from({ length: 10 }, (_, index) => `${index}${'x'.repeat(127)}`);
    expect(said({}, { sessionTagKeys })[0]).toMatch(/fewer session tag keys/);
  });
});

describe('managed policies and accounts', () => {
  const copy = document(allow('s3:GetObject', 'arn:aws:s3:::a/*'));
  const arn = `arn:aws:iam::${PRODUCTION}:policy/breakglass/x`;
  const pinned = (change: object = {}) => ({ policies: [{ arn, document: copy, sha256: digestOf(copy), ...change }] });

  it('are pinned by the digest of their copy', () => {
    expect(said(pinned())).toEqual([]);
    expect(said(pinned({ sha256: 'f'.repeat(64) }))[0]).toContain(`write ${digestOf(copy)}`);
  });

  it('must be ones that the broker may attach', () => {
    for (const other of [`arn:aws:iam::${PRODUCTION}:policy/x`, 'arn:aws:iam::333333333333:policy/breakglass/x']) {
      expect(said(pinned({ arn: other }))[0]).toMatch(/below \/breakglass\//);
    }
  });

  it('must keep the boundary where the broker may not work', () => {
    const boundaries = { ...account().boundaries, B: `arn:aws:iam::${PRODUCTION}:policy/breakglass/boundary` };
    expect(said({}, { boundaries })[0]).toMatch(/move it to another path/);
    expect(said({}, { brokerRole: 'arn:aws:iam::333333333333:role/breakglass-broker' })[0]).toMatch(/another account/);
  });
});

describe('tokens that outlive an early end', () => {
  it.each([
    ['ecr:GetAuthorizationToken', /12 hours after the end/],
    ['ecr:*', /12 hours after the end/],
    ['codeartifact:GetAuthorizationToken', /12 hours after the end/],
    ['rds-db:connect', /15 minutes after the end/],
    ['eks:AccessKubernetesApi', /75 minutes after the end/],
  ])('are told before the click, where the role can make them: %s', (action, expected) => {
    expect(capabilitiesOf(terms(inline(allow(action)))).caveats.join()).toMatch(expected);
  });

  it('are not told of a role that makes none', () => {
    const looks = { ...inline(allow('ecs:ListTasks')), startsCodeAs: [] };
    expect(capabilitiesOf(terms(looks))).toEqual({
      nativeEnd: 'exact',
      shortestSeconds: 60,
      openingAllowanceSeconds: 90,
      propagationSeconds: 300,
      caveats: [],
    });
  });
});
