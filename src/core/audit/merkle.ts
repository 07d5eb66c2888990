import { createHash } from 'node:crypto';

/** How far one stream is: its number of events and the hash of its newest. */
export interface Leaf {
  readonly stream: string;
  readonly length: number;
  readonly head: string;
}

/*
 * A Merkle tree as RFC 9162 (and RFC 6962 before it) builds it: leaves and inner nodes are hashed with different first
 * bytes, so that neither can pass for the other; an odd one out goes up as it is.
 * https://www.rfc-editor.org/rfc/rfc9162#section-2.1
 */
const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

/** Root of the tree that holds nothing. */
export const EMPTY_ROOT = createHash('sha256').digest('hex');

/** What a leaf is hashed from: its RFC 8785 form. Names of streams and hashes hold nothing that JSON escapes. */
export const leafText = ({ stream, length, head }: Leaf): string =>
  `{"head":"${head}","length":${length},"stream":"${stream}"}`;

/** SHA-256 of a leaf, with a first byte that no inner node has: neither can be passed off as the other. */
export const leafHash = (leaf: Leaf): Buffer => createHash('sha256').update(LEAF).update(leafText(leaf)).digest();

const nodeHash = (left: Buffer, right: Buffer): Buffer =>
  createHash('sha256').update(NODE).update(left).update(right).digest();

/** By bytes, as the database sorts them for us: no locale has a say. Names of streams are ASCII. */
export const byStream = (a: { readonly stream: string }, b: { readonly stream: string }): number =>
  a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : 0;

/** A root from the hashes of leaves that come one by one, in order: it keeps one hash for each power of two, whatever their number. */
export interface RootBuilder {
  add(leaf: Buffer): void;
  readonly size: number;
  root(): string;
}

/** A builder that holds no leaf yet. */
export function rootBuilder(): RootBuilder {
  // Roots of whole subtrees, from the largest to the smallest: their sizes are the bits of `size`.
  const whole: Buffer[] = [];
  let size = 0;
  return {
    add: (leaf) => {
      let hash = leaf;
      for (let left = size; left % 2 === 1; left = (left - 1) / 2) hash = nodeHash(whole.pop() ?? hash, hash);
      whole.push(hash);
      size += 1;
    },
    get size() {
      return size;
    },
    root: () =>
      whole
        .reduceRight<Buffer | undefined>((right, left) => (right ? nodeHash(left, right) : left), undefined)
        ?.toString('hex') ?? EMPTY_ROOT,
  };
}

/** The root over all leaves at hand, in hex. They must come sorted by stream. */
export function rootOf(leaves: Iterable<Leaf>): string {
  const builder = rootBuilder();
  for (const leaf of leaves) builder.add(leafHash(leaf));
  return builder.root();
}

/** Where a leaf stands in a tree of `size` leaves, and the neighbours on its way up, in hex. */
export interface Proof {
  readonly index: number;
  readonly size: number;
  readonly path: readonly string[];
}

/** Proofs of the leaves at these places, from the hashes of all leaves in order. */
export function proofsOf(hashes: readonly Buffer[], places: readonly number[]): readonly Proof[] {
  const levels: (readonly Buffer[])[] = [hashes];
  for (let level = hashes; level.length > 1; levels.push(level)) level = parentsOf(level);
  return places.map((index) => ({ index, size: hashes.length, path: pathOf(levels, index) }));
}

function parentsOf(level: readonly Buffer[]): readonly Buffer[] {
  const parents: Buffer[] = [];
  for (let at = 0; at < level.length; at += 2) {
    const [left, right] = [level[at], level[at + 1]];
    if (left) parents.push(right ? nodeHash(left, right) : left);
  }
  return parents;
}

function pathOf(levels: readonly (readonly Buffer[])[], index: number): readonly string[] {
  const path: string[] = [];
  let at = index;
  for (const level of levels.slice(0, -1)) {
    const neighbour = level[at % 2 === 0 ? at + 1 : at - 1];
    if (neighbour) path.push(neighbour.toString('hex'));
    at = Math.floor(at / 2);
  }
  return path;
}

/** The root that a proof leads to, or undefined where its length does not fit its place. */
export function rootByProof(leaf: Leaf, { index, size, path }: Proof): string | undefined {
  if (index >= size) return undefined;
  let hash = leafHash(leaf);
  let at = index;
  let last = size - 1;
  const way = [...path];
  while (last > 0) {
    // The last one of an odd level has no neighbour and goes up as it is.
    if (at % 2 === 1 || at < last) {
      const neighbour = way.shift();
      if (neighbour === undefined) return undefined;
      const other = Buffer.from(neighbour, 'hex');
      hash = at % 2 === 1 ? nodeHash(other, hash) : nodeHash(hash, other);
    }
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return way.length === 0 ? hash.toString('hex') : undefined;
}
