import { Failure } from '../../../core/failure.ts';
import type { Plan } from '../../../core/request/request.ts';
import type { PlanInput } from '../../../ports/provider.ts';
import { describeRole } from './describe.ts';
import {
  boundedDocument,
  CLOSED_TRUST,
  dateText,
  documentText,
  EXPIRY,
  expiryDocument,
  GRANT,
  meaningOf,
  REVOKED,
  REVOKED_DOCUMENT,
} from './documents.ts';
import { PATH, partitionOf, roleNameOf, TAG } from './names.ts';
import type { Detail } from './plan-detail.ts';
import { sessionNameOf, sourceIdentityOf } from './principal.ts';
import { type AwsRole, awsAccountOf, awsPrincipalOf, awsRoleOf, CLOUD } from './schema.ts';
import { sizeProblem } from './sizes.ts';
import { descriptionText, tagList, tagValue } from './text.ts';
import { trustDocument } from './trust.ts';

/** How long a tombstone stays after the planned end: after it no writer can open, because the plan's dates are past. */
const TOMBSTONE_MS = 12 * 3600 * 1000;

type Inline = readonly { readonly name: string; readonly document: string }[];

/** The inline policies of a role that ends at `end`, in the order they are written. Throws a `RangeError` as `boundedDocument`. */
export function inlinePolicies(role: AwsRole, end: string): Inline {
  const own = role.policies.filter((policy) => 'name' in policy);
  return [
    { name: EXPIRY, document: documentText(expiryDocument(end)) },
    ...own.map(({ document }, index) => ({
      name: own.length === 1 ? GRANT : `${GRANT}-${index + 1}`,
      document: documentText(boundedDocument(document, end)),
    })),
  ];
}

/** ARNs of the managed policies of a role, each once, in the order of the catalog. */
export const managedArns = (role: AwsRole): readonly string[] => [
  ...new Set(role.policies.flatMap((policy) => ('arn' in policy ? [policy.arn] : []))),
];

/**
 * Everything that opening will write, and everything that ending will: names, documents and their hashes. Pure. Throws
 * `PROVIDER_REFUSED` where IAM would refuse the role as configured; lint says so before anybody asks.
 */
export function planOf(input: PlanInput): Plan {
  const { details, target } = input;
  const { timings } = details.terms;
  const role = awsRoleOf(details.terms.role);
  const account = awsAccountOf(details.terms.account);
  const principal = awsPrincipalOf(target.principal);
  const roleName = roleNameOf(input.grantId);
  const partition = partitionOf(account.brokerRole);
  // Rounded down to the second: the cloud never lets access go on for longer than planned.
  const cloudEnd = dateText(new Date(input.plannedEnd.getTime() + input.offsetMs));
  const session = sessionNameOf(details.subject.person);
  const sourceIdentity = sourceIdentityOf(details.subject.person, principal);
  const sourceRequired = role.zone === 'C';
  const detail: Detail = {
    account: account.id,
    partition,
    brokerRole: account.brokerRole,
    externalId: account.externalId,
    roleName,
    path: PATH,
    roleArn: `arn:${partition}:iam::${account.id}:role${PATH}${roleName}`,
    boundary: account.boundaries[role.zone],
    description: descriptionOf(input),
    tags: tagsOf(input, cloudEnd),
    trust: documentText(
      trustDocument({
        principal,
        partition,
        end: cloudEnd,
        sourceIdentity,
        sourceRequired,
        sessionTagKeys: account.sessionTagKeys,
      }),
    ),
    inline: [...boundedInline(role, cloudEnd)],
    attached: [...managedArns(role)],
    revoked: documentText(REVOKED_DOCUMENT),
    closedTrust: documentText(CLOSED_TRUST),
    cloudEnd,
    session: {
      name: session,
      sourceIdentity,
      sourceRequired,
      kind: principal.kind,
      ...(principal.kind === 'identity-center-user' && { permissionSet: principal.permissionSet }),
    },
  };
  const tooLarge = sizeProblem(detail);
  if (tooLarge !== undefined) throw new Failure('PROVIDER_REFUSED', tooLarge);
  return {
    provider: CLOUD,
    grantId: input.grantId,
    installationId: input.installationId,
    name: roleName,
    plannedEnd: input.plannedEnd,
    nativeEnd: 'exact',
    cleanUpAt: new Date(input.plannedEnd.getTime() + TOMBSTONE_MS),
    propagationSeconds: timings.propagationSeconds,
    scope: describeRole(role).scope,
    hashes: hashesOf(detail, role),
    detail,
  };
}

function boundedInline(role: AwsRole, end: string): Inline {
  try {
    return inlinePolicies(role, end);
  } catch (error) {
    if (error instanceof RangeError) throw new Failure('PROVIDER_REFUSED', `role ${role.id}: ${error.message}`);
    throw error;
  }
}

/** Says nothing that more time would make false: it is written once, and the end stands in a tag. */
function descriptionOf({ details, approvers, grantId }: PlanInput): string {
  const approved = approvers.map(({ id }) => id).join(' ');
  return descriptionText(
    `Break-glass ${details.kind === 'drill' ? 'drill ' : ''}access; its end is in the tag ${TAG.expires}. Grant ${grantId}, incident ${details.incident.id}, ` +
      `requester ${details.requester.id}, commander ${details.commander.id}, approved by ${approved}. ` +
      `Incident: ${details.incident.title}. Purpose: ${details.purpose}`,
  );
}

function tagsOf({ details, grantId, installationId, head, approvers }: PlanInput, end: string): Detail['tags'] {
  const { role } = details.terms;
  const values: Readonly<Record<keyof typeof TAG, string>> = {
    grant: grantId,
    installation: installationId,
    expires: end,
    incident: details.incident.id,
    requester: details.requester.id,
    commander: details.commander.id,
    approvers: tagList(approvers.map(({ id }) => id)),
    zone: role.zone,
    environment: role.environment,
    head,
    kind: details.kind,
    reason: details.reason,
  };
  return (Object.keys(TAG) as (keyof typeof TAG)[]).map((key) => ({ Key: TAG[key], Value: tagValue(values[key]) }));
}

/** By name: the documents as IAM is given them, the two that ending writes, and the pinned managed policies. */
function hashesOf(detail: Detail, role: AwsRole): Readonly<Record<string, string>> {
  const documents = [
    ...detail.inline,
    { name: 'trust', document: detail.trust },
    { name: REVOKED, document: detail.revoked },
    { name: 'closed-trust', document: detail.closedTrust },
  ];
  return {
    ...Object.fromEntries(documents.map(({ name, document }) => [name, meaningOf(document)])),
    ...Object.fromEntries(role.policies.flatMap((policy) => ('arn' in policy ? [[policy.arn, policy.sha256]] : []))),
  };
}
