import { requestStream } from '../core/events.ts';
import { type Break, firstBreak } from '../core/log.ts';
import type { Store } from '../ports/store.ts';

export interface LogReport {
  readonly streams: number;
  readonly events: number;
  /** The first thing that does not hold, in order of streams; undefined when every chain does. */
  readonly broken: Break | undefined;
}

/** More requests than this are not compared with their streams in one run. */
const ROWS_MAX = 1_000_000;

/**
 * Walks every chain, and compares every request's row with its stream: a chain alone cannot tell that its newest
 * events, or all of them, were removed. (Whoever can rewrite rows and events alike is caught by checkpoints outside.)
 */
export async function verifyLog(store: Store): Promise<LogReport> {
  // Rows first: a request that moves on meanwhile has more events than its row counted, never fewer.
  const counted = (await store.list({ limit: ROWS_MAX })).map(({ request, seq }) => ({ id: request.ask.id, seq }));
  const streams = await store.streams();
  const lengths = new Map<string, number>();
  let events = 0;
  for (const stream of streams) {
    const chain = await store.events(stream);
    const broken = firstBreak(stream, chain);
    if (broken) return { streams: streams.length, events: events + chain.length, broken };
    lengths.set(stream, chain.length);
    events += chain.length;
  }
  for (const { id, seq } of counted) {
    const stream = requestStream(id);
    const length = lengths.get(stream) ?? 0;
    if (length >= seq) continue;
    const broken = { stream, seq: length + 1, why: `is missing: the request's row counts ${seq} events` };
    return { streams: streams.length, events, broken };
  }
  return { streams: streams.length, events, broken: undefined };
}
