import {
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  PutRolePolicyCommand,
  SetDefaultPolicyVersionCommand,
} from '@aws-sdk/client-iam';
import { AWS } from '../../../src/clouds/aws/policy/definition.ts';
import { detailOf } from '../../../src/clouds/aws/policy/plan-detail.ts';
import type { Plan } from '../../../src/core/request/request.ts';
import type { SigningKeys } from '../../../src/demo/aws/sigv4.ts';
import {
  account,
  allow,
  details,
  document,
  EXTERNAL_ID,
  input,
  PRODUCTION,
  role,
  SERVICE,
  terms,
} from '../../clouds/aws/inputs.ts';
import { codeOf, LISTER_ARN, PINNED_LISTER, Rig } from '../../clouds/aws/rig.ts';
import type { CloudUnderTest, Step } from './rig.ts';

const put = (PolicyName: string): Step => ({ action: 'PutRolePolicy', where: { PolicyName } });
/** More than one document of its own, and one that it only refers to. */
const POLICIES = [
  ...role().policies,
  { name: 'more', document: document(allow('ecs:DescribeServices')) },
  PINNED_LISTER,
];
const MORE = JSON.stringify(document(allow('*')));
const NOBODY = JSON.stringify(document({ Effect: 'Deny', Principal: '*', Action: 'sts:AssumeRole' }));

export const AWS_UNDER_TEST: CloudUnderTest = {
  name: 'aws',
  opening: [{ action: 'CreateRole' }, put('00-expiry'), put('10-grant-2'), { action: 'AttachRolePolicy' }],
  ending: [
    put('99-revoked'),
    { action: 'UpdateAssumeRolePolicy' },
    { action: 'DetachRolePolicy' },
    { action: 'DeleteRolePolicy', where: { PolicyName: '10-grant-1' } },
  ],
  extending: [{ action: 'TagRole' }, put('10-grant-2'), { action: 'UpdateAssumeRolePolicy' }, put('00-expiry')],
  token: { action: 'AssumeRole' },
  isFenced: true,
  isOnePerKey: false,
  open: async () => {
    const rig = await Rig.open({ roleQuota: 1000 });
    const { aws } = rig;
    let isChanged = false;
    const roleOf = ({ name }: Pick<Plan, 'name'>) => aws.roles(PRODUCTION).find((one) => one.name === name);
    const since = (mark: number) => aws.dials.log(mark);
    return {
      definition: AWS,
      provider: rig.provider,
      another: () => rig.another(),
      account: account(),
      secrets: [EXTERNAL_ID, 'SecretAccessKey', 'SessionToken'],
      logged: rig.logged,
      order: (n, { key: _everybodyHasRoom, seconds = 1800, ...change } = {}) =>
        input({
          grantId: `01JCONTRACT${String(n).padStart(5, '0')}`,
          plannedEnd: new Date(Date.now() + seconds * 1000),
          details: details({ terms: terms({ policies: POLICIES }) }),
          ...change,
        }),
      fault: (kind, { action, where = {} }, times = 1) => aws.dials.add({ kind, action, where, times }),
      whenHeld: () => aws.dials.whenHeld(60_000),
      held: () => aws.dials.held().length,
      releaseAll: (drop = false) => void aws.dials.releaseAll(drop ? 'drop' : 'proceed'),
      calm: async () => {
        aws.dials.clear();
        aws.dials.releaseAll('drop');
        aws.dials.setClockOffset(0);
        if (isChanged)
          await rig.admin().send(new SetDefaultPolicyVersionCommand({ PolicyArn: LISTER_ARN, VersionId: 'v1' }));
        isChanged = false;
      },
      mark: () => since(0).at(-1)?.seq ?? 0,
      writes: (mark) =>
        since(mark)
          .map(({ action }) => action)
          .filter((action) => /^(Create|Put|Attach|Update|Delete|Detach|Tag)/.test(action)),
      asked: (mark, { action, where = {} }) =>
        since(mark).filter(
          (one) =>
            one.action === action && Object.entries(where).every(([member, value]) => one.params[member] === value),
        ).length,
      setClock: (ms) => aws.dials.setClockOffset(ms),
      nativeEndPasses: () => undefined,
      enter: async (plan, as = 'holder') => {
        const session = rig.assume(plan, rig.signIn(as === 'holder' ? 'alice' : 'eve'));
        const code = await codeOf(session);
        if (code !== 'allowed' && code !== 'AccessDenied') throw new Error(`entering was answered with ${code}`);
        return code === 'allowed' ? await session : undefined;
      },
      may: async (session) => (await rig.may(session as SigningKeys, 'ecs:UpdateService', SERVICE)) === 'ok',
      alter: (plan) =>
        rig.admin().send(new PutRolePolicyCommand({ RoleName: plan.name, PolicyName: 'extra', PolicyDocument: MORE })),
      deleteByHand: (plan) =>
        rig.provider.deleteTombstone({ ...plan, cleanUpAt: new Date(0) }, AbortSignal.timeout(60_000)),
      reopenByHand: (plan) => {
        const stored = roleOf(plan);
        if (stored === undefined) throw new Error(`${plan.name} does not stand`);
        const { trust, inline } = detailOf(plan);
        const own = Object.fromEntries(inline.map(({ name, document: text }) => [name, text]));
        stored.policies = { ...stored.policies, trust, inline: own };
      },
      foreign: (name) =>
        rig
          .admin()
          .send(new CreateRoleCommand({ RoleName: name, Path: '/breakglass/', AssumeRolePolicyDocument: NOBODY })),
      checkHalfOpen: (plan) => {
        // Whatever stands either gives nothing, or carries its own end.
        const left = Object.keys(roleOf(plan)?.policies.inline ?? {});
        if (left.length > 0) expect(left[0]).toBe('00-expiry');
        const tag = { Key: 'breakglass-grant', Value: plan.grantId };
        const own = aws
          .roles(PRODUCTION)
          .filter(({ policies: { tags } }) => tags.some(({ Key, Value }) => Key === tag.Key && Value === tag.Value));
        expect(own.length).toBeLessThanOrEqual(1);
      },
      checkEnded: (plan) => {
        expect(Object.keys(roleOf(plan)?.policies.inline ?? {})).toEqual(['00-expiry', '99-revoked']);
        expect(roleOf(plan)?.policies.attached).toEqual([]);
      },
      standing: (name) => {
        const stored = roleOf({ name });
        return stored && { name, id: stored.id, content: JSON.stringify(stored.policies) };
      },
      changeDefinition: async () => {
        const change = { PolicyArn: LISTER_ARN, PolicyDocument: MORE, SetAsDefault: true };
        await rig.admin().send(new CreatePolicyVersionCommand(change));
        isChanged = true;
      },
      close: () => rig.close(),
    };
  },
};
