import { REVOKED } from './documents.ts';
import type { Detail } from './plan-detail.ts';

/** One word of a POSIX shell, whatever is in it: nothing inside single quotes means anything but the closing one. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

const line = (...words: readonly string[]): string => words.map(quoted).join(' ');

/**
 * What `closeRole` writes, as commands of the AWS CLI: the unconditional Deny, then the trust that lets nobody in. They
 * stand on lines of their own, so that the second runs even where the first is refused.
 * @see https://docs.aws.amazon.com/cli/latest/reference/iam/put-role-policy.html
 * @see https://docs.aws.amazon.com/cli/latest/reference/iam/update-assume-role-policy.html
 */
export const commandsOf = ({
  roleName,
  revoked,
  closedTrust,
}: Pick<Detail, 'roleName' | 'revoked' | 'closedTrust'>): string =>
  [
    line(
      ...['aws', 'iam', 'put-role-policy', '--role-name', roleName, '--policy-name', REVOKED],
      '--policy-document',
      revoked,
    ),
    line(...['aws', 'iam', 'update-assume-role-policy', '--role-name', roleName], '--policy-document', closedTrust),
  ].join('\n');
