import type { Lane } from './job.ts';

/** Between two endings a place is free for a moment: places that were all taken count as taken for so long. */
const FULL_MS = 1_000;
/** So much chat goes on all the same: nobody is left without news for as long as endings are behind. */
const CHAT_MIN = 2;

/** How busy the worker of this process is; without a worker it is not. */
export class Load {
  readonly #running = { access: 0, chat: 0 };
  #places = Number.POSITIVE_INFINITY;
  #fullUntil = 0;

  /** Runs a job of a lane that has so many places. */
  async count<T>(lane: Lane, places: number, run: () => Promise<T>): Promise<T> {
    this.#running[lane] += 1;
    if (lane === 'access') this.#places = places;
    this.#note();
    try {
      return await run();
    } finally {
      this.#note();
      this.#running[lane] -= 1;
    }
  }

  #note(): void {
    if (this.#running.access >= this.#places) this.#fullUntil = performance.now() + FULL_MS;
  }

  /** Access work waits for its turn here, and the chat has some to do: more of it would only make endings later. */
  isPressed(): boolean {
    this.#note();
    return performance.now() < this.#fullUntil && this.#running.chat >= CHAT_MIN;
  }
}
