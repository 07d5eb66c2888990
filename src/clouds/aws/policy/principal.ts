import type { CloudIdentity } from '../../../core/policy/cloud.ts';
import type { Principal } from '../../../core/policy/directory.ts';

/** What every kind of principal may say besides who it is. */
interface SignedIn {
  /** The source identity that the person's own sign-in puts on their sessions; without one it is our session name. */
  readonly sourceIdentity?: string | undefined;
}

/** How a person is named to AWS. The kind decides the trust policy's template (clouds.md §1.1). */
export type AwsPrincipal =
  | (SignedIn & { readonly kind: 'iam-user'; readonly arn: string })
  | (SignedIn & { readonly kind: 'identity-center-session'; readonly arn: string })
  | (SignedIn & {
      readonly kind: 'identity-center-user';
      /** The account whose root the trust names; the permission set's role lives there. */
      readonly account: string;
      readonly permissionSet: string;
      readonly userId: string;
    });

const IAM_USER = /^arn:aws[a-z-]*:iam::(\d{12}):user\/(?:[\w+=,.@/-]+\/)?([\w+=,.@-]{1,64})$/;
// The session's last part is the person's name there; without it the ARN would name everybody of the permission set.
const SSO_SESSION = /^arn:aws[a-z-]*:sts::\d{12}:assumed-role\/AWSReservedSSO_[\w+=,.@-]+\/([\w+=,.@-]+)$/;

/** An IAM user's ARN: one person's, by A2. Never a root, a role, or a pattern. */
export const isIamUserArn = (arn: string): boolean => IAM_USER.test(arn);

/** The ARN of one person's session under one Identity Center permission set. Never the permission set itself. */
export const isPersonalSessionArn = (arn: string): boolean => SSO_SESSION.test(arn);

/**
 * A person's name on a session: 2 to 64 of `[\w+=,.@-]`. The prefix keeps one-letter ids long enough.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export const sessionNameOf = (personId: string): string => `bg-${personId.replace(/[^\w+=,.@-]/g, '_')}`.slice(0, 64);

/**
 * What a session of this person may carry as `sts:SourceIdentity`: what the directory says that their sign-in sets, else
 * our session name.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
 */
export const sourceIdentityOf = (personId: string, { sourceIdentity }: AwsPrincipal): string =>
  sourceIdentity ?? sessionNameOf(personId);

/** One text per source identity: AWS tells letter cases apart, people who read its log do not. */
const sourceIdentityKey = (personId: string, principal: AwsPrincipal): string =>
  sourceIdentityOf(personId, principal).toLowerCase();

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

const KINDS: ReadonlySet<string> = new Set<AwsPrincipal['kind']>([
  'iam-user',
  'identity-center-session',
  'identity-center-user',
]);
const isOfAws = (principal: Principal): principal is AwsPrincipal => KINDS.has(principal.kind);

/**
 * What must be one person's alone: who they are to AWS, and the name that its log has for them. What is no principal of AWS
 * is nobody's, whatever let it come this far: nothing is planned for it.
 */
export const identitiesOf = (personId: string, principal: Principal): readonly CloudIdentity[] =>
  isOfAws(principal)
    ? [
        { what: 'AWS identity', key: principalKey(principal) },
        { what: 'AWS source identity', key: sourceIdentityKey(personId, principal) },
      ]
    : [];
