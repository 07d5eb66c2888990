import type { AnchoredCheckpoint } from './anchor-text.ts';

/** A checkpoint from outside, and where it was found. */
export interface Anchored {
  readonly from: string;
  readonly checkpoint: AnchoredCheckpoint;
}

/** What came of proving a bundle. */
export interface BundleReport {
  /** What does not hold: the log was tampered with, or is not what it says. */
  readonly broken: readonly string[];
  /** What nobody can say from what is here. Where `broken` is empty too, everything is proven. */
  readonly unknown: readonly string[];
  readonly notes: readonly string[];
  /** The checkpoint up to which nothing is missing; undefined before the first. */
  readonly complete: { readonly number: number; readonly at: string } | undefined;
}
