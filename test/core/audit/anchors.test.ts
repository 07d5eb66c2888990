import { type AnchoredCheckpoint, anchorScan, anchorText, checkpointsIn } from '../../../src/core/audit/anchor-text.ts';
import type { Bundle } from '../../../src/core/audit/bundle.ts';
import type { Checkpoint } from '../../../src/core/audit/checkpoint.ts';
import type { Leaf } from '../../../src/core/audit/merkle.ts';
import { anchoredTo } from '../../../src/core/audit/verify-anchors.ts';
import { SealedLog } from './sealed-log.ts';

/*
 * What a bundle and anchors show of each other, over checkpoints that hold no more than what is compared: a number, a root
 * and leaves. That they are signed, and one history, is found before (see verify-bundle.test.ts).
 */

/** The root of each checkpoint, from the first: where two are the same, nothing changed between them. */
type Roots = string;
const checkpoint = (number: number, roots: Roots): Checkpoint =>
  ({ header: { number, at: `at ${number}`, root: roots[number - 1] } }) as unknown as Checkpoint;
const anchor = (number: number, roots: Roots, leaves?: readonly Leaf[]): AnchoredCheckpoint => ({
  ...checkpoint(number, roots),
  leaves,
});

interface Case {
  readonly roots: Roots;
  /** Numbers of checkpoints in the bundle. */
  readonly here: readonly number[];
  /** Streams of the bundle, and the checkpoints that found each of them changed. */
  readonly streams?: Readonly<Record<string, readonly number[]>>;
  /** Numbers of anchors without leaves, as a channel keeps them. */
  readonly channel?: readonly number[];
  /** Numbers of anchors with their leaves, as a bucket keeps them: none of the leaves are of this bundle. */
  readonly bucket?: readonly number[];
}
function shown({ roots, here, streams = {}, channel = [], bucket = [] }: Case) {
  const bundle = {
    checkpoints: here.map((number) => checkpoint(number, roots)),
    streams: Object.entries(streams).map(([stream, changes]) => ({
      stream,
      events: [],
      changes: changes.map((number) => ({ checkpoint: number })),
    })),
  } as unknown as Bundle;
  const kept = [...channel.map((n) => anchor(n, roots)), ...bucket.map((n) => anchor(n, roots, []))];
  const all = new Map([...here, ...channel, ...bucket].map((number) => [number, checkpoint(number, roots)]));
  const { broken, unknown, complete } = anchoredTo(
    bundle,
    kept.map((one) => ({ from: 'a copy', checkpoint: one })),
    all,
  );
  expect(broken).toEqual([]);
  return { unknown, complete: complete?.number };
}
const LEAVES = 'give copies with their leaves (from the bucket or the file), without gaps';

describe('how far anchors show that nothing is missing (E4)', () => {
  it.each<[what: string, given: Case, unknown: readonly string[], complete: number | undefined]>([
    ['all of it, to its end', { roots: 'ab', here: [1, 2], channel: [1, 2] }, [], 2],
    ['one checkpoint only by the hash in the next', { roots: 'ab', here: [1, 2], channel: [2] }, [], 2],
    [
      'not one checkpoint, whose next is missing too',
      { roots: 'abc', here: [1, 2, 3], channel: [3] },
      ['the anchors do not hold every checkpoint of the bundle: 1 is missing'],
      undefined,
    ],
    [
      'not one checkpoint after those that are shown',
      { roots: 'abcd', here: [1, 2, 4], channel: [1, 4] },
      ['the anchors do not hold every checkpoint of the bundle: 2 is missing'],
      undefined,
    ],
    // Anchors that end before the bundle.
    [
      'less than the bundle holds, where a stream changed since',
      { roots: 'abc', here: [1, 2, 3], streams: { A: [1, 2], B: [1, 3] }, bucket: [1, 2] },
      ['the anchors end at checkpoint 2; B changed since'],
      2,
    ],
    [
      'the newest lengths, by a root that stayed',
      { roots: 'abb', here: [1, 2, 3], streams: { A: [1] }, channel: [1, 2] },
      [],
      2,
    ],
    [
      'a stream that changed with the last of them',
      { roots: 'abc', here: [1, 2, 3], streams: { A: [2] }, channel: [1, 2] },
      [],
      2,
    ],
    [
      'a stream that changed before only with leaves',
      { roots: 'abc', here: [1, 2, 3], streams: { A: [2], B: [1] }, channel: [1, 2] },
      [`the anchors end at checkpoint 2 and do not show what changed in B after 1: ${LEAVES}`],
      1,
    ],
    [
      'a stream that changed before, with leaves',
      { roots: 'abc', here: [1, 2, 3], streams: { A: [2], B: [1] }, bucket: [1, 2] },
      [],
      2,
    ],
    [
      'nothing of a stream from before the first of them',
      { roots: 'abc', here: [1, 2, 3], streams: { A: [3] }, channel: [1, 2] },
      [
        'the anchors end at checkpoint 2; A changed since',
        `the anchors end at checkpoint 2 and do not show what changed in A after 0: ${LEAVES}`,
      ],
      undefined,
    ],
    [
      'nothing of a stream by the hash of a checkpoint that is nowhere',
      { roots: 'abc', here: [3], streams: { A: [3] }, bucket: [2] },
      [
        'the anchors end at checkpoint 2; A changed since',
        `the anchors end at checkpoint 2 and do not show what changed in A after 0: ${LEAVES}`,
      ],
      undefined,
    ],
    // Anchors that go on after the bundle.
    ['the next one, by its leaves alone', { roots: 'abcd', here: [3], bucket: [4] }, [], 4],
    [
      'not the next one without leaves',
      { roots: 'abcd', here: [3], channel: [4] },
      [`the anchors go on to checkpoint 4 and do not show what changed after 3: ${LEAVES}`],
      3,
    ],
    ['the next one by a root that stayed', { roots: 'abcc', here: [3], channel: [4] }, [], 4],
    [
      'not the next one by a root that stayed before',
      { roots: 'abbc', here: [3], channel: [2, 3, 4] },
      [`the anchors go on to checkpoint 4 and do not show what changed after 3: ${LEAVES}`],
      3,
    ],
    [
      'not the next one by the leaves of the one before',
      { roots: 'abcd', here: [3], channel: [3, 4], bucket: [2] },
      [`the anchors go on to checkpoint 4 and do not show what changed after 3: ${LEAVES}`],
      3,
    ],
    [
      'nothing over a gap',
      { roots: 'aaaaa', here: [1], channel: [1, 2, 5] },
      [`the anchors go on to checkpoint 5 and do not show what changed after 2: ${LEAVES}`],
      2,
    ],
    ['a copy with leaves beside one without', { roots: 'ab', here: [1], channel: [1, 2], bucket: [2] }, [], 2],
  ])('show %s', (_what, given, unknown, complete) => {
    expect(shown(given)).toEqual({ unknown, complete });
  });

  it('show nothing by a stay between two checkpoints of the bundle that no anchor ties', () => {
    // The bundle’s own second checkpoint is nobody’s word but the log’s.
    expect(shown({ roots: 'aabcd', here: [1, 2, 5], streams: { A: [1] }, channel: [1, 4] })).toEqual({
      unknown: [
        'the anchors do not hold every checkpoint of the bundle: 2 is missing',
        `the anchors end at checkpoint 4 and do not show what changed in A after 1: ${LEAVES}`,
      ],
      complete: undefined,
    });
  });

  it('are copies, of which one with leaves counts, whatever comes first', () => {
    const roots = 'ab';
    const bundle = { checkpoints: [checkpoint(1, roots)], streams: [] } as unknown as Bundle;
    const all = new Map([1, 2].map((number) => [number, checkpoint(number, roots)]));
    const copies = [anchor(1, roots), anchor(2, roots), anchor(2, roots, [])];
    for (const given of [copies, copies.toReversed()]) {
      const anchors = given.map((one) => ({ from: 'a copy', checkpoint: one }));
      expect(anchoredTo(bundle, anchors, all)).toMatchObject({ unknown: [], complete: { number: 2, at: 'at 2' } });
    }
  });
});

it('the newest event of a stream that an anchored leaf counted, and that is another one here, is named (E4)', async () => {
  const log = new SealedLog().open('R1').wait(30).seal();
  const bundle = await log.bundle();
  const [first] = log.anchors();
  if (first?.checkpoint.leaves === undefined) throw new Error('nothing was anchored');
  const leaves = first.checkpoint.leaves.map((leaf) => ({ ...leaf, head: 'f'.repeat(64) }));
  const { broken } = anchoredTo(bundle, [{ ...first, checkpoint: { ...first.checkpoint, leaves } }], new Map());
  expect(broken).toEqual([
    'event 1 of incident/INC-1 is another one than anchored checkpoint 1 saw',
    'event 1 of request/R1 is another one than anchored checkpoint 1 saw',
  ]);
});

describe('the text of an anchor (E4)', () => {
  const line = new SealedLog()
    .open('R1')
    .wait(30)
    .seal()
    .checkpoints.map(({ publicKey: _, ...one }) => anchorText(one))
    .join();
  const count = ({ checkpoints, ...rest }: ReturnType<typeof checkpointsIn>) => ({
    found: checkpoints.length,
    ...rest,
  });

  it.each<[what: string, text: string, read: object]>([
    ['nothing', '', { found: 0, damaged: 0, skipped: 'no checkpoint in it' }],
    ['words', 'no {"hash" here', { found: 0, damaged: 0, skipped: 'no checkpoint in it' }],
    ['one', line, { found: 1, damaged: 0 }],
    ['one that was cut off', line.slice(0, -1), { found: 0, damaged: 1 }],
    ['one that was changed', line.replace('"version":1', '"version":2'), { found: 0, damaged: 1 }],
    ['one with a key that stands twice', line.replace('{', '{"hash":"x",'), { found: 0, damaged: 1 }],
    ['one after another', line + line, { found: 2, damaged: 0 }],
    ['one behind what only begins like it', `{"hash":"}${line}`, { found: 1, damaged: 1 }],
  ])('holds %s', (_what, text, read) => {
    expect(count(checkpointsIn(text))).toEqual(read);
  });

  it('is no checkpoint where it does not end within the longest', () => {
    const inTwo = (longest: number, at: number) => {
      const scan = anchorScan(longest);
      scan.add(line.slice(0, at));
      scan.add(line.slice(at));
      return count(scan.end());
    };
    const all = line.length - 1;
    expect(inTwo(all, all)).toEqual({ found: 1, damaged: 0 });
    expect(inTwo(all - 1, all)).toEqual({ found: 0, damaged: 1 });
    expect(inTwo(10, all)).toEqual({ found: 0, damaged: 1 });
  });
});
