import {
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam';
import type { Plan } from '../../../../src/core/request/request.ts';
import { until } from '../../../support/until.ts';
import { allow, details, document, GUARDRAILS, input, role, SERVICE, terms } from '../inputs.ts';
import { codeOf, manifest, Rig, soon } from '../rig.ts';

const SECONDS = 900;
const LATER = 1800;

let rig: Rig;
let count = 0;
let from: Plan;
let to: Plan;
beforeAll(async () => {
  rig = await Rig.open();
});
afterAll(() => rig.close());

/** An access of its own for each test, open until `from`'s end, and the plan that moves it to `to`'s. */
async function opened(): Promise<void> {
  rig.aws.dials.clear();
  rig.aws.dials.setClockOffset(0);
  count += 1;
  const grantId = `01JCZ8T2V90000000000000${String(count).padStart(3, '0')}`;
  const policies = [...role().policies, { name: 'more', document: document(allow('ecs:DescribeServices')) }];
  const asked = details({ terms: terms({ policies }) });
  from = rig.plan({ grantId, details: asked }, SECONDS);
  to = rig.plan(
    { grantId, details: asked, head: 'b'.repeat(64), approvers: [{ id: 'noa', name: 'Noa', keys: [] }] },
    LATER,
  );
  await rig.provider.open(from, soon());
}
beforeEach(opened);

const WRITES = [
  ['TagRole', {}],
  ['PutRolePolicy', { PolicyName: '10-grant-2' }],
  ['UpdateAssumeRolePolicy', {}],
  ['PutRolePolicy', { PolicyName: '00-expiry' }],
] as const;
const named = WRITES.map(([action, where]) => ({ action, where, name: Object.values(where).join() }));

const extend = (by = rig.provider) => by.extend(from, to, soon());
const observed = (plan: Plan) => rig.provider.observe(plan, soon());
/** What the local AWS was asked to change about this role since then, in order. */
const written = (since: number) =>
  rig.aws.dials
    .log(since)
    .filter(({ params, action }) => params.RoleName === to.name && !/^(Get|List)/.test(action))
    .map(({ action, params }) => [action, params.PolicyName].filter(Boolean).join(' '));
const logged = (): number => rig.aws.dials.log().at(-1)?.seq ?? 0;
const pastOldEnd = () => rig.aws.dials.setClockOffset((SECONDS + 1) * 1000);
const tag = (name: string) => rig.role(to)?.policies.tags.find(({ Key }) => Key === `breakglass-${name}`)?.Value;

describe('more time on a role', () => {
  it('writes tags, permissions, the trust, and the Deny that ends it last (C2)', async () => {
    const since = logged();
    await extend();
    expect(written(since)).toEqual([
      'TagRole',
      'PutRolePolicy 10-grant-1',
      'PutRolePolicy 10-grant-2',
      'UpdateAssumeRolePolicy',
      'PutRolePolicy 00-expiry',
    ]);
    expect(await observed(to)).toMatchObject({ open: true, nativeEndIntact: true, pastEnd: false });
    expect([tag('expires'), tag('head'), tag('approvers')]).toEqual([
      (to.detail as { cloudEnd: string }).cloudEnd,
      'b'.repeat(64),
      'noa',
    ]);
  });

  it('reads each of them back before the next is written', async () => {
    const since = logged();
    await extend();
    const calls = rig.aws.dials.log(since).filter(({ params }) => params.RoleName === to.name);
    const isRead = (action: string) => /^(Get|List)/.test(action);
    const ends = calls.flatMap(({ action }, at) =>
      isRead(action) || !isRead(calls[at + 1]?.action ?? '') ? [] : [at],
    );
    // Tags, permissions, trust and end: after each, all of the role, side by side.
    expect(ends).toHaveLength(4);
    for (const [index, at] of ends.entries()) {
      const reads = calls.slice(at + 1, ends[index + 1]).filter(({ action }) => isRead(action));
      expect(reads.map(({ action, params }) => `${action} ${params.PolicyName ?? ''}`.trim()).toSorted()).toEqual([
        'GetRole',
        'GetRolePolicy 00-expiry',
        'GetRolePolicy 10-grant-1',
        'GetRolePolicy 10-grant-2',
        'ListAttachedRolePolicies',
        'ListRolePolicies',
      ]);
    }
  });

  it('lets a session that is out go on past the old end, and nobody past the new one', async () => {
    const session = await rig.assume(from, rig.signIn('alice'));
    await extend();
    pastOldEnd();
    expect(await rig.may(session, 'ecs:UpdateService', SERVICE)).toBe('ok');
    expect(await codeOf(rig.assume(to, rig.signIn('alice')))).toBe('allowed');
    rig.aws.dials.setClockOffset((LATER + 1) * 1000);
    expect(await rig.may(session, 'ecs:UpdateService', SERVICE)).not.toBe('ok');
    expect(await codeOf(rig.assume(to, rig.signIn('alice')))).toBe('AccessDenied');
  });

  it('ends by the proof of the cloud’s own clock at the new end, from the newest plan', async () => {
    await extend();
    await rig.provider.close(to, soon());
    rig.aws.dials.setClockOffset((LATER + 1) * 1000);
    // A provider of its own: the clocks that an AWS client has learnt stay with it.
    const seen = await rig.another().observe(to, soon());
    expect(seen).toMatchObject({ ended: true, pastEnd: true, nativeEndIntact: true });
  });
});

describe('an extender held while another ends the request', () => {
  it.each(named)('gives nobody anything once released at $action $name, and is found by who looks', async (step) => {
    const session = await rig.assume(from, rig.signIn('alice'));
    rig.aws.dials.add({ kind: 'hold_before', action: step.action, where: { RoleName: to.name, ...step.where } });
    const extending = codeOf(extend(rig.another()));
    await rig.aws.dials.whenHeld(60_000);
    await rig.provider.close(to, soon());
    rig.aws.dials.releaseAll();
    expect(await extending).toBe('PROVIDER_CONFLICT');
    expect(await rig.may(session, 'ecs:UpdateService', SERVICE)).toBe('AccessDenied');
    // A trust that comes late lets people in to nothing; the look that proves the ending sees it, and it is closed anew.
    expect(await observed(to)).toMatchObject({ open: false, ended: step.action !== 'UpdateAssumeRolePolicy' });
    await rig.provider.close(to, soon());
    expect(await observed(to)).toMatchObject({ open: false, ended: true });
    expect(await codeOf(rig.assume(to, rig.signIn('alice')))).toBe('AccessDenied');
  });
});

describe('what is not what was opened is never extended', () => {
  it.each<[what: string, change: () => Promise<unknown>]>([
    ['was ended', () => rig.provider.close(from, soon())],
    [
      'carries another installation id',
      () =>
        rig
          .admin()
          .send(new TagRoleCommand({ RoleName: to.name, Tags: [{ Key: 'breakglass-installation', Value: 'x' }] })),
    ],
    [
      'holds a policy that nobody approved',
      () =>
        rig.admin().send(
          new PutRolePolicyCommand({
            RoleName: to.name,
            PolicyName: 'more',
            PolicyDocument: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
          }),
        ),
    ],
    [
      'has another boundary',
      () =>
        rig.admin().send(
          new PutRolePermissionsBoundaryCommand({
            RoleName: to.name,
            PermissionsBoundary: `${GUARDRAILS}/boundary-c`,
          }),
        ),
    ],
    [
      'gives longer sessions',
      () => rig.admin().send(new UpdateRoleCommand({ RoleName: to.name, MaxSessionDuration: 43_200 })),
    ],
    [
      'has another trust',
      async () => {
        const stored = rig.role(to);
        const other = rig.provider.plan(input({ grantId: to.grantId, plannedEnd: new Date(Date.now() + 7_200_000) }));
        if (stored)
          stored.policies = { ...stored.policies, trust: JSON.parse((other.detail as { trust: string }).trust) };
      },
    ],
  ])('a role that %s', async (_what, change) => {
    await change();
    const since = logged();
    expect(await codeOf(extend())).toBe('PROVIDER_CONFLICT');
    expect(written(since)).toEqual([]);
  });

  it('a role that is not there: looked for again until the deadline, and never made', async () => {
    const stranger = rig.plan({ grantId: '01JCZ8T2V90000000000GONE0' }, LATER);
    const deadline = new AbortController();
    const since = logged();
    const extending = codeOf(rig.provider.extend(stranger, stranger, deadline.signal));
    const looks = () => rig.aws.dials.log(since).filter(({ action }) => action === 'GetRole').length;
    await until(() => looks() >= 2, 'a second look for the role');
    deadline.abort();
    expect(await extending).toBe('PROVIDER_UNAVAILABLE');
    expect(rig.role(stranger)).toBeUndefined();
  });
});

it('the broker’s rights let it tag its own roles and no other', () => {
  const tagging = manifest('broker').Statement.filter((one) => JSON.stringify(one).includes('iam:TagRole'));
  expect(tagging).toEqual([expect.objectContaining({ Resource: 'arn:aws:iam::*:role/breakglass/*' })]);
});
