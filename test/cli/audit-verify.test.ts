import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verify } from '../../src/cli/audit.ts';
import { anchorText } from '../../src/core/audit/anchor-text.ts';
import { CADENCE, fingerprintOf, GAP_MS, publicKeyOf } from '../../src/core/audit/checkpoint.ts';
import { canonical } from '../../src/core/canonical.ts';
import { sealOnce } from '../../src/seal/seal-once.ts';
import { openLedger } from '../../src/store/open-ledger.ts';
import { SealedLog } from '../core/audit/sealed-log.ts';
import { silent } from '../store/silent-logger.ts';
import { freshDatabase } from '../support/database.ts';

describe('audit verify, on files alone (E4)', () => {
  let dir: string;
  let said: string[];
  const inDir = (name: string) => join(dir, name);
  const run = async (bundle: string, anchors = 'anchors') => {
    said = [];
    return verify(inDir(bundle), { key: inDir('seal.pub'), anchors: inDir(anchors) });
  };

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'breakglass-verify-'));
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const log = new SealedLog({ privateKey, publicKey: publicKeyOf(privateKey) });
    const bundle = await log.open('R1').wait(30).seal().wait(20).go('R1').wait(20).seal().text();
    await writeFile(inDir('seal.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
    await writeFile(inDir('bundle.json'), bundle);
    await writeFile(inDir('broken.json'), canonical({ ...JSON.parse(bundle), streams: 'none' }));
    await writeFile(inDir('edited.json'), bundle.replace('slack:T0:U0', 'slack:T0:U9'));
    const twice = bundle.replace('"type":"request_listed"', '"type":"request_denied","type":"request_listed"');
    await writeFile(inDir('twice.json'), twice);
    await writeFile(inDir('line-end.json'), `${bundle}\n`);
    await writeFile(inDir('other.json'), '{"some":"file"}');
    await writeFile(inDir('log.jsonl'), log.checkpoints.map(({ publicKey: _, ...one }) => anchorText(one)).join('\n'));
    for (const folder of ['anchors', 'bundles', 'elsewhere']) await mkdir(inDir(folder));
    await symlink(inDir('log.jsonl'), inDir('anchors/linked.jsonl'));
    await symlink(inDir('elsewhere'), inDir('anchors/folder'));
    await symlink(inDir('bundle.json'), inDir('bundles/bundle.json'));
  });
  const { log, error } = console;
  beforeEach(() => {
    const hear = (...words: unknown[]) => void said.push(words.join(' '));
    Object.assign(console, { log: hear, error: hear });
  });
  afterEach(() => {
    Object.assign(console, { log, error });
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('follows a link to a file, and says that it does not follow one to a folder', async () => {
    expect([await run('bundle.json'), said.join('\n')]).toEqual([
      0,
      expect.stringContaining('complete up to checkpoint 2'),
    ]);
    expect(said.join('\n')).toMatch(/skipped .*folder: it is no file, nor a link to one/);
  });

  it('takes nothing from a bundle that lies among the anchors', async () => {
    expect(await run('bundle.json', 'bundles')).toBe(3);
    expect(said.join('\n')).toContain('a bundle, which anchors nothing');
  });

  it.each([
    ['a file that is not there', 'none.json', 2, 'none.json cannot be read'],
    ['a bundle with an edited event', 'edited.json', 1, 'event 1 of incident/INC-1 was changed'],
    ['a file that is no bundle', 'other.json', 2, 'is no bundle: name what'],
    ['a file that is no JSON', 'log.jsonl', 2, 'is no bundle: name what'],
    ['a bundle that is not whole', 'broken.json', 1, 'is not a bundle as it was exported: at "streams"'],
    ['a bundle that says one thing twice', 'twice.json', 1, 'the key "type" stands twice in streams.0.events.0'],
    ['a bundle with a line end', 'line-end.json', 1, 'is not in its canonical form (RFC 8785)'],
  ])('exits with its own code for %s', async (_what, file, code, words) => {
    expect([await run(file), said.join('\n')]).toEqual([code, expect.stringContaining(words)]);
  });
});

describe('audit verify, on a database (E5)', () => {
  it.each([
    ['sealed just now', 0, 0, 'ok: '],
    [
      'that nobody has sealed for longer than silence may last',
      GAP_MS + 60_000,
      3,
      'unknown: nothing was sealed since',
    ],
  ])('exits with its own code for one %s', async (_what, agoMs, code, words) => {
    const database = await freshDatabase();
    const dir = await mkdtemp(join(tmpdir(), 'breakglass-verify-'));
    const { DATABASE_URL } = process.env;
    const { log } = console;
    const said: string[] = [];
    const ledger = openLedger({ url: database.sealUrl, logger: silent });
    try {
      const { privateKey, publicKey } = generateKeyPairSync('ed25519');
      const key = join(dir, 'seal.pub');
      await writeFile(key, publicKey.export({ type: 'spki', format: 'pem' }));
      const spki = publicKeyOf(publicKey);
      const current = { privateKey, publicKey: spki, fingerprint: fingerprintOf(spki) };
      const options = { keys: { current, next: undefined }, memories: [], cadence: CADENCE };
      await ledger.look((view) => sealOnce({ ...view, now: new Date(view.now.getTime() - agoMs) }, options));
      process.env.DATABASE_URL = database.appUrl;
      console.log = (...all) => void said.push(all.join(' '));
      expect([await verify(undefined, { key }), said.join('\n')]).toEqual([code, expect.stringContaining(words)]);
    } finally {
      console.log = log;
      if (DATABASE_URL === undefined) delete process.env.DATABASE_URL;
      else process.env.DATABASE_URL = DATABASE_URL;
      await ledger.close();
      await rm(dir, { recursive: true, force: true });
      await database.drop();
    }
  });
});
