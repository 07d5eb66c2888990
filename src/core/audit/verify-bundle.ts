import { incidentStream, requestStream } from '../events.ts';
import type { Bundle, BundleStream } from './bundle.ts';
import type { Anchored, BundleReport } from './bundle-report.ts';
import { type Checkpoint, checkpointProblem, fingerprintOf, leavesProblem } from './checkpoint.ts';
import { findingsWords } from './findings.ts';
import { checkpointHistory } from './key-history.ts';
import { firstBreak } from './log.ts';
import { type Leaf, type Proof, rootByProof } from './merkle.ts';
import { timeProblem } from './sealed-times.ts';
import { anchoredTo } from './verify-anchors.ts';

/** What a reader has besides the bundle. Without any of it the bundle is only shown to agree with itself. */
export interface Witnesses {
  /** The public key that the reader trusts, SPKI in base64. Without it the bundle's own keys are believed. */
  readonly publicKey?: string | undefined;
  /** Checkpoints that were kept where the log's owner cannot change them. */
  readonly anchors?: readonly Anchored[] | undefined;
}

/** Proves a bundle from its own bytes, a public key and what was anchored: no database, no network, no clock. */
export function verifyBundle(bundle: Bundle, { publicKey, anchors }: Witnesses): BundleReport {
  const history = historyOf(bundle, publicKey, anchors ?? []);
  const { notes } = history;
  // What is signed by nobody proves nothing more.
  if (history.broken.length > 0) return { broken: history.broken, unknown: [], notes, complete: undefined };
  const broken = [
    ...bundle.streams.flatMap((stream) => streamProblems(bundle, stream)),
    ...listingProblems(bundle),
    ...requestsAlone(bundle),
    ...keysProblem(bundle),
  ];
  const unknown = [...bundle.streams.flatMap(unsealed), ...foundHere(bundle)];
  const signedBy = bundle.checkpoints[0]?.header.key;
  if (publicKey === undefined && signedBy !== undefined) {
    unknown.push(`nobody vouched for key ${signedBy}: compare it, and name your copy of the public key with --key`);
  }
  const { checkpoints, untied } = history;
  const tied = anchors?.filter(({ checkpoint }) => checkpoints.has(checkpoint.header.number));
  const outside = anchoredTo(bundle, tied, checkpoints);
  return {
    broken: [...broken, ...outside.broken],
    unknown: [...unknown, ...untied, ...outside.unknown],
    notes,
    complete: isCounted(bundle) ? outside.complete : undefined,
  };
}

/**
 * Whether the newest checkpoint is shown to have counted all of it. A stream without its proof may be new since, and may
 * as well be another one than was sealed; only a request that a new event of a counted incident names was not there.
 */
function isCounted({ incident, streams }: Bundle): boolean {
  const own = streams.find(({ stream }) => stream === incidentStream(incident));
  const before = own?.newest?.length;
  if (before === undefined) return false;
  const named = own?.events.filter(({ seq }) => seq > before).map(({ data }) => requestStream(String(data.requestId)));
  return streams.every(({ stream, newest }) => newest !== undefined || named?.includes(stream));
}

/** Every checkpoint at hand, from the bundle and from outside, in one line that must hold together. */
function historyOf(bundle: Bundle, publicKey: string | undefined, anchors: readonly Anchored[]) {
  const checkpoints = new Map<number, Checkpoint>();
  const broken: string[] = [];
  for (const one of bundle.checkpoints) checkpoints.set(one.header.number, one);
  const places = new Map<number, string>();
  for (const { from, checkpoint } of anchors) {
    const { number } = checkpoint.header;
    const here = checkpoints.get(number);
    if (here !== undefined && here.hash !== checkpoint.hash) broken.push(twoOf(here, checkpoint, from));
    if (here === undefined) places.set(number, from);
    checkpoints.set(number, here ?? checkpoint);
    const wrong = checkpoint.leaves && leavesProblem(checkpoint, checkpoint.leaves);
    if (wrong) broken.push(`${from}: ${wrong}`);
  }
  const numbers = bundle.checkpoints.map(({ header }) => header.number);
  if (numbers.some((number, at) => at > 0 && number <= (numbers[at - 1] ?? 0))) {
    broken.push('the checkpoints of the bundle are out of order');
  }
  const history = checkpointHistory(publicKey);
  const sorted = [...checkpoints.values()].sort((a, b) => a.header.number - b.header.number);
  // Oldest first, each known before it signs: those given, then those that checkpoints name.
  const keys = new Map(
    [...bundle.keys, ...(publicKey === undefined ? [] : [publicKey])].map((key) => [fingerprintOf(key), key]),
  );
  const untied: string[] = [];
  let last = numbers.at(-1) ?? 0;
  for (const one of sorted) {
    const { key: signer, number, nextKey } = one.header;
    const key = keys.get(signer);
    const place = places.get(number);
    // Past the bundle and a gap, the key may have been handed on: the copies that say so were not made.
    if (key === undefined && publicKey !== undefined && number > last + 1) {
      untied.push(`${number} in ${place}`);
      checkpoints.delete(number);
      continue;
    }
    const wrong =
      key === undefined
        ? `checkpoint ${number}${place ? ` in ${place}` : ''} is signed by a key that is not this log's: no key here is ${signer}`
        : history.add(one, key);
    if (wrong !== undefined) {
      broken.push(wrong);
      break;
    }
    if (nextKey !== undefined) keys.set(fingerprintOf(nextKey), nextKey);
    last = Math.max(last, number);
  }
  // Each copy by its own bytes: one that only claims the hash of another would pass its words off as signed.
  for (const { from, checkpoint } of anchors) {
    const here = checkpoints.get(checkpoint.header.number);
    if (here === undefined || here === checkpoint) continue;
    const wrong = checkpointProblem(checkpoint, keys.get(checkpoint.header.key) ?? '');
    if (wrong !== undefined) broken.push(`${from}: ${wrong}`);
  }
  const end = broken.length === 0 ? history.end() : undefined;
  return { checkpoints, untied: untiedWords(untied), broken: end === undefined ? broken : [end], notes: history.gaps };
}

const untiedWords = ([first, ...rest]: readonly string[]): readonly string[] =>
  first === undefined
    ? []
    : [
        `checkpoint ${first}${rest.length > 0 ? ` (and ${rest.length} later ones)` : ''} counts for nothing: ` +
          'no checkpoint here names the key that signed it. Give copies without gaps since the bundle',
      ];

function twoOf(here: Checkpoint, other: Checkpoint, from: string): string {
  const two = `there are two checkpoints ${here.header.number}: the one in ${from}`;
  return here.header.key === other.header.key
    ? `${two} is not the one here. The log was written anew and signed again`
    : `${two} is signed by a key that is not this log's, ${other.header.key}; the one here by ${here.header.key}. ` +
        'It is of another installation, or the log was written anew';
}

function streamProblems(bundle: Bundle, one: BundleStream): readonly string[] {
  const { stream, events, newest, changes } = one;
  const broken = firstBreak(stream, events);
  if (broken !== undefined) return [`event ${broken.seq} of ${stream} ${broken.why}`];
  const headers = new Map(bundle.checkpoints.map(({ header }) => [header.number, header]));
  const last = bundle.checkpoints.at(-1)?.header;
  const problems: string[] = [];
  const prove = (leaf: Leaf, proof: Proof, number: number, root: string | undefined, size: number | undefined) => {
    const wrong = rootByProof(leaf, proof) !== root || proof.size !== size;
    if (wrong) problems.push(`checkpoint ${number} has not seen ${stream} as the bundle says`);
    else if (events.length < leaf.length) {
      const missing = `events ${events.length + 1} to ${leaf.length} of ${stream} are missing`;
      problems.push(`${missing}: checkpoint ${number} counted ${leaf.length}`);
    } else if (events[leaf.length - 1]?.hash !== leaf.head) {
      problems.push(`event ${leaf.length} of ${stream} is not the one that checkpoint ${number} saw`);
    }
  };
  if (newest !== undefined) {
    prove({ stream, ...newest }, newest.proof, last?.number ?? 0, last?.root, last?.streams);
  }
  for (const change of changes) {
    const header = headers.get(change.checkpoint);
    prove({ stream, ...change }, change.proof, change.checkpoint, header?.leavesDigest, header?.changed);
  }
  if (changes.some(({ checkpoint }, at) => at > 0 && checkpoint <= (changes[at - 1]?.checkpoint ?? 0))) {
    problems.push(`the changes of ${stream} are out of order`);
  }
  const lastChange = changes.at(-1);
  if (problems.length === 0 && lastChange?.length !== newest?.length) {
    problems.push(`the newest checkpoint and the last one that found ${stream} changed do not agree on it`);
  }
  if (problems.length > 0) return problems;
  const dated = events.map((event) => [event.seq, timeProblem(event, changes, last, (n) => headers.get(n))] as const);
  return dated.flatMap(([seq, why]) => (why === undefined ? [] : [`event ${seq} of ${stream} ${why}`]));
}

/** The incident's stream names every request that was opened under it: each must be here, and begin as it says. */
function listingProblems(bundle: Bundle): readonly string[] {
  const own = incidentStream(bundle.incident);
  const incident = bundle.streams.find(({ stream }) => stream === own);
  if (incident === undefined) return [`${own} is missing, which names the requests`];
  return incident.events.flatMap(({ seq, type, data }) => {
    if (type !== 'request_listed') return [];
    const stream = requestStream(String(data.requestId));
    const found = bundle.streams.find((one) => one.stream === stream);
    if (found === undefined) return [`${stream} was left out: event ${seq} of ${own} names it`];
    return found.events[0]?.hash === data.hash ? [] : [`${stream} does not begin as event ${seq} of ${own} says`];
  });
}

/** Streams that nobody named, and streams that stand here twice. */
function requestsAlone({ incident, streams }: Bundle): readonly string[] {
  const own = incidentStream(incident);
  const listed = streams
    .filter(({ stream }) => stream === own)
    .flatMap(({ events }) => events.map(({ data }) => requestStream(String(data.requestId))));
  const known = new Set([own, ...listed]);
  const strange = streams.filter(({ stream }) => !known.has(stream));
  const twice = streams.filter(({ stream }, at) => streams.findIndex((one) => one.stream === stream) < at);
  const problems = [
    ...strange.map(({ stream }) => `${stream} is here, and ${own} does not name it`),
    ...twice.map(({ stream }) => `${stream} is here twice`),
  ];
  const order = [...known];
  // What is left out is said where it was named.
  const moved = streams.length === order.length && streams.some(({ stream }, at) => stream !== order[at]);
  return problems.length === 0 && moved ? [`the streams are not in the order that ${own} names them in`] : problems;
}

/** The keys are those that signed the checkpoints, in that order and nothing besides: a key more is nobody's word. */
function keysProblem({ keys, checkpoints }: Bundle): readonly string[] {
  const signers = [...new Set(checkpoints.map(({ header }) => header.key))];
  return keys.map(fingerprintOf).join() === signers.join()
    ? []
    : ['the keys of the bundle are not those that signed its checkpoints'];
}

/** Rows of these requests that a checkpoint here found unexplained: the events are proven, what was done by the rows is not. */
function foundHere({ checkpoints, streams }: Bundle): readonly string[] {
  const here = new Set(streams.map(({ stream }) => stream));
  return checkpoints.flatMap(({ header: { number, unexplained } }) => {
    if (unexplained === undefined) return [];
    // Where it counted more than it names, this may be among them.
    const concerns =
      unexplained.rows > unexplained.first.length || unexplained.first.some((one) => here.has(one.stream));
    return concerns ? [`checkpoint ${number} ${findingsWords(unexplained)}`] : [];
  });
}

function unsealed({ stream, events, newest }: BundleStream): readonly string[] {
  const open = events.length - (newest?.length ?? 0);
  return open > 0 ? [`the last ${open} event(s) of ${stream} are not sealed yet`] : [];
}
