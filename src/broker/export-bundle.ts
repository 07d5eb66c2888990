import type { Bundle, BundleFile, BundleStream } from '../core/audit/bundle.ts';
import { byStream, type Leaf, leafHash, proofsOf } from '../core/audit/merkle.ts';
import { coveredBy } from '../core/audit/sealed-times.ts';
import { incidentStream, requestStream, type StoredEvent } from '../core/events.ts';
import type { CheckpointReader, LeafChange } from '../ports/checkpoints.ts';
import type { Store } from '../ports/store.ts';

type Source = Pick<Store, 'events'> & { readonly checkpoints: CheckpointReader };

const PAGE = 20_000;

/**
 * One incident's part of the log with all that proves it, as `verifyBundle` wants it; undefined where the log knows no
 * such incident. The newest checkpoint is read before the events: what is written meanwhile is there as not sealed yet.
 */
export async function exportBundle(store: Source, incident: string): Promise<BundleFile | undefined> {
  const { newest, logs } = await readLogs(store, incident);
  if (logs.get(incidentStream(incident))?.length === 0) return undefined;
  const changes = await store.checkpoints.changesOf([...logs.keys()], newest);
  const atNewest = newest === 0 ? new Map() : await provenAt(store.checkpoints, newest, [...logs.keys()]);
  const proven = await provenChanges(store.checkpoints, changes);
  const streams = [...logs].map(([stream, events]): BundleStream => {
    const last = atNewest.get(stream);
    const found = proven.flatMap(({ stream: name, ...change }) => (name === stream ? [change] : []));
    return { stream, events: [...events], changes: found, ...(last === undefined ? {} : { newest: last }) };
  });
  const checkpoints = await store.checkpoints.some([...(await numbersFor(store.checkpoints, streams, newest))]);
  return {
    format: 'breakglass-bundle',
    version: 1,
    incident,
    keys: [...new Set(checkpoints.map(({ publicKey }) => publicKey))],
    checkpoints: checkpoints.map(({ header, hash, signature }) => ({ header, hash, signature })),
    streams: streams.map((one) => ({ ...one, events: one.events.map(written) })),
  };
}

/** All events of an incident, and a checkpoint that is not older than any that they name. */
async function readLogs(store: Source, incident: string) {
  let before: number | undefined;
  for (;;) {
    const newest = (await store.checkpoints.newest())?.header.number ?? 0;
    const own = await store.events(incidentStream(incident));
    const logs = new Map([[incidentStream(incident), own]]);
    for (const { type, data } of own) {
      if (type !== 'request_listed') continue;
      const stream = requestStream(String(data.requestId));
      logs.set(stream, await store.events(stream));
    }
    // Sealed and written to while it was read: the checkpoint that the newest events name is wanted too. Where it does
    // not come, they name one that never was: the reader of the bundle will be told.
    const later = [...logs.values()].flat().some(({ checkpoint }) => checkpoint > newest);
    if (!later || newest === before) return { newest, logs };
    before = newest;
  }
}

const written = (event: StoredEvent): BundleFile['streams'][number]['events'][number] => ({
  ...event,
  at: event.at.toISOString(),
  // As JSON carries it: what is undefined is not there.
  data: JSON.parse(JSON.stringify(event.data)),
});

type Proven = NonNullable<BundleStream['newest']>;

/** How far a checkpoint saw these streams, each proven against the root over all leaves: one hash of each is held. */
async function provenAt(
  reader: CheckpointReader,
  number: number,
  wanted: readonly string[],
): Promise<ReadonlyMap<string, Proven>> {
  const hashes: Buffer[] = [];
  const found: { readonly leaf: Leaf; readonly index: number }[] = [];
  const names = new Set(wanted);
  for (let page = await reader.leavesAt(number, '', PAGE); page.length > 0; ) {
    for (const leaf of page) {
      if (names.has(leaf.stream)) found.push({ leaf, index: hashes.length });
      hashes.push(leafHash(leaf));
    }
    page = await reader.leavesAt(number, page.at(-1)?.stream ?? '', PAGE);
  }
  const proofs = proofsOf(
    hashes,
    found.map(({ index }) => index),
  );
  return new Map(
    found.flatMap(({ leaf: { stream, length, head } }, at) => {
      const proof = proofs[at];
      return proof === undefined
        ? []
        : [[stream, { length, head, proof: { ...proof, path: [...proof.path] } }] as const];
    }),
  );
}

/** Each change proven against the leaves that its checkpoint found changed. */
async function provenChanges(reader: CheckpointReader, changes: readonly LeafChange[]) {
  const proven: (BundleStream['changes'][number] & { readonly stream: string })[] = [];
  for (const number of new Set(changes.map(({ checkpoint }) => checkpoint))) {
    const leaves = [...(await reader.changes(number - 1, number))].sort(byStream);
    const here = changes.filter(({ checkpoint }) => checkpoint === number);
    const places = here.map(({ stream }) => leaves.findIndex((leaf) => leaf.stream === stream));
    for (const [at, proof] of proofsOf(leaves.map(leafHash), places).entries()) {
      const change = here[at];
      if (change !== undefined) proven.push({ ...change, proof: { ...proof, path: [...proof.path] } });
    }
  }
  return proven;
}

/** The checkpoints that a reader needs: what events name, what covered them and the one before, rotations, the newest. */
async function numbersFor(
  reader: CheckpointReader,
  streams: Bundle['streams'],
  newest: number,
): Promise<ReadonlySet<number>> {
  const numbers = new Set([newest]);
  for (const { events, changes } of streams) {
    for (const { checkpoint } of changes) numbers.add(checkpoint);
    for (const { seq, checkpoint } of events) {
      numbers.add(checkpoint);
      const first = coveredBy(changes, seq);
      if (first !== undefined) numbers.add(first - 1);
    }
  }
  for (const found of await reader.findings()) numbers.add(found);
  for (const rotation of await reader.rotations()) numbers.add(rotation).add(rotation + 1);
  numbers.delete(0);
  return numbers;
}
