import { isIP } from 'node:net';
import { documentText, type PolicyDocument, type Statement, sizeOf } from './documents.ts';
import { arnParts, isOurs, isTarget } from './names.ts';
import { PARTITIONS } from './partitions.ts';
import { isWild } from './pattern.ts';
import { MANAGED_MAX } from './sizes.ts';

/** The documents of `manifests/aws/`, which an installation fills in for each account. */
export const MANIFESTS = ['boundary-a', 'boundary-b', 'boundary-c', 'broker', 'entry', 'scp', 'rcp'] as const;
export type ManifestName = (typeof MANIFESTS)[number];
/** Those that are attached to an organization; an account of its own has no use for them. */
export const OF_ORGANIZATION: readonly ManifestName[] = ['scp', 'rcp'];

/** For which account the documents are, and what they name there. */
export interface ManifestInput {
  readonly partition: string;
  readonly account: string;
  /** Where responders come from: address ranges (CIDR) and VPCs, one of either at least. */
  readonly networks: readonly string[];
  readonly vpcs: readonly string[];
  readonly organization?: string | undefined;
  /** Name of the broker's role in the account, and of the role that alone changes guardrails. */
  readonly brokerRole: string;
  readonly securityRole: string;
  /** The roles and policies whose permissions roles of zone C may take away: the catalog's `identityTargets`. */
  readonly identityTargets: readonly string[];
  /** Who may take on the broker's role, and with which external id. */
  readonly worker?: string | undefined;
  readonly externalId?: string | undefined;
}

/** A document as an operator installs it, or as it stands in `manifests/aws/`. */
export interface Manifest {
  readonly Version: string;
  readonly Statement: readonly (Statement & { readonly Sid: string })[];
}

const ROLE_NAME = /^[\w+=,.@-]{1,64}$/;
/** What the README writes where an installation's own belongs. */
const PLACEHOLDER = /YOUR_|HOME_ACCOUNT|^o-yourorganization$/;

const wrong = (bad: boolean, words: string): readonly string[] => (bad ? [words] : []);

/** What is wrong with an order, a sentence each, by the argument that says it; empty where nothing is. */
export function inputProblems(input: ManifestInput): readonly string[] {
  const { partition, account, networks, vpcs, organization } = input;
  return [
    ...wrong(!isPartition(partition), `--partition is one of ${PARTITIONS.join(', ')}, not "${partition}"`),
    ...wrong(!/^\d{12}$/.test(account), '--account is required: the 12 digits of the account the documents go into'),
    ...wrong(
      networks.length + vpcs.length === 0,
      '--network or --vpc is required: from where responders come, for example --network 198.51.100.0/24',
    ),
    ...networks.flatMap(networkProblem),
    ...vpcs.flatMap((one) => wrong(!/^vpc-[0-9a-f]{8,17}$/.test(one), `--vpc "${one}" is no id of a VPC: vpc-…`)),
    ...wrong(
      organization !== undefined && (!/^o-[a-z0-9]{10,32}$/.test(organization) || PLACEHOLDER.test(organization)),
      `--organization "${organization}" is no id of an organization: o- and 10 to 32 letters and digits`,
    ),
    ...roleProblems(input),
    ...input.identityTargets.flatMap((one) => targetProblem(one, input)),
    ...workerProblems(input),
  ];
}

/** Two roles: whoever may change guardrails must not be who opens below them. IAM tells no names apart by letter case. */
const roleProblems = ({ brokerRole, securityRole }: ManifestInput): readonly string[] => [
  ...wrong(!ROLE_NAME.test(brokerRole), `--broker-role "${brokerRole}" is no name of a role, which has no path here`),
  ...wrong(
    !ROLE_NAME.test(securityRole),
    `--security-role "${securityRole}" is no name of a role, which has no path here`,
  ),
  ...wrong(
    brokerRole.toLowerCase() === securityRole.toLowerCase(),
    `--broker-role and --security-role are both "${brokerRole}": the broker must not be who changes its guardrails`,
  ),
];

/** Whom trust.json lets in: one role or user. `:root` would be everybody of that account. */
function workerProblems({ partition, worker, externalId }: ManifestInput): readonly string[] {
  const parts = worker === undefined || isWild(worker) || PLACEHOLDER.test(worker) ? undefined : arnParts(worker);
  const fits =
    parts?.partition === partition &&
    parts.service === 'iam' &&
    parts.region === '' &&
    /^\d{12}$/.test(parts.account) &&
    /^(?:role|user)\/(?:[!-~]+\/)?[\w+=,.@-]+$/.test(parts.resource);
  return [
    ...wrong(
      (worker === undefined) !== (externalId === undefined),
      '--worker and --external-id go together: they make trust.json, which says who may take on the broker’s role',
    ),
    ...wrong(
      worker !== undefined && !fits,
      `--worker "${worker}" is no role or user of partition ${partition}: write the ARN that your worker signs in as, such as arn:${partition}:iam::<12 digits>:role/<name>`,
    ),
    ...wrong(
      externalId !== undefined && (!/^[\w+=,.@:/-]{2,1224}$/.test(externalId) || PLACEHOLDER.test(externalId)),
      '--external-id must be 2 to 1,224 of letters, digits and _+=,.@:/-, and your own',
    ),
  ];
}

/** What lint refuses of a catalog's `identityTargets`, which these are, and whoever changes guardrails. */
function targetProblem(arn: string, { partition, account, brokerRole, securityRole }: ManifestInput) {
  const parts = arnParts(arn);
  const fits = isTarget(arn) && parts?.partition === partition && parts.account === account && !isWild(arn);
  const guards = [brokerRole, securityRole].some((name) => parts?.resource === `role/${name}`);
  return [
    ...wrong(
      !fits,
      `--identity-target "${arn}" is no whole ARN of a role, user, group or policy in account ${account}: arn:${partition}:iam::${account}:role/…`,
    ),
    ...wrong(
      guards || isOurs(arn),
      `--identity-target "${arn}" guards the grant itself (broker, security role, boundary or /breakglass/): no role may change it`,
    ),
  ];
}

const isPartition = (text: string): boolean => (PARTITIONS as readonly string[]).includes(text);

/** The widest network that anybody has of their own: 10.0.0.0/8, fd00::/8. */
const WIDEST_BITS = 8;

function networkProblem(text: string): readonly string[] {
  const [, address = '', bits = ''] = /^([0-9a-fA-F.:]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0 || Number(bits) > (version === 4 ? 32 : 128)) {
    return [`--network "${text}" is no range of addresses: write one like 198.51.100.0/24 or 2001:db8::/48`];
  }
  const much = bits === '0' ? 'every address' : `wider than any network of one owner, /${WIDEST_BITS}`;
  return wrong(Number(bits) < WIDEST_BITS, `--network "${text}" is ${much}: name your own networks`);
}

/** What stands for an installation's own in `manifests/aws/`. */
const EXAMPLE = {
  account: '123456789012',
  organization: 'o-exampleorg',
  broker: 'breakglass-broker',
  security: 'org-security-admin',
};

/** A document of `manifests/aws/` (`template`) for this account. */
export function filledManifest(template: string, input: ManifestInput): Manifest {
  const { partition, account, organization = EXAMPLE.organization, brokerRole, securityRole } = input;
  // Nothing of an order can hold a quote or a backslash: `inputProblems` has seen to it.
  const text = template
    .replaceAll('arn:aws:', `arn:${partition}:`)
    .replaceAll(EXAMPLE.account, account)
    .replaceAll(`"${EXAMPLE.organization}"`, `"${organization}"`)
    .replaceAll(`:role/${EXAMPLE.broker}`, `:role/${brokerRole}`)
    .replaceAll(`:role/${EXAMPLE.security}`, `:role/${securityRole}`);
  const document: Manifest = JSON.parse(text);
  return { ...document, Statement: document.Statement.map((statement) => withOwn(statement, input)) };
}

type Named = Manifest['Statement'][number];

function withOwn(statement: Named, { networks, vpcs, identityTargets }: ManifestInput): Named {
  if (statement.Sid === 'ExpectedNetwork') return { ...statement, Condition: networkCondition(networks, vpcs) };
  if (statement.Sid !== 'IdentityChangesOnNamedTargets') return statement;
  const { NotResource: _example, ...denied } = statement;
  // A list of exceptions may not be empty: where the catalog names nobody, nobody's permissions may be taken away.
  return identityTargets.length === 0 ? { ...denied, Resource: '*' } : { ...denied, NotResource: [...identityTargets] };
}

/** Denies what comes from none of these. A request without the key counts as one from another place. */
const networkCondition = (networks: readonly string[], vpcs: readonly string[]) => ({
  ...(networks.length > 0 && { NotIpAddressIfExists: { 'aws:SourceIp': [...networks] } }),
  ...(vpcs.length > 0 && { StringNotEqualsIfExists: { 'aws:SourceVpc': [...vpcs] } }),
  Bool: { 'aws:ViaAWSService': 'false' },
});

/** Who may take on the broker's role: the worker's own identity, with the external id. */
export const brokerTrust = (worker: string, externalId: string): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'Worker',
      Effect: 'Allow',
      Principal: { AWS: worker },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': externalId } },
    },
  ],
});

/** Longest service or resource control policy. @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html */
const ORGANIZATION_MAX = 5120;

/** Why AWS would refuse the document for its size, or undefined. */
export function manifestTooLarge(name: ManifestName, document: Manifest): string | undefined {
  const most = OF_ORGANIZATION.includes(name) ? ORGANIZATION_MAX : MANAGED_MAX;
  const size = sizeOf(documentText(document));
  return size > most
    ? `${name}.json would be ${size} characters, of ${most} that AWS takes: name fewer networks or targets`
    : undefined;
}
