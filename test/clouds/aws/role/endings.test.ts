import { CreateRoleCommand } from '@aws-sdk/client-iam';
import { detailOf } from '../../../../src/clouds/aws/policy/plan-detail.ts';
import type { Plan } from '../../../../src/core/request/request.ts';
import { details, role, terms } from '../inputs.ts';
import { codeOf, LISTER_ARN, manifest, PINNED_LISTER, Rig, soon } from '../rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(async () => {
  await rig.close();
});

const withManaged = (seconds?: number): Plan =>
  rig.plan({ details: details({ terms: terms({ policies: [...role().policies, PINNED_LISTER] }) }) }, seconds);
const inlineOf = (plan: Plan): readonly string[] => Object.keys(rig.role(plan)?.policies.inline ?? {});
const hashesOf = ({ hashes }: Plan) => ({ '99-revoked': hashes['99-revoked'], 'closed-trust': hashes['closed-trust'] });
/** Long enough for every try of a call. */
const ALWAYS = 100;

describe('an ending that is let through in part (D2, D3)', () => {
  it('closes the trust though the Deny is refused, and says that the Deny was', async () => {
    const plan = withManaged();
    await rig.provider.open(plan, soon());
    const stored = rig.role(plan);
    // Somebody took the boundary off: the broker may write policies only to roles that carry one, but any trust.
    if (stored) stored.policies = { ...stored.policies, boundary: undefined };
    await expect(rig.provider.close(plan, soon())).rejects.toThrow(/PROVIDER_DENIED_US.*99-revoked/);
    expect(await codeOf(rig.assume(plan, rig.signIn('alice')))).toBe('AccessDenied');
  });

  it('denies every session though the trust cannot be replaced, and is not done', async () => {
    const plan = withManaged();
    await rig.provider.open(plan, soon());
    const session = await rig.assume(plan, rig.signIn('alice'));
    rig.aws.dials.add({ kind: 'fail_before', action: 'UpdateAssumeRolePolicy', times: ALWAYS });
    expect(await codeOf(rig.provider.close(plan, soon()))).toBe('PROVIDER_UNAVAILABLE');
    expect(await rig.may(session, 'iam:ListUsers', '*')).toBe('AccessDenied');
  });

  it('tells of the Deny first where both failed', async () => {
    const plan = withManaged();
    await rig.provider.open(plan, soon());
    rig.aws.dials.add({ kind: 'throttle', action: 'PutRolePolicy', times: ALWAYS });
    rig.aws.dials.add({ kind: 'fail_before', action: 'UpdateAssumeRolePolicy', times: ALWAYS });
    expect(await codeOf(rig.provider.close(plan, soon()))).toBe('PROVIDER_THROTTLED');
  });
});

describe('a role that is not there is made, closed, so that nobody else takes its name (D2)', () => {
  it.each(['as a denial', 'plainly'])('where AWS says %s that it is missing', async (how) => {
    const { Statement, ...broker } = manifest('broker');
    // With rights that ask for a boundary AWS denies; without it says that there is no such role.
    const unbounded = Statement.map((one) => {
      const { Condition, ...rest } = one;
      return how === 'plainly' && [one.Action].flat().includes('iam:PutRolePolicy') ? rest : one;
    });
    await rig.close();
    rig = await Rig.open({ broker: { ...broker, Statement: unbounded } });
    const plan = withManaged();
    expect(await rig.provider.close(plan, soon())).toEqual({ hashes: hashesOf(plan), nativeEndIntact: false });
    expect(inlineOf(plan)).toEqual(['99-revoked']);
  });
});

describe('access is removed once both Denies read back equal (D3)', () => {
  const EXPIRY = { action: 'GetRolePolicy', where: { PolicyName: '00-expiry' } } as const;

  it.each<[what: string, does: (plan: Plan) => void]>([
    ['was deleted by hand', (plan) => Reflect.deleteProperty(rig.role(plan)?.policies.inline ?? {}, '00-expiry')],
    ['cannot be read', () => rig.aws.dials.add({ kind: 'fail_before', times: ALWAYS, ...EXPIRY })],
    ['is read by nobody in time', () => rig.aws.dials.add({ kind: 'hold_before', times: ALWAYS, ...EXPIRY })],
  ])('though the planned end %s, and then that is not said to stand', async (_what, does) => {
    const plan = rig.plan();
    await rig.provider.open(plan, soon());
    does(plan);
    const closed = { hashes: hashesOf(plan), nativeEndIntact: false };
    expect(await rig.provider.close(plan, soon())).toEqual(closed);
  });

  it('though permissions could not be deleted: that is logged, and a repeated close does it', async () => {
    const plan = withManaged();
    await rig.provider.open(plan, soon());
    rig.aws.dials.add({ kind: 'fail_before', action: 'DetachRolePolicy', times: ALWAYS });
    expect(await rig.provider.close(plan, soon())).toEqual({ hashes: hashesOf(plan), nativeEndIntact: true });
    expect(rig.logged.at(-1)).toMatch(/^warn: .*permissions stay .*PROVIDER_UNAVAILABLE.*detaching/);
    expect(rig.role(plan)?.policies.attached).toEqual([LISTER_ARN]);
    // One failure does not keep the other permissions.
    expect(inlineOf(plan)).toEqual(['00-expiry', '99-revoked']);
    expect(await rig.provider.observe(plan, soon())).toMatchObject({ ended: true, nativeEndIntact: true });
    rig.aws.dials.clear();
    await rig.provider.close(plan, soon());
    expect(rig.role(plan)?.policies.attached).toEqual([]);
  });

  it('though the cloud leaves the deletion of permissions hanging', async () => {
    const plan = withManaged();
    await rig.provider.open(plan, soon());
    rig.aws.dials.add({ kind: 'hold_before', action: 'DetachRolePolicy', times: ALWAYS });
    const deadline = new AbortController();
    const closed = { hashes: hashesOf(plan), nativeEndIntact: true };
    expect(await rig.provider.close(plan, deadline.signal)).toEqual(closed);
    expect(rig.role(plan)?.policies.attached).toEqual([LISTER_ARN]);
  });
});

describe('deleting', () => {
  const LONG_AGO_SECONDS = -13 * 3600;
  const longAgo = () => rig.plan({}, LONG_AGO_SECONDS);

  it('deletes what ending left, and finds it done the second time', async () => {
    const plan = longAgo();
    await rig.provider.close(plan, soon());
    await rig.provider.deleteTombstone(plan, soon());
    expect(rig.role(plan)).toBeUndefined();
    await rig.provider.deleteTombstone(plan, soon());
  });

  it('removes what still allows before the Denies, and keeps the Denies while it cannot', async () => {
    const plan = withManaged(LONG_AGO_SECONDS);
    await rig.provider.open(plan, soon());
    rig.aws.dials.add({ kind: 'fail_before', action: 'DetachRolePolicy', times: ALWAYS });
    await rig.provider.close(plan, soon());
    expect(await codeOf(rig.provider.deleteTombstone(plan, soon()))).toBe('PROVIDER_UNAVAILABLE');
    expect(inlineOf(plan)).toEqual(['00-expiry', '99-revoked']);
    rig.aws.dials.clear();
    const before = rig.aws.dials.log().length;
    await rig.provider.deleteTombstone(plan, soon());
    const deletions = rig.aws.dials.log(before).filter(({ action }) => /^(Detach|Delete)/.test(action));
    expect(deletions.map(({ action, params }) => `${action} ${params.PolicyName ?? ''}`.trim())).toEqual([
      'DetachRolePolicy',
      'DeleteRolePolicy 00-expiry',
      'DeleteRolePolicy 99-revoked',
      'DeleteRole',
    ]);
  });

  it('is done only when the cloud says that the role is gone (D3)', async () => {
    const plan = longAgo();
    await rig.provider.close(plan, soon());
    await rig.provider.deleteTombstone(plan, soon());
    const [deleted, read] = rig.aws.dials.log().slice(-2);
    expect([deleted?.action, read?.action, read?.outcome]).toEqual(['DeleteRole', 'GetRole', 'NoSuchEntity']);
  });

  it('is not done while a role still stands under that name', async () => {
    const plan = longAgo();
    await rig.provider.close(plan, soon());
    rig.aws.dials.add({ kind: 'hold_after', action: 'DeleteRole' });
    const deleting = codeOf(rig.provider.deleteTombstone(plan, soon()));
    await rig.aws.dials.whenHeld(60_000);
    const trust = detailOf(plan).closedTrust;
    await rig.admin().send(new CreateRoleCommand({ RoleName: plan.name, AssumeRolePolicyDocument: trust }));
    rig.aws.dials.releaseAll();
    expect(await deleting).toBe('READ_BACK_DIFFERS');
  });

  it('finds nothing to delete where somebody deleted the role, and logs that', async () => {
    const plan = longAgo();
    await rig.provider.deleteTombstone(plan, soon());
    expect(rig.logged).toEqual([expect.stringMatching(/^info: .*gone already .*"role":"bg-/)]);
  });
});
