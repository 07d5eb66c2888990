import { documentText, REVOKED_DOCUMENT, sizeOf } from './documents.ts';
import type { Detail } from './plan-detail.ts';

/**
 * Quotas of IAM, in characters. The trust counts white space, policies do not. All but the first are fixed; the trust's
 * can be raised to 4,096, on which nothing here relies.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
export const TRUST_MAX = 2048;
export const INLINE_MAX = 10_240;
export const MANAGED_MAX = 6144;
export const ATTACHED_MAX = 10;

/** Why IAM would refuse these documents for their size, or undefined. Room for the Deny of an ending is counted in. */
export function sizeProblem({
  trust,
  inline,
  attached,
}: Pick<Detail, 'trust' | 'inline' | 'attached'>): string | undefined {
  if (trust.length > TRUST_MAX) {
    return `the trust policy would be ${trust.length} characters, of ${TRUST_MAX} allowed: name fewer session tag keys`;
  }
  const size = [...inline.map(({ document }) => document), documentText(REVOKED_DOCUMENT)]
    .map(sizeOf)
    .reduce((sum, one) => sum + one, 0);
  if (size > INLINE_MAX) {
    return `the inline policies would be ${size} characters together with ours, of ${INLINE_MAX} allowed: shorten them, or move some into a managed policy`;
  }
  return attached.length > ATTACHED_MAX
    ? `${attached.length} managed policies, of ${ATTACHED_MAX} allowed: merge some`
    : undefined;
}
