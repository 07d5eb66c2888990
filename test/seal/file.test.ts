import { appendFile, chmod, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSealConfig } from '../../src/config.ts';
import { checkpointsIn } from '../../src/core/audit/anchor-text.ts';
import { AnchorDiffers } from '../../src/seal/anchor.ts';
import { fileAnchor } from '../../src/seal/anchors/file.ts';
import { readSealKey } from '../../src/seal/keys.ts';
import { sealer } from '../../src/sealer.ts';
import { SealedLog } from '../core/audit/sealed-log.ts';

const signal = AbortSignal.timeout(60_000);
let dir: string;
let file: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'breakglass-anchor-'));
  file = join(dir, 'below', 'checkpoints.jsonl');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('a file as an anchor (E4)', () => {
  const log = new SealedLog();
  // Lines longer than one step of reading backwards.
  for (let n = 0; n < 1200; n += 1) log.open(`LONG-${n}`);
  log.seal().go('LONG-1').seal().go('LONG-2').seal();
  const [one, two, three] = log.checkpoints;
  if (!one || !two || !three) throw new Error('too few checkpoints');
  const numbers = async () =>
    checkpointsIn(await readFile(file, 'utf8')).checkpoints.map(({ header }) => header.number);

  it('holds each checkpoint once, with its leaves, and remembers the last', async () => {
    const anchor = fileAnchor(file);
    expect(await anchor.memory?.()).toBeUndefined();
    for (const checkpoint of [one, one, two]) {
      await anchor.put(checkpoint, signal);
      expect(await anchor.memory?.()).toEqual({ place: file, number: checkpoint.header.number, hash: checkpoint.hash });
    }
    expect(await numbers()).toEqual([1, 2]);
    expect(checkpointsIn(await readFile(file, 'utf8')).checkpoints[0]?.leaves).toEqual(one.leaves);
  });

  it('writes a line anew that a crash cut off', async () => {
    const anchor = fileAnchor(file);
    await anchor.put(one, signal);
    await anchor.put(two, signal);
    const { length } = await readFile(file);
    await truncate(file, length - 10);
    expect((await anchor.memory?.())?.number).toBe(1);
    for (const checkpoint of [two, three]) await anchor.put(checkpoint, signal);
    expect(await numbers()).toEqual([1, 2, 3]);
  });

  it('takes no other checkpoint under a number, and none that is older', async () => {
    const anchor = fileAnchor(file);
    await anchor.put(two, signal);
    await expect(anchor.put({ ...two, hash: 'f'.repeat(64) }, signal)).rejects.toThrow(AnchorDiffers);
    await expect(anchor.put(one, signal)).rejects.toThrow(AnchorDiffers);
  });

  it('is left alone where its last line is none of ours', async () => {
    const anchor = fileAnchor(file);
    await anchor.put(one, signal);
    await appendFile(file, 'hello\n');
    await expect(anchor.put(two, signal)).rejects.toThrow('is no checkpoint: keep the file');
    expect(await readFile(file, 'utf8')).toMatch(/hello\n$/);
  });
});

describe('the settings of the sealer', () => {
  it('take a key that is one, and that nobody else may read', async () => {
    const key = join(dir, 'key.pem');
    await expect(readSealKey(key)).rejects.toThrow('is not there');
    await writeFile(key, 'secret words that are no key', { mode: 0o600 });
    const failed = readSealKey(key);
    await expect(failed).rejects.toThrow('holds no Ed25519 private key');
    await expect(failed).rejects.not.toThrow('secret words');
    await chmod(key, 0o640);
    await expect(readSealKey(key)).rejects.toThrow('chmod 600');
  });

  it('can be lowered on this machine alone', async () => {
    const env = { SEAL_DATABASE_URL: 'postgres://s@127.0.0.1:1/d', SEAL_KEY_FILE: 'k', LOG_LEVEL: 'silent' };
    const lowered = { cadence: { changedMs: 100, idleMs: 100 } };
    const elsewhere = [
      { SEAL_DATABASE_URL: 'postgres://s@192.0.2.1/d' },
      { SEAL_SLACK_TOKEN: 'xoxb-1', SEAL_SLACK_CHANNEL: 'C1', SLACK_API_URL: 'http://192.0.2.1/api/' },
      { SEAL_BUCKET: 'b', SEAL_RETENTION_DAYS: '1', AWS_ENDPOINT_URL_S3: 'http://192.0.2.1' },
    ];
    for (const change of elsewhere)
      await expect(sealer({ env: { ...env, ...change }, lowered })).rejects.toThrow(/this machine/);
  });

  it('are reported all at once, by name and never by value', () => {
    const env = { SEAL_DATABASE_URL: 'mysql://hunter2', SEAL_BUCKET: 'b', SEAL_SLACK_TOKEN: 'xoxp-hunter2' };
    const load = () => loadSealConfig(env);
    expect(load).toThrow(/SEAL_DATABASE_URL[\s\S]*SEAL_KEY_FILE[\s\S]*SEAL_SLACK_TOKEN/);
    expect(load).not.toThrow(/hunter2/);
    const right = { SEAL_DATABASE_URL: 'postgres://s@h/d', SEAL_KEY_FILE: 'k' };
    expect(() => loadSealConfig({ ...right, SEAL_BUCKET: 'b' })).toThrow(/SEAL_RETENTION_DAYS/);
    expect(() => loadSealConfig({ ...right, SEAL_SLACK_TOKEN: 'xoxb-1' })).toThrow(/SEAL_SLACK_CHANNEL/);
    expect(loadSealConfig({ ...right, SEAL_BUCKET: '' })).toMatchObject({ LOG_LEVEL: 'info', SEAL_BUCKET_PREFIX: '' });
  });
});
