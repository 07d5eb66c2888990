import { type Checkpoint, checkpointProblem, leavesProblem } from '../core/audit/checkpoint.ts';
import { checkpointHistory } from '../core/audit/key-history.ts';
import type { Leaf } from '../core/audit/merkle.ts';
import type { KeptCheckpoint } from '../ports/checkpoints.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { SealKeys } from './keys.ts';

/** A row of the database says that something was signed which was not: whoever owns the tables can put in any. */
export class NotSigned extends Error {
  override readonly name = 'NotSigned';
}

/** What was signed after a checkpoint, and up to which. */
export interface Signed {
  readonly upTo: number;
  /** Why a row is not what was signed under its number, or undefined. */
  problem(one: KeptCheckpoint, leaves: readonly Leaf[]): string | undefined;
}

const PAGE = 500;

/**
 * Follows the hashes from a checkpoint to the newest, which must be signed by us: only then were those between. Keeps
 * one hash of each. Rejects with `NotSigned` where they do not lead there.
 */
export async function signedAfter(ledger: Ledger, held: number, { current, next }: SealKeys): Promise<Signed> {
  const history = checkpointHistory(undefined);
  const hashes = new Map<number, string>();
  // From the one that is held already: the first new one must follow it.
  let at = Math.max(0, held - 1);
  let newest: Checkpoint | undefined;
  for (let page = await ledger.after(at, PAGE); page.length > 0; page = await ledger.after(at, PAGE)) {
    for (const one of page) {
      const { number } = one.header;
      const wrong = number === at + 1 ? history.add(one, one.publicKey) : `checkpoint ${at + 1} is missing`;
      if (wrong !== undefined) throw new NotSigned(wrong);
      hashes.set(number, one.hash);
      newest = one;
      at = number;
    }
  }
  if (newest !== undefined && at > held) {
    const { key } = newest.header;
    const ours = [current, next].some((one) => one?.fingerprint === key);
    if (!ours) throw new NotSigned(`checkpoint ${at} is signed by key ${key}, which is not ours`);
  }
  return {
    upTo: at,
    problem: (one, leaves) =>
      hashes.get(one.header.number) === one.hash
        ? (checkpointProblem(one, one.publicKey) ?? leavesProblem(one, leaves))
        : `checkpoint ${one.header.number} was changed after it was signed`,
  };
}
