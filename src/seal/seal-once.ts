import { type Cadence, type Checkpoint, checkpointProblem, signCheckpoint } from '../core/audit/checkpoint.ts';
import { findingsOf, NAMED_MAX } from '../core/audit/findings.ts';
import { EMPTY_HEAD, firstBreak, type Head } from '../core/audit/log.ts';
import { byStream, type Leaf, leafHash, rootBuilder } from '../core/audit/merkle.ts';
import { canonical } from '../core/canonical.ts';
import type { StoredEvent } from '../core/events.ts';
import type { KeptCheckpoint } from '../ports/checkpoints.ts';
import type { LedgerView, MovedStream, Span } from '../ports/ledger.ts';
import type { SealKey, SealKeys } from './keys.ts';

/** What the sealer remembers outside of the database: the newest checkpoint that it knows it signed. */
export interface Memory {
  /** Where, for the words. */
  readonly place: string;
  readonly number: number;
  readonly hash: string;
}

/** What came of a look at the log. A refusal signs nothing: somebody must look first. */
export type Sealing =
  | { readonly kind: 'sealed'; readonly checkpoint: Checkpoint; readonly leaves: number }
  | { readonly kind: 'quiet'; readonly newest: Checkpoint }
  | { readonly kind: 'refused'; readonly why: string };

export interface SealOptions {
  readonly keys: SealKeys;
  readonly memories: readonly Memory[];
  readonly cadence: Cadence;
}

const refused = (why: string): Sealing => ({ kind: 'refused', why });
const PAGE = 5_000;
/** Events that are held in memory at once. */
const EVENTS_AT_ONCE = 2_000;

/**
 * Signs one moment of the log, if it goes on from what was signed last: the last checkpoint is ours, the remembered
 * heads are the ones it was signed over, every one of them still stands in its stream, and every new event is chained to
 * it by its content. Memory grows with the streams that changed, not with the log.
 */
export async function sealOnce(view: LedgerView, { keys, memories, cadence }: SealOptions): Promise<Sealing> {
  const newest = await view.newest();
  const signer = signerAfter(newest, keys);
  if ('why' in signer) return refused(signer.why);
  for (const memory of memories) {
    const forgotten = await memoryProblem(view, newest, memory);
    if (forgotten !== undefined) return refused(forgotten);
  }
  if (newest !== undefined && view.now.getTime() < Date.parse(newest.header.at)) {
    return refused(
      `the database's clock went back: it is ${view.now.toISOString()}, checkpoint ${newest.header.number} is of ${newest.header.at}`,
    );
  }
  const moved = [...(await view.moved())].sort(byStream);
  const wrong = (await goneProblem(view)) ?? moved.map(moveProblem).find((why) => why !== undefined);
  if (wrong !== undefined) return refused(wrong);
  const trees = await grow(view, moved);
  if (trees.before !== (newest?.header.root ?? trees.before) || (newest === undefined && trees.sealed > 0)) {
    return refused('the remembered heads are not those that the last checkpoint was signed over');
  }
  const broken = await chainProblem(view, moved);
  if (broken !== undefined) return refused(broken);
  // A row that is not what its events say is named, and stops nothing: the log itself holds.
  const found = await view.unexplained(NAMED_MAX);
  const unexplained = findingsOf(found.first, found.rows);
  const news = canonical(unexplained ?? null) !== canonical(newest?.header.unexplained ?? null);
  if (newest !== undefined && !news && !isDue(newest, moved.length, view.now, cadence) && signer.names === undefined) {
    return { kind: 'quiet', newest };
  }
  const leaves = moved.map(({ stream, length, head }) => ({ stream, length, head }));
  const checkpoint = signCheckpoint({
    previous: newest,
    at: view.now,
    root: trees.after,
    streams: trees.streams,
    events: trees.events,
    leaves,
    unexplained,
    privateKey: signer.key.privateKey,
    nextKey: signer.names,
  });
  await view.save({ ...checkpoint, publicKey: signer.key.publicKey }, leaves);
  return { kind: 'sealed', checkpoint, leaves: leaves.length };
}

/** A little early rather than a whole look late: silence is proven by coming in time. */
const isDue = (newest: Checkpoint, changed: number, now: Date, { changedMs, idleMs }: Cadence): boolean =>
  changed > 0 || now.getTime() - Date.parse(newest.header.at) >= idleMs - changedMs / 2;

type Signer = { readonly key: SealKey; readonly names: string | undefined } | { readonly why: string };

/** Which of our keys signs after this checkpoint, and whom it names. Undefined names nobody. */
function signerAfter(newest: KeptCheckpoint | undefined, { current, next }: SealKeys): Signer {
  if (newest === undefined) return { key: current, names: next?.publicKey };
  const { number, key, nextKey } = newest.header;
  const by = [current, next].find((one) => one?.fingerprint === key);
  if (by === undefined) {
    return {
      why: `checkpoint ${number} is signed by key ${key}, which is not ours. Take SEAL_KEY_FILE from its backup; see "A key is lost" in docs/operations.md`,
    };
  }
  const wrong = checkpointProblem(newest, by.publicKey);
  if (wrong !== undefined) return { why: wrong };
  if (by === next) return { key: next, names: undefined };
  if (nextKey === undefined) return { key: current, names: next?.publicKey };
  if (next?.publicKey === nextKey) return { key: next, names: undefined };
  return { why: `checkpoint ${number} names a next key that is not here: set SEAL_NEXT_KEY_FILE to it` };
}

/** A database that was rolled back knows less than we do. */
async function memoryProblem(view: LedgerView, newest: Checkpoint | undefined, { place, number, hash }: Memory) {
  const known = newest?.header.number ?? 0;
  if (known < number) return `the database ends at checkpoint ${known}, and ${place} at ${number}: it was rolled back`;
  const there = known === number ? newest : await view.find(number);
  return there?.hash === hash ? undefined : `checkpoint ${number} of the database is not the one in ${place}`;
}

async function goneProblem(view: LedgerView): Promise<string | undefined> {
  const stream = await view.gone();
  return stream === undefined ? undefined : `${stream} was sealed, and has no event any more`;
}

function moveProblem({ stream, length, head, sealed, standsThere }: MovedStream): string | undefined {
  if (sealed === undefined) return undefined;
  if (length < sealed.length) return `${stream} was sealed with ${sealed.length} events, and has ${length}`;
  const same = length === sealed.length ? head : standsThere;
  return same === sealed.head ? undefined : `event ${sealed.length} of ${stream} is not the one that was sealed`;
}

/** The root over the remembered heads, and the one with what moved put in, in one walk. */
async function grow(view: LedgerView, moved: readonly MovedStream[]) {
  const [before, after] = [rootBuilder(), rootBuilder()];
  let events = 0;
  const put = (leaf: Leaf, hash = leafHash(leaf)): void => {
    after.add(hash);
    events += leaf.length;
  };
  let at = 0;
  for (let page = await view.sealedHeads('', PAGE); page.length > 0; ) {
    for (const leaf of page) {
      const hash = leafHash(leaf);
      before.add(hash);
      for (let next = moved[at]; next !== undefined && next.stream < leaf.stream; next = moved[at]) {
        put(next);
        at += 1;
      }
      const replaced = moved[at]?.stream === leaf.stream ? moved[at] : undefined;
      if (replaced === undefined) put(leaf, hash);
      else {
        put(replaced);
        at += 1;
      }
    }
    page = page.length < PAGE ? [] : await view.sealedHeads(page.at(-1)?.stream ?? '', PAGE);
  }
  for (const rest of moved.slice(at)) put(rest);
  return { before: before.root(), sealed: before.size, after: after.root(), streams: after.size, events };
}

/** Computes the chain of every new event anew, from the sealed head on. None can be newer than what was seen when it was. */
async function chainProblem(view: LedgerView, moved: readonly MovedStream[]): Promise<string | undefined> {
  const heads = new Map<string, Head>(
    moved.map(({ stream, sealed }) => [stream, sealed ? { seq: sealed.length, hash: sealed.head } : EMPTY_HEAD]),
  );
  for (const batch of batches(moved)) {
    const found = new Map<string, StoredEvent[]>(batch.map(({ stream }) => [stream, []]));
    for (const event of await view.events(batch)) found.get(event.stream)?.push(event);
    for (const { stream, upTo } of batch) {
      const events = found.get(stream) ?? [];
      const broken = firstBreak(stream, events, heads.get(stream));
      if (broken !== undefined) return `event ${broken.seq} of ${stream} ${broken.why}`;
      const ahead = events.find(({ at }) => at > view.now);
      if (ahead !== undefined) {
        return `event ${ahead.seq} of ${stream} is dated ahead: it says ${ahead.at.toISOString()}, and it is ${view.now.toISOString()}`;
      }
      const last = events.at(-1) ?? heads.get(stream);
      if (last?.seq !== upTo) return `event ${(last?.seq ?? 0) + 1} of ${stream} is missing`;
      heads.set(stream, last);
    }
  }
  return undefined;
}

/** Pieces of streams, so that no batch holds more than `EVENTS_AT_ONCE` events, nor one stream twice. */
function* batches(moved: readonly MovedStream[]): Generator<readonly Span[]> {
  let batch: Span[] = [];
  let size = 0;
  for (const { stream, length, sealed } of moved) {
    for (let after = sealed?.length ?? 0; after < length; ) {
      const upTo = Math.min(length, after + EVENTS_AT_ONCE);
      if (size + upTo - after > EVENTS_AT_ONCE) {
        yield batch;
        batch = [];
        size = 0;
      }
      batch.push({ stream, after, upTo });
      size += upTo - after;
      after = upTo;
    }
  }
  if (batch.length > 0) yield batch;
}
