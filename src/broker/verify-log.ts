import { GAP_MS } from '../core/audit/checkpoint.ts';
import { type Unexplained, unexplainedRows } from '../core/audit/explain.ts';
import { unexplainedSystem } from '../core/audit/explain-system.ts';
import { type Break, firstBreak } from '../core/audit/log.ts';
import { timeProblem } from '../core/audit/sealed-times.ts';
import { incidentStream, requestIdOf, requestStream, type StoredEvent } from '../core/events.ts';
import type { LeafChange } from '../ports/checkpoints.ts';
import type { Store } from '../ports/store.ts';
import { type SealReport, verifyCheckpoints } from './verify-checkpoints.ts';

export interface LogReport {
  readonly streams: number;
  readonly events: number;
  /** The first thing that does not hold, in words; undefined when everything does. */
  readonly broken: string | undefined;
  /** Rows that their events do not explain; looked for only where `broken` is undefined. */
  readonly unexplained: readonly Unexplained[];
  readonly sealed: SealReport;
  /** Since when nobody has sealed, where that is longer than silence may last. */
  readonly unsealedSince: string | undefined;
  /** Whether an event names a checkpoint: then a sealer ran. */
  readonly named: boolean;
}

const NAMEABLE = /^incident\/[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/;
/** Rows counted at once. */
const PAGE = 5_000;
/** Rows held to their events at once: some megabytes. */
const ROWS_AT_ONCE = 100;

/**
 * Walks every chain, compares every request's row with its stream and with what its incident's stream says of it (a
 * chain alone cannot tell that its newest events, or all of them, were removed), and all of it with the checkpoints. Then
 * every row is held to its events: of the requests, the policies and the freeze.
 */
export async function verifyLog(store: Store, publicKey?: string): Promise<LogReport> {
  // Rows first, then checkpoints: what moves on meanwhile has more events than was counted, never fewer.
  const rows = await countedRows(store);
  const sealed = await verifyCheckpoints(store.checkpoints, publicKey);
  const streams = await store.streams();
  const lengths = new Map<string, number>();
  const firsts = new Map<string, string>();
  const listed = new Map<string, string>();
  const opened: Opened[] = [];
  let events = 0;
  let highest = { checkpoint: 0, stream: '' };
  const last = sealed.newest?.header.at;
  const silent = last !== undefined && (await store.clock.now()).getTime() - Date.parse(last) > GAP_MS;
  const unsealedSince = silent ? last : undefined;
  const report = (broken?: string, unexplained: readonly Unexplained[] = []): LogReport => ({
    streams: streams.length,
    events,
    broken,
    unexplained,
    sealed,
    unsealedSince,
    named: highest.checkpoint > 0,
  });
  if (sealed.broken !== undefined) return report(sealed.broken);
  for (const stream of streams) {
    const chain = await store.events(stream);
    events += chain.length;
    lengths.set(stream, chain.length);
    firsts.set(stream, chain[0]?.hash ?? '');
    for (const { type, data, checkpoint } of chain) {
      if (checkpoint > highest.checkpoint) highest = { checkpoint, stream };
      if (type === 'request_listed')
        listed.set(`${stream} ${requestStream(String(data.requestId))}`, String(data.hash));
    }
    const under = incidentOf(chain[0]);
    if (under !== undefined) opened.push({ stream, incident: under });
    const broken = firstBreak(stream, chain);
    if (broken) return report(wordsOf(broken));
    const wrong = sealProblem(stream, chain, sealed);
    if (wrong !== undefined) return report(wrong);
  }
  for (const [stream, changes] of sealed.changes) {
    const length = lengths.get(stream) ?? 0;
    const last = changes.at(-1);
    if (last !== undefined && length < last.length) {
      return report(
        `event ${length + 1} of ${stream} is missing: checkpoint ${last.checkpoint} counted ${last.length}`,
      );
    }
  }
  for (const { stream, seq } of rows) {
    const length = lengths.get(stream) ?? 0;
    if (length < seq) {
      return report(`event ${length + 1} of ${stream} is missing: the request's row counts ${seq} events`);
    }
  }
  // By the row and by the stream: either may be gone.
  for (const { stream, incident } of [...rows, ...opened]) {
    // Versions before incident streams took any text for an incident while nobody could check it.
    if (!NAMEABLE.test(incident)) continue;
    const hash = listed.get(`${incident} ${stream}`);
    if (hash !== firsts.get(stream)) return report(`${incident} does not name ${stream} as it begins`);
  }
  const broken = (await goneProblem(store, listed, firsts)) ?? (await lostProblem(store, highest));
  if (broken !== undefined) return report(broken);
  const ids = new Set([...rows.map(({ stream }) => stream), ...streams].flatMap(requestIdOf));
  return report(undefined, [...(await explainRows(store, [...ids])), ...(await explainSystem(store))]);
}

/** What their events do not explain of these requests. */
async function explainRows({ evidence }: Store, ids: readonly string[]): Promise<readonly Unexplained[]> {
  const found: Unexplained[] = [];
  for (let from = 0; from < ids.length; from += ROWS_AT_ONCE) {
    found.push(...unexplainedRows(await evidence.requests(ids.slice(from, from + ROWS_AT_ONCE))));
  }
  return found;
}

/** What the system stream does not explain of the freeze and of every policy; the content of one policy at a time. */
async function explainSystem({ evidence }: Store): Promise<readonly Unexplained[]> {
  const { policies } = await evidence.system([]);
  const found = new Map<string, Unexplained>();
  for (const number of [0, ...policies.map((one) => one.number)]) {
    for (const one of unexplainedSystem(await evidence.system([number]))) found.set(one.what, one);
  }
  return [...found.values()];
}

interface Opened {
  readonly stream: string;
  readonly incident: string;
}

/** Under which incident a request says that it was opened. */
function incidentOf(first: StoredEvent | undefined): string | undefined {
  if (first?.type !== 'request_opened') return undefined;
  const { incident } = first.data;
  const id = typeof incident === 'object' && incident !== null && 'id' in incident ? incident.id : undefined;
  return typeof id === 'string' ? incidentStream(id) : undefined;
}

/** Every request that an incident names is there, whether it has a row or not; one may have been opened while we walked. */
async function goneProblem(store: Store, listed: ReadonlyMap<string, string>, firsts: ReadonlyMap<string, string>) {
  for (const [named, hash] of listed) {
    const [incident = '', stream = ''] = named.split(' ');
    const first = firsts.get(stream) ?? (await store.events(stream))[0]?.hash;
    if (first === undefined) return `${stream} is missing, which ${incident} names`;
    if (first !== hash) return `${stream} does not begin as ${incident} says`;
  }
  return undefined;
}

/** Events name checkpoints that were there: read again, since one may have been sealed while we walked. */
async function lostProblem(
  store: Store,
  { checkpoint, stream }: { readonly checkpoint: number; readonly stream: string },
) {
  const newest = checkpoint === 0 ? 0 : ((await store.checkpoints.newest())?.header.number ?? 0);
  return newest >= checkpoint
    ? undefined
    : `checkpoint ${checkpoint} is missing, which an event of ${stream} names: the newest one here is ${newest || 'none'}`;
}

async function countedRows(store: Store) {
  const rows: (Opened & { readonly seq: number })[] = [];
  for (let page = await store.counted(PAGE); page.length > 0; page = await store.counted(PAGE, page.at(-1)?.id)) {
    for (const { id, incident, seq } of page) {
      rows.push({ stream: requestStream(id), incident: incidentStream(incident), seq });
    }
  }
  return rows;
}

const wordsOf = ({ stream, seq, why }: Break): string => `event ${seq} of ${stream} ${why}`;

/** What was sealed of a stream stands in it, and its events have times that the checkpoints allow. */
function sealProblem(stream: string, chain: readonly StoredEvent[], { changes, times, newest }: SealReport) {
  const own: readonly LeafChange[] = changes.get(stream) ?? [];
  const other = own.find(({ length, head }) => length <= chain.length && chain[length - 1]?.hash !== head);
  if (other !== undefined) {
    return `event ${other.length} of ${stream} is not the one that checkpoint ${other.checkpoint} saw`;
  }
  const placeOf = (number: number) => {
    const at = times.get(number);
    return at === undefined ? undefined : { number, at };
  };
  const last = newest && placeOf(newest.header.number);
  for (const event of chain) {
    // Sealed since the checkpoints were read: it names one that is not known here.
    if (event.checkpoint > (last?.number ?? 0)) continue;
    const why = timeProblem(event, own, last, placeOf);
    if (why !== undefined) return `event ${event.seq} of ${stream} ${why}`;
  }
  return undefined;
}
