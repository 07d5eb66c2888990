import type { FullCheckpoint } from '../core/audit/checkpoint.ts';
import type { Memory } from './seal-once.ts';

/**
 * A place outside of the database that keeps checkpoints. `put` may be called twice for one checkpoint, also after an
 * answer was lost: holding the same one already is done, holding another one under its number is an `AnchorDiffers`.
 */
export interface Anchor {
  /** Names it in the log and in the table of what each anchor holds. Holds no secret. */
  readonly name: string;
  /** What is wrong with its settings, in words that say what to do. Rejects where it does not answer. */
  check(): Promise<string | undefined>;
  /** Resolves when the place holds this checkpoint. They come in order, one at a time. */
  put(checkpoint: FullCheckpoint, signal: AbortSignal): Promise<void>;
  /** The newest that it holds, where it can tell by itself. */
  memory?(): Promise<Memory | undefined>;
  /** What it holds under a number, where it can be asked; undefined where it holds nothing there. */
  at?(number: number): Promise<Memory | undefined>;
  /** Whether it begins with the newest checkpoint instead of the first, when it is new: a channel is no archive. */
  readonly fromNewest?: boolean;
}

/** The anchor holds another checkpoint under that number: one of the two histories is not true. */
export class AnchorDiffers extends Error {
  override readonly name = 'AnchorDiffers';
}
