import { PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { detailOf } from '../../../../src/clouds/aws/policy/plan-detail.ts';
import type { Plan } from '../../../../src/core/request/request.ts';
import { INLINE_LENGTH_MAX } from '../../../../src/demo/aws/iam-role-policies.ts';
import type { CloudObject } from '../../../../src/ports/provider.ts';
import { account, allow, document, input } from '../inputs.ts';
import { codeOf, Rig, soon } from '../rig.ts';

const OURS = input().installationId;
const ACCOUNT = account();
const NOBODY = document({ Effect: 'Deny', Principal: '*', Action: 'sts:AssumeRole' });
/** Long enough for every try of a call. */
const ALWAYS = 100;

let rig: Rig;
const opened = async (...options: Parameters<typeof Rig.open>): Promise<void> => {
  rig = await Rig.open(...options);
};
afterEach(() => rig.close());

const inspect = (plan: Plan) => rig.provider.inspect(ACCOUNT, plan.name, soon());
/** An open role of a plan, as the listing would show it. */
async function openRole(change: Parameters<Rig['plan']>[0] = {}) {
  const plan = rig.plan(change);
  await rig.provider.open(plan, soon());
  return { plan, orphan: { name: plan.name, id: rig.role(plan)?.id ?? '', installationId: plan.installationId } };
}
const close = (orphan: CloudObject & { readonly installationId: string }) =>
  rig.provider.closeOrphan(ACCOUNT, orphan, soon());
const isShut = (plan: Plan): boolean => {
  const { revoked, closedTrust } = detailOf(plan);
  const policies = rig.role(plan)?.policies;
  return policies?.inline['99-revoked'] === revoked && policies.trust === closedTrust;
};

describe('listing what stands in our place (D2)', () => {
  const roles = Array.from({ length: 1000 }, (_, index) => ({
    name: `bg-${index}`,
    path: '/breakglass/',
    trust: NOBODY,
  }));
  const elsewhere = { name: 'bg-elsewhere', path: '/', trust: NOBODY };

  it('comes in pages of a hundred, each role once, and nothing from elsewhere', async () => {
    await opened({ roleQuota: 2000, roles: [...roles, elsewhere] });
    const names: string[] = [];
    const sizes: number[] = [];
    let cursor: string | undefined;
    do {
      const { objects, next } = await rig.provider.list(ACCOUNT, cursor, soon());
      names.push(...objects.map(({ name }) => name));
      sizes.push(objects.length);
      cursor = next;
    } while (cursor !== undefined);
    expect(sizes).toEqual(Array.from({ length: 10 }, () => 100));
    expect(names.toSorted()).toEqual(roles.map(({ name }) => name).toSorted());
  });

  it('refuses a cursor that is none, so that the listing can begin anew', async () => {
    await opened();
    expect(await codeOf(rig.provider.list(ACCOUNT, 'from another age', soon()))).toBe('PROVIDER_REFUSED');
  });

  it('may leave out what was just made, which a read by name finds', async () => {
    await opened();
    rig.aws.dials.setListLag(60_000);
    const { plan } = await openRole();
    expect(await rig.provider.list(ACCOUNT, undefined, soon())).toEqual({ objects: [], next: undefined });
    expect(await inspect(plan)).toMatchObject({ installationId: OURS, ended: false });
    rig.aws.dials.setListLag(0);
    const { objects } = await rig.provider.list(ACCOUNT, undefined, soon());
    expect(objects).toEqual([{ name: plan.name, id: rig.role(plan)?.id }]);
  });
});

describe('inspecting one', () => {
  it('says whose it is, for which grant, and whether an ending closed it', async () => {
    await opened();
    const { plan, orphan } = await openRole();
    const found = { name: plan.name, id: orphan.id, installationId: OURS, grantId: plan.grantId };
    expect(await inspect(plan)).toEqual({ ...found, ended: false });
    await rig.provider.close(plan, soon());
    expect(await inspect(plan)).toEqual({ ...found, ended: true });
  });

  it('calls nothing closed of which only one half is', async () => {
    await opened();
    const { plan } = await openRole();
    rig.aws.dials.add({ kind: 'fail_before', action: 'PutRolePolicy', times: ALWAYS });
    expect(await codeOf(rig.provider.close(plan, soon()))).toBe('PROVIDER_UNAVAILABLE');
    expect(await inspect(plan)).toMatchObject({ ended: false });
  });

  it('finds nothing where nothing stands, and no mark on what is not ours', async () => {
    await opened({ roles: [{ name: 'bg-by-hand', path: '/breakglass/', trust: NOBODY }] });
    expect(await rig.provider.inspect(ACCOUNT, 'bg-none', soon())).toBeUndefined();
    expect(await rig.provider.inspect(ACCOUNT, 'bg-by-hand', soon())).toMatchObject({ installationId: undefined });
  });
});

describe('closing one without a plan (D2, C6)', () => {
  beforeEach(() => opened());

  it('denies every session and lets nobody in any more, and is done only when both are read back', async () => {
    const { plan, orphan } = await openRole();
    const session = await rig.assume(plan, rig.signIn('alice'));
    await close(orphan);
    expect(isShut(plan)).toBe(true);
    expect(await rig.may(session, 'iam:ListUsers', '*')).toBe('AccessDenied');
    expect(await codeOf(rig.assume(plan, rig.signIn('alice')))).toBe('AccessDenied');
  });

  it('may be done twice, and from two processes', async () => {
    const { plan, orphan } = await openRole();
    await Promise.all([close(orphan), rig.another().closeOrphan(ACCOUNT, orphan, soon())]);
    await close(orphan);
    expect(isShut(plan)).toBe(true);
  });

  it('touches nothing of another installation, nor a role made anew under the name', async () => {
    const { plan, orphan } = await openRole({ installationId: 'another-installation' });
    const before = rig.role(plan)?.policies;
    expect(await codeOf(close({ ...orphan, installationId: OURS }))).toBe('PROVIDER_CONFLICT');
    expect(await codeOf(close({ ...orphan, id: 'AROAANOTHER' }))).toBe('PROVIDER_CONFLICT');
    expect(rig.role(plan)?.policies).toEqual(before);
  });

  it('shuts the door though the Deny is refused, and says so', async () => {
    const { plan, orphan } = await openRole();
    rig.aws.dials.add({ kind: 'fail_before', action: 'PutRolePolicy', times: ALWAYS });
    expect(await codeOf(close(orphan))).toBe('PROVIDER_UNAVAILABLE');
    expect(await codeOf(rig.assume(plan, rig.signIn('alice')))).toBe('AccessDenied');
    rig.aws.dials.clear();
    await close(orphan);
    expect(isShut(plan)).toBe(true);
  });

  it('makes room for the Deny on a role that somebody filled up', async () => {
    const { plan, orphan } = await openRole();
    const filler = (length: number) => JSON.stringify(document(allow(`s3:${'x'.repeat(length)}`)));
    const used = Object.values(rig.role(plan)?.policies.inline ?? {}).join('').length;
    const PolicyDocument = filler(INLINE_LENGTH_MAX - used - filler(0).length);
    await rig.admin().send(new PutRolePolicyCommand({ RoleName: plan.name, PolicyName: 'by-hand', PolicyDocument }));
    await close(orphan);
    expect(isShut(plan)).toBe(true);
    expect(Object.keys(rig.role(plan)?.policies.inline ?? {})).toEqual(['00-expiry', '99-revoked']);
  });
});
