import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyLog } from '../../src/broker/verify-log.ts';
import { checkpointsIn } from '../../src/core/audit/anchor-text.ts';
import type { Cadence } from '../../src/core/audit/checkpoint.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import { type LocalSlack, startLocalSlack } from '../../src/demo/slack/local-slack.ts';
import type { Store } from '../../src/ports/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { silent } from '../store/silent-logger.ts';
import { openNow, playTo } from '../store/stories.ts';
import { type BotProcess, startSealer } from '../support/bot-process.ts';
import { freshDatabase, type TestDatabase, withClient } from '../support/database.ts';
import { type LocalS3, startLocalS3 } from '../support/local-s3.ts';
import { until } from '../support/until.ts';

const CADENCE: Cadence = { changedMs: 150, idleMs: 60_000 };
const CHANNEL = 'C0AUDIT';

/** The built command line, as somebody types it. */
const breakglass = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  new Promise<{ code: number; out: string }>((resolve) => {
    const options = { env: { PATH: process.env.PATH, ...env } };
    execFile(process.execPath, ['dist/cli/breakglass.js', ...args], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), out: stdout + stderr }),
    );
  });

describe('the sealer, as a process', () => {
  let dir: string;
  let database: TestDatabase;
  let store: Store;
  let s3: LocalS3;
  let slack: LocalSlack;
  let env: NodeJS.ProcessEnv;
  const running: BotProcess[] = [];

  const start = async (change: NodeJS.ProcessEnv = {}): Promise<BotProcess> => {
    const one = await startSealer({ env: { ...env, ...change }, lowered: { cadence: CADENCE } });
    running.push(one);
    return one;
  };
  const write = (n = 1) =>
    store.record(
      'operator:ana',
      Array.from({ length: n }, () => ({ type: 'alarm', data: {} }) as const),
    );
  const newest = async () => (await store.checkpoints.newest())?.header.number ?? 0;
  const sealedPast = (number: number) => until(async () => (await newest()) > number, `a checkpoint after ${number}`);
  const inBucket = (): number => s3.contents().size;
  const inFile = async (file = env.SEAL_ANCHOR_FILE ?? '') =>
    checkpointsIn(await readFile(file, 'utf8').catch(() => '')).checkpoints;
  /** Everything sealed, and every anchor that is there has it. */
  const atRest = async (): Promise<number> => {
    const { seq } = (await store.events('system')).at(-1) ?? { seq: 0 };
    const covered = async () => {
      const changes = await store.checkpoints.changesOf(['system'], await newest());
      return (changes.at(-1)?.length ?? 0) === seq;
    };
    await until(covered, 'the newest event to be sealed');
    const number = await newest();
    await until(async () => inBucket() >= number && (await inFile()).length >= number, 'the anchors to follow');
    return number;
  };

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'breakglass-seal-'));
    [database, s3, slack] = await Promise.all([
      freshDatabase(),
      startLocalS3(),
      startLocalSlack({
        team: { id: 'T0LOCAL', name: 'Local' },
        app: { id: 'A0SEAL', botUserId: 'U0SEAL', scopes: ['chat:write'], commands: [] },
        people: [{ id: 'U0ANA', name: 'ana', realName: 'Ana' }],
        channels: [{ id: CHANNEL, name: 'audit', members: ['U0SEAL', 'U0ANA'] }],
      }),
    ]);
    store = openStore({ definitions: DEFINITIONS, url: database.appUrl, logger: silent });
    const made = await breakglass(['audit', 'keygen', join(dir, 'seal.pem')]);
    expect(made).toMatchObject({ code: 0, out: expect.stringContaining('Fingerprint: ') });
    await writeFile(join(dir, 'open.pem'), await readFile(join(dir, 'seal.pem')), { mode: 0o644 });
    env = {
      ...s3.env,
      SEAL_DATABASE_URL: database.sealUrl,
      SEAL_KEY_FILE: join(dir, 'seal.pem'),
      SEAL_ANCHOR_FILE: join(dir, 'anchor', 'checkpoints.jsonl'),
      SEAL_BUCKET: s3.bucket,
      SEAL_RETENTION_DAYS: '365',
      SEAL_SLACK_TOKEN: slack.app.botToken,
      SEAL_SLACK_CHANNEL: CHANNEL,
      SLACK_API_URL: slack.apiUrl,
    };
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.kill()));
  });
  afterAll(async () => {
    await Promise.all([store.close(), s3.close(), slack.close()]);
    await database.drop();
    await rm(dir, { recursive: true, force: true });
  });

  it('seals a life, anchors it in bucket, file and channel, and each of them proves its bundle (E4)', async () => {
    const sealer = await start();
    const posts = () => slack.dials.calls('chat.postMessage').map(({ args }) => String(args.text));
    // A channel begins with the newest: here that is the first.
    await until(() => posts().length > 0, 'the first post');
    await openNow(store, 'LIFE', { incident: 'INC-7' });
    await playTo(store, 'pending', { id: 'OTHER', input: { incident: 'INC-7' } });
    await write();
    const number = await atRest();
    await until(() => posts().length >= number, 'the channel to follow');
    expect(await sealer.stop()).toBe(0);
    expect(sealer.log()).not.toContain('"level":50');

    const bundle = join(dir, 'inc-7.json');
    const cli = { DATABASE_URL: database.appUrl };
    expect(await breakglass(['audit', 'export', '--incident', 'INC-7', '--out', bundle], cli)).toMatchObject({
      code: 0,
      out: expect.stringContaining('INC-7: 2 requests, sealed up to checkpoint'),
    });
    const unknown = breakglass(['audit', 'export', '--incident', 'INC-404'], cli);
    const folders = ['bucket', 'file', 'channel'].map((name) => join(dir, `copy-${name}`));
    const [bucket = '', file = '', channel = ''] = folders;
    for (const folder of folders) await mkdir(folder);
    for (const [key, body] of s3.contents()) await writeFile(join(bucket, key), body);
    await cp(env.SEAL_ANCHOR_FILE ?? '', join(file, 'checkpoints.jsonl'));
    // As it is copied out of a window: names, times and broken lines around it.
    await writeFile(
      join(channel, 'audit.txt'),
      posts()
        .map((text) => `Sealer APP 12:00\n${text.replace(/,/g, ',\n  ')}\n`)
        .join('\n'),
    );
    await writeFile(join(channel, 'notes.txt'), 'copied on Monday');
    await cp(bundle, join(channel, 'bundle-too.json'));
    const key = ['--key', join(dir, 'seal.pem.pub')];
    const checked = await Promise.all(
      folders.map((folder) => breakglass(['audit', 'verify', bundle, ...key, '--anchors', folder])),
    );
    for (const { code, out } of checked)
      expect([code, out]).toEqual([0, expect.stringContaining(`complete up to checkpoint ${number}, `)]);
    expect(checked[2]?.out).toMatch(
      /skipped .*notes.txt: no checkpoint in it[\s\S]*|skipped .*bundle-too.json: a bundle/,
    );

    expect((await unknown).code).toBe(1);
    const alone = await breakglass(['audit', 'verify', bundle, ...key]);
    expect(alone).toMatchObject({
      code: 3,
      out: expect.stringMatching(/complete up to checkpoint \d+, 20.*; later unknown/),
    });
    const [whole, unvouched] = await Promise.all([
      breakglass(['audit', 'verify', ...key], cli),
      breakglass(['audit', 'verify'], cli),
    ]);
    expect(whole).toMatchObject({ code: 0, out: expect.stringContaining(`sealed up to checkpoint ${number}`) });
    expect(unvouched).toMatchObject({
      code: 3,
      out: expect.stringContaining('nobody vouched for key'),
    });
  });

  it('seals on while an anchor fails; is killed in between; and the next one brings what is missing, once', async () => {
    const first = await start();
    const before = await atRest();
    s3.down = true;
    for (let n = 0; n < 3; n += 1) {
      await write();
      await sealedPast(before + n);
    }
    await until(() => first.log().includes('an anchor did not take a checkpoint'), 'a word of it');
    await first.kill();
    expect(inBucket()).toBe(before);
    s3.down = false;

    const second = await start();
    await until(() => inBucket() > before, 'the bucket to get what it lacks');
    // And once more while the bucket has it already and the answer is lost with the process.
    const held = s3.hold();
    await write();
    await held;
    await second.kill();
    s3.letGo();
    const third = await start();
    await write();
    const number = await atRest();
    expect(inBucket()).toBe(number);
    expect((await inFile()).map(({ header }) => header.number)).toEqual(
      Array.from({ length: number }, (_, n) => n + 1),
    );
    expect(third.log()).not.toContain('"level":50');
    expect((await verifyLog(store)).broken).toBeUndefined();
  });

  it('is one of two at a time: both together sign one history', async () => {
    const both = await Promise.all([start(), start({ SEAL_ANCHOR_FILE: join(dir, 'second.jsonl') })]);
    for (let n = 0; n < 6; n += 1) {
      const before = await newest();
      await write(5);
      await sealedPast(before);
    }
    const number = await atRest();
    await until(async () => (await inFile(join(dir, 'second.jsonl'))).length >= number, 'the second file to follow');
    expect((await inFile(join(dir, 'second.jsonl'))).map(({ hash }) => hash)).toEqual(
      (await inFile()).map(({ hash }) => hash),
    );
    for (const one of both) expect(one.log()).not.toContain('"level":50');
    expect((await verifyLog(store)).broken).toBeUndefined();
  });

  it('signs nothing for a database that was rolled back, and says so again and again (E5)', async () => {
    const tables = {
      events: 'stream, seq, type, at, actor, data, checkpoint, prev_hash, hash',
      sealed_heads: 'stream, length, head',
      checkpoint_leaves: 'number, stream, length, head',
      checkpoints: 'number, previous, at, header, hash, signature, public_key',
      anchor_progress: 'anchor, number',
    };
    const each = (sql: (table: string, columns: string) => string) =>
      withClient(database.adminUrl, async (client) => {
        await client.query('SET session_replication_role = replica; BEGIN ISOLATION LEVEL REPEATABLE READ');
        for (const [table, columns] of Object.entries(tables)) await client.query(sql(table, columns));
        await client.query('COMMIT');
      });
    const between = await start();
    await atRest();
    await each((table) => `CREATE TABLE saved_${table} AS SELECT * FROM ${table}`);
    await write();
    await atRest();
    await between.kill();
    await each(
      (table, columns) =>
        `DELETE FROM ${table}; INSERT INTO ${table} (${columns}) SELECT ${columns} FROM saved_${table}`,
    );

    const number = await newest();
    const after = await start();
    await write();
    const refusals = () => after.log().match(/nothing is signed: the log does not go on/g)?.length ?? 0;
    await until(() => refusals() >= 3, 'three refusals');
    expect(after.log()).toContain('it was rolled back');
    expect(await newest()).toBe(number);
    await after.stop();

    // The bucket alone knows it too: it holds the one that would be signed next.
    const blind = await start({ SEAL_ANCHOR_FILE: '' });
    await until(() => blind.log().includes('nothing is signed: the log does not go on'), 'a refusal');
    expect(blind.log()).toContain(`at ${number + 1}: it was rolled back`);
    expect(await newest()).toBe(number);
    await blind.stop();
    // A channel cannot be asked.
    const deaf = await start({ SEAL_ANCHOR_FILE: '', SEAL_BUCKET: '' });
    await until(() => deaf.log().includes('no anchor can be asked what was signed'), 'a word of it');
  });

  it.each<[why: string, change: () => NodeJS.ProcessEnv, words: RegExp]>([
    ['with a key that others may read', () => ({ SEAL_KEY_FILE: join(dir, 'open.pem') }), /chmod 600/],
    [
      'with the app’s database role',
      () => ({ SEAL_DATABASE_URL: database.appUrl }),
      /SEAL_DATABASE_URL: database role breakglass_app may/,
    ],
  ])('does not start %s', async (_why, change, words) => {
    const own = { SEAL_DATABASE_URL: database.sealUrl, SEAL_KEY_FILE: join(dir, 'seal.pem'), ...change() };
    const { code, out } = await breakglass(['start', '--role', 'seal'], own);
    expect(out).toMatch(words);
    expect(out).not.toMatch(/ {4}at |PRIVATE KEY-----\n/);
    expect(code).toBe(1);
  });

  it('has a key that is never written over', async () => {
    const before = await readFile(join(dir, 'seal.pem'), 'utf8');
    expect((await breakglass(['audit', 'keygen', join(dir, 'seal.pem')])).code).toBe(1);
    expect(await readFile(join(dir, 'seal.pem'), 'utf8')).toBe(before);
  });
});
