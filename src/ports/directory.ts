import type { Directory } from '../core/policy/directory.ts';
import type { Policy } from '../core/policy/policy.ts';

/** Who is in which team and on call. Rejects when the source does not answer: the broker turns that into a failed look-up. */
export interface DirectorySource {
  /** `ageMs` is how old the answer is; never more than 60 s. */
  read(policy: Policy): Promise<{ readonly directory: Directory; readonly ageMs: number }>;
}
