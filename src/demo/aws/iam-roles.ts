import { type Account, iamArn, type Role, type Tag, uniqueId } from './accounts.ts';
import { alreadyExists, deleteConflict, invalidInput, limitExceeded, noSuchEntity, validationError } from './faults.ts';
import {
  authorize,
  type Call,
  DESCRIPTION,
  DOCUMENT,
  encodedDocument,
  type Facts,
  type Operations,
  PAGING,
  PATH,
  PATH_PREFIX,
  POLICY_ARN,
  page,
  ROLE_NAME,
  TAGS,
} from './operation.ts';
import { applyToRole, changeableRole, permittedRole } from './role-access.ts';
import { tagFacts, tagsOf } from './tags.ts';
import { resolveTrust } from './trust.ts';
import { managedPolicy } from './world.ts';
import type { XmlValue } from './xml.ts';

/** Longest trust policy, in characters. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const TRUST_LENGTH_MAX = 2048;

const SESSION_DURATION = { kind: 'number', min: 3600, max: 43_200 } as const;

function boundaryXml(role: Role): XmlValue | undefined {
  const arn = role.policies.boundary;
  return arn === undefined ? undefined : { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: arn };
}

/** A role as listings show it: without tags, boundary and last use. */
export const roleSummary = (role: Role) => ({
  Path: role.path,
  RoleName: role.name,
  RoleId: role.id,
  Arn: role.arn,
  CreateDate: new Date(role.createdAt),
  AssumeRolePolicyDocument: encodedDocument(role.policies.trust),
  Description: role.description,
  MaxSessionDuration: role.maxSessionDuration,
});

const tagsXml = (tags: readonly Tag[]): XmlValue | undefined =>
  tags.length === 0 ? undefined : tags.map(({ Key, Value }) => ({ Key, Value }));

const roleXml = (role: Role): XmlValue => ({
  ...roleSummary(role),
  PermissionsBoundary: boundaryXml(role),
  Tags: tagsXml(role.policies.tags),
});

/** Throws `LimitExceeded` or `MalformedPolicyDocument`; returns what goes into the role. */
function checkedTrust(call: Call, name: 'AssumeRolePolicyDocument' | 'PolicyDocument') {
  const trust = call.params.text(name);
  const trustIds = resolveTrust(call.world, trust);
  if (trust.length > TRUST_LENGTH_MAX) {
    throw limitExceeded(`Cannot exceed quota for ACLSizePerRole: ${TRUST_LENGTH_MAX}`);
  }
  return { trust, trustIds };
}

function checkedBoundary(call: Call, arn: string | undefined): string | undefined {
  if (arn !== undefined && managedPolicy(call.world, call.caller.account, arn) === undefined) {
    throw noSuchEntity(`Scope ARN: ${arn} does not exist or is not attachable.`);
  }
  return arn;
}

/** Throws unless the account has room for one more role of this name. */
function checkRoom(account: Account, name: string): void {
  if (account.roles.has(name.toLowerCase())) throw alreadyExists(`Role with name ${name} already exists.`);
  if (account.roles.size >= account.roleQuota) {
    throw limitExceeded(`Cannot exceed quota for RolesPerAccount: ${account.roleQuota}`);
  }
}

function createRole(call: Call): XmlValue {
  const { world, params } = call;
  const { account } = call.caller;
  const [name, path] = [params.text('RoleName'), params.maybe('Path') ?? '/'];
  const arn = iamArn(account, 'role', path, name);
  const requestTags = params.structures('Tags');
  const facts: Facts = [['iam:PermissionsBoundary', params.maybe('PermissionsBoundary')], ...tagFacts(requestTags)];
  authorize(call, { action: 'iam:CreateRole', resource: arn, facts });
  if (requestTags.length > 0) authorize(call, { action: 'iam:TagRole', resource: arn, facts });
  const tags = tagsOf(requestTags);
  if (/^\/aws-(reserved|service-role)\//.test(path)) throw invalidInput('The path is reserved for AWS services.');
  const { trust, trustIds } = checkedTrust(call, 'AssumeRolePolicyDocument');
  const boundary = checkedBoundary(call, params.maybe('PermissionsBoundary'));
  checkRoom(account, name);
  const { propagationMs } = world.bends;
  const role: Role = {
    name,
    path,
    arn,
    id: uniqueId('AROA'),
    createdAt: world.now().toISOString(),
    description: params.maybe('Description') || undefined,
    maxSessionDuration: params.number('MaxSessionDuration') ?? 3600,
    policies: { trust, trustIds, inline: {}, attached: [], boundary, tags },
    fading: propagationMs > 0 ? [{ policies: undefined, until: world.base() + propagationMs }] : [],
  };
  account.roles.set(name.toLowerCase(), role);
  world.save();
  return { Role: roleXml(role) };
}

function deleteRole(call: Call): undefined {
  const role = changeableRole(call, 'iam:DeleteRole');
  if (role.policies.attached.length > 0) {
    throw deleteConflict('Cannot delete entity, must detach all policies first.');
  }
  if (Object.keys(role.policies.inline).length > 0) {
    throw deleteConflict('Cannot delete entity, must delete policies first.');
  }
  call.caller.account.roles.delete(role.name.toLowerCase());
  call.world.save();
}

function updateRole(call: Call): XmlValue {
  const role = changeableRole(call, 'iam:UpdateRole');
  const description = call.params.maybe('Description');
  if (description !== undefined) role.description = description || undefined;
  role.maxSessionDuration = call.params.number('MaxSessionDuration') ?? role.maxSessionDuration;
  call.world.save();
  return {};
}

function listRoles(call: Call): XmlValue {
  const { account } = call.caller;
  const prefix = call.params.maybe('PathPrefix') ?? '/';
  if (!prefix.startsWith('/')) throw validationError('The specified value for pathPrefix is invalid.');
  authorize(call, { action: 'iam:ListRoles', resource: iamArn(account, 'role', prefix, '') });
  const newest = call.world.now().getTime() - call.world.bends.listLagMs;
  const roles = [...account.roles.values()].filter(
    (role) => role.path.startsWith(prefix) && Date.parse(role.createdAt) <= newest,
  );
  const { items, ...paging } = page(roles, (role) => role.name.toLowerCase(), call.params);
  return { Roles: items.map(roleSummary), ...paging };
}

/** Life of a role. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
export const ROLE_OPERATIONS: Operations = {
  CreateRole: {
    rules: {
      RoleName: ROLE_NAME,
      Path: PATH,
      AssumeRolePolicyDocument: DOCUMENT,
      Description: DESCRIPTION,
      MaxSessionDuration: SESSION_DURATION,
      PermissionsBoundary: { ...POLICY_ARN, required: false },
      Tags: TAGS,
    },
    run: createRole,
  },
  GetRole: { rules: { RoleName: ROLE_NAME }, run: (call) => ({ Role: roleXml(permittedRole(call, 'iam:GetRole')) }) },
  DeleteRole: { rules: { RoleName: ROLE_NAME }, run: deleteRole },
  UpdateRole: {
    rules: { RoleName: ROLE_NAME, Description: DESCRIPTION, MaxSessionDuration: SESSION_DURATION },
    run: updateRole,
  },
  UpdateAssumeRolePolicy: {
    rules: { RoleName: ROLE_NAME, PolicyDocument: DOCUMENT },
    run: (call) => {
      const role = changeableRole(call, 'iam:UpdateAssumeRolePolicy');
      applyToRole(call, role, checkedTrust(call, 'PolicyDocument'));
      return undefined;
    },
  },
  PutRolePermissionsBoundary: {
    rules: { RoleName: ROLE_NAME, PermissionsBoundary: POLICY_ARN },
    run: (call) => {
      const asked = call.params.text('PermissionsBoundary');
      const role = changeableRole(call, 'iam:PutRolePermissionsBoundary', [['iam:PermissionsBoundary', asked]]);
      applyToRole(call, role, { boundary: checkedBoundary(call, asked) });
      return undefined;
    },
  },
  DeleteRolePermissionsBoundary: {
    rules: { RoleName: ROLE_NAME },
    run: (call) => {
      const role = changeableRole(call, 'iam:DeleteRolePermissionsBoundary');
      applyToRole(call, role, { boundary: undefined });
      return undefined;
    },
  },
  ListRoles: { rules: { PathPrefix: PATH_PREFIX, ...PAGING }, run: listRoles },
};
