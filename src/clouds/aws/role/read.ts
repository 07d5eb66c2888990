import { Failure } from '../../../core/failure.ts';
import type { TargetReading } from '../../../core/request/facts.ts';
import type { AccountClient } from '../client/account-client.ts';
import { answered } from '../client/errors.ts';
import type { Pinned } from '../policy/plan-detail.ts';
import type { AwsRole } from '../policy/schema.ts';
import { changedPinned, policyAt } from './pinned.ts';

/**
 * Reads, all at once, an account's time, its room for roles, whether the boundary of the role's zone is there, and whether the pinned
 * policies are still what was approved. Both kinds of ARN come back in `changedDefinitions`.
 */
export async function readTarget(account: AccountClient, role: AwsRole, boundary: string): Promise<TargetReading> {
  const [{ cloud, ours }, room, ...changed] = await Promise.all([
    account.time(),
    roleRoom(account),
    missingBoundary(account, boundary),
    changedPinned(account, pinnedOf(role)),
  ]);
  return { offsetMs: cloud - ours, room: [room], changedDefinitions: changed.flat() };
}

/**
 * The boundary's ARN, unless the broker may see it and it is there. Its rights name the same boundaries for seeing, for
 * making a role and for denying it, so under any other ARN nothing could be opened, and a request for it never closed.
 */
async function missingBoundary(account: AccountClient, arn: string): Promise<readonly string[]> {
  try {
    await policyAt(account, arn);
    return [];
  } catch (error) {
    if (answered(error, 'NoSuchEntity') || answered(error, 'AccessDenied')) return [arn];
    throw error;
  }
}

async function roleRoom(account: AccountClient): Promise<TargetReading['room'][number]> {
  const { SummaryMap } = await account.ask('reading the role quota', (iam, { GetAccountSummaryCommand }, options) =>
    iam.send(new GetAccountSummaryCommand({}), options),
  );
  const [used, quota] = [SummaryMap?.Roles, SummaryMap?.RolesQuota];
  if (used === undefined || quota === undefined) {
    throw new Failure('PROVIDER_UNAVAILABLE', 'the account summary does not say how many roles there are');
  }
  return { what: 'roles', used, quota };
}

const pinnedOf = ({ policies }: AwsRole): readonly Pinned[] =>
  policies.flatMap((policy) => ('arn' in policy ? [policy] : []));
