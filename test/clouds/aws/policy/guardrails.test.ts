import { readFileSync } from 'node:fs';
import { CreateRoleCommand } from '@aws-sdk/client-iam';
import { documentText, sizeOf } from '../../../../src/clouds/aws/policy/documents.ts';
import { readPolicy } from '../../../../src/clouds/aws/policy/grammar.ts';
import { MANAGED_MAX } from '../../../../src/clouds/aws/policy/sizes.ts';
import { parsePolicy } from '../../../../src/demo/aws/policy-document.ts';
import {
  allow,
  BOB,
  BROKER_ROLE,
  details,
  document,
  ELSEWHERE,
  EXTERNAL_ID,
  GUARDRAILS,
  MANAGEMENT,
  PRODUCTION,
  terms,
} from '../inputs.ts';
import { codeOf, manifest, Rig, soon } from '../rig.ts';

/** @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html */
const SCP_MAX = 5120;
const RCP_MAX = 5120;

describe('the manifests', () => {
  it.each([
    ['boundary-a', MANAGED_MAX],
    ['boundary-b', MANAGED_MAX],
    ['boundary-c', MANAGED_MAX],
    ['broker', MANAGED_MAX],
    ['entry', MANAGED_MAX],
    ['scp', SCP_MAX],
  ])('%s is a document that AWS takes, of at most %i characters', (name, most) => {
    const text = readFileSync(new URL(`../../../../manifests/aws/${name}.json`, import.meta.url), 'utf8');
    expect(readPolicy(JSON.parse(text)).findings).toEqual([]);
    expect(sizeOf(documentText(JSON.parse(text)))).toBeLessThanOrEqual(most);
  });

  it('rcp is a document that AWS takes, white space counted', () => {
    const text = readFileSync(new URL('../../../../manifests/aws/rcp.json', import.meta.url), 'utf8');
    expect(parsePolicy(text, 'resource')).not.toEqual([]);
    expect(text.length).toBeLessThanOrEqual(RCP_MAX);
  });

  it('keep logging, trusts and keys out of reach in every zone (C3)', () => {
    for (const zone of ['a', 'b', 'c'] as const) {
      const sids = manifest(`boundary-${zone}`).Statement.map(({ Sid }) => Sid);
      expect(sids).toEqual(
        expect.arrayContaining(['NoLongLivedCredentials', 'NoTrustOrGuardrailEdits', 'NoAuditTampering', 'NoChaining']),
      );
    }
  });
});

describe('the boundaries, in force', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await Rig.open();
  });
  afterAll(async () => {
    await rig.close();
  });

  const NAMED = `arn:aws:iam::${PRODUCTION}:role/service/model-gateway`;
  const everything = { policies: [{ name: 'all', document: document(allow('*')) }] };
  const sessions = new Map<string, ReturnType<typeof enter>>();
  const sessionIn = async (zone: 'A' | 'B' | 'C') => {
    const known = sessions.get(zone) ?? enter(zone);
    sessions.set(zone, known);
    return await known;
  };
  const enter = async (zone: 'A' | 'B' | 'C') => {
    const plan = rig.plan({ grantId: `01ZONE${zone}`, details: details({ terms: terms({ zone, ...everything }) }) });
    await rig.provider.open(plan, soon());
    return await rig.assume(plan, rig.signIn('alice'), zone === 'C' ? { SourceIdentity: 'bg-alice' } : {});
  };

  it.each([
    ['A', 'ecs:DescribeServices', '*', 'ok'],
    ['A', 'logs:FilterLogEvents', '*', 'ok'],
    ['A', 'ecs:UpdateService', '*', 'AccessDenied'],
    ['A', 'secretsmanager:GetSecretValue', '*', 'AccessDenied'],
    ['B', 'ecs:UpdateService', '*', 'ok'],
    ['B', 'iam:DetachRolePolicy', NAMED, 'AccessDenied'],
    ['C', 'sqs:PurgeQueue', '*', 'ok'],
    ['C', 'iam:DetachRolePolicy', NAMED, 'ok'],
    ['C', 'iam:DetachRolePolicy', `${NAMED}-other`, 'AccessDenied'],
    ['C', 'iam:DeleteRolePolicy', `arn:aws:iam::${PRODUCTION}:role/breakglass/bg-x`, 'AccessDenied'],
    [
      'C',
      'iam:SetDefaultPolicyVersion',
      `arn:aws:iam::${PRODUCTION}:policy/breakglass-guardrails/boundary-c`,
      'AccessDenied',
    ],
    ['C', 'iam:DetachRolePolicy', `arn:aws:iam::${PRODUCTION}:role/breakglass-broker`, 'AccessDenied'],
    ['C', 'iam:AttachRolePolicy', NAMED, 'AccessDenied'],
    ['C', 'sts:AssumeRole', '*', 'AccessDenied'],
  ] as const)(
    'zone %s: %s on %s is %s, even for a role that allows everything',
    async (zone, action, resource, code) => {
      expect(await rig.may(await sessionIn(zone), action, resource)).toBe(code);
    },
  );
});

describe('the organization’s documents, in force', () => {
  const rigs = new Map<string, Promise<Rig>>();
  const rigUnder = (...organization: ('scp' | 'rcp')[]): Promise<Rig> => {
    const key = organization.join();
    const known = rigs.get(key) ?? Rig.open({ organization, roles: [CI] });
    rigs.set(key, known);
    return known;
  };
  afterAll(async () => {
    for (const rig of rigs.values()) await (await rig).close();
  });

  const CI = {
    name: 'ci',
    trust: document({ Effect: 'Allow', Principal: { AWS: MANAGEMENT }, Action: 'sts:AssumeRole' }),
    policies: { all: document(allow('*')) },
  };
  const CI_ROLE = { RoleArn: `arn:aws:iam::${PRODUCTION}:role/ci`, RoleSessionName: 'build' };
  const INTRUDER = `arn:aws:iam::${ELSEWHERE}:user/intruder`;

  /** A role as somebody who took over a worker makes it: below our path and boundary, and with any trust they like. */
  async function sneaked(rig: Rig, name: string, principal: string) {
    const broker = await rig.assume({ name: '' }, rig.aws.keysOf(MANAGEMENT, 'breakglass'), {
      RoleArn: BROKER_ROLE,
      ExternalId: EXTERNAL_ID,
    });
    const trust = document({ Effect: 'Allow', Principal: { AWS: principal }, Action: 'sts:AssumeRole' });
    const AssumeRolePolicyDocument = JSON.stringify(trust);
    await rig.iam(broker).send(
      new CreateRoleCommand({
        RoleName: name,
        Path: '/breakglass/',
        AssumeRolePolicyDocument,
        PermissionsBoundary: `${GUARDRAILS}/boundary-c`,
      }),
    );
    return { name };
  }

  it.each([
    [[], 'allowed'],
    [['scp'], 'allowed'],
    [['scp', 'rcp'], 'AccessDenied'],
  ] as const)('under %j somebody of another organization who is named in a trust is %s', async (documents, code) => {
    const rig = await rigUnder(...documents);
    const role = await sneaked(rig, 'bg-outsider', INTRUDER);
    expect(await codeOf(rig.assume(role, rig.aws.keysOf(ELSEWHERE, 'intruder')))).toBe(code);
  });

  it.each([
    [['scp'], 'allowed'],
    [['scp', 'rcp'], 'AccessDenied'],
  ] as const)('under %j a workload of our own that is named in a trust is %s', async (documents, code) => {
    const rig = await rigUnder(...documents);
    const role = await sneaked(rig, 'bg-workload', CI_ROLE.RoleArn);
    const workload = await rig.assume(role, rig.aws.keysOf(MANAGEMENT, 'breakglass-ci'), CI_ROLE);
    expect(await codeOf(rig.assume(role, workload))).toBe(code);
  });

  it('let people in and out of what they were granted, in every zone', async () => {
    const rig = await rigUnder('scp', 'rcp');
    const bob = rig.aws.signInAs(`arn:aws:iam::${PRODUCTION}:user/bob`, { mfa: true });
    for (const zone of ['A', 'B', 'C'] as const) {
      const inZone = details({ terms: terms({ zone }) });
      const source = { SourceIdentity: 'bg-alice' };
      const alices = rig.plan({ grantId: `01ALICE${zone}`, details: inZone });
      const target = { provider: 'aws', account: PRODUCTION, principal: BOB } as const;
      const bobs = rig.plan({ grantId: `01BOB${zone}`, details: inZone, target });
      for (const plan of [alices, bobs]) await rig.provider.open(plan, soon());
      expect(await codeOf(rig.assume(alices, rig.signIn('alice'), source))).toBe('allowed');
      expect(await codeOf(rig.assume(bobs, bob, source))).toBe('allowed');
      for (const plan of [alices, bobs]) await rig.provider.close(plan, soon());
      expect(await codeOf(rig.assume(alices, rig.signIn('alice'), source))).toBe('AccessDenied');
    }
  });

  const PINNED = `arn:aws:iam::${PRODUCTION}:policy/breakglass/lister`;
  const OTHER = `arn:aws:iam::${PRODUCTION}:policy/other`;
  it.each([
    'iam:CreatePolicy',
    'iam:CreatePolicyVersion',
    'iam:DeletePolicy',
    'iam:DeletePolicyVersion',
    'iam:SetDefaultPolicyVersion',
    'iam:TagPolicy',
    'iam:UntagPolicy',
  ])('an administrator’s %s reaches neither the boundaries nor what roles of ours pin', async (action) => {
    const rig = await rigUnder('scp', 'rcp');
    const admin = rig.aws.keysOf(PRODUCTION, 'admin');
    expect(await rig.may(admin, action, `${GUARDRAILS}/boundary-c`)).toBe('AccessDenied');
    expect(await rig.may(admin, action, PINNED)).toBe('AccessDenied');
    expect(await rig.may(admin, action, OTHER)).toBe('ok');
  });

  it.each(['iam:PassRole', 'iam:UpdateAssumeRolePolicy', 'iam:DeleteRolePolicy', 'iam:UpdateRoleDescription'])(
    'an administrator’s %s does not reach roles of ours',
    async (action) => {
      const rig = await rigUnder('scp', 'rcp');
      const admin = rig.aws.keysOf(PRODUCTION, 'admin');
      expect(await rig.may(admin, action, `arn:aws:iam::${PRODUCTION}:role/breakglass/bg-x`)).toBe('AccessDenied');
      expect(await rig.may(admin, action, `arn:aws:iam::${PRODUCTION}:role/other`)).toBe('ok');
    },
  );
});
