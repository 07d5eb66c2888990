import type { Clouds } from './core/policy/cloud.ts';
import type { Definitions } from './core/policy/definitions.ts';
import type { Floors, Policy } from './core/policy/policy.ts';
import { policyChanges } from './core/policy/policy-diff.ts';
import { DOUBTED } from './core/policy/policy-row.ts';
import { formatProblem } from './policy-file/problem.ts';
import { readPolicy } from './policy-file.ts';
import type { Logger } from './ports/logger.ts';
import type { PolicyInForce, Store } from './ports/store.ts';

export interface Settling {
  readonly store: Store;
  /** This process's policy file, or undefined if there is none. */
  readonly text: string | Uint8Array | undefined;
  readonly file: string;
  readonly floors: Floors;
  readonly logger: Logger;
  readonly definitions: Definitions;
}

export interface Settled {
  /** Why this process opens nothing; endings go on all the same. What is said against the policy in force is asked anew each time. */
  readonly openingOff: string | undefined;
}

/**
 * Settles by which policy this process decides: always the row in force. Its own file is put in force only where none
 * is; otherwise it says how they differ. A bad file switches opening off, never ending. Where there is neither a policy in
 * force nor a file that is right, nothing is opened until one is applied; what was opened before is ended all the same.
 */
export async function settlePolicy({ store, text, file, floors, logger, definitions }: Settling): Promise<Settled> {
  const inForce = await store.policyInForce();
  const read = text === undefined ? undefined : readPolicy(text, file, floors, definitions);
  if (read !== undefined && !read.ok) {
    const problems = read.problems.map(formatProblem).join('\n');
    logger.error({ file, problems: read.problems.length }, `the policy file is wrong; nothing is opened\n${problems}`);
    return { openingOff: `the policy file of this process is wrong: ${file}` };
  }
  if (inForce === undefined) {
    if (read === undefined) {
      logger.error({ file }, 'no policy is in force, and there is no policy file; run "breakglass apply FILE"');
      return { openingOff: undefined };
    }
    const { number } = await applyPolicy(store, read.policy, read.text, 'system:start', undefined, definitions.clouds);
    logger.info({ number, file }, 'the first policy was put in force; the workers tell its security channel');
    return { openingOff: undefined };
  }
  if (inForce.doubt !== undefined) logger.error({ why: inForce.doubt }, DOUBTED);
  if (read !== undefined) {
    const differs = changesOrNone(inForce.policy, read.policy, definitions, logger);
    if (differs.length > 0) {
      logger.warn(
        { file, differs },
        `policy ${inForce.number} is in force and differs from ${file}; run "breakglass apply ${file}" to change it`,
      );
    }
  }
  return { openingOff: undefined };
}

/** Only said to help: a row written by another version, which cannot be compared, must not keep endings from starting. */
function changesOrNone(before: Policy, after: Policy, { clouds }: Definitions, logger: Logger): readonly string[] {
  try {
    return policyChanges(before, after, clouds);
  } catch (error) {
    logger.warn({ why: String(error) }, 'the policy in force could not be compared with the file');
    return [];
  }
}

/**
 * Puts a policy in force, with `policy_changed` in the system stream, from which the workers tell the security channels.
 * @param clouds say what changed of their own members; of another cloud's only its name is said
 * @throws when another policy was put in force meanwhile
 */
export async function applyPolicy(
  store: Store,
  policy: PolicyInForce['policy'],
  document: string,
  actor: string,
  before: PolicyInForce | undefined,
  clouds: Clouds = {},
): Promise<PolicyInForce> {
  const previous = before?.number ?? 0;
  const applied = await store.applyPolicy({
    policy,
    document,
    actor,
    previous,
    changes: changesOf(before, policy, clouds),
  });
  if (applied === undefined)
    throw new Error('Another policy was put in force meanwhile. Look at it, then apply again.');
  return applied;
}

/** What a new policy changes, in words. Where the one before it cannot be compared, that must not keep it in force. */
export function changesOf(before: PolicyInForce | undefined, policy: Policy, clouds: Clouds): readonly string[] {
  const doubted =
    before?.doubt === undefined ? [] : [`Nothing was opened by policy ${before.number}: ${before.doubt}.`];
  try {
    return [...doubted, ...policyChanges(before?.policy, policy, clouds)];
  } catch {
    return [...doubted, 'It cannot be compared with what was in force before: look at all of it.'];
  }
}
