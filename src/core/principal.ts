import type { AwsPrincipal } from './directory.ts';

const IAM_USER = /^arn:aws[a-z-]*:iam::(\d{12}):user\/(?:[\w+=,.@/-]+\/)?([\w+=,.@-]{1,64})$/;
// The session's last part is the person's name there; without it the ARN would name everybody of the permission set.
const SSO_SESSION = /^arn:aws[a-z-]*:sts::\d{12}:assumed-role\/AWSReservedSSO_[\w+=,.@-]+\/([\w+=,.@-]+)$/;

/** An IAM user's ARN: one person's, by A2. Never a root, a role, or a pattern. */
export const isIamUserArn = (arn: string): boolean => IAM_USER.test(arn);

/** The ARN of one person's session under one Identity Center permission set. Never the permission set itself. */
export const isPersonalSessionArn = (arn: string): boolean => SSO_SESSION.test(arn);

/**
 * One text per human behind cloud principals, so that two directory entries with one key are one identity (A2). What
 * names a way in but not a person does not count: permission set, the account it leads to, a user's path, letter case.
 * A principal that names no person keeps its ARN as its key. In IAM no two users of an account have names that differ
 * by letter case or path only.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
export function principalKey(principal: AwsPrincipal): string {
  switch (principal.kind) {
    case 'identity-center-user':
      return `identity-center-user:${principal.userId.toLowerCase()}`;
    case 'identity-center-session': {
      const [, user = principal.arn] = SSO_SESSION.exec(principal.arn) ?? [];
      return `identity-center-session:${user.toLowerCase()}`;
    }
    case 'iam-user': {
      const [, account = '', name = principal.arn] = IAM_USER.exec(principal.arn) ?? [];
      return `iam-user:${account}:${name.toLowerCase()}`;
    }
  }
}
