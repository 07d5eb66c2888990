import type { Role } from './accounts.ts';
import { AwsFault, limitExceeded, noSuchEntity } from './faults.ts';
import {
  type Call,
  DOCUMENT,
  encodedDocument,
  lengthWithoutSpace,
  type Operations,
  PAGING,
  PATH_PREFIX,
  POLICY_ARN,
  POLICY_NAME,
  page,
  ROLE_NAME,
} from './operation.ts';
import { parsePolicy } from './policy-document.ts';
import { applyToRole, changeableRole, permittedRole } from './role-access.ts';
import { managedPolicy } from './world.ts';
import type { XmlValue } from './xml.ts';

/** All inline policies of a role together, in characters without white space. */
export const INLINE_LENGTH_MAX = 10_240;
/** Managed policies on one role. */
export const ATTACHED_MAX = 10;

function inlineDocument(role: Role, name: string): string {
  const document = Object.hasOwn(role.policies.inline, name) ? role.policies.inline[name] : undefined;
  if (document === undefined) throw noSuchEntity(`The role policy with name ${name} cannot be found.`);
  return document;
}

function putRolePolicy(call: Call): undefined {
  const role = changeableRole(call, 'iam:PutRolePolicy');
  const [name, document] = [call.params.text('PolicyName'), call.params.text('PolicyDocument')];
  parsePolicy(document, 'identity');
  const inline = { ...role.policies.inline, [name]: document };
  if (lengthWithoutSpace(Object.values(inline).join('')) > INLINE_LENGTH_MAX) {
    throw limitExceeded(`Maximum policy size of ${INLINE_LENGTH_MAX} bytes exceeded for role ${role.name}`);
  }
  applyToRole(call, role, { inline });
}

function deleteRolePolicy(call: Call): undefined {
  const role = changeableRole(call, 'iam:DeleteRolePolicy');
  const name = call.params.text('PolicyName');
  inlineDocument(role, name);
  const inline = Object.fromEntries(Object.entries(role.policies.inline).filter(([key]) => key !== name));
  applyToRole(call, role, { inline });
}

function getRolePolicy(call: Call): XmlValue {
  const role = permittedRole(call, 'iam:GetRolePolicy');
  const name = call.params.text('PolicyName');
  const document = encodedDocument(inlineDocument(role, name));
  return { RoleName: role.name, PolicyName: name, PolicyDocument: document };
}

function attachRolePolicy(call: Call): undefined {
  const arn = call.params.text('PolicyArn');
  const role = changeableRole(call, 'iam:AttachRolePolicy', [['iam:PolicyARN', arn]]);
  const policy = managedPolicy(call.world, call.caller.account, arn);
  if (policy === undefined) throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
  if (policy.path.startsWith('/aws-service-role/')) {
    throw new AwsFault('PolicyNotAttachable', 400, `Cannot attach a Service Role Policy to a Customer Role.`);
  }
  if (role.policies.attached.includes(arn)) return;
  if (role.policies.attached.length >= ATTACHED_MAX) {
    throw limitExceeded(`Cannot exceed quota for PoliciesPerRole: ${ATTACHED_MAX}`);
  }
  applyToRole(call, role, { attached: [...role.policies.attached, arn] });
}

function detachRolePolicy(call: Call): undefined {
  const arn = call.params.text('PolicyArn');
  const role = changeableRole(call, 'iam:DetachRolePolicy', [['iam:PolicyARN', arn]]);
  if (!role.policies.attached.includes(arn)) throw noSuchEntity(`Policy ${arn} was not found.`);
  applyToRole(call, role, { attached: role.policies.attached.filter((one) => one !== arn) });
}

function listAttached(call: Call): XmlValue {
  const role = permittedRole(call, 'iam:ListAttachedRolePolicies');
  const prefix = call.params.maybe('PathPrefix') ?? '/';
  const policies = role.policies.attached.flatMap((arn) => managedPolicy(call.world, call.caller.account, arn) ?? []);
  const { items, ...paging } = page(
    policies.filter(({ path }) => path.startsWith(prefix)),
    ({ arn }) => arn,
    call.params,
  );
  return { AttachedPolicies: items.map(({ name, arn }) => ({ PolicyName: name, PolicyArn: arn })), ...paging };
}

/** What a role may do. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html */
export const ROLE_POLICY_OPERATIONS: Operations = {
  PutRolePolicy: {
    rules: { RoleName: ROLE_NAME, PolicyName: POLICY_NAME, PolicyDocument: DOCUMENT },
    run: putRolePolicy,
  },
  GetRolePolicy: { rules: { RoleName: ROLE_NAME, PolicyName: POLICY_NAME }, run: getRolePolicy },
  DeleteRolePolicy: { rules: { RoleName: ROLE_NAME, PolicyName: POLICY_NAME }, run: deleteRolePolicy },
  ListRolePolicies: {
    rules: { RoleName: ROLE_NAME, ...PAGING },
    run: (call) => {
      const role = permittedRole(call, 'iam:ListRolePolicies');
      const { items, ...paging } = page(Object.keys(role.policies.inline), (name) => name, call.params);
      return { PolicyNames: items, ...paging };
    },
  },
  AttachRolePolicy: { rules: { RoleName: ROLE_NAME, PolicyArn: POLICY_ARN }, run: attachRolePolicy },
  DetachRolePolicy: { rules: { RoleName: ROLE_NAME, PolicyArn: POLICY_ARN }, run: detachRolePolicy },
  ListAttachedRolePolicies: { rules: { RoleName: ROLE_NAME, PathPrefix: PATH_PREFIX, ...PAGING }, run: listAttached },
};
