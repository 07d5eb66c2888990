import { placeName } from '../../../core/lint/lint-finding.ts';
import type { CloudFinding, PolicyFinding } from '../../../core/policy/cloud.ts';
import { type Policy, ZONES } from '../../../core/policy/policy.ts';
import { arnParts } from './names.ts';
import { awsAccountOf, awsPrincipalOf, CLOUD } from './schema.ts';

/**
 * The partitions in which a role can be opened: each has its own IAM, STS, sign-in pages and region to ask them in.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
 */
export const PARTITIONS = ['aws', 'aws-us-gov', 'aws-cn'] as const;

const named = (arn: string): string => arnParts(arn)?.partition ?? 'none';

/**
 * Nothing crosses a partition: no trust, no boundary, no session. One account's ARNs are all of one, and so are all accounts
 * with the people who enter them, since a worker signs in to AWS as one identity. What a role names, the lint of roles
 * looks at.
 */
export function lintPartitions({ accounts, people }: Pick<Policy, 'accounts' | 'people'>): readonly PolicyFinding[] {
  const own = accounts.flatMap((account, index) =>
    account.provider === CLOUD ? [{ account: awsAccountOf(account), index }] : [],
  );
  const [first] = own;
  if (first === undefined) return [];
  const home = ['accounts', first.index, 'brokerRole'];
  const of = named(first.account.brokerRole);
  const apart = (path: CloudFinding['path'], arn: string, message: string): readonly PolicyFinding[] =>
    named(arn) === of
      ? []
      : [{ path, message: `${placeName(path)} is of partition ${named(arn)}, ${message}`, beside: home }];
  return [
    ...own.flatMap(({ account: { id, brokerRole, boundaries }, index }): readonly PolicyFinding[] => {
      const broker = ['accounts', index, 'brokerRole'];
      const partition = named(brokerRole);
      const unknown = (PARTITIONS as readonly string[]).includes(partition)
        ? []
        : [{ path: broker, message: `partition "${partition}" is not known: write ${PARTITIONS.join(', ')}` }];
      const bounds = ZONES.filter((zone) => named(boundaries[zone]) !== partition).map((zone) => ({
        path: ['accounts', index, 'boundaries', zone],
        message: `the boundary of zone ${zone} is of partition ${named(boundaries[zone])}, but the broker's role of account ${id} is of ${partition}: an account has one partition`,
        beside: broker,
      }));
      const others = apart(
        broker,
        brokerRole,
        `but ${placeName(home)} is of ${of}: a worker signs in as one identity, so run an installation for each partition`,
      );
      return [...unknown, ...bounds, ...others];
    }),
    ...people.flatMap(({ id, clouds: { [CLOUD]: principal } }, index) => {
      const person = principal && awsPrincipalOf(principal);
      return person !== undefined && 'arn' in person
        ? apart(
            ['people', index, 'clouds', CLOUD, 'arn'],
            person.arn,
            `but the accounts are of ${of}, where nobody of another one can enter: write the ARN that ${id} signs in with there`,
          )
        : [];
    }),
  ];
}
