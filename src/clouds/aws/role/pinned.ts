import type { PolicyVersion } from '@aws-sdk/client-iam';
import { digestOf } from '../../../core/canonical.ts';
import { Failure } from '../../../core/failure.ts';
import { strictJson } from '../../../core/strict-json.ts';
import type { AccountClient } from '../client/account-client.ts';
import { answered } from '../client/errors.ts';
import type { Pinned } from '../policy/plan-detail.ts';

/** By ARN, the version of a policy that was last seen in force. Nothing is decided by it. */
export type Versions = ReadonlyMap<string, string>;

/**
 * ARNs of those whose content in force is not what was approved. Where `seen` names a version, that one is asked for
 * first: it says itself whether it is in force, and if it is not, no harm is done.
 */
export async function changedPinned(
  account: AccountClient,
  pinned: readonly Pinned[],
  seen: Versions = new Map(),
): Promise<readonly string[]> {
  const changed = await Promise.all(
    pinned.map(async ({ arn, sha256 }) => {
      const isApproved =
        (await digestIfInForce(account, arn, seen.get(arn))) === sha256 ||
        (await digestInForce(account, arn)) === sha256;
      return isApproved ? [] : [arn];
    }),
  );
  return changed.flat();
}

/** Throws `PINNED_POLICY_CHANGED` unless each is what was approved: read after what attaches them, before that is told. */
export async function refuseChanged(
  account: AccountClient,
  pinned: readonly Pinned[],
  seen: Versions = new Map(),
): Promise<void> {
  const changed = await changedPinned(account, pinned, seen);
  if (changed.length === 0) return;
  throw new Failure('PINNED_POLICY_CHANGED', `not what was approved: ${changed.join(', ')}`);
}

/** The versions in force now. Never rejects: one that could not be asked for is left out. */
export async function versionsInForce(account: AccountClient, pinned: readonly Pinned[]): Promise<Versions> {
  const asked = await Promise.allSettled(
    pinned.map(async ({ arn }) => [arn, (await policyAt(account, arn)).Policy?.DefaultVersionId] as const),
  );
  const answers = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  return new Map(answers.flatMap(([arn, version]) => (version === undefined ? [] : [[arn, version] as const])));
}

export const policyAt = (account: AccountClient, arn: string) =>
  account.ask(`reading policy ${arn}`, (iam, { GetPolicyCommand }, options) =>
    iam.send(new GetPolicyCommand({ PolicyArn: arn }), options),
  );

/** Digest of the version in force, or undefined where there is no such policy or its text cannot be read in one way. */
async function digestInForce(account: AccountClient, arn: string): Promise<string | undefined> {
  try {
    const { Policy } = await policyAt(account, arn);
    return digestOfText((await versionOf(account, arn, Policy?.DefaultVersionId ?? 'v1')).Document);
  } catch (error) {
    if (answered(error, 'NoSuchEntity')) return undefined;
    throw error;
  }
}

/**
 * The same in one question, if this version is in force: one answer holds both the text and that it is.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyVersion.html
 */
async function digestIfInForce(
  account: AccountClient,
  arn: string,
  version: string | undefined,
): Promise<string | undefined> {
  if (version === undefined) return undefined;
  try {
    const { IsDefaultVersion, Document } = await versionOf(account, arn, version);
    return IsDefaultVersion === true ? digestOfText(Document) : undefined;
  } catch (error) {
    if (answered(error, 'NoSuchEntity')) return undefined;
    throw error;
  }
}

async function versionOf(account: AccountClient, arn: string, version: string): Promise<PolicyVersion> {
  const { PolicyVersion } = await account.ask(
    `reading policy ${arn} version ${version}`,
    (iam, { GetPolicyVersionCommand }, options) =>
      iam.send(new GetPolicyVersionCommand({ PolicyArn: arn, VersionId: version }), options),
  );
  return PolicyVersion ?? {};
}

function digestOfText(document: string | undefined): string | undefined {
  const read = strictJson(decodeURIComponent(document ?? ''));
  return read.ok ? digestOf(read.value) : undefined;
}
