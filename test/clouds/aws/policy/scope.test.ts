import { describeRole } from '../../../../src/clouds/aws/policy/describe.ts';
import type { AwsRole } from '../../../../src/clouds/aws/policy/schema.ts';

const role = (...statements: readonly object[]) => ({
  policies: [{ name: 'p', document: { Version: '2012-10-17', Statement: statements as never } }],
});

it.each<[what: string, role: Pick<AwsRole, 'policies'>, counts: readonly number[]]>([
  ['one of each', role({ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:a' }), [1, 1, 0]],
  [
    'names of several statements, each once',
    role(
      { Effect: 'Allow', Action: ['s3:GetObject', 's3:ListBucket'], Resource: ['arn:a', 'arn:b'] },
      { Effect: 'Allow', Action: ['s3:GetObject'], Resource: 'arn:b' },
    ),
    [2, 2, 0],
  ],
  ['patterns', role({ Effect: 'Allow', Action: ['s3:Get*', 's3:PutObject'], Resource: ['*', 'arn:?'] }), [2, 2, 3]],
  ['nothing of a Deny', role({ Effect: 'Deny', Action: '*', Resource: '*' }), [0, 0, 0]],
  [
    'what a statement leaves out of everything, as a pattern',
    role({ Effect: 'Allow', NotAction: ['iam:CreateUser'], NotResource: 'arn:a' }),
    [1, 1, 2],
  ],
  [
    'the copies of managed policies too, and a statement that is no list',
    {
      policies: [
        {
          arn: 'arn:aws:iam::aws:policy/x',
          sha256: 'a'.repeat(64),
          document: { Statement: { Effect: 'Allow', Action: 'logs:GetLogEvents', Resource: '*' } },
        },
      ],
    },
    [1, 1, 1],
  ],
])('counts %s', (_what, policies, [actions, resources, wildcards]) => {
  expect(describeRole(policies).scope).toEqual({ actions, resources, wildcards });
});
