import { type Checkpoint, checkpointProblem, fingerprintOf, GAP_MS } from './checkpoint.ts';

/** Checks checkpoints one by one, oldest first; numbers may be left out. */
export interface History {
  /** What is wrong with this one, by itself or after those before it; undefined if nothing is. */
  add(checkpoint: Checkpoint, publicKey: string): string | undefined;
  /** What is wrong with all of them together. */
  end(): string | undefined;
  /** Times in which nobody sealed, in words. */
  readonly gaps: readonly string[];
}

/**
 * Which key signs when. A checkpoint may name the key that signs from the next one on. From a key that somebody vouches
 * for, trust goes forward by that name, which it signed; and back by the hash of the checkpoint before, which it signed
 * too, so that old checkpoints stay good under a new key. Without `vouched`, all must merely agree with each other.
 */
export function checkpointHistory(vouched: string | undefined): History {
  const wanted = vouched === undefined ? undefined : fingerprintOf(vouched);
  const gaps: string[] = [];
  let last: Checkpoint | undefined;
  let signs: string | undefined;
  let met = wanted === undefined;
  /** A rotation whose next checkpoint is not here: nothing vouches for what is older. */
  let cut: number | undefined;

  const order = (one: Checkpoint): string | undefined => {
    if (last === undefined) return undefined;
    const { number, at, previous } = one.header;
    const before = last.header;
    if (number <= before.number) return `checkpoint ${number} stands after checkpoint ${before.number}`;
    if (at < before.at) return `checkpoint ${number} is older than checkpoint ${before.number}`;
    if (number === before.number + 1) {
      if (previous !== last.hash)
        return `checkpoint ${number} does not follow the checkpoint ${before.number} shown here`;
      const silence = Date.parse(at) - Date.parse(before.at);
      if (silence > GAP_MS) gaps.push(`nothing was sealed from ${before.at} to ${at}`);
    } else if (before.nextKey !== undefined && !met) cut ??= before.number;
    return undefined;
  };

  return {
    gaps,
    add: (one, publicKey) => {
      const wrong = checkpointProblem(one, publicKey) ?? order(one);
      if (wrong !== undefined) return wrong;
      const { number, key, nextKey } = one.header;
      if (signs !== undefined && key !== signs) {
        return `checkpoint ${number} is signed by key ${key}, and no checkpoint before it names that key`;
      }
      met ||= key === wanted;
      signs = nextKey === undefined ? key : fingerprintOf(nextKey);
      last = one;
      return undefined;
    },
    end: () => {
      if (last === undefined) return undefined;
      if (!met) return `no checkpoint here is signed by the key you trust, ${wanted}`;
      return cut === undefined
        ? undefined
        : `checkpoint ${cut + 1} is missing, which ties an older key to the one you trust`;
    },
  };
}
