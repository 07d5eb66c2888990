import { type Policy, ZONES } from '../policy/policy.ts';
import { type Finding, placeName, wrong } from './lint-finding.ts';

/**
 * The partitions in which a role can be opened: each has its own IAM, STS, sign-in pages and region to ask them in.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
 */
export const PARTITIONS = ['aws', 'aws-us-gov', 'aws-cn'] as const;

/** The partition that an ARN names, or undefined where it is none. */
export const partitionIn = (arn: string): string | undefined => /^arn:([^:]+):/.exec(arn)?.[1];

const named = (arn: string): string => partitionIn(arn) ?? 'none';

/**
 * Nothing crosses a partition: no trust, no boundary, no session. One account's ARNs are all of one, and so are all accounts
 * with the people who enter them, since a worker signs in to AWS as one identity. What a role names, the cloud's own lint
 * looks at.
 */
export function lintPartitions({ accounts, people }: Pick<Policy, 'accounts' | 'people'>): readonly Finding[] {
  const [first] = accounts;
  if (first === undefined) return [];
  const home = ['accounts', 0, 'brokerRole'];
  const of = named(first.brokerRole);
  const apart = (path: Finding['path'], arn: string, message: string): readonly Finding[] =>
    named(arn) === of
      ? []
      : [{ ...wrong(path, `${placeName(path)} is of partition ${named(arn)}, ${message}`), beside: home }];
  return [
    ...accounts.flatMap(({ id, brokerRole, boundaries }, index) => {
      const broker = ['accounts', index, 'brokerRole'];
      const own = named(brokerRole);
      const unknown = (PARTITIONS as readonly string[]).includes(own)
        ? []
        : [wrong(broker, `partition "${own}" is not known: write ${PARTITIONS.join(', ')}`)];
      const bounds = ZONES.filter((zone) => named(boundaries[zone]) !== own).map((zone) => ({
        ...wrong(
          ['accounts', index, 'boundaries', zone],
          `the boundary of zone ${zone} is of partition ${named(boundaries[zone])}, but the broker's role of account ${id} is of ${own}: an account has one partition`,
        ),
        beside: broker,
      }));
      const others = apart(
        broker,
        brokerRole,
        `but ${placeName(home)} is of ${of}: a worker signs in as one identity, so run an installation for each partition`,
      );
      return [...unknown, ...bounds, ...others];
    }),
    ...people.flatMap(({ id, aws }, index) =>
      aws !== undefined && 'arn' in aws
        ? apart(
            ['people', index, 'aws', 'arn'],
            aws.arn,
            `but the accounts are of ${of}, where nobody of another one can enter: write the ARN that ${id} signs in with there`,
          )
        : [],
    ),
  ];
}
