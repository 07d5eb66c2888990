import { DeleteRoleCommand } from '@aws-sdk/client-iam';
import { Sessions } from '../../../../src/clouds/aws/client/session.ts';
import type { Plan } from '../../../../src/core/request/request.ts';
import { until } from '../../../support/until.ts';
import { account, details, EXTERNAL_ID, input, MANAGEMENT, role, SERVICE, terms } from '../inputs.ts';
import { codeOf, LISTER_ARN, manifest, PINNED_LISTER, Rig, soon } from '../rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(async () => {
  await rig.close();
});

const withManaged = (): Plan => {
  return rig.plan({ details: details({ terms: terms({ policies: [...role().policies, PINNED_LISTER] }) }) });
};

describe('a stumble of the cloud', () => {
  it('that hides a new role for a moment is waited out', async () => {
    const plan = withManaged();
    rig.aws.dials.add({ kind: 'hold_before', action: 'PutRolePolicy', where: { PolicyName: '00-expiry' } });
    const opening = rig.provider.open(plan, soon());
    await rig.aws.dials.whenHeld(60_000);
    await rig.admin().send(new DeleteRoleCommand({ RoleName: plan.name }));
    const before = rig.aws.dials.log().length;
    rig.aws.dials.releaseAll();
    await until(() => rig.aws.dials.log(before).some(({ outcome }) => outcome !== 'ok'), 'the new role to be missed');
    await rig.another().open(plan, soon());
    await opening;
    expect(await rig.provider.observe(plan, soon())).toMatchObject({ open: true });
  });

  it('that loses the answer of a create, and shows the role late, is waited out', async () => {
    const plan = rig.plan();
    rig.aws.dials.add({ kind: 'drop_after', action: 'CreateRole' });
    rig.aws.dials.add({ kind: 'hold_before', action: 'PutRolePolicy', where: { PolicyName: '00-expiry' } });
    const opening = codeOf(rig.provider.open(plan, soon(), true));
    await rig.aws.dials.whenHeld(60_000);
    const stored = rig.role(plan);
    const whole = stored?.policies;
    if (stored && whole) stored.policies = { ...whole, boundary: undefined };
    const before = rig.aws.dials.log().length;
    rig.aws.dials.releaseAll();
    await until(() => rig.aws.dials.log(before).some(({ outcome }) => outcome === 'AccessDenied'), 'an early refusal');
    if (stored && whole) stored.policies = whole;
    expect(await opening).toBe('allowed');
    expect(await rig.provider.observe(plan, soon())).toMatchObject({ open: true });
  });

  it('is told to operators as information, and nobody is woken', async () => {
    rig.aws.dials.add({ kind: 'throttle', action: 'CreateRole' });
    await rig.provider.open(rig.plan(), soon());
    expect(rig.logged).toEqual([expect.stringMatching(/^info: AWS is asked again .*"wire":"Throttling"/)]);
  });
});

describe('an opener held while another ends the request', () => {
  it('cannot bring a session back that was out before the end', async () => {
    const plan = withManaged();
    await rig.provider.open(plan, soon());
    const session = await rig.assume(plan, rig.signIn('alice'));
    const stored = rig.role(plan);
    if (stored) stored.policies = { ...stored.policies, attached: [] };
    rig.aws.dials.add({ kind: 'hold_before', action: 'AttachRolePolicy' });
    const opening = codeOf(rig.another().open(plan, soon()));
    await rig.aws.dials.whenHeld(60_000);
    await rig.provider.close(plan, soon());
    rig.aws.dials.releaseAll();
    expect(await opening).toBe('PROVIDER_CONFLICT');
    expect(rig.role(plan)?.policies.attached).toEqual([LISTER_ARN]);
    expect(await rig.may(session, 'iam:ListUsers', '*')).toBe('AccessDenied');
    expect(await rig.may(session, 'ecs:UpdateService', SERVICE)).toBe('AccessDenied');
  });
});

describe('a refusal of the cloud', () => {
  it('for a full account is a quota, asked once: more tries change nothing', async () => {
    await rig.close();
    rig = await Rig.open({ roleQuota: 2 });
    expect(await codeOf(rig.provider.open(rig.plan(), soon()))).toBe('PROVIDER_QUOTA');
    expect(rig.aws.dials.log().filter(({ action }) => action === 'CreateRole')).toHaveLength(1);
  });

  it('for missing rights of the broker names the action, once', async () => {
    const broker = manifest('broker');
    const fewer = { ...broker, Statement: broker.Statement.filter(({ Sid }) => Sid !== 'InlineOnlyBounded') };
    await rig.close();
    rig = await Rig.open({ broker: fewer });
    const plan = rig.plan();
    await expect(rig.provider.open(plan, soon())).rejects.toThrow(/PROVIDER_DENIED_US.*00-expiry/);
    // An ending that the broker may not do is refused too, and not taken for a missing role.
    expect(await codeOf(rig.provider.close(plan, soon()))).toBe('PROVIDER_DENIED_US');
    expect(rig.aws.dials.log().filter(({ action }) => action === 'CreateRole')).toHaveLength(1);
  });

  it('for a wrong external id says so and never shows it', async () => {
    const wrong = rig.plan({ details: details({ terms: terms({}, { externalId: 'not-the-external-id' }) }) });
    const said = await rig.provider.open(wrong, soon()).catch((error: unknown) => error);
    expect(String(said)).toMatch(/PROVIDER_DENIED_US/);
    expect(JSON.stringify([said, String(said), rig.logged])).not.toContain('not-the-external-id');
    expect(await codeOf(rig.provider.close(wrong, soon()))).toBe('PROVIDER_DENIED_US');
  });

  it('never carries the request with its keys as a cause', async () => {
    rig.aws.dials.add({ kind: 'fail_before', action: 'GetRole', times: 100 });
    const said: unknown = await rig.provider.open(rig.plan(), soon()).catch((error: unknown) => error);
    expect(said).toBeInstanceOf(Error);
    expect(said instanceof Error ? said.cause : 'none').toBeUndefined();
    expect(String(said)).not.toContain(EXTERNAL_ID);
  });

  it('for a principal that does not exist is final', async () => {
    const principal = { kind: 'iam-user', arn: `arn:aws:iam::${account().id}:user/nobody` } as const;
    const plan = rig.plan({ target: { ...input().target, principal } });
    expect(await codeOf(rig.provider.open(plan, soon()))).toBe('PROVIDER_REFUSED');
  });
});

describe('the broker’s own session', () => {
  it('is made once for many calls, with the external id', async () => {
    await rig.provider.open(rig.plan(), soon());
    await rig.provider.close(rig.plan(), soon());
    expect(rig.aws.dials.log().filter(({ action }) => action === 'AssumeRole')).toHaveLength(1);
  });

  it('that was made anew is kept when the refusal of a call with the old one comes late', async () => {
    const credentials = rig.aws.keysOf(MANAGEMENT, 'breakglass');
    const sessions = new Sessions({ endpoint: rig.aws.url, region: 'eu-west-1', credentials }, () => 0.1);
    const { brokerRole, externalId } = account();
    const door = { brokerRole, externalId };
    const old = await sessions.enter(door, soon());
    sessions.leave(door, old);
    const fresh = await sessions.enter(door, soon());
    sessions.leave(door, old);
    expect([fresh === old, (await sessions.enter(door, soon())) === fresh]).toEqual([false, true]);
    sessions.release();
  });

  it('is made anew when the cloud says it expired, and the call goes on', async () => {
    const plan = rig.plan();
    await rig.provider.open(plan, soon());
    // Two hours on, every session of the broker that was out has lapsed.
    rig.aws.dials.setClockOffset(2 * 3_600_000);
    await rig.provider.close(plan, soon());
    expect(await rig.provider.observe(plan, soon())).toMatchObject({ ended: true });
    const entered = rig.aws.dials.log().filter(({ action, outcome }) => action === 'AssumeRole' && outcome === 'ok');
    expect(entered).toHaveLength(2);
  });

  it('is tried again by the next call after it could not be made', async () => {
    rig.aws.dials.add({ kind: 'fail_before', action: 'AssumeRole', times: 5 });
    expect(await codeOf(rig.provider.observe(rig.plan(), soon()))).toBe('PROVIDER_UNAVAILABLE');
    expect(await rig.provider.observe(rig.plan(), soon())).toMatchObject({ found: false });
  });

  it('is made though the broker’s own keys did not come when they were first asked for', async () => {
    let asked = 0;
    const never = new Promise<never>(() => undefined);
    const keys = rig.aws.keysOf(MANAGEMENT, 'breakglass');
    const credentials = () => {
      asked += 1;
      return asked === 1 ? never : Promise.resolve(keys);
    };
    const provider = rig.another({ credentials });
    expect(await provider.observe(rig.plan(), soon())).toMatchObject({ found: false });
    expect(asked).toBe(2);
  });

  it('is one for calls at the same time', async () => {
    await Promise.all([rig.provider.observe(rig.plan(), soon()), rig.provider.observe(rig.plan(), soon())]);
    expect(rig.aws.dials.log().filter(({ action }) => action === 'AssumeRole')).toHaveLength(1);
  });
});
