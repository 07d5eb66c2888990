import { readFileSync } from 'node:fs';
import { documentText, sizeOf } from '../../../src/clouds/aws/documents.ts';
import { readPolicy } from '../../../src/clouds/aws/grammar.ts';
import { MANAGED_MAX } from '../../../src/clouds/aws/sizes.ts';
import { allow, ask, document, PRODUCTION, terms } from './orders.ts';
import { manifest, Rig, soon } from './rig.ts';

/** @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html */
const SCP_MAX = 5120;

describe('the manifests', () => {
  it.each([
    ['boundary-a', MANAGED_MAX],
    ['boundary-b', MANAGED_MAX],
    ['boundary-c', MANAGED_MAX],
    ['broker', MANAGED_MAX],
    ['entry', MANAGED_MAX],
    ['scp', SCP_MAX],
  ])('%s is a document that AWS takes, of at most %i characters', (name, most) => {
    const text = readFileSync(new URL(`../../../manifests/aws/${name}.json`, import.meta.url), 'utf8');
    expect(readPolicy(JSON.parse(text)).findings).toEqual([]);
    expect(sizeOf(documentText(JSON.parse(text)))).toBeLessThanOrEqual(most);
  });

  it('keep logging, trusts and keys out of reach in every zone (C3)', () => {
    for (const zone of ['a', 'b', 'c']) {
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
    const plan = rig.plan({ grantId: `01ZONE${zone}`, ask: ask({ terms: terms({ zone, ...everything }) }) });
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
