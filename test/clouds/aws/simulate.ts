import { readFileSync } from 'node:fs';
import { runUnsafeSimulation } from '@cloud-copilot/iam-simulate';
import type { KnownAction } from './iam-data.ts';

/** The account that the manifests name in their examples. */
export const EXAMPLE_ACCOUNT = '123456789012';
/** What boundary C lets an identity role change. */
export const NAMED_TARGETS = [
  `arn:aws:iam::${EXAMPLE_ACCOUNT}:role/service/model-gateway`,
  `arn:aws:iam::${EXAMPLE_ACCOUNT}:policy/service/model-gateway`,
];

const EVERYTHING = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
/** A request that nothing but the action itself could be refused for. */
const CONTEXT = {
  'aws:PrincipalTag/breakglass-grant': '01GRANT',
  'aws:SourceIp': '203.0.113.9',
  'aws:ViaAWSService': 'false',
  'iam:PassedToService': 'ecs-tasks.amazonaws.com',
};

const boundaries = Object.fromEntries(
  ['A', 'B', 'C'].map((zone) => [
    zone,
    JSON.parse(
      readFileSync(new URL(`../../../manifests/aws/boundary-${zone.toLowerCase()}.json`, import.meta.url), 'utf8'),
    ),
  ]),
);

/** May a session that is allowed everything do this under the boundary of the zone? By AWS's rules of evaluation. */
export const allowedUnder = (zone: 'A' | 'B' | 'C', action: string, resource: string): boolean =>
  runUnsafeSimulation(
    {
      request: {
        principal: `arn:aws:iam::${EXAMPLE_ACCOUNT}:role/breakglass/bg-x`,
        action,
        resource: { resource, accountId: EXAMPLE_ACCOUNT },
        contextVariables: CONTEXT,
      },
      identityPolicies: [{ name: 'everything', policy: EVERYTHING }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      permissionBoundaryPolicies: [{ name: zone, policy: boundaries[zone] }],
    },
    {},
  ) === 'Allowed';

/** One resource of each kind that the action takes; `*` where it takes none. */
export function examplesFor({ arns }: KnownAction): readonly string[] {
  const given: Record<string, string> = { Partition: 'aws', Region: 'eu-central-1', Account: EXAMPLE_ACCOUNT };
  const examples = arns.map((arn) => arn.replace(/\$\{(\w+)\}/g, (_all, name: string) => given[name] ?? 'named'));
  return examples.length > 0 ? examples : ['*'];
}
