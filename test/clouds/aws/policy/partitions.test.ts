import { Sessions } from '../../../../src/clouds/aws/client/session.ts';
import { planOf } from '../../../../src/clouds/aws/policy/plan.ts';
import { detailOf } from '../../../../src/clouds/aws/policy/plan-detail.ts';
import type { AwsPrincipal } from '../../../../src/clouds/aws/policy/principal.ts';
import { usageOf } from '../../../../src/clouds/aws/role/usage.ts';
import type { RequestDetails } from '../../../../src/core/request/request.ts';
import { account, allow, BOB, details, document, EXTERNAL_ID, input, PRODUCTION, terms } from '../inputs.ts';
import { codeOf, Rig, soon } from '../rig.ts';

/** What AWS itself documents for each, apart from our own tables. */
const PARTITIONS = [
  ['aws-us-gov', 'us-gov-west-1', 'signin.amazonaws-us-gov.com'],
  ['aws-cn', 'cn-north-1', 'signin.amazonaws.cn'],
] as const;

/** The same value with every ARN in another partition. */
const moved = <T>(value: T, partition: string): T =>
  JSON.parse(JSON.stringify(value).replaceAll('arn:aws:', `arn:${partition}:`));
const askIn = (partition: string, zone: 'A' | 'B' | 'C'): RequestDetails => {
  const inZone = moved(terms({ zone, policies: [{ name: 'all', document: document(allow('*')) }] }), partition);
  return details({ terms: inZone });
};
const bobIn = (partition: string): AwsPrincipal => moved(BOB, partition);

describe.each(PARTITIONS)('%s', (partition, region, signIn) => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await Rig.open({ partition, organization: ['scp', 'rcp'] });
  });
  afterAll(() => rig.close());

  it.each(['A', 'B', 'C'] as const)(
    'opens, lets the person in and ends in zone %s, under the documents of that partition (C1, D3)',
    async (zone) => {
      const bob = rig.aws.signInAs(`arn:${partition}:iam::${PRODUCTION}:user/bob`, { mfa: true });
      const source = { SourceIdentity: 'bg-alice' };
      const alices = rig.plan({ grantId: `01ALICE${zone}`, details: askIn(partition, zone) });
      const target = { provider: 'aws', account: PRODUCTION, principal: bobIn(partition) } as const;
      const bobs = rig.plan({ grantId: `01BOB${zone}`, details: askIn(partition, zone), target });
      for (const plan of [alices, bobs]) {
        expect(JSON.stringify(plan)).not.toContain('arn:aws:');
        await rig.provider.open(plan, soon());
      }
      const alice = await rig.assume(alices, rig.signIn('alice'), source);
      expect(await rig.may(alice, 'ecs:DescribeServices', '*')).toBe('ok');
      expect(await codeOf(rig.assume(bobs, bob, source))).toBe('allowed');
      for (const plan of [alices, bobs]) {
        await rig.provider.close(plan, soon());
        expect(await rig.provider.observe(plan, soon())).toMatchObject({ found: true, ended: true, open: false });
      }
      expect(await rig.may(alice, 'ecs:DescribeServices', '*')).toBe('AccessDenied');
      expect(await codeOf(rig.assume(alices, rig.signIn('alice'), source))).toBe('AccessDenied');
    },
  );

  it('asks IAM and STS in the home region of the partition, whatever AWS_REGION says', async () => {
    const sessions = new Sessions(
      { endpoint: rig.aws.url, credentials: rig.aws.keysOf('111111111111', 'breakglass') },
      Math.random,
    );
    const { brokerRole } = moved(account(), partition);
    const { iam, sts } = await sessions.enter({ brokerRole, externalId: EXTERNAL_ID }, soon());
    expect([await iam.config.region(), await sts.config.region()]).toEqual([region, region]);
    sessions.release();
  });

  it('sends people to its own sign-in page', () => {
    const { link, snippet } = usageOf(detailOf(planOf(input({ details: askIn(partition, 'B') }))));
    expect(new URL(link?.url ?? '').host).toBe(signIn);
    expect(snippet).toContain(`role_arn = arn:${partition}:iam::`);
  });

  it('makes no plan for somebody of another partition, whatever a directory says (A2)', () => {
    for (const principal of [BOB, bobIn(partition === 'aws-cn' ? 'aws-us-gov' : 'aws-cn')]) {
      const target = { provider: 'aws', account: PRODUCTION, principal } as const;
      expect(() => planOf(input({ details: askIn(partition, 'B'), target }))).toThrow(
        /is of partition .*, the account of/,
      );
    }
  });
});
