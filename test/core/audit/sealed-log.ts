import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { exportBundle } from '../../../src/broker/export-bundle.ts';
import { anchorText, checkpointsIn } from '../../../src/core/audit/anchor-text.ts';
import { type Bundle, type BundleFile, bundleText, readBundle } from '../../../src/core/audit/bundle.ts';
import type { Anchored } from '../../../src/core/audit/bundle-report.ts';
import { type FullCheckpoint, publicKeyOf, signCheckpoint } from '../../../src/core/audit/checkpoint.ts';
import type { Findings } from '../../../src/core/audit/findings.ts';
import { EMPTY_HEAD, seal } from '../../../src/core/audit/log.ts';
import { byStream, type Leaf, rootOf } from '../../../src/core/audit/merkle.ts';
import { type NewEvent, requestListed, type StoredEvent } from '../../../src/core/events.ts';
import type { CheckpointReader } from '../../../src/ports/checkpoints.ts';

export interface TestKey {
  readonly privateKey: KeyObject;
  readonly publicKey: string;
}
export function aKey(): TestKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { privateKey, publicKey: publicKeyOf(privateKey) };
}

export function textOf(file: BundleFile | undefined): string {
  if (file === undefined) throw new Error('nothing was exported');
  return bundleText(file);
}

/** A bundle through its text, as a file carries it. */
export function bundleOf(text: string): Bundle {
  const read = readBundle(Buffer.from(text));
  if (!read.ok) throw new Error(read.why);
  return read.bundle;
}

/** A log and its sealer in memory, with a clock that only the test turns. */
export class SealedLog {
  now = new Date('2026-03-01T12:00:00.000Z');
  key: TestKey;
  readonly streams = new Map<string, StoredEvent[]>();
  readonly checkpoints: (FullCheckpoint & { readonly publicKey: string })[] = [];
  readonly #heads = new Map<string, Leaf>();

  constructor(key: TestKey = aKey()) {
    this.key = key;
  }

  wait(seconds: number): this {
    this.now = new Date(this.now.getTime() + seconds * 1000);
    return this;
  }

  write(stream: string, event: NewEvent, at = this.now, checkpoint = this.checkpoints.length): StoredEvent {
    const events = this.streams.get(stream) ?? [];
    const [stored] = seal(stream, events.at(-1) ?? EMPTY_HEAD, [event], { at, actor: 'slack:T0:U0', checkpoint });
    if (stored === undefined) throw new Error('nothing was sealed');
    this.streams.set(stream, [...events, stored]);
    return stored;
  }

  open(id: string, incident = 'INC-1'): this {
    const first = this.write(`request/${id}`, { type: 'request_opened', data: { requestId: id } });
    this.write(`incident/${incident}`, requestListed(id, first));
    return this;
  }

  go(id: string, type: NewEvent['type'] = 'access_opened'): this {
    this.write(`request/${id}`, { type, data: {} });
    return this;
  }

  seal(nextKey?: TestKey, unexplained?: Findings): this {
    const leaves = [...this.streams]
      .map(([stream, events]) => ({ stream, length: events.length, head: events.at(-1)?.hash ?? '' }))
      .filter(({ stream, length }) => this.#heads.get(stream)?.length !== length)
      .sort(byStream);
    for (const leaf of leaves) this.#heads.set(leaf.stream, leaf);
    const all = [...this.#heads.values()].sort(byStream);
    const checkpoint = signCheckpoint({
      previous: this.checkpoints.at(-1),
      at: this.now,
      root: rootOf(all),
      streams: all.length,
      events: all.reduce((sum, { length }) => sum + length, 0),
      leaves,
      unexplained,
      privateKey: this.key.privateKey,
      nextKey: nextKey?.publicKey,
    });
    this.checkpoints.push({ ...checkpoint, leaves, publicKey: this.key.publicKey });
    if (nextKey !== undefined) this.key = nextKey;
    return this;
  }

  reader(): CheckpointReader {
    const changes = () =>
      this.checkpoints.flatMap(({ header, leaves }) => leaves.map((leaf) => ({ checkpoint: header.number, ...leaf })));
    const named = (one: FullCheckpoint) => one.header.number;
    return {
      newest: async () => this.checkpoints.at(-1),
      after: async (number, limit) => this.checkpoints.filter((one) => named(one) > number).slice(0, limit),
      some: async (numbers) => this.checkpoints.filter((one) => numbers.includes(named(one))),
      findings: async () => this.checkpoints.filter(({ header }) => header.unexplained !== undefined).map(named),
      rotations: async () => this.checkpoints.filter(({ header }) => header.nextKey !== undefined).map(named),
      changes: async (after, upTo) => changes().filter((one) => one.checkpoint > after && one.checkpoint <= upTo),
      changesOf: async (streams, upTo) =>
        changes().filter((one) => streams.includes(one.stream) && one.checkpoint <= upTo),
      leavesAt: async (number, after, limit) => {
        const seen = new Map(changes().flatMap((one) => (one.checkpoint <= number ? [[one.stream, one]] : [])));
        return [...seen.values()]
          .map(({ checkpoint: _, ...leaf }) => leaf)
          .sort(byStream)
          .filter(({ stream }) => stream > after)
          .slice(0, limit);
      },
    };
  }

  /** What `audit export` writes. */
  async text(incident = 'INC-1'): Promise<string> {
    const events = async (stream: string) => this.streams.get(stream) ?? [];
    return textOf(await exportBundle({ events, checkpoints: this.reader() }, incident));
  }

  async bundle(incident = 'INC-1'): Promise<Bundle> {
    return bundleOf(await this.text(incident));
  }

  /** What a bucket or a file holds; a channel holds no leaves. */
  anchors(kind: 'bucket' | 'channel' = 'bucket', upTo = this.checkpoints.length): readonly Anchored[] {
    return this.checkpoints.slice(0, upTo).flatMap(({ header, hash, signature, leaves }) => {
      const text = anchorText({ header, hash, signature, ...(kind === 'bucket' ? { leaves } : {}) });
      return checkpointsIn(text).checkpoints.map((checkpoint) => ({ from: `${header.number}.json`, checkpoint }));
    });
  }
}

/** Two requests under one incident, another incident beside it, five checkpoints, nothing left to seal. */
export const story = (log = new SealedLog()): SealedLog =>
  log
    .open('R1')
    .open('X1', 'INC-2')
    .wait(30)
    .seal()
    .wait(20)
    .go('R1', 'access_opened')
    .open('R2')
    .wait(30)
    .seal()
    .wait(20)
    .go('R2', 'request_denied')
    .go('X1')
    .wait(40)
    .seal()
    .wait(20)
    .go('R1', 'request_closed')
    .wait(30)
    .seal()
    .wait(900)
    .seal();
