import { canonical, sha256 } from '../canonical.ts';
import type { NewEvent, StoredEvent } from '../events.ts';

/** What the first event of every stream names as its predecessor. */
export const GENESIS = '0'.repeat(64);

/** A stream's newest event: the only thing that appending looks at. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
}
export const EMPTY_HEAD: Head = { seq: 0, hash: GENESIS };

type Unhashed = Omit<StoredEvent, 'hash'>;

/** SHA-256 over the RFC 8785 form of everything an event says, the previous hash included. */
export const hashOf = (event: Unhashed): string =>
  sha256(
    canonical({
      id: event.id,
      stream: event.stream,
      seq: event.seq,
      type: event.type,
      at: event.at.toISOString(),
      actor: event.actor,
      data: event.data,
      checkpoint: event.checkpoint,
      prevHash: event.prevHash,
    }),
  );

/** Chains new events onto a stream, in order. Event ids are `<stream>/<seq>`. */
export function seal(
  stream: string,
  head: Head,
  events: readonly NewEvent[],
  stamp: { readonly at: Date; readonly actor: string; readonly checkpoint: number },
): readonly StoredEvent[] {
  const sealed: StoredEvent[] = [];
  let { seq, hash } = head;
  for (const { type, data } of events) {
    seq += 1;
    const unhashed: Unhashed = { id: `${stream}/${seq}`, stream, seq, type, data, prevHash: hash, ...stamp };
    hash = hashOf(unhashed);
    sealed.push({ ...unhashed, hash });
  }
  return sealed;
}

/** The first event of a stream that is not what was written. `why` goes on after "event N of the stream". */
export interface Break {
  readonly stream: string;
  readonly seq: number;
  readonly why: string;
}

/** Walks one stream from its start, or from a head, and names its first broken event; undefined when every link holds. */
export function firstBreak(stream: string, events: readonly StoredEvent[], from: Head = EMPTY_HEAD): Break | undefined {
  let prev: Head = from;
  for (const event of events) {
    const at = { stream, seq: prev.seq + 1 };
    if (event.stream !== stream) return { ...at, why: `belongs to another stream, ${event.stream}` };
    if (event.seq !== prev.seq + 1) return { ...at, why: `is missing: the next event here is ${event.seq}` };
    if (event.prevHash !== prev.hash) return { ...at, why: 'does not follow the event before it' };
    if (hashOf(event) !== event.hash) return { ...at, why: 'was changed after it was written' };
    prev = event;
  }
  return undefined;
}
