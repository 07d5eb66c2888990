import fc from 'fast-check';
import { Context } from '../../../src/demo/aws/conditions.ts';
import { evaluate, type PolicySets } from '../../../src/demo/aws/evaluator.ts';
import { parsePolicy } from '../../../src/demo/aws/policy-document.ts';
import { rawQuery } from './raw-request.ts';
import { Bench, BOB, document, PRODUCTION, trust } from './two-accounts.ts';

const ACTIONS = ['s3:GetObject', 's3:PutObject', 'iam:GetRole'];
const pattern = fc.constantFrom(...ACTIONS, 's3:*', 's3:Get*', '*', 'S3:get?bject');
const resource = fc.constantFrom('*', 'arn:aws:s3:::a', 'arn:aws:s3:::*', 'arn:aws:iam::1:role/x');
const condition = fc.constantFrom(
  {},
  { DateLessThan: { 'aws:CurrentTime': '2030-06-01T00:00:00Z' } },
  { DateGreaterThanEquals: { 'aws:CurrentTime': '2030-06-01T00:00:00Z' } },
  { StringEquals: { 'aws:PrincipalTag/t': 'v' } },
  { StringNotEqualsIfExists: { 'aws:PrincipalTag/t': 'v' } },
  { Null: { 'aws:PrincipalTag/t': 'true' } },
  { NumericLessThan: { 'aws:MultiFactorAuthAge': '60' } },
);
const statement = (effect: fc.Arbitrary<string>) =>
  fc.record({
    Effect: effect,
    actions: fc.tuple(fc.boolean(), pattern),
    resources: fc.tuple(fc.boolean(), resource),
    Condition: condition,
  });
const policies = (effect: fc.Arbitrary<string>) =>
  fc
    .array(statement(effect), { minLength: 1, maxLength: 4 })
    .map((list) =>
      list.map(({ Effect, actions: [notAction, action], resources: [notResource, on], Condition }) => ({
        Effect,
        [notAction ? 'NotAction' : 'Action']: action,
        [notResource ? 'NotResource' : 'Resource']: on,
        Condition,
      })),
    )
    .map((statements) => parsePolicy(JSON.stringify(document(...statements)), 'identity'));
const either = fc.constantFrom('Allow', 'Deny');
const ask = fc
  .record({
    action: fc.constantFrom(...ACTIONS),
    resource: fc.constantFrom('arn:aws:s3:::a', 'arn:aws:s3:::b', 'arn:aws:iam::1:role/x'),
    tag: fc.constantFrom(undefined, 'v', 'w'),
    age: fc.constantFrom(undefined, '59', '61', 'old'),
    at: fc.constantFrom('2030-01-01T00:00:00Z', '2030-06-01T00:00:00Z', '2031-01-01T00:00:00Z', 'never'),
  })
  .map(({ action, resource: on, tag, age, at }) => ({
    action,
    resource: on,
    context: new Context([
      ['aws:CurrentTime', at],
      ['aws:PrincipalTag/t', tag],
      ['aws:MultiFactorAuthAge', age],
    ]),
  }));
const sets: fc.Arbitrary<PolicySets> = fc
  .record({ identity: policies(either), boundary: fc.option(policies(either)), session: fc.option(policies(either)) })
  .map(({ identity, boundary, session }) => ({
    identity: [identity],
    ...(boundary && { boundary: [boundary] }),
    ...(session && { session: [session] }),
  }));
const allowed = (given: PolicySets, one: Parameters<typeof evaluate>[1]) =>
  evaluate(given, one, { ignoreDates: false }).allowed;

describe('whatever the policies say', () => {
  it('one more Deny, anywhere, allows nothing that was refused', () => {
    fc.assert(
      fc.property(sets, policies(fc.constant('Deny')), ask, (given, more, one) => {
        const denied = { ...given, identity: [...given.identity, more] };
        if (allowed(denied, one)) expect(allowed(given, one)).toBe(true);
      }),
    );
  });

  it('a boundary or session policy allows nothing that was refused', () => {
    fc.assert(
      fc.property(sets, policies(either), ask, fc.constantFrom('boundary', 'session'), (given, more, one, kind) => {
        const { [kind]: _replaced, ...rest } = given;
        if (allowed({ ...rest, [kind]: [more] }, one)) expect(allowed(rest, one)).toBe(true);
      }),
    );
  });

  it('an unconditional Deny on everything refuses everything (99-revoked, D5)', () => {
    const revoked = parsePolicy(JSON.stringify(document({ Effect: 'Deny', Action: '*', Resource: '*' })), 'identity');
    fc.assert(
      fc.property(sets, ask, fc.boolean(), (given, one, ignoreDates) => {
        expect(evaluate({ ...given, identity: [...given.identity, revoked] }, one, { ignoreDates }).allowed).toBe(
          false,
        );
      }),
    );
  });

  it('without an Allow nothing is allowed', () => {
    fc.assert(
      fc.property(policies(fc.constant('Deny')), ask, (given, one) => {
        expect(allowed({ identity: [given] }, one)).toBe(false);
      }),
    );
  });
});

it('whatever is typed into a request, the answer is an answer and never a breakdown of the server', async () => {
  const bench = await Bench.open();
  const keys = bench.aws.keysOf(PRODUCTION, 'root-admin');
  const anything = fc.string({ unit: 'grapheme', maxLength: 40 });
  const document = fc.oneof(fc.constant(trust(BOB)), fc.json(), anything);
  const name = fc.oneof(fc.constant('r'), anything);
  const policyName = fc.oneof(fc.constantFrom('p', '__proto__', 'constructor'), anything);
  const tag = { 'Tags.member.1.Key': anything, 'Tags.member.1.Value': anything };
  const request = fc.oneof(
    fc.record({
      Action: fc.constant('CreateRole'),
      RoleName: name,
      AssumeRolePolicyDocument: document,
      Description: anything,
      ...tag,
    }),
    fc.record({
      Action: fc.constant('PutRolePolicy'),
      RoleName: name,
      PolicyName: policyName,
      PolicyDocument: document,
    }),
    fc.record({ Action: fc.constantFrom('GetRolePolicy', 'DeleteRolePolicy'), RoleName: name, PolicyName: policyName }),
    fc.record({ Action: fc.constant('UpdateAssumeRolePolicy'), RoleName: name, PolicyDocument: document }),
    fc.record({ Action: fc.constant('TagRole'), RoleName: name, ...tag }),
    fc.record({ Action: fc.constantFrom('GetRole', 'ListRoleTags', 'DeleteRole'), RoleName: name }),
    fc.record({ Action: fc.constant('ListRoles'), Marker: anything, PathPrefix: anything }),
    fc.record({ Action: anything, RoleName: name }),
  );
  await fc.assert(
    fc.asyncProperty(request, async (params) => {
      const { status, text } = await rawQuery(bench.aws, keys, params);
      expect([200, 400, 403, 404, 409]).toContain(status);
      expect(text).toContain('RequestId');
    }),
    { numRuns: 300 },
  );
  await bench.close();
});
