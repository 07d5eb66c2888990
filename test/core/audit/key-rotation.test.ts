import type { Bundle } from '../../../src/core/audit/bundle.ts';
import { checkpointHistory } from '../../../src/core/audit/key-history.ts';
import { verifyBundle } from '../../../src/core/audit/verify-bundle.ts';
import { aKey, SealedLog, story } from './sealed-log.ts';

describe('a rotation of the key (E4)', () => {
  it('keeps old bundles good under the old key, and new ones under the old key and the new', async () => {
    const [old, young] = [aKey(), aKey()];
    const log = story(new SealedLog(old));
    const before = await log.bundle();
    log.wait(60).go('R2', 'alarm').wait(10).seal(young).wait(60).go('R2', 'alarm').wait(10).seal();
    const after = await log.bundle();
    const proven = { broken: [], unknown: [] };
    expect(verifyBundle(before, { publicKey: old.publicKey, anchors: log.anchors('bucket', 5) })).toMatchObject(proven);
    for (const { publicKey } of [old, young]) {
      expect(verifyBundle(after, { publicKey, anchors: log.anchors() })).toMatchObject(proven);
    }
    const { broken } = verifyBundle(after, { publicKey: aKey().publicKey });
    expect(broken.join()).toContain('no checkpoint here is signed by the key you trust');
  });

  it('lets the new key prove an old bundle by the copies that tie it to the old key, and not without them', async () => {
    const [old, young] = [aKey(), aKey()];
    const log = story(new SealedLog(old));
    const before = await log.bundle();
    log.wait(60).seal(young).wait(900).seal();
    const proof = (anchors?: ReturnType<SealedLog['anchors']>) =>
      verifyBundle(before, { publicKey: young.publicKey, anchors });
    expect(proof(log.anchors())).toMatchObject({ broken: [], unknown: [], complete: { number: 7 } });
    expect(proof().broken).toEqual([expect.stringContaining('no checkpoint here is signed by the key you trust')]);
  });

  it('makes nobody a forger of whom too few copies were made after it', async () => {
    const [old, young, third] = [aKey(), aKey(), aKey()];
    const log = story(new SealedLog(old));
    const before = await log.bundle();
    log.wait(60).seal(young).wait(60).seal().wait(60).seal(third).wait(60).go('R1', 'alarm').wait(10).seal();
    const report = (...missing: readonly number[]) => {
      const anchors = log.anchors().filter(({ checkpoint }) => !missing.includes(checkpoint.header.number));
      return verifyBundle(before, { publicKey: old.publicKey, anchors });
    };
    expect(report(6)).toMatchObject({
      broken: [],
      unknown: [expect.stringContaining('checkpoint 7 in 7.json (and 2 later ones) counts for nothing')],
      complete: { number: 5 },
    });
    // With the copy that names the key, the ninth one tells what happened to the incident since.
    expect(report().broken.join()).toContain('of request/R1 are missing: anchored checkpoint 9');
    // Without any word of whose key is right, and where the bundle reaches, a strange one stays what it is.
    const [anchors, stranger] = [log.anchors(), story().anchors('channel', 2).slice(1)];
    expect(verifyBundle(before, { anchors: anchors.slice(6) }).broken.join()).toContain("a key that is not this log's");
    const within = { ...before, checkpoints: before.checkpoints.filter(({ header }) => header.number !== 2) };
    expect(verifyBundle(within, { publicKey: old.publicKey, anchors: stranger }).broken.join()).toContain(
      "a key that is not this log's",
    );
  });

  it('is not believed without the checkpoints that tie the keys together', async () => {
    const [old, young] = [aKey(), aKey()];
    const log = story(new SealedLog(old)).seal(young).wait(60).go('R2', 'alarm').wait(10).seal().wait(900).seal();
    const bundle = await log.bundle();
    const without = (number: number): Bundle => ({
      ...bundle,
      checkpoints: bundle.checkpoints.filter(({ header }) => header.number !== number),
    });
    expect(verifyBundle(without(6), { publicKey: old.publicKey }).broken.join()).toContain(
      'no checkpoint before it names',
    );
    expect(verifyBundle(without(7), { publicKey: young.publicKey }).broken.join()).toContain(
      'checkpoint 7 is missing, which ties an older key',
    );
  });

  it('does not let the old key sign on', async () => {
    const old = aKey();
    const log = story(new SealedLog(old)).seal(aKey());
    log.key = old;
    const bundle = await log.wait(60).go('R2', 'alarm').wait(10).seal().bundle();
    expect(verifyBundle(bundle, { publicKey: old.publicKey }).broken.join()).toContain('no checkpoint before it names');
  });
});

it('no checkpoint stands twice in a history, nor after a later one', () => {
  const { checkpoints } = story();
  const add = (...places: readonly number[]) => {
    const history = checkpointHistory(undefined);
    const said = places.map((at) => checkpoints[at] && history.add(checkpoints[at], checkpoints[at].publicKey));
    return said.at(-1);
  };
  expect(add(0, 1)).toBeUndefined();
  expect(add(1, 1)).toBe('checkpoint 2 stands after checkpoint 2');
  expect(add(1, 0)).toBe('checkpoint 1 stands after checkpoint 2');
});
