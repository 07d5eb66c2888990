import { type Checkpoint, GAP_MS, signCheckpoint } from '../../../src/core/audit/checkpoint.ts';
import { checkpointHistory } from '../../../src/core/audit/key-history.ts';
import { aKey, type TestKey } from './sealed-log.ts';

const [KEY, NEXT, STRANGER] = [aKey(), aKey(), aKey()];
const NOON = Date.parse('2026-03-01T12:00:00.000Z');

/** The checkpoint after `previous`, so many milliseconds after noon. */
const made = (previous: Checkpoint | undefined, ms: number, key: TestKey = KEY, nextKey?: TestKey): Checkpoint =>
  signCheckpoint({
    previous,
    at: new Date(NOON + ms),
    root: 'a'.repeat(64),
    streams: 1,
    events: 1,
    leaves: [],
    privateKey: key.privateKey,
    nextKey: nextKey?.publicKey,
  });
type Signed = readonly [Checkpoint, TestKey];
function judged(all: readonly Signed[], vouched: TestKey | undefined = KEY) {
  const history = checkpointHistory(vouched?.publicKey);
  const wrong = all.flatMap(([one, key]) => history.add(one, key.publicKey) ?? []);
  return { wrong, end: history.end(), gaps: history.gaps };
}
const fine = { wrong: [], end: undefined, gaps: [] };

const FIRST = made(undefined, 0);
const SECOND = made(FIRST, 1_000);
const THIRD = made(SECOND, 2_000);
const byKey = (...all: readonly Checkpoint[]): readonly Signed[] => all.map((one) => [one, KEY]);

describe('checkpoints one after the other (E4)', () => {
  it.each<[what: string, all: readonly Signed[], found: object]>([
    ['none', [], fine],
    ['all', byKey(FIRST, SECOND, THIRD), fine],
    ['one left out', byKey(FIRST, THIRD), fine],
    ['two of the same moment', byKey(FIRST, made(FIRST, 0)), fine],
    ['one twice', byKey(FIRST, FIRST), { wrong: ['checkpoint 1 stands after checkpoint 1'] }],
    ['the older one last', byKey(SECOND, FIRST), { wrong: ['checkpoint 1 stands after checkpoint 2'] }],
    [
      'one dated before the other',
      byKey(FIRST, made(FIRST, -1)),
      { wrong: ['checkpoint 2 is older than checkpoint 1'] },
    ],
    [
      'one after another history',
      byKey(made(undefined, 1), SECOND),
      { wrong: ['checkpoint 2 does not follow the checkpoint 1 shown here'] },
    ],
    ['silence as long as is usual', byKey(FIRST, made(FIRST, GAP_MS)), fine],
    [
      'a longer silence',
      byKey(FIRST, made(FIRST, GAP_MS + 1)),
      { wrong: [], gaps: ['nothing was sealed from 2026-03-01T12:00:00.000Z to 2026-03-01T12:16:00.001Z'] },
    ],
    ['a longer silence, where one is left out', byKey(FIRST, made(SECOND, 2 * GAP_MS)), fine],
  ])('%s', (_what, all, found) => {
    expect(judged(all)).toMatchObject(found);
  });
});

describe('the key that signs (E4)', () => {
  const turned = made(FIRST, 1_000, KEY, NEXT);
  const young = made(turned, 2_000, NEXT);
  const younger = made(young, 3_000, NEXT);
  const cut = 'checkpoint 3 is missing, which ties an older key to the one you trust';

  it('is another one only where the checkpoint before names it', () => {
    expect(
      judged([
        [FIRST, KEY],
        [turned, KEY],
        [young, NEXT],
      ]),
    ).toEqual(fine);
    const strange = judged([
      [FIRST, KEY],
      [made(FIRST, 1_000, STRANGER), STRANGER],
    ]);
    expect(strange.wrong).toEqual([expect.stringContaining('and no checkpoint before it names that key')]);
    const old = judged([
      [turned, KEY],
      [made(turned, 2_000), KEY],
    ]);
    expect(old.wrong).toEqual([expect.stringContaining('and no checkpoint before it names that key')]);
  });

  it('is one that somebody vouches for, whichever of them, or nobody', () => {
    const all: readonly Signed[] = [
      [turned, KEY],
      [young, NEXT],
      [younger, NEXT],
    ];
    for (const vouched of [KEY, NEXT]) expect(judged(all, vouched)).toEqual(fine);
    expect(judged(all, STRANGER).end).toContain('no checkpoint here is signed by the key you trust');
    const history = checkpointHistory(undefined);
    for (const [one, key] of all) expect(history.add(one, key.publicKey)).toBeUndefined();
    expect(history.end()).toBeUndefined();
  });

  it('is vouched for backwards only by the checkpoint that it signed next', () => {
    const gap: readonly Signed[] = [
      [turned, KEY],
      [younger, NEXT],
    ];
    expect(judged(gap, NEXT).end).toBe(cut);
    expect(judged(gap, KEY).end).toBeUndefined();
    expect(
      judged(
        [
          [FIRST, KEY],
          [made(SECOND, 2_000), KEY],
        ],
        KEY,
      ).end,
    ).toBeUndefined();
  });

  it('that it is not, of one checkpoint alone, is said first', () => {
    expect(judged([[FIRST, STRANGER]]).wrong).toEqual([
      expect.stringContaining('checkpoint 1 is signed by another key'),
    ]);
  });
});
