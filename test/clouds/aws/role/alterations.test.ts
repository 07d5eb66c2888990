import {
  AttachRolePolicyCommand,
  CreatePolicyVersionCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  SetDefaultPolicyVersionCommand,
  TagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam';
import type { Plan } from '../../../../src/core/request/request.ts';
import { allow, details, document, GUARDRAILS, role, terms } from '../inputs.ts';
import { codeOf, LISTER_ARN, PINNED_LISTER, Rig, soon } from '../rig.ts';

const MORE = JSON.stringify(document(allow('*')));
let rig: Rig;
let plan: Plan;
let count = 0;
beforeAll(async () => {
  rig = await Rig.open();
});
afterAll(() => rig.close());
beforeEach(async () => {
  count += 1;
  plan = planOf();
  await rig.provider.open(plan, soon());
});
const planOf = (seconds = 900) => {
  const asked = details({ terms: terms({ policies: [...role().policies, PINNED_LISTER] }) });
  return rig.plan({ grantId: `01ALTERED${count}`, details: asked }, seconds);
};

const altered = async () => (await rig.provider.observe(plan, soon())).altered;
const admin = () => rig.admin();
const RoleName = () => plan.name;

/** Everything that an administrator of the account may do to open access, through the API. */
const DEEDS: Readonly<Record<string, { readonly by: () => Promise<unknown>; readonly altered: readonly object[] }>> = {
  'another trust': {
    by: () => admin().send(new UpdateAssumeRolePolicyCommand({ RoleName: RoleName(), PolicyDocument: TRUST })),
    altered: [{ part: 'entry' }],
  },
  'another boundary': {
    by: () =>
      admin().send(
        new PutRolePermissionsBoundaryCommand({
          RoleName: RoleName(),
          PermissionsBoundary: `${GUARDRAILS}/boundary-c`,
        }),
      ),
    altered: [{ part: 'ceiling' }],
  },
  'longer sessions': {
    by: () => admin().send(new UpdateRoleCommand({ RoleName: RoleName(), MaxSessionDuration: 43_200 })),
    altered: [{ part: 'sessions' }],
  },
  'another installation id': {
    by: () =>
      admin().send(
        new TagRoleCommand({ RoleName: RoleName(), Tags: [{ Key: 'breakglass-installation', Value: 'other' }] }),
      ),
    altered: [{ part: 'labels' }],
  },
  'no end': {
    by: () => admin().send(new DeleteRolePolicyCommand({ RoleName: RoleName(), PolicyName: '00-expiry' })),
    altered: [{ part: 'end' }],
  },
  'a later end': {
    by: () => put('00-expiry', JSON.stringify(document({ Effect: 'Deny', Action: 's3:*', Resource: '*' }))),
    altered: [{ part: 'end' }],
  },
  'more permissions under our name': {
    by: () => put('10-grant', MORE),
    altered: [{ part: 'permissions', name: '10-grant' }],
  },
  'a policy of its own': {
    by: () => put('extra', MORE),
    altered: [{ part: 'permissions', name: 'extra' }],
  },
  'another managed policy': {
    by: () =>
      admin().send(new AttachRolePolicyCommand({ RoleName: RoleName(), PolicyArn: `${GUARDRAILS}/boundary-b` })),
    altered: [{ part: 'permissions', name: `${GUARDRAILS}/boundary-b` }],
  },
  'a managed policy less': {
    by: () => admin().send(new DetachRolePolicyCommand({ RoleName: RoleName(), PolicyArn: LISTER_ARN })),
    altered: [{ part: 'permissions', name: LISTER_ARN }],
  },
  'an ending of its own': {
    by: () => put('99-revoked', MORE),
    altered: [{ part: 'ended' }],
  },
  'both Denies of an ending': { by: () => rig.provider.close(plan, soon()), altered: [{ part: 'ended' }] },
};
const put = (PolicyName: string, PolicyDocument: string) =>
  admin().send(new PutRolePolicyCommand({ RoleName: RoleName(), PolicyName, PolicyDocument }));
const TRUST = JSON.stringify(
  document({ Effect: 'Allow', Principal: { AWS: '333333333333' }, Action: 'sts:AssumeRole' }),
);

describe('what differs from what was opened (C4)', () => {
  it('is nothing while nobody touches it', async () => {
    expect(await altered()).toEqual([]);
  });

  it.each(Object.entries(DEEDS))('is seen: %s', async (_what, { by, altered: expected }) => {
    await by();
    expect(await altered()).toEqual(expected);
  });

  it('is seen: another default version of a pinned policy, which opens nothing and lengthens nothing either', async () => {
    const version = { PolicyArn: LISTER_ARN, PolicyDocument: MORE, SetAsDefault: true };
    const made = await admin().send(new CreatePolicyVersionCommand(version));
    expect(await altered()).toEqual([{ part: 'definition', name: LISTER_ARN }]);
    expect(await codeOf(rig.provider.open(plan, soon()))).toBe('PINNED_POLICY_CHANGED');
    const later = planOf(1800);
    expect(await codeOf(rig.provider.extend(plan, later, soon()))).toBe('PINNED_POLICY_CHANGED');
    await admin().send(new SetDefaultPolicyVersionCommand({ PolicyArn: LISTER_ARN, VersionId: 'v1' }));
    expect(made.PolicyVersion?.VersionId).toBe('v2');
    expect(await codeOf(rig.provider.extend(plan, later, soon()))).toBe('allowed');
  });
});
