import { PRODUCTION_FLOORS } from '../../src/core/policy/policy.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import { readPolicy } from '../../src/policy-file.ts';
import { SMALL } from './small-policy.ts';

const GOV = SMALL.replaceAll('arn:aws:', 'arn:aws-us-gov:');
/** Where this text stands in the file, counted from 1. */
const lineOf = (text: string, part: string): number => text.slice(0, text.indexOf(part)).split('\n').length;
const lint = (text: string) => {
  const read = readPolicy(text, 'breakglass.yaml', PRODUCTION_FLOORS, DEFINITIONS);
  return read.ok
    ? []
    : read.problems.filter(({ severity }) => severity === 'error').map(({ line, message }) => `${line}: ${message}`);
};
/** The file in GovCloud, with one ARN left in another partition. */
const apart = (part: string, partition = 'aws') => GOV.replace(part, part.replace('aws-us-gov', partition));

const BROKER = 'brokerRole: arn:aws-us-gov:iam::111122223333:role/broker';
const beside = `(breakglass.yaml:${lineOf(GOV, BROKER)})`;

it.each(['aws', 'aws-us-gov', 'aws-cn'])('a policy that is whole in %s lints clean', (partition) => {
  expect(lint(SMALL.replaceAll('arn:aws:', `arn:${partition}:`))).toEqual([]);
});

it.each<[what: string, part: string]>([
  ['a boundary', 'B: arn:aws-us-gov:iam::111122223333:policy/guard/b'],
  ['a resource of a document', 'Resource: "arn:aws-us-gov:ecs:eu-west-1:111122223333:service/a/b"'],
  ['whom code runs as', 'startsCodeAs: ["arn:aws-us-gov:iam::111122223333:role/tasks"]'],
  ['a person', 'arn: "arn:aws-us-gov:iam::123456789012:user/ana"'],
])('%s of another partition is an error that names both places', (_what, part) => {
  for (const partition of ['aws', 'aws-cn']) {
    const text = apart(part, partition);
    const [found, ...others] = lint(text);
    expect([found, others]).toEqual([expect.stringContaining(beside), []]);
    expect(found).toMatch(new RegExp(`^${lineOf(GOV, part)}: .*partition ${partition}[, ].*aws-us-gov`));
  }
});

it('a condition and a pinned policy of another partition are errors too', () => {
  const statement =
    '{ Effect: Allow, Action: "ecs:UpdateService", Resource: "arn:aws-us-gov:ecs:eu-west-1:111122223333:service/a/b"';
  const conditioned = GOV.replace(
    statement,
    `${statement}, Condition: { ArnLike: { "ecs:cluster": "arn:aws:ecs:eu-west-1:111122223333:cluster/a" } }`,
  );
  expect(lint(conditioned)).toEqual([expect.stringMatching(/ecs:cluster.* is of partition aws, /)]);
});

it('a wildcard that takes the account’s own partition in is no other one', () => {
  const text = apart('"arn:aws-us-gov:ecs:eu-west-1:111122223333:service/a/b"', 'aws*');
  expect(lint(text).filter((line) => line.includes('partition'))).toEqual([]);
});

it('a broker role of another partition than its own account’s others, or of none that AWS has, is an error', () => {
  expect(lint(apart(BROKER, 'aws')).join('\n')).toMatch(
    /boundary of zone A is of partition aws-us-gov, but the broker's role .* is of aws/,
  );
  expect(lint(SMALL.replaceAll('arn:aws:', 'arn:aws-gov:'))).toContainEqual(
    expect.stringContaining('partition "aws-gov" is not known: write aws, aws-us-gov, aws-cn'),
  );
});

it('two accounts of two partitions are refused: a worker signs in as one identity', () => {
  const start = SMALL.indexOf('  - id: "111122223333"');
  const account = SMALL.slice(start, SMALL.indexOf('roles:\n'));
  const second = account.replaceAll('111122223333', '444455556666').replaceAll('arn:aws:', 'arn:aws-cn:');
  const text = SMALL.replace('roles:\n', `${second}roles:\n`);
  expect(lint(text)).toEqual([
    expect.stringMatching(
      /accounts\[1\]\.brokerRole is of partition aws-cn, but accounts\[0\]\.brokerRole is of aws: .* \(breakglass\.yaml:\d+\)$/,
    ),
  ]);
});

it('is said too of a file that does not fit the schema', () => {
  const text = apart('arn: "arn:aws-us-gov:iam::123456789012:user/ana"').replace('phone: "+49 30 1"', 'phone: 1');
  expect(lint(text)).toEqual([expect.stringMatching(/^3: /), expect.stringContaining(beside)]);
});
