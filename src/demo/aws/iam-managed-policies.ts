import { iamArn, type ManagedPolicy, type Owner, uniqueId } from './accounts.ts';
import { alreadyExists, deleteConflict, limitExceeded, noSuchEntity } from './faults.ts';
import {
  authorize,
  type Call,
  DESCRIPTION,
  DOCUMENT,
  encodedDocument,
  lengthWithoutSpace,
  type Operations,
  PAGING,
  PATH,
  POLICY_ARN,
  POLICY_NAME,
  page,
} from './operation.ts';
import { parsePolicy } from './policy-document.ts';
import type { Rule } from './query.ts';
import { managedPolicy } from './world.ts';
import type { XmlValue } from './xml.ts';

/** A managed policy's document, in characters without white space. */
export const MANAGED_LENGTH_MAX = 6144;
const VERSIONS_MAX = 5;

const VERSION_ID: Rule = { kind: 'text', required: true, pattern: /^v[1-9]\d*$/ };

function checkedDocument(call: Call): string {
  const document = call.params.text('PolicyDocument');
  parsePolicy(document, 'identity');
  if (lengthWithoutSpace(document) > MANAGED_LENGTH_MAX) {
    throw limitExceeded(`Cannot exceed quota for PolicySize: ${MANAGED_LENGTH_MAX}`);
  }
  return document;
}

/** Makes a managed policy with this document as its first version. */
export function newManagedPolicy(
  owner: Owner,
  policy: { readonly name: string; readonly path: string; readonly document: string; readonly description?: string },
  now: Date,
): ManagedPolicy {
  const createdAt = now.toISOString();
  return {
    name: policy.name,
    path: policy.path,
    arn: iamArn(owner, 'policy', policy.path, policy.name),
    id: uniqueId('ANPA'),
    createdAt,
    description: policy.description,
    versions: [{ id: 'v1', document: policy.document, createdAt }],
    defaultVersion: 'v1',
    nextVersion: 2,
  };
}

function permittedPolicy(call: Call, action: string): ManagedPolicy {
  const arn = call.params.text('PolicyArn');
  authorize(call, { action, resource: arn });
  const policy = managedPolicy(call.world, call.caller.account, arn);
  if (policy === undefined) throw noSuchEntity(`Policy ${arn} was not found.`);
  return policy;
}

/** Like {@link permittedPolicy}, for changes: a policy of AWS belongs to no account, so nobody may. */
function ownPolicy(call: Call, action: string): ManagedPolicy {
  const policy = permittedPolicy(call, action);
  if (call.world.awsManaged.has(policy.arn))
    throw noSuchEntity(`Policy ${policy.arn} does not belong to this account.`);
  return policy;
}

const usersOf = (call: Call, arn: string) =>
  [...call.caller.account.roles.values()].filter(({ policies }) => policies.attached.includes(arn)).length;

const boundedBy = (call: Call, arn: string) =>
  [...call.caller.account.roles.values()].filter(({ policies }) => policies.boundary === arn).length;

const policyXml = (call: Call, policy: ManagedPolicy): XmlValue => ({
  PolicyName: policy.name,
  PolicyId: policy.id,
  Arn: policy.arn,
  Path: policy.path,
  DefaultVersionId: policy.defaultVersion,
  AttachmentCount: usersOf(call, policy.arn),
  PermissionsBoundaryUsageCount: boundedBy(call, policy.arn),
  IsAttachable: !policy.path.startsWith('/aws-service-role/'),
  Description: policy.description,
  CreateDate: new Date(policy.createdAt),
  UpdateDate: new Date(policy.versions.at(-1)?.createdAt ?? policy.createdAt),
});

const versionXml = (policy: ManagedPolicy, version: ManagedPolicy['versions'][number]) => ({
  VersionId: version.id,
  IsDefaultVersion: version.id === policy.defaultVersion,
  CreateDate: new Date(version.createdAt),
});

function findVersion(policy: ManagedPolicy, id: string) {
  const version = policy.versions.find((one) => one.id === id);
  if (version === undefined) throw noSuchEntity(`Policy ${policy.arn} version ${id} does not exist.`);
  return version;
}

function createPolicy(call: Call): XmlValue {
  const { account } = call.caller;
  const [name, path] = [call.params.text('PolicyName'), call.params.maybe('Path') ?? '/'];
  authorize(call, { action: 'iam:CreatePolicy', resource: iamArn(account, 'policy', path, name) });
  const document = checkedDocument(call);
  if (account.managedPolicies.has(name.toLowerCase())) {
    throw alreadyExists(`A policy called ${name} already exists. Duplicate names are not allowed.`);
  }
  const description = call.params.maybe('Description');
  const policy = newManagedPolicy(
    account,
    { name, path, document, ...(description !== undefined && { description }) },
    call.world.now(),
  );
  account.managedPolicies.set(name.toLowerCase(), policy);
  call.world.save();
  return { Policy: policyXml(call, policy) };
}

function createPolicyVersion(call: Call): XmlValue {
  const policy = ownPolicy(call, 'iam:CreatePolicyVersion');
  const document = checkedDocument(call);
  if (policy.versions.length >= VERSIONS_MAX) {
    throw limitExceeded(
      `A managed policy can have up to ${VERSIONS_MAX} versions. Before you create a new version, you must delete an existing version.`,
    );
  }
  const version = { id: `v${policy.nextVersion}`, document, createdAt: call.world.now().toISOString() };
  policy.versions = [...policy.versions, version];
  policy.nextVersion += 1;
  if (call.params.maybe('SetAsDefault') === 'true') policy.defaultVersion = version.id;
  call.world.save();
  return { PolicyVersion: versionXml(policy, version) };
}

function deletePolicyVersion(call: Call): undefined {
  const policy = ownPolicy(call, 'iam:DeletePolicyVersion');
  const version = findVersion(policy, call.params.text('VersionId'));
  if (version.id === policy.defaultVersion) throw deleteConflict('Cannot delete the default version of a policy.');
  policy.versions = policy.versions.filter((one) => one !== version);
  call.world.save();
}

function deletePolicy(call: Call): undefined {
  const policy = ownPolicy(call, 'iam:DeletePolicy');
  if (usersOf(call, policy.arn) + boundedBy(call, policy.arn) > 0) {
    throw deleteConflict('Cannot delete a policy attached to entities.');
  }
  if (policy.versions.length > 1) {
    throw deleteConflict(
      'This policy has more than one version. Before you delete a policy, you must delete the others.',
    );
  }
  call.caller.account.managedPolicies.delete(policy.name.toLowerCase());
  call.world.save();
}

/** Managed policies. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html */
export const MANAGED_POLICY_OPERATIONS: Operations = {
  CreatePolicy: {
    rules: { PolicyName: POLICY_NAME, Path: PATH, PolicyDocument: DOCUMENT, Description: DESCRIPTION },
    run: createPolicy,
  },
  CreatePolicyVersion: {
    rules: {
      PolicyArn: POLICY_ARN,
      PolicyDocument: DOCUMENT,
      SetAsDefault: { kind: 'text', pattern: /^(true|false)$/ },
    },
    run: createPolicyVersion,
  },
  DeletePolicy: { rules: { PolicyArn: POLICY_ARN }, run: deletePolicy },
  DeletePolicyVersion: { rules: { PolicyArn: POLICY_ARN, VersionId: VERSION_ID }, run: deletePolicyVersion },
  SetDefaultPolicyVersion: {
    rules: { PolicyArn: POLICY_ARN, VersionId: VERSION_ID },
    run: (call) => {
      const policy = ownPolicy(call, 'iam:SetDefaultPolicyVersion');
      policy.defaultVersion = findVersion(policy, call.params.text('VersionId')).id;
      call.world.save();
      return undefined;
    },
  },
  GetPolicy: {
    rules: { PolicyArn: POLICY_ARN },
    run: (call) => ({ Policy: policyXml(call, permittedPolicy(call, 'iam:GetPolicy')) }),
  },
  GetPolicyVersion: {
    rules: { PolicyArn: POLICY_ARN, VersionId: VERSION_ID },
    run: (call) => {
      const policy = permittedPolicy(call, 'iam:GetPolicyVersion');
      const version = findVersion(policy, call.params.text('VersionId'));
      return { PolicyVersion: { Document: encodedDocument(version.document), ...versionXml(policy, version) } };
    },
  },
  ListPolicyVersions: {
    rules: { PolicyArn: POLICY_ARN, ...PAGING },
    run: (call) => {
      const policy = permittedPolicy(call, 'iam:ListPolicyVersions');
      const { items, ...paging } = page(policy.versions, ({ id }) => id.padStart(8, '0'), call.params);
      return { Versions: items.map((version) => versionXml(policy, version)), ...paging };
    },
  },
};
