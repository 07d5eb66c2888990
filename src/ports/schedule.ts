import type { Work } from '../core/request/work.ts';

/**
 * The queue. Adding the same work twice is one job; losing all of it costs a minute, since the sweep derives it again.
 */
export interface Schedule {
  /**
   * `now` is the store's clock: delays are counted from it, never from this process's own. Rejects only when the queue
   * does not take it: the commit stands all the same.
   */
  add(work: readonly Work[], now: Date): Promise<void>;
  /**
   * Says that the queue did not take the work of this request. Where this is there, the work is derived from the row and
   * added again within seconds; where it is not, as in a command that ends at once, the sweep does it.
   */
  addAgain?(requestId: string): void;
}
