import { checkpointsIn } from '../../src/core/audit/anchor-text.ts';
import { AnchorDiffers } from '../../src/seal/anchor.ts';
import { s3Anchor } from '../../src/seal/anchors/s3.ts';
import { SealedLog } from '../core/audit/sealed-log.ts';
import { type BucketOptions, type LocalS3, startLocalS3 } from '../support/local-s3.ts';

const open: LocalS3[] = [];
const bucketWith = async (options: BucketOptions = {}) => {
  const s3 = await startLocalS3(options);
  open.push(s3);
  Object.assign(process.env, s3.env);
  const now = async () => new Date();
  return { s3, anchor: s3Anchor({ bucket: s3.bucket, prefix: 'prod/', retentionDays: 365, now }) };
};
afterEach(async () => {
  for (const s3 of open.splice(0)) await s3.close();
});
const signal = AbortSignal.timeout(60_000);
const [one, two] = new SealedLog().open('R1').seal().go('R1').seal().checkpoints;
if (!one || !two) throw new Error('no checkpoints');

describe('a bucket with Object Lock as an anchor (E4)', () => {
  it('keeps each checkpoint once, locked, under a key that sorts, and takes the same one again', async () => {
    const { s3, anchor } = await bucketWith();
    expect(await anchor.check()).toBeUndefined();
    for (const checkpoint of [one, two, two]) await anchor.put(checkpoint, signal);
    expect([...s3.contents().keys()]).toEqual(['prod/checkpoint-0000000001.json', 'prod/checkpoint-0000000002.json']);
    const kept = [...s3.contents().values()].flatMap((text) => checkpointsIn(text).checkpoints);
    expect(kept.map(({ hash, leaves }) => [hash, leaves])).toEqual([
      [one.hash, one.leaves],
      [two.hash, two.leaves],
    ]);
  });

  it('says so where it holds another checkpoint under that number', async () => {
    const { anchor } = await bucketWith();
    await anchor.put(one, signal);
    const [other] = new SealedLog().open('R9').seal().checkpoints;
    if (!other) throw new Error('no checkpoint');
    await expect(anchor.put(other, signal)).rejects.toThrow(AnchorDiffers);
  });

  it('says what it holds under a number', async () => {
    const { anchor } = await bucketWith();
    await anchor.put(one, signal);
    expect(await anchor.at?.(1)).toMatchObject({ number: 1, hash: one.hash });
    expect(await anchor.at?.(2)).toBeUndefined();
  });

  it('is not taken for an empty one where it is not there', async () => {
    const { s3 } = await bucketWith();
    const now = async () => new Date();
    const gone = s3Anchor({ bucket: `${s3.bucket}-gone`, prefix: '', retentionDays: 365, now });
    await expect(gone.at?.(1)).rejects.toThrow('does not exist');
  });

  it.each<[settings: string, options: BucketOptions, words: RegExp]>([
    ['no versions', { versioning: false }, /turn versioning on/],
    ['no Object Lock', { lock: false }, /has no Object Lock/],
    ['no default retention', { lock: {} }, /compliance mode/],
    ['governance mode', { lock: { mode: 'GOVERNANCE', days: 400 } }, /compliance mode/],
    [
      'a shorter default',
      { lock: { mode: 'COMPLIANCE', days: 30 } },
      /for 30 days by default, SEAL_RETENTION_DAYS says 365/,
    ],
  ])('is refused with %s', async (_settings, options, words) => {
    const { anchor } = await bucketWith(options);
    expect(await anchor.check()).toMatch(words);
  });

  it('takes nothing where its bucket cannot lock', async () => {
    const { s3, anchor } = await bucketWith({ lock: false });
    await expect(anchor.put(one, signal)).rejects.toThrow('missing Object Lock');
    expect(s3.contents().size).toBe(0);
  });
});
