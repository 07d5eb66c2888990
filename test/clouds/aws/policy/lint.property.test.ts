import fc from 'fast-check';
import { capabilitiesOf } from '../../../../src/clouds/aws/policy/capabilities.ts';
import { lintAwsRole } from '../../../../src/clouds/aws/policy/lint.ts';
import { planOf } from '../../../../src/clouds/aws/policy/plan.ts';
import { awsRoleOf, type AwsRole as Role } from '../../../../src/clouds/aws/policy/schema.ts';
import { PRODUCTION_FLOORS, policySchema } from '../../../../src/core/policy/policy.ts';
import { DEFINITIONS } from '../../../../src/definitions.ts';
import { account, allow, details, document, input, role, terms } from '../inputs.ts';

/** Documents as the configuration's schema lets them through: any JSON object. */
const documents = fc
  .dictionary(fc.constantFrom('Version', 'Statement', 'Id', 'x'), fc.jsonValue())
  .map((value): Role['policies'][number]['document'] => JSON.parse(JSON.stringify(value)));

const statements = fc.record({
  Effect: fc.constantFrom('Allow', 'Deny'),
  Action: fc.oneof(
    fc.constantFrom('*', 'ecs:*', 'ecs:UpdateService', 'iam:*', 's3:Get*', 'lambda:UpdateFunctionCode', 'iam:Detach*'),
    fc.array(fc.constantFrom('ecs:RunTask', 's3:GetObject', 'sts:AssumeRole', 'logs:Filter*'), { minLength: 1 }),
  ),
  Resource: fc.array(fc.constantFrom('*', 'arn:aws:s3:::bucket/*', `arn:aws:s3:::${'long'.repeat(40)}`), {
    minLength: 1,
    maxLength: 60,
  }),
});

it('answers for any document at all, and never throws', () => {
  fc.assert(
    fc.property(documents, fc.constantFrom('A', 'B', 'C'), (given, zone) => {
      const change: Partial<Role> = { zone, policies: [{ name: 'x', document: given }] };
      expect(Array.isArray(lintAwsRole(role(change), account()))).toBe(true);
      expect(capabilitiesOf(terms(change)).nativeEnd).toBe('exact');
    }),
    { numRuns: 500 },
  );
});

it('lets nothing through that a plan then refuses', () => {
  let clean = 0;
  fc.assert(
    fc.property(fc.array(statements, { minLength: 1, maxLength: 8 }), (given) => {
      const parsed: Parameters<typeof document> = JSON.parse(JSON.stringify(given));
      const change: Partial<Role> = { policies: [{ name: 'x', document: document(...parsed) }] };
      if (lintAwsRole(role(change), account()).length > 0) return;
      clean += 1;
      planOf(input({ details: details({ terms: terms(change) }) }));
    }),
    { numRuns: 500 },
  );
  expect(clean).toBeGreaterThan(0);
});

it('never finds less when an Allow is widened', () => {
  const narrow = fc.constantFrom('ecs:RunTask', 'iam:PassRole', 'sts:AssumeRole', 'iam:CreateUser', 'ssm:SendCommand');
  fc.assert(
    fc.property(narrow, fc.nat(), fc.constantFrom('A', 'B', 'C'), (action, at, zone) => {
      const cut = action.indexOf(':') + 1 + (at % (action.length - action.indexOf(':')));
      const findings = (what: string) =>
        lintAwsRole(role({ zone, policies: [{ name: 'x', document: document(allow(what)) }] }), account()).length;
      expect(findings(action)).toBeGreaterThan(0);
      expect(findings(`${action.slice(0, cut)}*`)).toBeGreaterThan(0);
    }),
  );
});

it('reads roles as the schema of the configuration gives them', () => {
  const schema = policySchema(PRODUCTION_FLOORS, DEFINITIONS).shape.roles.element;
  expect(lintAwsRole(awsRoleOf(schema.parse({ ...role() })), account())).toEqual([]);
});
