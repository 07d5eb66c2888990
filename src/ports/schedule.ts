import type { Work } from '../core/work.ts';

/**
 * The queue. Adding the same work twice is one job; losing all of it costs a minute, since the sweep derives it again.
 * Rejects only when the queue does not answer: the commit stands all the same.
 */
export interface Schedule {
  /** `now` is the store's clock: delays are counted from it, never from this process's own. */
  add(work: readonly Work[], now: Date): Promise<void>;
}
