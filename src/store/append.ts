import { EMPTY_HEAD, type Head, seal } from '../core/audit/log.ts';
import type { NewEvent, StoredEvent } from '../core/events.ts';
import { storableText } from '../core/storable.ts';
import type { Tx } from './database.ts';
import { instantOf, wholeOf } from './decode.ts';
import type { RawTx } from './raw.ts';
import { storableEvent } from './row-codec.ts';

/** The store's clock from the database's: the same, unless a test shifts it. */
export type Shift = (databaseTime: Date) => Date;

/** The newest event of a stream as the locking functions answer it. */
export interface HeadRecord {
  readonly now: unknown;
  readonly headSeq: number | null;
  readonly headHash: string | null;
  readonly checkpoint: unknown;
}

/** Where a stream goes on: after its newest event, and after the newest checkpoint of all (0 before the first). */
export interface Tip extends Head {
  readonly checkpoint: number;
}

export const tipOf = ({ headSeq, headHash, checkpoint }: HeadRecord): Tip => ({
  // Both or neither: a head that was half read is not the beginning of a stream.
  ...(headSeq === null && headHash === null
    ? EMPTY_HEAD
    : { seq: wholeOf(headSeq, 'the newest event'), hash: String(headHash) }),
  checkpoint: wholeOf(checkpoint, 'the newest checkpoint'),
});

/** New events chained onto a stream, their text as the database will keep it. */
export const sealed = (stream: string, head: Tip, events: readonly NewEvent[], at: Date, actor: string) =>
  seal(stream, head, events.map(storableEvent), {
    at,
    actor: storableText(actor),
    checkpoint: head.checkpoint,
  });

/** Locks a stream that has no row, until the transaction ends, and reads the clock after the lock. */
export async function lockStream(tx: RawTx, shift: Shift, stream: string): Promise<{ now: Date; head: Tip }> {
  const [found] = await tx.$queryRaw<HeadRecord[]>`
    SELECT "now", "head_seq" AS "headSeq", "head_hash" AS "headHash", "checkpoint" FROM "lock_stream"(${stream})`;
  if (found === undefined) throw new Error('lock_stream answered nothing');
  return { now: shift(instantOf(found.now, 'the clock')), head: tipOf(found) };
}

/** Writes sealed events in one statement. */
export async function insertEvents(tx: Tx, events: readonly StoredEvent[]): Promise<void> {
  await tx.event.createMany({
    // The data passed `sealed`, which leaves nothing that JSON cannot hold.
    data: events.map(({ id: _id, data, ...event }) => ({ ...event, data: data as object })),
  });
}
