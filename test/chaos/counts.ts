/** How often each kind of trouble was made. */
export class Counts {
  readonly #counts = new Map<string, number>();

  add(kind: string, times = 1): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + times);
  }

  of(kind: string): number {
    return this.#counts.get(kind) ?? 0;
  }

  /** One line of JSON, kinds in order of their names. */
  toString(): string {
    return JSON.stringify(Object.fromEntries([...this.#counts].toSorted(([a], [b]) => (a < b ? -1 : 1))));
  }
}
