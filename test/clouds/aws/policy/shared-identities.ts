import type { AwsPrincipal } from '../../../../src/clouds/aws/policy/principal.ts';

const at = (service: 'iam' | 'sts', rest: string): string => `arn:aws:${service}::123456789012:${rest}`;
const user = (rest: string): AwsPrincipal => ({ kind: 'iam-user', arn: at('iam', rest) });
const session = (arn: string): AwsPrincipal => ({ kind: 'identity-center-session', arn });
const human = {
  kind: 'identity-center-user',
  account: '123456789012',
  permissionSet: 'entry',
  userId: '90-aa',
} as const;

/** Principals that would let in more than one person, or whom nobody can name: with what each is. */
export const SHARED_IDENTITIES: readonly (readonly [what: string, principal: AwsPrincipal])[] = [
  ['an account’s root', user('root')],
  ['a role', user('role/Admin')],
  ['a group', user('group/ops')],
  ['every IAM user', user('user/*')],
  ['every IAM user of a path', user('user/ops/')],
  ['an IAM user behind a line break', user('user/ana\n')],
  ['a role called a session', session(at('iam', 'role/Admin'))],
  ['a root called a session', session(at('iam', 'root'))],
  ['a session of a role that is not Identity Center’s', session(at('sts', 'assumed-role/Admin/ana'))],
  ['a permission set', session(at('sts', 'assumed-role/AWSReservedSSO_entry_1'))],
  ['everybody of a permission set', session(at('sts', 'assumed-role/AWSReservedSSO_entry_1/*'))],
  ['an Identity Center user without an id', { ...human, userId: '' }],
  ['every Identity Center user', { ...human, userId: '*' }],
  ['every permission set', { ...human, permissionSet: '*' }],
  ['every account', { ...human, account: '*' }],
];
