import type { AccountClient } from '../client/account-client.ts';
import { answered } from '../client/errors.ts';
import type { Detail } from '../policy/plan-detail.ts';
import { SESSION_SECONDS } from './role-seen.ts';

/** Makes the role, without any permission. False if something stands under that name already. */
export async function createRole(account: AccountClient, detail: Detail, trust: string): Promise<boolean> {
  const { roleName, path, boundary, description, tags } = detail;
  try {
    await account.write(`creating role ${roleName}`, (iam, { CreateRoleCommand }, options) =>
      iam.send(
        new CreateRoleCommand({
          RoleName: roleName,
          Path: path,
          AssumeRolePolicyDocument: trust,
          Description: description,
          MaxSessionDuration: SESSION_SECONDS,
          PermissionsBoundary: boundary,
          Tags: tags,
        }),
        options,
      ),
    );
    return true;
  } catch (error) {
    if (answered(error, 'EntityAlreadyExists')) return false;
    throw error;
  }
}

export async function putPolicy(
  account: AccountClient,
  roleName: string,
  name: string,
  document: string,
): Promise<void> {
  await account.write(`writing policy ${name} of role ${roleName}`, (iam, { PutRolePolicyCommand }, options) =>
    iam.send(new PutRolePolicyCommand({ RoleName: roleName, PolicyName: name, PolicyDocument: document }), options),
  );
}

export async function attachPolicy(account: AccountClient, roleName: string, arn: string): Promise<void> {
  await account.write(`attaching ${arn} to role ${roleName}`, (iam, { AttachRolePolicyCommand }, options) =>
    iam.send(new AttachRolePolicyCommand({ RoleName: roleName, PolicyArn: arn }), options),
  );
}

/** Adds tags, or gives those of the same key another value; the others stay. */
export async function tagRole(account: AccountClient, roleName: string, tags: Detail['tags']): Promise<void> {
  await account.write(`tagging role ${roleName}`, (iam, { TagRoleCommand }, options) =>
    iam.send(new TagRoleCommand({ RoleName: roleName, Tags: tags }), options),
  );
}

export async function replaceTrust(account: AccountClient, roleName: string, trust: string): Promise<void> {
  await account.write(`replacing the trust of role ${roleName}`, (iam, { UpdateAssumeRolePolicyCommand }, options) =>
    iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: roleName, PolicyDocument: trust }), options),
  );
}

/** Removing what is gone is done. */
async function orGone(removal: Promise<unknown>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (!answered(error, 'NoSuchEntity')) throw error;
  }
}

export const deletePolicy = (account: AccountClient, roleName: string, name: string): Promise<void> =>
  orGone(
    account.write(`deleting policy ${name} of role ${roleName}`, (iam, { DeleteRolePolicyCommand }, options) =>
      iam.send(new DeleteRolePolicyCommand({ RoleName: roleName, PolicyName: name }), options),
    ),
  );

export const detachPolicy = (account: AccountClient, roleName: string, arn: string): Promise<void> =>
  orGone(
    account.write(`detaching ${arn} from role ${roleName}`, (iam, { DetachRolePolicyCommand }, options) =>
      iam.send(new DetachRolePolicyCommand({ RoleName: roleName, PolicyArn: arn }), options),
    ),
  );

export const deleteRole = (account: AccountClient, roleName: string): Promise<void> =>
  orGone(
    account.write(`deleting role ${roleName}`, (iam, { DeleteRoleCommand }, options) =>
      iam.send(new DeleteRoleCommand({ RoleName: roleName }), options),
    ),
  );
