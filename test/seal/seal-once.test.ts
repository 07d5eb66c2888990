import { verifyLog } from '../../src/broker/verify-log.ts';
import {
  CADENCE,
  type Checkpoint,
  type FullCheckpoint,
  fingerprintOf,
  leavesProblem,
  signCheckpoint,
} from '../../src/core/audit/checkpoint.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import type { Store } from '../../src/ports/store.ts';
import { type Anchor, AnchorDiffers } from '../../src/seal/anchor.ts';
import { anchoring } from '../../src/seal/anchoring.ts';
import type { SealKey, SealKeys } from '../../src/seal/keys.ts';
import { type Memory, type Sealing, sealOnce } from '../../src/seal/seal-once.ts';
import { startSealer } from '../../src/seal/sealer.ts';
import { openLedger } from '../../src/store/open-ledger.ts';
import { openStore } from '../../src/store/open-store.ts';
import { aKey } from '../core/audit/sealed-log.ts';
import { silent } from '../store/silent-logger.ts';
import { playTo } from '../store/stories.ts';
import { freshDatabase, type TestDatabase, withClient } from '../support/database.ts';
import { until } from '../support/until.ts';

const sealKey = (): SealKey => {
  const { privateKey, publicKey } = aKey();
  return { privateKey, publicKey, fingerprint: fingerprintOf(publicKey) };
};

describe('the sealer (E4)', () => {
  const current = sealKey();
  const next = sealKey();
  const rotated: SealKeys = { current: next, next: undefined };
  let database: TestDatabase;
  let store: Store;
  let ledger: Ledger;
  const look = (memory?: Memory, keys: SealKeys = { current, next: undefined }): Promise<Sealing> =>
    ledger.look((view) => sealOnce(view, { keys, memories: memory === undefined ? [] : [memory], cadence: CADENCE }));
  const alarm = () => store.record('operator:ana', [{ type: 'alarm', data: {} }]);
  const asOwnerOfAll = (sql: string) =>
    withClient(database.adminUrl, (client) => client.query(`SET session_replication_role = replica; ${sql}`));

  beforeAll(async () => {
    database = await freshDatabase();
    store = openStore({ definitions: DEFINITIONS, url: database.appUrl, logger: silent });
    ledger = openLedger({ url: database.sealUrl, logger: silent });
  });
  afterAll(async () => {
    await ledger.close();
    await store.close();
    await database.drop();
  });

  it('signs whatever there is at first, then only what changed, and nothing twice', async () => {
    await playTo(store, 'closed', { id: 'S1' });
    await alarm();
    expect(await look()).toMatchObject({
      kind: 'sealed',
      leaves: 3,
      checkpoint: { header: { number: 1, streams: 3 } },
    });
    expect(await look()).toMatchObject({ kind: 'quiet', newest: { header: { number: 1 } } });
    await playTo(store, 'pending', { id: 'S2' });
    expect(await look()).toMatchObject({
      kind: 'sealed',
      leaves: 2,
      checkpoint: { header: { number: 2, streams: 4 } },
    });
    const { sealed, broken } = await verifyLog(store, current.publicKey);
    expect([broken, sealed.newest?.header.number]).toEqual([undefined, 2]);
    expect((await store.events('request/S2')).map(({ checkpoint }) => checkpoint)).toEqual([1]);
  });

  it('signs silence once the idle time is over', async () => {
    const keys = { current, next: undefined };
    const cadence = { changedMs: 2, idleMs: 1 };
    const sealing = await ledger.look((view) => sealOnce(view, { keys, memories: [], cadence }));
    expect(sealing).toMatchObject({ kind: 'sealed', leaves: 0, checkpoint: { header: { number: 3 } } });
  });

  it('gives the same root in one walk as a tree over all leaves, however many streams there are', async () => {
    for (let n = 0; n < 12; n += 1) await playTo(store, 'pending', { id: `M${n}`, input: { incident: `INC-${n}.m` } });
    expect(await look()).toMatchObject({ kind: 'sealed', leaves: 24 });
    expect((await verifyLog(store)).broken).toBeUndefined();
  });

  describe('signs nothing, and says why,', () => {
    const KEPT = {
      events: 'stream, seq, type, at, actor, data, checkpoint, prev_hash, hash',
      sealed_heads: 'stream, length, head',
      checkpoints: 'number, previous, at, header, hash, signature, public_key',
    };
    beforeAll(async () => {
      await alarm();
      await look();
      // Something new in each case: a sealer that looks at new events only would go on.
      await alarm();
      for (const table of Object.keys(KEPT)) await asOwnerOfAll(`CREATE TABLE kept_${table} AS SELECT * FROM ${table}`);
    });
    afterEach(async () => {
      for (const [table, columns] of Object.entries(KEPT)) {
        await asOwnerOfAll(
          `DELETE FROM ${table}; INSERT INTO ${table} (${columns}) SELECT ${columns} FROM kept_${table}`,
        );
      }
    });
    const tampered = async (sql: string, memory?: Memory) => {
      await asOwnerOfAll(sql);
      const before = (await ledger.newest())?.hash;
      const sealing = await look(memory);
      expect((await ledger.newest())?.hash).toBe(before);
      return sealing.kind === 'refused' ? sealing.why : sealing.kind;
    };

    it.each([
      [
        'where newest rows were removed',
        `DELETE FROM events WHERE stream = 'request/S1' AND seq > 3`,
        /request\/S1 was sealed with \d+ events, and has 3/,
      ],
      [
        'where a stream was removed',
        `DELETE FROM events WHERE stream = 'request/S2'`,
        /request\/S2 was sealed, and has no event/,
      ],
      [
        'where the newest sealed event was rewritten',
        `UPDATE events SET hash = repeat('a', 64) WHERE stream = 'request/S2'`,
        /event 1 of request\/S2 is not the one that was sealed/,
      ],
      [
        'where a stream that went on was rewritten below',
        `UPDATE events SET hash = md5(hash) || md5(hash) WHERE stream = 'system' AND seq = (SELECT max(seq) - 1 FROM events WHERE stream = 'system')`,
        /event \d+ of system is not the one that was sealed/,
      ],
      [
        'where a new event was edited',
        `UPDATE events SET actor = 'x' WHERE stream = 'system' AND seq = (SELECT max(seq) FROM events WHERE stream = 'system')`,
        /event \d+ of system was changed after it was written/,
      ],
      [
        'where a stream was put in without its beginning',
        `UPDATE events SET stream = 'request/NEW' WHERE stream = 'system' AND seq = (SELECT max(seq) FROM events WHERE stream = 'system')`,
        /of request\/NEW/,
      ],
      [
        'where the sealed heads were changed with the log',
        `DELETE FROM events WHERE stream = 'request/S2'; DELETE FROM sealed_heads WHERE stream = 'request/S2'`,
        /remembered heads are not those/,
      ],
      ['where the heads were all forgotten', `DELETE FROM sealed_heads`, /remembered heads are not those/],
      [
        'where the last checkpoint was edited',
        `UPDATE checkpoints SET header = jsonb_set(header, '{root}', to_jsonb(repeat('b', 64))) WHERE number = (SELECT max(number) FROM checkpoints)`,
        /was changed after it was signed/,
      ],
      [
        'where the last checkpoint has another signature',
        `UPDATE checkpoints SET signature = (SELECT signature FROM checkpoints WHERE number = 1) WHERE number = (SELECT max(number) FROM checkpoints)`,
        /forged signature/,
      ],
      [
        'where the last checkpoint was removed',
        `DELETE FROM checkpoints WHERE number = (SELECT max(number) FROM checkpoints)`,
        /remembered heads are not those/,
      ],
    ])('%s', async (_promise, sql, words) => {
      expect(await tampered(sql)).toMatch(words);
    });

    it('where the database is older than what is remembered outside of it, or another one', async () => {
      const newest = await ledger.newest();
      if (newest === undefined) throw new Error('nothing is sealed');
      const memory = { place: '/var/anchor', number: newest.header.number, hash: newest.hash };
      expect(await tampered('SELECT 1', { ...memory, number: memory.number + 1 })).toMatch(/it was rolled back/);
      expect(await tampered('SELECT 1', { ...memory, hash: 'c'.repeat(64) })).toMatch(
        /is not the one in \/var\/anchor/,
      );
    });

    it.each([
      ['the newest checkpoint was', 'DELETE FROM checkpoints WHERE number = (SELECT max(number) FROM checkpoints)'],
      ['all checkpoints were', 'DELETE FROM checkpoints'],
    ])('and whoever verifies the database is told that %s removed', async (_what, sql) => {
      const { number } = (await ledger.newest())?.header ?? { number: 0 };
      await asOwnerOfAll(sql);
      expect((await verifyLog(store, current.publicKey)).broken).toMatch(
        `checkpoint ${number} is missing, which an event of system names`,
      );
    });

    it('where somebody else signed', async () => {
      expect(await look(undefined, { current: sealKey(), next: undefined })).toMatchObject({
        why: expect.stringMatching(/is signed by key [0-9a-f]{64}, which is not ours/),
      });
    });

    it('where the owner of the database hides rows from it', async () => {
      await asOwnerOfAll(
        `ALTER TABLE events ENABLE ROW LEVEL SECURITY;
         CREATE POLICY half ON events USING (current_user <> 'breakglass_seal' OR stream <> 'request/HIDDEN')`,
      );
      try {
        await expect(look()).rejects.toThrow('row-level security');
      } finally {
        await asOwnerOfAll('DROP POLICY half ON events; ALTER TABLE events DISABLE ROW LEVEL SECURITY');
      }
    });

    it('where the clock of the database went back', async () => {
      const sealing = await ledger.look((view) =>
        sealOnce({ ...view, now: new Date(0) }, { keys: { current, next: undefined }, memories: [], cadence: CADENCE }),
      );
      expect(sealing).toMatchObject({ kind: 'refused', why: expect.stringContaining('clock went back') });
    });

    it('where a new event is dated ahead, until that time has come', async () => {
      const early = openStore({ definitions: DEFINITIONS, url: database.appUrl, logger: silent, offsetMs: () => 400 });
      const [event] = await early.record('operator:ana', [{ type: 'alarm', data: {} }]);
      await early.close();
      if (event === undefined) throw new Error('nothing was recorded');
      const at = (time: number) =>
        ledger.look((view) =>
          sealOnce(
            { ...view, now: new Date(time), save: async () => undefined },
            { keys: { current, next: undefined }, memories: [], cadence: CADENCE },
          ),
        );
      expect(await at(event.at.getTime() - 1)).toMatchObject({
        kind: 'refused',
        why: expect.stringMatching(/event \d+ of system is dated ahead: it says .*Z, and it is .*Z/),
      });
      expect(await at(event.at.getTime())).toMatchObject({ kind: 'sealed' });
    });
  });

  it('goes on where nothing is wrong any more, and hands over to the next key through a checkpoint that names it', async () => {
    const keys = { current, next };
    const named = await look(undefined, keys);
    expect(named).toMatchObject({
      kind: 'sealed',
      checkpoint: { header: { key: current.fingerprint, nextKey: next.publicKey } },
    });
    // Stopped in between and started with the old key alone: it must not sign on.
    expect(await look()).toMatchObject({ kind: 'refused', why: expect.stringContaining('SEAL_NEXT_KEY_FILE') });
    await alarm();
    expect(await look(undefined, keys)).toMatchObject({ checkpoint: { header: { key: next.fingerprint } } });
    await alarm();
    expect(await look(undefined, rotated)).toMatchObject({ kind: 'sealed' });
    for (const { publicKey } of [current, next]) expect((await verifyLog(store, publicKey)).broken).toBeUndefined();
    expect((await verifyLog(store, sealKey().publicKey)).broken).toContain(
      'no checkpoint here is signed by the key you trust',
    );
  });

  describe('an anchor', () => {
    type Line = readonly [level: string, message: string, why: string];
    const brought = async (anchor: Partial<Anchor>, later = 0) => {
      const lines: Line[] = [];
      const line = (level: string) => (fields: object, message: string) =>
        void lines.push([level, message, String((fields as { why?: unknown }).why)]);
      const logger = { info: line('info'), warn: line('warn'), error: line('error') };
      const turned = { ...ledger, now: async () => new Date((await ledger.now()).getTime() + later) };
      const whole: Anchor = { name: 'test', check: async () => undefined, put: async () => undefined, ...anchor };
      const { signal: stopping } = new AbortController();
      await anchoring({ ledger: turned, anchor: whole, keys: rotated, logger, stopping }).run();
      return lines;
    };
    const fails = { name: 'fails', put: () => Promise.reject(new Error('no room')) };

    it('gets every checkpoint in order, with its leaves, and each only once', async () => {
      const got: FullCheckpoint[] = [];
      const takes = { name: 'takes', put: async (one: FullCheckpoint) => void got.push(one) };
      expect(await brought(takes)).toEqual([]);
      const { number } = (await ledger.newest())?.header ?? { number: 0 };
      expect(got.map(({ header }) => header.number)).toEqual(Array.from({ length: number }, (_, n) => n + 1));
      expect(got.map((one) => leavesProblem(one, one.leaves))).toEqual(got.map(() => undefined));
      await brought(takes);
      expect(got).toHaveLength(number);
    });

    describe('gets nothing that was not signed,', () => {
      const thief = sealKey();
      const newest = async () => {
        const found = await ledger.newest();
        if (found === undefined) throw new Error('nothing is sealed');
        return found;
      };
      const putIn = ({ header, hash, signature }: Checkpoint) =>
        asOwnerOfAll(
          `INSERT INTO checkpoints (number, previous, at, header, hash, signature, public_key) VALUES (${header.number},
             '${header.previous}', '${header.at}', '${JSON.stringify(header)}', '${hash}', '${signature}', '${thief.publicKey}')`,
        );
      /** What somebody else signed to follow a checkpoint. */
      const forged = (previous: Checkpoint | undefined) => {
        const at = new Date(previous?.header.at ?? 0);
        const draft = { previous, at, root: 'a'.repeat(64), streams: 1, events: 1, leaves: [] };
        return signCheckpoint({ ...draft, privateKey: thief.privateKey });
      };
      let number: number;
      beforeAll(async () => {
        for (const table of ['checkpoints', 'checkpoint_leaves'])
          await asOwnerOfAll(`CREATE TABLE true_${table} AS SELECT * FROM ${table}`);
        number = (await newest()).header.number;
      });
      afterEach(async () => {
        const leaves = 'number, stream, length, head';
        const columns = 'number, previous, at, header, hash, signature, public_key';
        await asOwnerOfAll(
          `DELETE FROM checkpoint_leaves; DELETE FROM checkpoints;
           INSERT INTO checkpoints (${columns}) SELECT ${columns} FROM true_checkpoints;
           INSERT INTO checkpoint_leaves (${leaves}) SELECT ${leaves} FROM true_checkpoint_leaves`,
        );
      });
      const puts = async (held: number) => {
        const got: number[] = [];
        await ledger.setAnchored('greedy', held);
        const put = async ({ header }: FullCheckpoint) => void got.push(header.number);
        const lines = await brought({ name: 'greedy', put });
        return { got, lines };
      };

      const refused = async (held: number, why: string) => {
        const { got, lines } = await puts(held);
        expect(got).toEqual([]);
        expect(lines).toEqual([['error', expect.stringContaining('tell security'), expect.stringContaining(why)]]);
      };

      it.each([0, 1])('where the owner of the database put in the next one, %d behind', async (behind) => {
        await putIn(forged(await newest()));
        await refused(number - behind, `checkpoint ${number + 1} is signed by key ${thief.fingerprint}`);
      });

      it('where all were put in', async () => {
        await asOwnerOfAll('DELETE FROM checkpoints');
        await putIn(forged(undefined));
        await refused(0, `checkpoint 1 is signed by key ${thief.fingerprint}`);
      });

      it('where one in the middle was signed anew while the anchor was away', async () => {
        const [before] = await ledger.after(number - 3, 1);
        await asOwnerOfAll(`DELETE FROM checkpoints WHERE number = ${number - 1}`);
        await putIn(forged(before));
        await refused(number - 2, `checkpoint ${number - 1} is signed by key ${thief.fingerprint}`);
      });

      it('where one in the middle is missing', async () => {
        await asOwnerOfAll(`DELETE FROM checkpoints WHERE number = ${number - 1}`);
        await refused(number - 2, `checkpoint ${number - 1} is missing`);
      });

      it('where a leaf was taken away before the anchor had it', async () => {
        await asOwnerOfAll(`DELETE FROM checkpoint_leaves WHERE number = ${number} AND stream = 'system'`);
        await refused(number - 1, `checkpoint ${number} was signed over other leaves`);
      });
    });

    it('that is a channel begins with the newest', async () => {
      const got: number[] = [];
      await brought({ name: 'channel', fromNewest: true, put: async ({ header }) => void got.push(header.number) });
      expect(got).toEqual([(await ledger.newest())?.header.number]);
    });

    it('that fails goes on from where it stopped, and is shouted about after 15 minutes', async () => {
      const got: number[] = [];
      const put = async ({ header }: FullCheckpoint) => {
        if (header.number === 3 && !got.includes(2)) throw new Error('never');
        got.push(header.number);
        if (header.number === 2 && got.length === 2) throw new Error('the answer was lost');
      };
      expect(await brought({ name: 'stops', put })).toMatchObject([
        ['warn', expect.anything(), 'Error: the answer was lost'],
      ]);
      await brought({ name: 'stops', put });
      expect(got.slice(0, 4)).toEqual([1, 2, 2, 3]);
      expect(await brought(fails)).toMatchObject([
        ['warn', 'an anchor did not take a checkpoint; it is tried again', 'Error: no room'],
      ]);
      expect(await brought(fails, 16 * 60_000)).toMatchObject([['error', expect.anything(), 'Error: no room']]);
    });

    it.each([
      ['more than was ever signed', 2_147_483_647, 'the database ends at checkpoint'],
      ['one that it does not hold', 1, 'does not hold checkpoint 1, and the database says it does'],
    ])('that is said to hold %s is an alarm, and does not stay behind in silence', async (_what, number, words) => {
      await ledger.setAnchored('ahead', number);
      const put = () => Promise.reject(new Error('was asked'));
      const lines = await brought({ name: 'ahead', put, at: async () => undefined });
      expect(lines).toMatchObject([
        ['error', expect.stringContaining('tell security'), expect.stringContaining(words)],
      ]);
    });

    it('that holds another history is an alarm at once', async () => {
      const differs = { name: 'differs', put: () => Promise.reject(new AnchorDiffers('holds something else')) };
      expect(await brought(differs)).toMatchObject([
        ['error', expect.stringContaining('tell security'), expect.anything()],
      ]);
    });

    it('that holds another history keeps the sealer from signing on, until it is started again', async () => {
      const lines: string[] = [];
      const say = (fields: object) => void lines.push(String((fields as { why?: unknown }).why));
      const differs = {
        name: 'other',
        check: async () => undefined,
        put: () => Promise.reject(new AnchorDiffers('holds something else')),
      };
      await alarm();
      const sealer = startSealer({
        ledger,
        keys: rotated,
        anchors: [differs],
        cadence: { changedMs: 20, idleMs: 20 },
        logger: { info: say, warn: say, error: say },
      });
      const refusal = 'holds something else. Start the sealer again when one history is left';
      await until(() => lines.filter((why) => why === refusal).length >= 2, 'two refusals');
      const before = (await ledger.newest())?.header.number;
      await alarm();
      const said = lines.length;
      await until(() => lines.slice(said).filter((why) => why === refusal).length >= 2, 'two more');
      expect((await ledger.newest())?.header.number).toBe(before);
      await sealer.stop();
    });

    it('whose settings turn out wrong when it answers takes nothing', async () => {
      const put = () => Promise.reject(new Error('was asked'));
      expect(await brought({ name: 'wrong', check: async () => 'turn versioning on', put })).toMatchObject([
        ['warn', expect.anything(), 'Error: turn versioning on'],
      ]);
    });
  });

  it('has a role that may not do more than it needs', async () => {
    expect(await ledger.excessPrivileges()).toBeUndefined();
    for (const [words, right] of [
      ['may INSERT rows of events', 'INSERT ON events'],
      ['may SELECT rows of messages', 'SELECT ON messages'],
      ['may UPDATE rows of requests', 'UPDATE ON requests'],
      ['may INSERT rows of policies', 'INSERT ON policies'],
      ['may UPDATE rows of checkpoints', 'UPDATE ON checkpoints'],
    ] as const) {
      await asOwnerOfAll(`GRANT ${right} TO breakglass_seal`);
      expect(await ledger.excessPrivileges()).toContain(words);
      await asOwnerOfAll(`REVOKE ${right} FROM breakglass_seal`);
    }
    expect(await ledger.excessPrivileges()).toBeUndefined();
  });
});
