import { createHash } from 'node:crypto';
import fc from 'fast-check';
import {
  byStream,
  EMPTY_ROOT,
  type Leaf,
  leafHash,
  leafText,
  proofsOf,
  rootByProof,
  rootOf,
} from '../../../src/core/audit/merkle.ts';
import { canonical } from '../../../src/core/canonical.ts';

const leaf = (n: number): Leaf => ({ stream: `request/R${n}`, length: n + 1, head: n.toString(16).padStart(64, '0') });
const leaves = (count: number): readonly Leaf[] => Array.from({ length: count }, (_, n) => leaf(n)).sort(byStream);
const sha = (...parts: readonly Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest();

/** RFC 9162, section 2.1.1, to the letter: slow, and nothing like ours. */
function defined(hashes: readonly Buffer[]): Buffer {
  const [only] = hashes;
  if (only === undefined) return sha();
  if (hashes.length === 1) return only;
  let k = 1;
  while (k * 2 < hashes.length) k *= 2;
  return sha(Buffer.from([1]), defined(hashes.slice(0, k)), defined(hashes.slice(k)));
}

describe('the Merkle tree (E4)', () => {
  it('has the root that RFC 9162 defines, for every size up to 130, whatever comes one by one', () => {
    for (let size = 0; size <= 130; size += 1) {
      const all = leaves(size);
      expect(rootOf(all)).toBe(defined(all.map(leafHash)).toString('hex'));
    }
    expect(rootOf([])).toBe(EMPTY_ROOT);
  });

  it('hashes leaves and nodes apart, and a leaf by its canonical form', () => {
    expect(leafText(leaf(3))).toBe(canonical(leaf(3)));
    expect(leafHash(leaf(3))).toEqual(sha(Buffer.from([0]), Buffer.from(canonical(leaf(3)))));
  });

  it('proves every leaf of any tree, and no other leaf, place, size or path', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(), fc.nat(), (size, pick, other) => {
        const all = leaves(size);
        const root = rootOf(all);
        const index = pick % size;
        const mine = all[index];
        const [proof] = proofsOf(all.map(leafHash), [index]);
        if (mine === undefined || proof === undefined) throw new Error('no proof');
        expect(rootByProof(mine, proof)).toBe(root);
        const wrong: (string | undefined)[] = [
          rootByProof({ ...mine, length: mine.length + 1 }, proof),
          rootByProof({ ...mine, head: 'f'.repeat(64) }, proof),
          rootByProof(mine, { ...proof, path: [...proof.path, 'f'.repeat(64)] }),
          rootByProof(mine, { ...proof, index: size }),
        ];
        if (size > 1) wrong.push(rootByProof(mine, { ...proof, path: proof.path.slice(1) }));
        const elsewhere = other % size;
        if (elsewhere !== index) wrong.push(rootByProof(mine, { ...proof, index: elsewhere }));
        expect(wrong.filter((found) => found === root)).toEqual([]);
      }),
    );
  });
});
