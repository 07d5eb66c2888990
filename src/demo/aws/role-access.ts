import { changeRole, iamArn, type Role, type RolePolicies } from './accounts.ts';
import { AwsFault, noSuchEntity } from './faults.ts';
import { authorize, type Call, type Facts } from './operation.ts';

/** Condition keys that an existing role brings into every decision about it. */
export const roleFacts = (role: Role | undefined): Facts =>
  role === undefined
    ? []
    : [
        ['iam:PermissionsBoundary', role.policies.boundary],
        ...role.policies.tags.flatMap(({ Key, Value }): [string, string][] => [
          [`aws:ResourceTag/${Key}`, Value],
          [`iam:ResourceTag/${Key}`, Value],
        ]),
      ];

/** Authorises an action on the role that `RoleName` names, then finds it. Throws `AccessDenied` or `NoSuchEntity`. */
export function permittedRole(call: Call, action: string, facts: Facts = []): Role {
  const { account } = call.caller;
  const name = call.params.text('RoleName');
  const role = account.roles.get(name.toLowerCase());
  const unnamed = call.world.bends.missingRolesAreDenied ? iamArn(account, 'role', '/', name) : undefined;
  authorize(call, {
    action,
    resource: role?.arn ?? unnamed,
    missing: `role ${name}`,
    facts: [...roleFacts(role), ...facts],
  });
  if (role === undefined) throw noSuchEntity(`The role with name ${name} cannot be found.`);
  return role;
}

/** Like {@link permittedRole}, for actions that change the role: those of AWS services are read-only. */
export function changeableRole(call: Call, action: string, facts: Facts = []): Role {
  const role = permittedRole(call, action, facts);
  if (/^\/aws-(reserved|service-role)\//.test(role.path)) {
    throw new AwsFault(
      'UnmodifiableEntity',
      400,
      `Cannot perform the operation on the protected role '${role.name}' - this role is only modifiable by AWS`,
    );
  }
  return role;
}

/** Applies a change to a role's policies at the pace that propagation allows, and saves. */
export function applyToRole(call: Call, role: Role, change: Partial<RolePolicies>): void {
  changeRole(role, change, call.world.base(), call.world.bends.propagationMs);
  call.world.save();
}
