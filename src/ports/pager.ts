/** Something that a person must look at now, one round of it. */
export interface Page {
  /** Names the trouble, the same in every round: `<mark>/<request id>`, or `<mark>/cloud-sweep`. */
  readonly key: string;
  /** Counts from 1. Sending one round twice must not page twice. */
  readonly round: number;
  /** One line: what happened, and where. */
  readonly summary: string;
  /** What to know besides, a line each. No secret. */
  readonly details: readonly string[];
  /** What a human can run by hand to end it, where there is such a command. */
  readonly command: string | undefined;
  /** When it was seen, by the store's clock. */
  readonly at: Date;
}

/**
 * A way to wake somebody outside the chat. Each call may be repeated, rejects with `Failure` when it should be tried
 * again, and stops at its signal.
 */
export interface Pager {
  readonly name: string;
  page(page: Page, signal: AbortSignal): Promise<void>;
  /** It is over: all rounds up to this one are resolved. */
  resolve(over: Pick<Page, 'key' | 'round'>, signal: AbortSignal): Promise<void>;
}
