import { CreatePolicyVersionCommand, ListUsersCommand } from '@aws-sdk/client-iam';
import { awsProvider } from '../../../../src/clouds/aws/role/provider.ts';
import { digestOf } from '../../../../src/core/canonical.ts';
import type { Plan } from '../../../../src/core/request/request.ts';
import {
  ALICE,
  account,
  allow,
  BOB,
  details,
  document,
  GUARDRAILS,
  input,
  MANAGEMENT,
  PRODUCTION,
  role,
  SERVICE,
  terms,
} from '../inputs.ts';
import { codeOf, LISTER_ARN, manifest, PINNED_LISTER, Rig, soon } from '../rig.ts';

const OTHER = document(allow('iam:ListRoles'));
const OTHER_SHA256 = digestOf(OTHER);

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(async () => {
  await rig.close();
});

const writes = (since = 0): string[] =>
  rig.aws.dials
    .log(since)
    .filter(({ action }) => /^(Create|Put|Attach|Update|Delete|Detach)/.test(action))
    .map(({ action, params }) => `${action} ${params.PolicyName ?? ''}`.trim());

describe('opening (C1, D1)', () => {
  it('lets the named person in while the window is open, and the session does what was approved and no more', async () => {
    const plan = rig.plan();
    await rig.provider.open(plan, soon());
    const session = await rig.assume(plan, rig.signIn('alice'));
    expect(await rig.may(session, 'ecs:UpdateService', SERVICE)).toBe('ok');
    expect(await rig.may(session, 'ecs:DeleteService', SERVICE)).toBe('AccessDenied');
    expect((await rig.iam(session).send(new ListUsersCommand({}))).Users).toHaveLength(2);
  });

  it('writes the role without rights first, then its end, then the rights, and reads all of it back', async () => {
    const plan = rig.plan({ details: details({ terms: terms({ policies: [...role().policies, PINNED_LISTER] }) }) });
    await rig.provider.open(plan, soon());
    expect(writes().slice(0, 2)).toEqual(['CreateRole', 'PutRolePolicy 00-expiry']);
    expect(writes().slice(2).toSorted()).toEqual(['AttachRolePolicy', 'PutRolePolicy 10-grant']);
    const seen = await rig.provider.observe(plan, soon());
    expect(seen).toMatchObject({ found: true, open: true, ended: false, pastEnd: false, nativeEndIntact: true });
  });

  it('refuses everybody else, and anybody who brings session tags', async () => {
    const plan = rig.plan();
    await rig.provider.open(plan, soon());
    expect(await codeOf(rig.assume(plan, rig.signIn('eve')))).toBe('AccessDenied');
    const tagged = { Tags: [{ Key: 'team', Value: 'admin' }] };
    expect(await codeOf(rig.assume(plan, rig.signIn('alice'), tagged))).toBe('AccessDenied');
  });

  it('lets only the named session tags pass where the account names some', async () => {
    const entry = { sessionTagKeys: ['team'] };
    const plan = rig.plan({
      target: { provider: 'aws', account: PRODUCTION, principal: BOB },
      details: details({ terms: terms({}, entry) }),
    });
    await rig.provider.open(plan, soon());
    const bob = rig.aws.signInAs(`arn:aws:iam::${PRODUCTION}:user/bob`, { mfa: true });
    const tag = (Key: string) => ({ Tags: [{ Key, Value: 'x' }] });
    expect(await codeOf(rig.assume(plan, bob, tag('team')))).toBe('allowed');
    expect(await codeOf(rig.assume(plan, bob, tag('owner')))).toBe('AccessDenied');
  });

  it('demands a second factor of an IAM user (C3)', async () => {
    const plan = rig.plan({ target: { provider: 'aws', account: PRODUCTION, principal: BOB } });
    await rig.provider.open(plan, soon());
    const bob = `arn:aws:iam::${PRODUCTION}:user/bob`;
    expect(await codeOf(rig.assume(plan, rig.aws.signInAs(bob)))).toBe('AccessDenied');
    expect(await codeOf(rig.assume(plan, rig.aws.signInAs(bob, { mfa: true })))).toBe('allowed');
  });

  it('demands the source identity in zone C, so that the cloud log names the person', async () => {
    const plan = rig.plan({ details: details({ terms: terms({ zone: 'C' }) }) });
    await rig.provider.open(plan, soon());
    const alice = rig.signIn('alice');
    expect(await codeOf(rig.assume(plan, alice))).toBe('AccessDenied');
    expect(await codeOf(rig.assume(plan, alice, { SourceIdentity: 'bg-eve' }))).toBe('AccessDenied');
    expect(await codeOf(rig.assume(plan, alice, { SourceIdentity: 'bg-alice' }))).toBe('allowed');
  });

  describe.each(['A', 'B', 'C'] as const)('in zone %s', (zone) => {
    const entering = async (sourceIdentity?: string) => {
      const principal = sourceIdentity === undefined ? ALICE : { ...ALICE, sourceIdentity };
      const plan = rig.plan({
        target: { provider: 'aws', account: PRODUCTION, principal },
        details: details({ terms: terms({ zone }) }),
      });
      await rig.provider.open(plan, soon());
      return async (carried: string | undefined, asked: string | undefined) => {
        const alice = rig.signIn('alice', carried === undefined ? {} : { sourceIdentity: carried });
        return await codeOf(rig.assume(plan, alice, asked === undefined ? {} : { SourceIdentity: asked }));
      };
    };

    it('lets in no session that names somebody else as its source, asked for or brought along (C3)', async () => {
      const enter = await entering();
      expect(await enter(undefined, 'bg-eve')).toBe('AccessDenied');
      expect(await enter('bg-eve', undefined)).toBe('AccessDenied');
      expect(await enter(undefined, 'bg-alice')).toBe('allowed');
      expect(await enter('bg-alice', undefined)).toBe('allowed');
      expect(await enter(undefined, undefined)).toBe(zone === 'C' ? 'AccessDenied' : 'allowed');
    });

    it('takes the source identity that the directory says their sign-in sets, and no other', async () => {
      const enter = await entering('alice@example.com');
      expect(await enter('alice@example.com', undefined)).toBe('allowed');
      expect(await enter(undefined, 'alice@example.com')).toBe('allowed');
      expect(await enter(undefined, 'bg-alice')).toBe('AccessDenied');
      expect(await enter('Alice@example.com', undefined)).toBe('AccessDenied');
    });
  });

  it('keeps the guardrails of its zone on, whatever the role says (C3)', async () => {
    const policies = [{ name: 'all', document: document(allow('*')) }];
    const plan = rig.plan({ details: details({ terms: terms({ policies }) }) });
    await rig.provider.open(plan, soon());
    const session = await rig.assume(plan, rig.signIn('alice'));
    for (const action of [
      'iam:CreateAccessKey',
      'iam:UpdateAssumeRolePolicy',
      'cloudtrail:StopLogging',
      'sts:AssumeRole',
      'iam:DetachRolePolicy',
    ]) {
      expect([action, await rig.may(session, action, '*')]).toEqual([action, 'AccessDenied']);
    }
    expect(await rig.may(session, 'sqs:PurgeQueue', '*')).toBe('ok');
  });

  it('C4: is not open while a pinned policy is not what was approved, and is by the same plan when it is again', async () => {
    const changed = { ...PINNED_LISTER, sha256: 'f'.repeat(64) };
    const plan = rig.plan({ details: details({ terms: terms({ policies: [changed] }) }) });
    expect(await codeOf(rig.provider.open(plan, soon()))).toBe('PINNED_POLICY_CHANGED');
    const approved = { ...plan, hashes: { ...plan.hashes, [LISTER_ARN]: PINNED_LISTER.sha256 } };
    expect(await codeOf(rig.provider.open(approved, soon()))).toBe('allowed');
  });

  it.each([
    ['another than was approved while it is being attached', PINNED_LISTER.sha256, 'PINNED_POLICY_CHANGED'],
    ['what was approved while it is being attached', OTHER_SHA256, 'allowed'],
  ])('C4: goes by the policy that is in force at the end, where it became %s', async (_what, sha256, outcome) => {
    const pinned = { ...PINNED_LISTER, sha256 };
    const plan = rig.plan({ details: details({ terms: terms({ policies: [pinned] }) }) });
    rig.aws.dials.add({ kind: 'hold_before', action: 'AttachRolePolicy' });
    const opening = codeOf(rig.provider.open(plan, soon()));
    await rig.aws.dials.whenHeld(60_000);
    const PolicyDocument = JSON.stringify(OTHER);
    await rig
      .admin()
      .send(new CreatePolicyVersionCommand({ PolicyArn: LISTER_ARN, PolicyDocument, SetAsDefault: true }));
    rig.aws.dials.releaseAll();
    expect(await opening).toBe(outcome);
  });

  it('opens nothing on a role that somebody gave more rights', async () => {
    const plan = rig.plan();
    await rig.provider.open(plan, soon());
    const stored = rig.role(plan);
    if (stored)
      stored.policies = {
        ...stored.policies,
        inline: { ...stored.policies.inline, extra: '{"Version":"2012-10-17","Statement":[]}' },
      };
    expect(await codeOf(rig.provider.open(plan, soon()))).toBe('PROVIDER_CONFLICT');
    expect(await rig.provider.observe(plan, soon())).toMatchObject({ open: false });
  });
});

describe('finding AWS', () => {
  const kept = { ...process.env };
  afterEach(() => {
    process.env = { ...kept };
  });

  it.each([['AWS_ENDPOINT_URL'], ['AWS_ENDPOINT_URL_IAM', 'AWS_ENDPOINT_URL_STS']])(
    'goes by the SDK’s own settings, so that an operator can put something in between: %s',
    async (...names) => {
      const keys = rig.aws.keysOf(MANAGEMENT, 'breakglass');
      process.env.AWS_ACCESS_KEY_ID = keys.accessKeyId;
      process.env.AWS_SECRET_ACCESS_KEY = keys.secretAccessKey;
      for (const name of names) process.env[name] = rig.aws.url;
      const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
      const provider = awsProvider({ clock: { now: async () => new Date() }, logger: silent });
      const plan = rig.plan();
      await provider.open(plan, soon());
      provider.release();
      expect(await rig.provider.observe(plan, soon())).toMatchObject({ open: true });
    },
  );
});

describe('ending (D2, D3)', () => {
  const opened = async (): Promise<Plan> => {
    const plan = rig.plan({ details: details({ terms: terms({ policies: [...role().policies, PINNED_LISTER] }) }) });
    await rig.provider.open(plan, soon());
    return plan;
  };

  it('stops a session that is already out, and lets nobody in again', async () => {
    const plan = await opened();
    const session = await rig.assume(plan, rig.signIn('alice'));
    const { hashes } = await rig.provider.close(plan, soon());
    expect(hashes).toEqual({ '99-revoked': plan.hashes['99-revoked'], 'closed-trust': plan.hashes['closed-trust'] });
    expect(await rig.may(session, 'ecs:UpdateService', SERVICE)).toBe('AccessDenied');
    expect(await codeOf(rig.assume(plan, rig.signIn('alice')))).toBe('AccessDenied');
    expect(await rig.provider.observe(plan, soon())).toMatchObject({
      open: false,
      ended: true,
      nativeEndIntact: true,
    });
  });

  it('writes the Deny and the trust at once, and removes rights only when both were read back, keeping both', async () => {
    const plan = await opened();
    const before = rig.aws.dials.log().length;
    await rig.provider.close(plan, soon());
    expect(writes(before).slice(0, 2).toSorted()).toEqual(['PutRolePolicy 99-revoked', 'UpdateAssumeRolePolicy']);
    expect(writes(before).slice(2)).toEqual(['DetachRolePolicy', 'DeleteRolePolicy 10-grant']);
    const asked = rig.aws.dials.log(before).map(({ action, params }) => `${action} ${params.PolicyName ?? ''}`.trim());
    const readBack = ['GetRole', 'GetRolePolicy 99-revoked'].map((read) => asked.indexOf(read));
    expect(Math.min(...readBack)).toBeGreaterThan(asked.indexOf('UpdateAssumeRolePolicy'));
    expect(Math.min(...readBack)).toBeGreaterThan(asked.indexOf('PutRolePolicy 99-revoked'));
    expect(Math.max(...readBack)).toBeLessThan(asked.indexOf('DetachRolePolicy'));
    expect(Object.keys(rig.role(plan)?.policies.inline ?? {})).toEqual(['00-expiry', '99-revoked']);
    expect(rig.role(plan)?.policies.attached).toEqual([]);
  });

  it('ends access at the planned instant with nobody alive to end it, by the cloud alone (D1)', async () => {
    const plan = await opened();
    const session = await rig.assume(plan, rig.signIn('alice'));
    rig.aws.dials.setClockOffset(29 * 60_000);
    expect(await rig.may(session, 'ecs:UpdateService', SERVICE)).toBe('ok');
    rig.aws.dials.setClockOffset(31 * 60_000);
    expect(await rig.may(session, 'ecs:UpdateService', SERVICE)).toBe('AccessDenied');
    expect((await rig.provider.observe(plan, soon())).pastEnd).toBe(true);
    expect(await codeOf(rig.assume(plan, rig.signIn('alice')))).toBe('AccessDenied');
  });

  it('ends access without the cloud’s own date, by the Deny alone (D2)', async () => {
    const plan = await opened();
    const session = await rig.assume(plan, rig.signIn('alice'));
    rig.aws.dials.setIgnoreDates(true);
    rig.aws.dials.setClockOffset(31 * 60_000);
    expect(await rig.may(session, 'ecs:UpdateService', SERVICE)).toBe('ok');
    await rig.provider.close(plan, soon());
    expect(await rig.may(session, 'ecs:UpdateService', SERVICE)).toBe('AccessDenied');
  });

  it.each([false, true])(
    'leaves a closed role where the role is missing (denied instead of not found: %s), so a late opener stops',
    async (denied) => {
      rig.aws.dials.setMissingRolesAreDenied(denied);
      const plan = rig.plan();
      await rig.provider.close(plan, soon());
      expect(await rig.provider.observe(plan, soon())).toMatchObject({ found: true, ended: true, open: false });
      expect(rig.role(plan)?.policies.boundary).toBe(
        `arn:aws:iam::${PRODUCTION}:policy/breakglass-guardrails/boundary-b`,
      );
      expect(await codeOf(rig.another().open(plan, soon()))).toBe('PROVIDER_CONFLICT');
      expect(await codeOf(rig.assume(plan, rig.signIn('alice')))).toBe('AccessDenied');
    },
  );

  it('ends a role that carries another installation id and another trust: taking away asks nobody', async () => {
    await rig.provider.open(rig.plan({ installationId: 'another-installation' }), soon());
    const plan = rig.plan();
    await rig.provider.close(plan, soon());
    expect(await rig.provider.observe(plan, soon())).toMatchObject({ ended: true });
  });

  it('makes room for the Deny on a role that somebody filled up', async () => {
    const plan = await opened();
    const stored = rig.role(plan);
    if (stored === undefined) throw new Error('the role was not opened');
    const used = Object.values(stored.policies.inline).join('').replace(/\s/g, '').length;
    const empty = JSON.stringify(document(allow('s3:GetObject', 'arn:aws:s3:::')));
    const filler = empty.replace(':::', `:::${'x'.repeat(10_240 - used - empty.length)}`);
    stored.policies = { ...stored.policies, inline: { ...stored.policies.inline, filler } };
    const before = rig.aws.dials.log().length;
    await rig.provider.close(plan, soon());
    expect(rig.aws.dials.log(before).filter(({ outcome }) => outcome === 'LimitExceeded')).toHaveLength(1);
    expect(await rig.provider.observe(plan, soon())).toMatchObject({ ended: true });
  });
});

describe('whether the planned end is past (D2)', () => {
  it.each([
    ['an hour ahead', 3_600_000, true],
    ['level with ours', 0, false],
  ])('is told by the cloud’s clock and the end as written there: %s', async (_what, offset, pastEnd) => {
    // Planned when the cloud was seen an hour ahead: by our own clock the end was half an hour ago.
    const plan = rig.plan({ offsetMs: 3_600_000 }, -1800);
    rig.aws.dials.setClockOffset(offset);
    expect(await rig.provider.observe(plan, soon())).toMatchObject({ pastEnd });
  });
});

describe('reading the target', () => {
  it('says how far its clock is, how many roles it holds, and that nothing changed', async () => {
    rig.aws.dials.setClockOffset(42_000);
    const asked = Date.now();
    const reading = await rig.provider.read(input().target, terms({ policies: [PINNED_LISTER] }), soon());
    const tookMs = Date.now() - asked;
    // The cloud says whole seconds, at some moment between question and answer.
    expect(reading.offsetMs).toBeGreaterThanOrEqual(41_000 - tookMs);
    expect(reading.offsetMs).toBeLessThanOrEqual(42_000 + tookMs);
    expect(reading.room).toEqual([{ what: 'roles', used: rig.aws.roles(PRODUCTION).length, quota: 100 }]);
    expect(reading.changedDefinitions).toEqual([]);
  });

  it('reads a clock that is an hour away, which a plain signature would not survive', async () => {
    rig.aws.dials.setClockOffset(3_600_000);
    const reading = await rig.provider.read(input().target, terms(), soon());
    expect(Math.round(reading.offsetMs / 60_000)).toBe(60);
  });

  it('takes a cloud whose answers carry no date for away, not for right', async () => {
    rig.aws.dials.setUndated(true);
    await expect(rig.provider.read(input().target, terms(), soon())).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
    });
  });

  it.each(['Roles', 'RolesQuota'])('takes a summary without %s for no answer, not for room', async (name) => {
    rig.aws.dials.setUnsaid([name]);
    await expect(rig.provider.read(input().target, terms(), soon())).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
    });
  });

  it('names every pinned policy whose document is another, or gone', async () => {
    const gone = { ...PINNED_LISTER, arn: `${LISTER_ARN}-gone` };
    const changed = { ...PINNED_LISTER, sha256: 'f'.repeat(64) };
    const reading = await rig.provider.read(input().target, terms({ policies: [changed, gone] }), soon());
    expect(reading.changedDefinitions).toEqual([LISTER_ARN, `${LISTER_ARN}-gone`]);
  });

  it.each([
    ['is not there', `${GUARDRAILS}/boundary-b-gone`, manifestSeeing(`${GUARDRAILS}/boundary-b-gone`)],
    ['is none of those that the broker may put on a role', `${GUARDRAILS}-elsewhere/boundary-b`, manifest('broker')],
  ])(
    'names the boundary of the zone if it %s: a role for it could never be closed (C3, D2)',
    async (_what, B, broker) => {
      await rig.close();
      rig = await Rig.open({ broker });
      const { boundaries } = account();
      const reading = await rig.provider.read(input().target, terms({}, { boundaries: { ...boundaries, B } }), soon());
      expect(reading.changedDefinitions).toEqual([B]);
    },
  );

  it('asks only for the boundary of the role’s own zone', async () => {
    const boundaries = { ...account().boundaries, C: `${GUARDRAILS}/boundary-c-gone` };
    const reading = await rig.provider.read(input().target, terms({}, { boundaries }), soon());
    expect(reading.changedDefinitions).toEqual([]);
  });

  it('does not take a stumble of the cloud for a missing boundary', async () => {
    rig.aws.dials.add({ kind: 'fail_before', action: 'GetPolicy', times: 100 });
    expect(await codeOf(rig.provider.read(input().target, terms(), soon()))).toBe('PROVIDER_UNAVAILABLE');
  });

  it('refuses terms of another account', async () => {
    const target = { ...input().target, account: '333333333333' };
    expect(await codeOf(rig.provider.read(target, terms(), soon()))).toBe('PROVIDER_REFUSED');
  });
});

/** The broker's manifest, which may also see this policy. */
function manifestSeeing(arn: string) {
  const broker = manifest('broker');
  const more = { Sid: 'SeeMore', Effect: 'Allow', Action: 'iam:GetPolicy', Resource: arn };
  return { ...broker, Statement: [...broker.Statement, more] };
}
