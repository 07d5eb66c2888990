import { createHash } from 'node:crypto';

/** Choices that are the same again for the same seeds. */
export interface Random {
  /** 0 to 1. */
  next(): number;
  /** A whole number from 0 to `bound`, without it. */
  below(bound: number): number;
  pick<T>(list: readonly T[]): T;
  /** The list in another order. */
  shuffled<T>(list: readonly T[]): T[];
}

/** One number out of several seeds, for generators that take a number. */
export const seedOf = (...seeds: readonly (number | string)[]): number =>
  createHash('sha256').update(seeds.join('/')).digest().readInt32BE(0);

/** https://en.wikipedia.org/wiki/Permuted_congruential_generator would do as well; this one is Mulberry32. */
export function randomOf(...seeds: readonly (number | string)[]): Random {
  let state = seedOf(...seeds);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (bound: number): number => Math.floor(next() * bound);
  return {
    next,
    below,
    pick: (list) => {
      const [first] = list.slice(below(list.length));
      if (first === undefined) throw new Error('there is nothing to pick from');
      return first;
    },
    shuffled: (list) =>
      list
        .map((item) => [next(), item] as const)
        .toSorted(([a], [b]) => a - b)
        .map(([, item]) => item),
  };
}
