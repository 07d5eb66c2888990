/** How a faulty call ends: an HTTP status, a cut connection, an error code in an ordinary answer, or any body with 200. */
export type FailureShape =
  | { readonly status: number }
  | { readonly drop: true }
  | { readonly error: string }
  | { readonly body: string };

/** What was set to happen to the next calls of a method. */
type Fault =
  | { readonly kind: 'rate_limit'; readonly retryAfterSeconds: number }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'fail'; readonly when: 'before' | 'after'; readonly shape: FailureShape };

/** The faults of one call. */
export interface CallFaults {
  readonly retryAfterSeconds?: number;
  readonly delayMs: number;
  readonly before?: FailureShape;
  readonly after?: FailureShape;
}

/** The dials for trouble: each is set for the next `times` calls of a method, or of every method with `*`. */
export class Faults {
  #set: { readonly method: string; readonly fault: Fault; left: number }[] = [];

  /** The next `times` calls answer 429 with `Retry-After`. */
  rateLimit(method: string, times: number, retryAfterSeconds = 1): void {
    this.#set.push({ method, fault: { kind: 'rate_limit', retryAfterSeconds }, left: times });
  }

  /** The next `times` calls wait `ms` first. */
  delay(method: string, ms: number, times: number): void {
    this.#set.push({ method, fault: { kind: 'delay', ms }, left: times });
  }

  /** The next `times` calls fail before the work, or after it was done (the caller cannot know). */
  fail(method: string, when: 'before' | 'after', shape: FailureShape, times: number): void {
    this.#set.push({ method, fault: { kind: 'fail', when, shape }, left: times });
  }

  /** Takes every fault back. */
  clear(): void {
    this.#set = [];
  }

  /** The faults that hit this call; each is counted down. */
  take(method: string): CallFaults {
    let found: CallFaults = { delayMs: 0 };
    for (const entry of this.#set) {
      if (entry.left <= 0 || (entry.method !== '*' && entry.method !== method)) continue;
      entry.left -= 1;
      found = added(found, entry.fault);
      if (entry.fault.kind !== 'delay') break;
    }
    this.#set = this.#set.filter(({ left }) => left > 0);
    return found;
  }
}

function added(faults: CallFaults, fault: Fault): CallFaults {
  if (fault.kind === 'rate_limit') return { ...faults, retryAfterSeconds: fault.retryAfterSeconds };
  if (fault.kind === 'delay') return { ...faults, delayMs: faults.delayMs + fault.ms };
  return { ...faults, [fault.when]: fault.shape };
}
