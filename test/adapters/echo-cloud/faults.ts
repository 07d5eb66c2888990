/** `fail_*` answers 500, `drop_*` cuts the connection, `hold_*` waits for a release: before or after the work was done. */
export type FaultKind =
  | 'throttle'
  | 'fail_before'
  | 'fail_after'
  | 'drop_before'
  | 'drop_after'
  | 'hold_before'
  | 'hold_after';

/** The next `times` requests of this action (1 unless told). */
export interface Fault {
  readonly kind: FaultKind;
  readonly action: string;
  readonly times?: number;
}

/** One request, as it ended: `ok`, an error code, or `dropped`. */
export interface Asked {
  readonly action: string;
  readonly name: string;
  readonly outcome: string;
}

/** What makes the server slow, unwilling or unreliable, and the record of what it was asked. */
export class Faults {
  readonly log: Asked[] = [];
  #faults: { readonly fault: Fault; left: number }[] = [];
  #held: ((drop: boolean) => void)[] = [];
  #waiting: (() => void)[] = [];

  add(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times ?? 1 });
  }

  /** Requests that are held stay held. */
  clear(): void {
    this.#faults = [];
  }

  take(action: string): readonly FaultKind[] {
    const matching = this.#faults.filter(({ fault }) => fault.action === action);
    for (const one of matching) one.left -= 1;
    this.#faults = this.#faults.filter(({ left }) => left > 0);
    return matching.map(({ fault }) => fault.kind);
  }

  /** Resolves once somebody lets it go, with whether its connection is cut. */
  hold(): Promise<boolean> {
    return new Promise((release) => {
      this.#held.push(release);
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  get held(): number {
    return this.#held.length;
  }

  /** Resolves as soon as a request waits. */
  async whenHeld(): Promise<void> {
    if (this.#held.length > 0) return;
    await new Promise<void>((wake) => {
      this.#waiting.push(wake);
    });
  }

  releaseAll(drop = false): void {
    for (const release of this.#held.splice(0)) release(drop);
  }
}
