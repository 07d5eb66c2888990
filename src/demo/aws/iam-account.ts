import { iamArn } from './accounts.ts';
import { MANAGED_LENGTH_MAX } from './iam-managed-policies.ts';
import { ATTACHED_MAX, INLINE_LENGTH_MAX } from './iam-role-policies.ts';
import { TRUST_LENGTH_MAX } from './iam-roles.ts';
import { authorize, type Operations, PAGING, PATH_PREFIX, page } from './operation.ts';

/** What is true of the account as a whole. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html */
export const ACCOUNT_OPERATIONS: Operations = {
  GetAccountSummary: {
    rules: {},
    run: (call) => {
      authorize(call, { action: 'iam:GetAccountSummary', resource: '*' });
      const { account } = call.caller;
      const summary = new Map([
        ['Roles', account.roles.size],
        ['RolesQuota', account.roleQuota],
        ['Users', account.users.size],
        ['Policies', account.managedPolicies.size],
        ['PolicySizeQuota', MANAGED_LENGTH_MAX],
        ['RolePolicySizeQuota', INLINE_LENGTH_MAX],
        ['AssumeRolePolicySizeQuota', TRUST_LENGTH_MAX],
        ['AttachedPoliciesPerRoleQuota', ATTACHED_MAX],
      ]);
      for (const name of call.world.bends.unsaid) summary.delete(name);
      return { SummaryMap: summary };
    },
  },
  ListUsers: {
    rules: { PathPrefix: PATH_PREFIX, ...PAGING },
    run: (call) => {
      const { account } = call.caller;
      const prefix = call.params.maybe('PathPrefix') ?? '/';
      authorize(call, { action: 'iam:ListUsers', resource: iamArn(account, 'user', prefix, '') });
      const users = [...account.users.values()].filter((user) => user.path.startsWith(prefix));
      const { items, ...paging } = page(users, (user) => user.name.toLowerCase(), call.params);
      const xml = items.map((user) => ({
        Path: user.path,
        UserName: user.name,
        UserId: user.id,
        Arn: user.arn,
        CreateDate: new Date(user.createdAt),
      }));
      return { Users: xml, ...paging };
    },
  },
};
