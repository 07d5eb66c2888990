import { Failure } from '../../core/failure.ts';
import type { CloudPlace } from '../../ports/cloud-memory.ts';

/**
 * How long one pass over the clouds waits for one answer about one object. An account that once took longer is asked no
 * more in this pass: what it holds is due in the next one as well, and the others have their turn.
 */
export class CircuitBreaker {
  readonly #oneMs: number;
  readonly #silent = new Set<string>();

  /** @param oneMs For one reading, or one closing. */
  constructor(oneMs: number) {
    this.#oneMs = oneMs;
  }

  /** Whether this account did not answer in time already. */
  isOver(place: CloudPlace): boolean {
    return this.#silent.has(keyOf(place));
  }

  /** The call's own outcome; rejects with `PROVIDER_UNAVAILABLE`, calling nothing, where the account has been silent. */
  async call<T>(place: CloudPlace, signal: AbortSignal, call: (limit: AbortSignal) => Promise<T>): Promise<T> {
    if (this.isOver(place)) {
      throw new Failure('PROVIDER_UNAVAILABLE', `account ${place.account} did not answer before, in this pass`);
    }
    const late = AbortSignal.timeout(this.#oneMs);
    try {
      return await call(AbortSignal.any([signal, late]));
    } catch (error) {
      // A part that ran out of time while it waited for this account leaves it to the next pass too.
      if (signal.aborted || late.aborted || isSilence(error)) this.#silent.add(keyOf(place));
      throw error;
    }
  }
}

/** Tried again and again already, by whoever made the call. */
const isSilence = (error: unknown): boolean => error instanceof Failure && error.code === 'PROVIDER_UNAVAILABLE';

const keyOf = ({ provider, account }: CloudPlace): string => `${provider}/${account}`;
