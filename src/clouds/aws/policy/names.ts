import { Failure } from '../../../core/failure.ts';

/** Where every role of ours lives, and nothing else does. */
export const PATH = '/breakglass/';

/** Tags on every role of ours. */
export const TAG = {
  grant: 'breakglass-grant',
  installation: 'breakglass-installation',
  expires: 'breakglass-expires',
  incident: 'breakglass-incident',
  requester: 'breakglass-requester',
  commander: 'breakglass-commander',
  approvers: 'breakglass-approvers',
  zone: 'breakglass-zone',
  environment: 'breakglass-environment',
  head: 'breakglass-head',
  kind: 'breakglass-kind',
  reason: 'breakglass-reason',
} as const;

/** `bg-` and the grant's id in lower case: with the path at most 64 characters, as the console's switch-role wants. */
export function roleNameOf(grantId: string): string {
  const name = `bg-${grantId.toLowerCase()}`;
  if (/^bg-[a-z0-9-]{1,49}$/.test(name)) return name;
  throw new Failure('PROVIDER_REFUSED', 'the grant id does not make a role name: use letters, digits and dashes');
}

/** The parts of an ARN, or undefined where it is none. `resource` keeps its colons and slashes. */
export function arnParts(arn: string) {
  const [, partition, service, region, account, resource] =
    /^arn:([^:]+):([^:]*):([^:]*):([^:]*):(.+)$/s.exec(arn) ?? [];
  if (partition === undefined || service === undefined || resource === undefined) return undefined;
  return { partition, service, region: region ?? '', account: account ?? '', resource };
}

/** `aws`, `aws-cn` or `aws-us-gov`: whatever the account's own broker role says. */
export const partitionOf = (arn: string): string => arnParts(arn)?.partition ?? 'aws';

/** One role, user, group or policy of IAM: what may be a target at all. The root of an account is none. */
export function isTarget(arn: string): boolean {
  const parts = arnParts(arn);
  return parts?.service === 'iam' && /^(?:role|user|group|policy)\/./.test(parts.resource);
}

/** By its name one of those that guard grants: below `/breakglass/`, a boundary, the broker's role as we call it. */
export const isOurs = (arn: string): boolean => /^[a-z]+\/breakglass/.test(arnParts(arn)?.resource ?? '');
