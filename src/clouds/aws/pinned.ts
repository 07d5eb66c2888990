import { digestOf } from '../../core/canonical.ts';
import { Failure } from '../../core/failure.ts';
import { strictJson } from '../../core/strict-json.ts';
import type { AccountClient } from './account-client.ts';
import { answered } from './errors.ts';

/** A managed policy that is attached by ARN, and the digest of the content that was approved. */
export interface Pinned {
  readonly arn: string;
  readonly sha256: string;
}

/** ARNs of those whose content in force is not what was approved. */
export async function changedPinned(account: AccountClient, pinned: readonly Pinned[]): Promise<readonly string[]> {
  const changed = await Promise.all(
    pinned.map(async ({ arn, sha256 }) => ((await digestInForce(account, arn)) === sha256 ? [] : [arn])),
  );
  return changed.flat();
}

/** Throws `PINNED_POLICY_CHANGED` unless each is what was approved: read after what attaches them, before that is told. */
export async function refuseChanged(account: AccountClient, pinned: readonly Pinned[]): Promise<void> {
  const changed = await changedPinned(account, pinned);
  if (changed.length === 0) return;
  throw new Failure('PINNED_POLICY_CHANGED', `not what was approved: ${changed.join(', ')}`);
}

export const policyAt = (account: AccountClient, arn: string) =>
  account.ask(`reading policy ${arn}`, (iam, { GetPolicyCommand }, options) =>
    iam.send(new GetPolicyCommand({ PolicyArn: arn }), options),
  );

/** Digest of the version in force, or undefined where there is no such policy or its text cannot be read in one way. */
async function digestInForce(account: AccountClient, arn: string): Promise<string | undefined> {
  try {
    const { Policy } = await policyAt(account, arn);
    const version = Policy?.DefaultVersionId ?? 'v1';
    const { PolicyVersion } = await account.ask(
      `reading policy ${arn} version ${version}`,
      (iam, { GetPolicyVersionCommand }, options) =>
        iam.send(new GetPolicyVersionCommand({ PolicyArn: arn, VersionId: version }), options),
    );
    const read = strictJson(decodeURIComponent(PolicyVersion?.Document ?? ''));
    return read.ok ? digestOf(read.value) : undefined;
  } catch (error) {
    if (answered(error, 'NoSuchEntity')) return undefined;
    throw error;
  }
}
