import type { Checkpoint } from '../core/audit/checkpoint.ts';
import type { Leaf } from '../core/audit/merkle.ts';

/** A checkpoint as the database keeps it: with the public key that signed it, SPKI in base64. */
export interface KeptCheckpoint extends Checkpoint {
  readonly publicKey: string;
}

/** A stream as a checkpoint found it changed, by the number of that checkpoint. */
export interface LeafChange extends Leaf {
  readonly checkpoint: number;
}

/** What the sealer signed, for whoever may only read. */
export interface CheckpointReader {
  newest(): Promise<KeptCheckpoint | undefined>;
  /** Those after a number, oldest first; at most `limit`. */
  after(number: number, limit: number): Promise<readonly KeptCheckpoint[]>;
  /** Those of these numbers that exist, oldest first. */
  some(numbers: readonly number[]): Promise<readonly KeptCheckpoint[]>;
  /** Numbers of those that name rows which their events did not explain, and not the same as the one before. */
  findings(): Promise<readonly number[]>;
  /** Numbers of those that name a next key. */
  rotations(): Promise<readonly number[]>;
  /** The leaves that changed between two checkpoints, the second one's included, by number and stream. */
  changes(after: number, upTo: number): Promise<readonly LeafChange[]>;
  /** Every change of some streams up to a checkpoint, oldest first. */
  changesOf(streams: readonly string[], upTo: number): Promise<readonly LeafChange[]>;
  /** All leaves as a checkpoint saw them, sorted by stream, after the given one; at most `limit`. */
  leavesAt(number: number, after: string, limit: number): Promise<readonly Leaf[]>;
}
