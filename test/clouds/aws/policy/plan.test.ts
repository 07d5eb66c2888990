import fc from 'fast-check';
import { planOf } from '../../../../src/clouds/aws/policy/plan.ts';
import { detailOf } from '../../../../src/clouds/aws/policy/plan-detail.ts';
import { Failure } from '../../../../src/core/failure.ts';
import type { Plan } from '../../../../src/core/request/request.ts';
import { ALICE, account, allow, BOB, details, document, input, PRODUCTION, role, terms } from '../inputs.ts';
import { Rig, soon } from '../rig.ts';
import { SHARED_IDENTITIES } from './shared-identities.ts';

const inlineOf = (plan: Plan, name: string) => {
  const found = detailOf(plan).inline.find((one) => one.name === name);
  return JSON.parse(found?.document ?? 'null');
};
const tag = (plan: Plan, key: string) => detailOf(plan).tags.find(({ Key }) => Key === `breakglass-${key}`)?.Value;
const ofRole = (change: Parameters<typeof terms>[0], of = {}) =>
  input({ details: details({ terms: terms(change, of) }) });

describe('a plan', () => {
  it('is the same, down to the byte, for the same order', () => {
    expect(JSON.stringify(planOf(input()))).toBe(JSON.stringify(planOf(input())));
  });

  it('survives being stored as JSON: an ending needs nothing else', () => {
    const plan = planOf(input());
    const stored: Plan = { ...plan, detail: JSON.parse(JSON.stringify(plan.detail)) };
    expect(detailOf(stored)).toEqual(detailOf(plan));
    expect(detailOf(plan)).toMatchObject({
      roleName: 'bg-01jcz8t2v9000000000000000a',
      path: '/breakglass/',
      brokerRole: account().brokerRole,
      externalId: account().externalId,
      boundary: account().boundaries.B,
    });
  });

  it('can be read after a rollback, whatever a newer version added to it (D2)', () => {
    const plan = planOf(input());
    const detail = detailOf(plan);
    const newer: Plan = {
      ...plan,
      detail: {
        ...detail,
        region: 'eu-west-1',
        tags: detail.tags.map((one) => ({ ...one, since: 2 })),
        inline: detail.inline.map((one) => ({ ...one, since: 2 })),
        session: { ...detail.session, kind: 'some-new-kind', since: 2 },
      },
    };
    expect(detailOf(newer)).toEqual({ ...detail, session: { ...detail.session, kind: 'some-new-kind' } });
  });

  it('refuses to read a plan that is not one, instead of guessing what to end', () => {
    const broken: Plan = { ...planOf(input()), detail: { roleName: 'bg-x' } };
    expect(() => detailOf(broken)).toThrow(Failure);
  });

  it.each([
    [0, '2026-11-21T10:31:30Z'],
    [-500, '2026-11-21T10:31:30Z'],
    [-1000, '2026-11-21T10:31:29Z'],
    [3_600_000, '2026-11-21T11:31:30Z'],
  ])('writes the end by the clock of the cloud (%i ms from ours), rounded down to the second', (offsetMs, end) => {
    const plan = planOf(input({ offsetMs }));
    expect(detailOf(plan).cloudEnd).toBe(end);
    expect(inlineOf(plan, '00-expiry').Statement[0].Condition).toEqual({
      DateGreaterThanEquals: { 'aws:CurrentTime': end },
    });
    expect(JSON.parse(detailOf(plan).trust).Statement[0].Condition.DateLessThan).toEqual({ 'aws:CurrentTime': end });
    expect(plan.plannedEnd).toEqual(input().plannedEnd);
  });

  it('has no "not before": before an immediate grant its role did not exist', () => {
    expect(JSON.stringify(planOf(input()).detail)).not.toMatch(/DateGreaterThan(?!Equals)|BeforeStart/);
  });

  it.each([['A'], ['B'], ['C']] as const)('carries the boundary of its zone %s', (zone) => {
    expect(detailOf(planOf(ofRole({ zone }))).boundary).toBe(account().boundaries[zone]);
  });

  it('tags the role with who, why, until when and the hash of the approvals (C2)', () => {
    const plan = planOf(input({ approvers: ['sasha', 'noor'].map((id) => ({ id, name: id, keys: [] })) }));
    const tags = Object.fromEntries(
      detailOf(plan).tags.map(({ Key, Value }) => [Key.replace('breakglass-', ''), Value]),
    );
    expect(tags).toEqual({
      grant: input().grantId,
      installation: 'mark-of-this-installation',
      expires: '2026-11-21T10:31:30Z',
      incident: 'INC-42',
      requester: 'alice',
      commander: 'kenji',
      approvers: 'sasha noor',
      zone: 'B',
      environment: 'production',
      head: 'a'.repeat(64),
      kind: 'real',
      reason: 'recovery',
    });
  });

  it('counts the approvers that do not fit into a tag, and cuts none in half', () => {
    const ids = Array.from({ length: 20 }, (_, index) => `approver-with-a-long-identifier-${index}`);
    const listed = tag(planOf(input({ approvers: ids.map((id) => ({ id, name: id, keys: [] })) })), 'approvers') ?? '';
    expect(listed.length).toBeLessThanOrEqual(256);
    const [rest, ...named] = listed.split(' ').reverse();
    expect(rest).toBe(`+${20 - named.length}`);
    expect(ids).toEqual(expect.arrayContaining(named));
  });
});

describe('the permissions of a plan', () => {
  const end = '2026-11-21T10:31:30Z';
  const conditionOf = (Condition: object) => {
    const more: Parameters<typeof allow>[2] = JSON.parse(JSON.stringify({ Condition }));
    const policies = [{ name: 'x', document: document(allow('ecs:UpdateService', '*', more)) }];
    return inlineOf(planOf(ofRole({ policies })), '10-grant').Statement[0].Condition;
  };

  it('end in every Allow too, and leave Deny statements as they are', () => {
    const deny = { Effect: 'Deny', Action: 's3:DeleteObject', Resource: '*' };
    const policies = [{ name: 'x', document: document(allow('s3:GetObject'), deny) }];
    expect(inlineOf(planOf(ofRole({ policies })), '10-grant').Statement).toEqual([
      allow('s3:GetObject', '*', { Condition: { DateLessThan: { 'aws:CurrentTime': end } } }),
      deny,
    ]);
  });

  it.each([
    [
      { StringEquals: { 'aws:ResourceTag/env': 'prod' } },
      { StringEquals: { 'aws:ResourceTag/env': 'prod' }, DateLessThan: { 'aws:CurrentTime': end } },
    ],
    [
      { DateLessThan: { 'aws:TokenIssueTime': '2027-01-01T00:00:00Z' } },
      { DateLessThan: { 'aws:TokenIssueTime': '2027-01-01T00:00:00Z', 'aws:CurrentTime': end } },
    ],
    [
      { DateLessThan: { 'AWS:currentTime': '2026-01-01T00:00:00Z' } },
      { DateLessThan: { 'AWS:currentTime': '2026-01-01T00:00:00Z' }, DateLessThanIfExists: { 'aws:CurrentTime': end } },
    ],
    [
      {
        DateLessThan: {
          'aws:TokenIssueTime': '2027-01-01T00:00:00Z',
          'aws:CurrentTime': '2026-01-01T00:00:00Z',
        },
      },
      {
        DateLessThan: {
          'aws:TokenIssueTime': '2027-01-01T00:00:00Z',
          'aws:CurrentTime': '2026-01-01T00:00:00Z',
        },
        DateLessThanIfExists: { 'aws:CurrentTime': end },
      },
    ],
  ])('add the end to the author’s own conditions and weaken none: %j', (given, expected) => {
    expect(conditionOf(given)).toEqual(expected);
  });

  it('are refused where the author left no way to say the end', () => {
    const both = { DateLessThan: { 'aws:CurrentTime': end }, DateLessThanIfExists: { 'aws:CurrentTime': end } };
    expect(() => conditionOf(both)).toThrow('PROVIDER_REFUSED');
  });

  it('stand in one policy each, and managed ones are attached by ARN', () => {
    const arn = `arn:aws:iam::${PRODUCTION}:policy/breakglass/lister`;
    const policies = [
      { name: 'one', document: document(allow('s3:GetObject')) },
      { name: 'two', document: { Version: '2012-10-17', Statement: allow('s3:ListBucket') } },
      { arn, document: document(allow('s3:*')), sha256: 'f'.repeat(64) },
    ];
    const plan = planOf(ofRole({ policies }));
    expect(detailOf(plan).inline.map(({ name }) => name)).toEqual(['00-expiry', '10-grant-1', '10-grant-2']);
    expect(detailOf(plan).attached).toEqual([arn]);
    expect(plan.hashes[arn]).toBe('f'.repeat(64));
    expect(inlineOf(plan, '10-grant-2').Statement).toHaveLength(1);
  });

  it('are refused when IAM would refuse their size', () => {
    const resources = Array.from(
      { length: 200 },
      (_, index) => `arn:aws:s3:::bucket-with-quite-a-long-name-for-a-test-${index}`,
    );
    const policies = [{ name: 'x', document: document(allow('s3:GetObject', resources)) }];
    expect(() => planOf(ofRole({ policies }))).toThrow(/PROVIDER_REFUSED.*10240/);
    const sessionTagKeys = Array.from({ length: 10 }, (_, index) => `${index}${'ü'.repeat(120)}`);
    expect(() => planOf(ofRole({}, { sessionTagKeys }))).toThrow(/PROVIDER_REFUSED.*trust/);
  });
});

describe('the trust of a plan', () => {
  const trustOf = (change: Parameters<typeof input>[0]) => JSON.parse(detailOf(planOf(input(change))).trust).Statement;
  const target = (principal: typeof BOB) => ({ provider: 'aws' as const, account: PRODUCTION, principal });
  const session = `arn:aws:sts::${PRODUCTION}:assumed-role/AWSReservedSSO_bg-entry_0123456789abcdef/alice@example.com`;

  it.each(SHARED_IDENTITIES)('is never written for %s, whatever the directory said (A2)', (_what, principal) => {
    expect(() => planOf(input({ target: target(principal) }))).toThrow(/PROVIDER_REFUSED.*one person/);
  });

  it('never asks a federated person for an MFA that AWS cannot see, and always an IAM user', () => {
    expect(trustOf({ target: target(BOB) })[0].Condition).toMatchObject({
      Bool: { 'aws:MultiFactorAuthPresent': 'true' },
    });
    expect(trustOf({ target: target({ kind: 'identity-center-session', arn: session }) })[0]).toMatchObject({
      Principal: { AWS: session },
      Condition: { DateLessThan: { 'aws:CurrentTime': '2026-11-21T10:31:30Z' } },
    });
    expect(JSON.stringify(trustOf({}))).not.toContain('MultiFactor');
  });

  it('lets no session tag pass unless the account names its key', () => {
    for (const principal of [BOB, ALICE, { kind: 'identity-center-session', arn: session } as const]) {
      expect(JSON.stringify(trustOf({ target: target(principal) }))).not.toContain('TagSession');
    }
    const [, tags] = trustOf({ details: details({ terms: terms({}, { sessionTagKeys: ['team'] }) }) });
    expect(tags).toMatchObject({
      Action: 'sts:TagSession',
      Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'] } },
    });
  });

  it('names one permission set exactly, with and without a region in its path', () => {
    const role = `AWSReservedSSO_bg-entry_${'?'.repeat(16)}`;
    const below = `arn:aws:iam::${PRODUCTION}:role/aws-reserved/sso.amazonaws.com`;
    expect(trustOf({})[0].Condition).toMatchObject({
      ArnLike: { 'aws:PrincipalArn': [`${below}/${role}`, `${below}/*/${role}`] },
      StringEquals: { 'identitystore:UserId': '906722b2-aaaa' },
    });
  });
});

describe('whatever people type', () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 1500 }),
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    // Lone surrogates and control characters included.
    fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 400 }).map((units) => String.fromCharCode(...units)),
  );
  const person = anything.map((id) => ({ id, name: id, keys: [] }));

  it('no purpose, title, name or id makes IAM refuse the role, and everything is read back equal', async () => {
    const rig = await Rig.open({ roleQuota: 1000 });
    let made = 0;
    try {
      await fc.assert(
        fc.asyncProperty(
          fc.record({
            purpose: anything,
            title: anything,
            incident: anything,
            environment: anything,
            subject: anything,
          }),
          fc.array(person, { maxLength: 8 }),
          person,
          async ({ purpose, title, incident, environment, subject }, approvers, requester) => {
            made += 1;
            const plan = rig.plan({
              grantId: `01JCZ8T2V9${String(made).padStart(16, '0')}`,
              approvers,
              details: details({
                purpose,
                incident: { id: incident, title, verified: true },
                requester,
                commander: requester,
                subject: { kind: 'person', person: subject },
                terms: terms({ ...role(), environment }),
              }),
            });
            await rig.provider.open(plan, soon());
          },
        ),
        { numRuns: 60 },
      );
    } finally {
      await rig.close();
    }
  });
});
