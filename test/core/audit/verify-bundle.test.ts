import { exportBundle } from '../../../src/broker/export-bundle.ts';
import { anchorText, checkpointsIn } from '../../../src/core/audit/anchor-text.ts';
import type { Bundle, BundleStream } from '../../../src/core/audit/bundle.ts';
import { signCheckpoint } from '../../../src/core/audit/checkpoint.ts';
import { EMPTY_HEAD, hashOf, seal } from '../../../src/core/audit/log.ts';
import { byStream, rootOf } from '../../../src/core/audit/merkle.ts';
import { anchoredTo } from '../../../src/core/audit/verify-anchors.ts';
import { verifyBundle } from '../../../src/core/audit/verify-bundle.ts';
import type { StoredEvent } from '../../../src/core/events.ts';
import { aKey, bundleOf, SealedLog, story, textOf } from './sealed-log.ts';

const changed = (bundle: Bundle, name: string, change: (one: BundleStream) => BundleStream): Bundle => ({
  ...bundle,
  streams: bundle.streams.map((one) => (one.stream === name ? change(one) : one)),
});
const events = (change: (events: readonly StoredEvent[]) => readonly StoredEvent[]) => (one: BundleStream) => ({
  ...one,
  events: [...change(one.events)],
});
/** The same events chained anew, as somebody would who knows how. */
const rechained = (all: readonly StoredEvent[]): readonly StoredEvent[] => {
  let head = EMPTY_HEAD;
  return all.flatMap(({ stream, type, data, at, actor, checkpoint }) => {
    const made = seal(stream, head, [{ type, data }], { at, actor, checkpoint });
    head = made[0] ?? head;
    return made;
  });
};

describe('an honest bundle (E4)', () => {
  it('is proven, with the key and all that was anchored', async () => {
    const log = story();
    const report = verifyBundle(await log.bundle(), { publicKey: log.key.publicKey, anchors: log.anchors() });
    expect(report).toEqual({ broken: [], unknown: [], notes: [], complete: { number: 5, at: log.now.toISOString() } });
  });

  it('is proven by what a channel kept, where that ends with it, or shows that nothing changed since', async () => {
    const log = story();
    const bundle = await log.bundle();
    log.wait(900).seal();
    const report = verifyBundle(bundle, { publicKey: log.key.publicKey, anchors: log.anchors('channel') });
    expect(report).toMatchObject({ broken: [], unknown: [], complete: { number: 6 } });
  });

  it('is proven as far as later anchors show that only other incidents went on', async () => {
    const log = story();
    const bundle = await log.bundle();
    log.wait(60).go('X1').wait(20).seal();
    const trusted = { publicKey: log.key.publicKey };
    expect(verifyBundle(bundle, { ...trusted, anchors: log.anchors() })).toMatchObject({
      unknown: [],
      complete: { number: 6 },
    });
    const { unknown, complete } = verifyBundle(bundle, { ...trusted, anchors: log.anchors('channel') });
    expect(unknown).toEqual([expect.stringContaining('do not show what changed after 5')]);
    expect(complete?.number).toBe(5);
  });

  it('without anchors is complete up to its newest checkpoint, and nobody knows of later', async () => {
    const log = story();
    const report = verifyBundle(await log.bundle(), { publicKey: log.key.publicKey });
    expect(report).toMatchObject({ broken: [], unknown: ['no anchors were given'], complete: { number: 5 } });
  });

  it('without a key says whose word that is', async () => {
    const log = story();
    const { unknown } = verifyBundle(await log.bundle(), { anchors: log.anchors() });
    expect(unknown).toEqual([expect.stringContaining('nobody vouched for key')]);
  });

  it('is not proven past the end of the anchors, or where they have a gap', async () => {
    const log = story();
    const bundle = await log.bundle();
    const given = (anchors: ReturnType<SealedLog['anchors']>) =>
      verifyBundle(bundle, { publicKey: log.key.publicKey, anchors });
    expect(given(log.anchors('bucket', 3))).toMatchObject({
      broken: [],
      unknown: ['the anchors end at checkpoint 3; request/R1 changed since'],
      complete: { number: 3 },
    });
    // Nothing changed after the fourth: the fifth proves silence only.
    expect(given(log.anchors('bucket', 4))).toMatchObject({ unknown: [], complete: { number: 4 } });
    // Nor does a channel that ends there: its root is the one of the fifth.
    expect(given(log.anchors('channel', 4))).toMatchObject({ unknown: [], complete: { number: 4 } });
    const { unknown } = given(log.anchors().filter((_, at) => at !== 0 && at !== 1));
    expect(unknown).toEqual([expect.stringContaining('1 is missing')]);
    expect(given([]).unknown).toEqual(['the anchors hold no checkpoint']);
  });

  it('says what is not sealed yet', async () => {
    const log = story().wait(10).go('R2', 'alarm');
    const { unknown, broken } = verifyBundle(await log.bundle(), {
      publicKey: log.key.publicKey,
      anchors: log.anchors(),
    });
    expect(broken).toEqual([]);
    expect(unknown).toEqual(['the last 1 event(s) of request/R2 are not sealed yet']);
    const never = new SealedLog().open('R1');
    expect(verifyBundle(await never.bundle(), {})).toMatchObject({ broken: [], complete: undefined });
  });

  it('is complete up to nothing where no checkpoint is shown to have counted the incident', async () => {
    const log = story().wait(10).open('R3', 'INC-3');
    const trusted = { publicKey: log.key.publicKey, anchors: log.anchors('channel') };
    // A stream without its proof may be new, and may as well be another one than was sealed.
    expect(verifyBundle(await log.bundle('INC-3'), trusted)).toMatchObject({ broken: [], complete: undefined });
    // A request that a new event of a proven incident names was not there before.
    log.wait(10).open('R4');
    expect(verifyBundle(await log.bundle(), trusted)).toMatchObject({ broken: [], complete: { number: 5 } });
  });

  it('says when nobody sealed', async () => {
    const log = story().wait(3600).seal();
    const { notes } = verifyBundle(await log.bundle(), { publicKey: log.key.publicKey, anchors: log.anchors() });
    expect(notes).toEqual([expect.stringContaining('nothing was sealed from')]);
  });
});

it('is proven by the anchors of years, a checkpoint a minute', async () => {
  const log = story();
  const bundle = await log.bundle();
  const last = log.anchors().at(-1);
  if (last === undefined) throw new Error('no anchor');
  const { from, checkpoint } = last;
  const years = Array.from({ length: 200_000 }, (_, n) => ({
    from,
    checkpoint: { ...checkpoint, header: { ...checkpoint.header, number: n + 6 } },
  }));
  const all = new Map([...log.anchors(), ...years].map(({ checkpoint: one }) => [one.header.number, one] as const));
  expect(anchoredTo(bundle, [...log.anchors(), ...years], all)).toMatchObject({
    broken: [],
    unknown: [],
    complete: { number: 200_005 },
  });
});

describe('a bundle that was tampered with (E4, E5)', () => {
  const found = async (tamper: (bundle: Bundle) => Bundle, log = story()): Promise<string> => {
    const bundle = await log.bundle();
    const { broken } = verifyBundle(tamper(bundle), { publicKey: log.key.publicKey });
    return broken.join('\n');
  };

  it('shows an edited event, also where the rest was chained anew', async () => {
    const edit = events(([first, ...rest]) => (first ? [{ ...first, actor: 'slack:T0:U9' }, ...rest] : rest));
    expect(await found((bundle) => changed(bundle, 'request/R1', edit))).toContain('event 1 of request/R1 was changed');
    const anew = (one: BundleStream) => events(rechained)(edit(one));
    expect(await found((bundle) => changed(bundle, 'request/R1', anew))).toContain(
      'event 3 of request/R1 is not the one that checkpoint 5 saw',
    );
  });

  it('shows an event removed in the middle, also where the rest was chained anew', async () => {
    const without = events((all) => all.filter(({ seq }) => seq !== 2));
    expect(await found((bundle) => changed(bundle, 'request/R1', without))).toContain(
      'event 2 of request/R1 is missing',
    );
    const anew = (one: BundleStream) => events(rechained)(without(one));
    expect(await found((bundle) => changed(bundle, 'request/R1', anew))).toContain(
      'events 3 to 3 of request/R1 are missing: checkpoint 5 counted 3',
    );
  });

  it('shows that the newest rows were removed, also where their proofs were', async () => {
    const shorter = events((all) => all.slice(0, -1));
    expect(await found((bundle) => changed(bundle, 'request/R1', shorter))).toContain('events 3 to 3 of request/R1');
    const unproven = (one: BundleStream): BundleStream => {
      const { newest: _newest, ...rest } = shorter(one);
      return { ...rest, changes: [] };
    };
    expect(await found((bundle) => changed(bundle, 'request/R1', unproven))).toContain(
      'event 1 of request/R1 is dated back',
    );
  });

  it('shows a removed stream, and one of the requests left out', async () => {
    const without = (name: string) => (bundle: Bundle) => ({
      ...bundle,
      streams: bundle.streams.filter(({ stream }) => stream !== name),
    });
    expect(await found(without('request/R2'))).toBe('request/R2 was left out: event 2 of incident/INC-1 names it');
    expect(await found(without('incident/INC-1'))).toContain('incident/INC-1 is missing');
  });

  it('shows a request left out of the incident’s stream as well', async () => {
    const hide = (bundle: Bundle): Bundle => {
      const fewer = changed(
        bundle,
        'incident/INC-1',
        events((all) => all.slice(0, 1)),
      );
      return { ...fewer, streams: fewer.streams.filter(({ stream }) => stream !== 'request/R2') };
    };
    expect(await found(hide)).toContain('events 2 to 2 of incident/INC-1 are missing');
  });

  it('shows a stream of another incident, one that stands twice, and one put in the place of another', async () => {
    const log = story();
    const other = (await log.bundle('INC-2')).streams.find(({ stream }) => stream === 'request/X1');
    if (other === undefined) throw new Error('no such stream');
    expect(await found((bundle) => ({ ...bundle, streams: [...bundle.streams, other] }), log)).toContain(
      'request/X1 is here, and incident/INC-1 does not name it',
    );
    const twice = (bundle: Bundle) => ({ ...bundle, streams: [...bundle.streams, ...bundle.streams.slice(1, 2)] });
    expect(await found(twice)).toContain('request/R1 is here twice');
    const renamed = (one: BundleStream): BundleStream => ({ ...one, stream: 'request/R9' });
    expect(await found((bundle) => changed(bundle, 'request/R1', renamed))).toContain('belongs to another stream');
  });

  it('shows a reordered stream', async () => {
    const swap = events(([a, b, ...rest]) => (a && b ? [b, a, ...rest] : rest));
    expect(await found((bundle) => changed(bundle, 'request/R1', swap))).toContain('event 1 of request/R1 is missing');
    expect(await found((bundle) => changed(bundle, 'request/R1', (one) => events(rechained)(swap(one))))).toContain(
      'is not the one that checkpoint',
    );
  });

  it('shows a forged checkpoint: edited, signed by another key, or with a signature from elsewhere', async () => {
    const forged =
      (change: (one: Bundle['checkpoints'][number]) => Bundle['checkpoints'][number]) => (bundle: Bundle) => ({
        ...bundle,
        checkpoints: bundle.checkpoints.map((one, at) => (at === 1 ? change(one) : one)),
      });
    const root = 'f'.repeat(64);
    expect(await found(forged((one) => ({ ...one, header: { ...one.header, root } })))).toContain(
      'checkpoint 2 was changed after it was signed',
    );
    const log = story();
    const bundle = await log.bundle();
    const stranger = aKey();
    const [first, second] = bundle.checkpoints;
    if (!first || !second) throw new Error('too few checkpoints');
    const draft = { ...second.header, previous: first, at: new Date(second.header.at), leaves: [] };
    const resigned = signCheckpoint({ ...draft, privateKey: stranger.privateKey });
    expect(
      await found(
        forged(() => resigned),
        log,
      ),
    ).toContain(`no key here is ${resigned.header.key}`);
    const known = (one: Bundle) => ({ ...forged(() => resigned)(one), keys: [...one.keys, stranger.publicKey] });
    expect(await found(known, log)).toContain('no checkpoint before it names that key');
    expect(
      await found(
        forged((one) => ({ ...one, signature: first.signature })),
        log,
      ),
    ).toContain('forged signature');
  });

  it('shows that a stream was rewritten and signed again with the stolen key, by what was anchored', async () => {
    const key = aKey();
    const honest = story(new SealedLog(key));
    const rewritten = new SealedLog(key).open('R1').go('R1', 'alarm').wait(30).seal().wait(900).seal();
    const bundle = await rewritten.bundle();
    const trusted = { publicKey: key.publicKey };
    expect(verifyBundle(bundle, trusted).broken).toEqual([]);
    for (const kind of ['bucket', 'channel'] as const) {
      const { broken } = verifyBundle(bundle, { ...trusted, anchors: honest.anchors(kind) });
      expect(broken.join()).toContain('there are two checkpoints 1: the one in 1.json is not the one here');
    }
  });

  it('shows that by the one after it too, which holds its hash, and an anchor whose leaves were edited', async () => {
    const key = aKey();
    const honest = story(new SealedLog(key));
    const bundle = await new SealedLog(key).open('R1').wait(30).seal().wait(30).go('R1').seal().bundle();
    const trusted = { publicKey: key.publicKey };
    const third = honest.anchors().slice(2, 3);
    expect(verifyBundle(bundle, { ...trusted, anchors: third }).broken.join()).toContain(
      'checkpoint 3 does not follow the checkpoint 2 shown here',
    );
    const edited = honest
      .anchors()
      .map(({ from, checkpoint }) => ({ from, checkpoint: { ...checkpoint, leaves: [] } }));
    expect(verifyBundle(await honest.bundle(), { ...trusted, anchors: edited }).broken.join()).toContain(
      '1.json: checkpoint 1 was signed over other leaves',
    );
  });

  it('is complete only with the proof of a request that the newest checkpoint must have counted', async () => {
    const log = new SealedLog().open('R1').wait(30).seal();
    const bundle = await log.bundle();
    const streams = bundle.streams.map(({ newest, ...one }) =>
      one.stream === 'request/R1' || newest === undefined ? one : { ...one, newest },
    );
    const trusted = { publicKey: log.key.publicKey, anchors: log.anchors() };
    expect(verifyBundle(bundle, trusted).complete).toMatchObject({ number: 1 });
    expect(verifyBundle({ ...bundle, streams }, trusted).complete).toBeUndefined();
  });

  it('shows an older state passed off as the newest, by what was anchored', async () => {
    const log = story();
    const older = new SealedLog(log.key);
    for (const [name, all] of log.streams) older.streams.set(name, name === 'request/R1' ? all.slice(0, 2) : all);
    older.checkpoints.push(...log.checkpoints.slice(0, 3));
    const bundle = await older.bundle();
    const trusted = { publicKey: log.key.publicKey };
    expect(verifyBundle(bundle, trusted)).toMatchObject({ broken: [], complete: { number: 3 } });
    const { broken } = verifyBundle(bundle, { ...trusted, anchors: log.anchors() });
    expect(broken).toEqual([expect.stringContaining('events 3 to 3 of request/R1 are missing: anchored checkpoint 4')]);
  });

  describe('by somebody who holds database and key, and signs a shorter log after the last anchor,', () => {
    /** R2 and its line in the incident's stream are gone, R1's newest event too, and a sixth checkpoint says so. */
    const shortened = async (log: SealedLog): Promise<Bundle> => {
      const streams = new Map([
        ['incident/INC-1', (log.streams.get('incident/INC-1') ?? []).slice(0, 1)],
        ['request/R1', (log.streams.get('request/R1') ?? []).slice(0, 2)],
      ]);
      const heads = [...streams].map(([stream, all]) => ({
        stream,
        length: all.length,
        head: all.at(-1)?.hash ?? '',
      }));
      const all = heads.sort(byStream);
      const { key } = log;
      const at = log.wait(60).now;
      const draft = { previous: log.checkpoints.at(-1), at, root: rootOf(all), streams: all.length, events: 0 };
      const sixth = signCheckpoint({ ...draft, leaves: [], privateKey: key.privateKey });
      const evil = new SealedLog(key);
      evil.checkpoints.push(...log.checkpoints, { ...sixth, leaves: [], publicKey: key.publicKey });
      const reader = evil.reader();
      const checkpoints = {
        ...reader,
        changesOf: async (names: readonly string[], upTo: number) =>
          (await reader.changesOf(names, upTo)).filter(
            ({ stream, length }) => length <= (streams.get(stream) ?? []).length,
          ),
        leavesAt: async (_number: number, after: string) => all.filter(({ stream }) => stream > after),
      };
      const events = async (stream: string) => streams.get(stream) ?? [];
      return bundleOf(textOf(await exportBundle({ events, checkpoints }, 'INC-1')));
    };

    it('is not proven by headers alone, and says of which streams', async () => {
      const log = story();
      const anchors = log.anchors('channel');
      const report = verifyBundle(await shortened(log), { publicKey: log.key.publicKey, anchors });
      expect(report.unknown).toEqual([
        expect.stringContaining('do not show what changed in incident/INC-1, request/R1 after 1: give copies with'),
      ]);
      expect(report.complete?.number).toBe(1);
    });

    it('is found by the leaves of a bucket, and not proven where copies are missing', async () => {
      const log = story();
      const bundle = await shortened(log);
      const given = (numbers: readonly number[]) =>
        verifyBundle(bundle, {
          publicKey: log.key.publicKey,
          anchors: log.anchors().filter(({ checkpoint }) => numbers.includes(checkpoint.header.number)),
        });
      expect(given([1, 2, 3, 4, 5]).broken.join()).toContain('events 3 to 3 of request/R1 are missing');
      for (const some of [[5], [1, 5], [1, 2, 5]]) {
        const { broken, unknown } = given(some);
        expect(broken.length + unknown.length).toBeGreaterThan(0);
      }
    });
  });

  it('shows a copy of an anchor that only claims the hash of a true one', async () => {
    const log = new SealedLog().open('R1').wait(30).seal().wait(20).seal();
    const bundle = await log.bundle();
    log.wait(20).go('R1').wait(30).seal();
    // The third one's leaves, which name R1, are edited away, and the header made to fit: no key is needed for that.
    const copiesWith = (key?: string) =>
      log.checkpoints.flatMap(({ header, hash, signature, leaves }) => {
        const kept = header.number === 3 ? [] : leaves;
        const fit = { ...header, changed: kept.length, leavesDigest: rootOf(kept), key: key ?? header.key };
        const { checkpoints } = checkpointsIn(anchorText({ header: fit, hash, signature, leaves: kept }));
        return checkpoints.map((checkpoint) => ({ from: 'copy.jsonl', checkpoint }));
      });
    const copies = copiesWith();
    // The last ones name a key that nobody knows, as a stranger's post in the channel may.
    for (const anchors of [
      [...log.anchors('channel'), ...copies],
      [...copies, ...log.anchors('channel')],
      [...log.anchors('channel'), ...copiesWith('a'.repeat(64))],
    ]) {
      const { broken } = verifyBundle(bundle, { publicKey: log.key.publicKey, anchors });
      expect(broken.join()).toContain('checkpoint 3 was changed after it was signed');
    }
  });

  it('shows events that were edited in a bundle whose checkpoints were all taken out', async () => {
    const log = story();
    const edit = events((all) => rechained(all.map((one) => ({ ...one, checkpoint: 0, actor: 'slack:T0:U9' }))));
    const bundle = changed(await log.bundle(), 'request/R1', edit);
    const streams = bundle.streams.map(({ newest: _newest, ...one }) => ({ ...one, changes: [] }));
    const { broken } = verifyBundle(
      { ...bundle, checkpoints: [], streams },
      { publicKey: log.key.publicKey, anchors: log.anchors() },
    );
    expect(broken.join()).toContain('event 1 of request/R1 is another one than anchored checkpoint 1 saw');
  });

  it('tells the copies of another installation from a log that was signed anew', async () => {
    const log = story();
    const other = new SealedLog().open('R1').wait(30).seal();
    const given = { publicKey: log.key.publicKey, anchors: [...log.anchors(), ...other.anchors()] };
    expect(verifyBundle(await log.bundle(), given).broken.join()).toContain(
      "there are two checkpoints 1: the one in 1.json is signed by a key that is not this log's",
    );
  });

  it('shows a backdated event by its floor: it says to be older than the checkpoint that it names', async () => {
    const log = story();
    log.write('request/R2', { type: 'alarm', data: {} }, new Date(log.now.getTime() - 600_000));
    expect(await found((bundle) => bundle, log.wait(20).seal())).toContain('event 3 of request/R2 is dated back');
  });

  it('shows a backdated event by its ceiling: a checkpoint long after its time has not seen it', async () => {
    const log = story();
    log.write('request/R2', { type: 'alarm', data: {} }, new Date('2026-03-01T12:01:00.000Z'), 1);
    expect(await found((bundle) => bundle, log)).toContain('checkpoint 5 of 2026-03-01T12:18:10.000Z has not seen it');
    expect(await found((bundle) => bundle, log.wait(20).seal())).toContain('event 3 of request/R2 is dated back');
  });

  it('shows an event that is dated ahead: a checkpoint made before its time has seen it', async () => {
    const log = story();
    log.write('request/R2', { type: 'alarm', data: {} }, new Date(log.now.getTime() + 600_000));
    expect(await found((bundle) => bundle, log.wait(20).seal())).toContain(
      'event 3 of request/R2 is dated ahead: it says 2026-03-01T12:28:10.000Z, and checkpoint 6 of 2026-03-01T12:18:30.000Z has seen it',
    );
  });

  it('shows that a proof was taken from elsewhere, and a checkpoint left out that an event needs', async () => {
    const log = story();
    const bundle = await log.bundle();
    const other = bundle.streams[2]?.newest;
    const moved = (one: BundleStream): BundleStream => ({ ...one, ...(other ? { newest: other } : {}) });
    expect(await found((one) => changed(one, 'request/R1', moved), log)).toContain(
      'has not seen request/R1 as the bundle',
    );
    const hushed = (one: BundleStream): BundleStream => ({ ...one, changes: one.changes.slice(0, -1) });
    expect(await found((one) => changed(one, 'request/R1', hushed), log)).toContain(
      'found request/R1 changed do not agree',
    );
    const fewer = (one: Bundle) => ({ ...one, checkpoints: one.checkpoints.filter((_, at) => at !== 1) });
    expect(await found(fewer, log)).toMatch(/checkpoint 2, which is not here|checkpoint 2 has not seen/);
  });

  it('shows an event whose hash was made to fit a change', async () => {
    const fit = events((all) =>
      all.map((one) => (one.seq === 3 ? { ...one, data: { x: 1 }, hash: hashOf({ ...one, data: { x: 1 } }) } : one)),
    );
    expect(await found((bundle) => changed(bundle, 'request/R1', fit))).toContain(
      'event 3 of request/R1 is not the one',
    );
  });
});
