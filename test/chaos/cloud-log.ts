import type { Dials, LogEntry } from '../../src/demo/aws/dials.ts';

const LOOK_MS = 500;
/** What nobody asks about: the broker's questions. */
const WANTED: ReadonlySet<string> = new Set(['CreateRole', 'PutRolePolicy', 'AssumeRole']);

/** Keeps what the local AWS did for somebody; it keeps only the newest thousands itself. */
export class CloudLog {
  readonly entries: LogEntry[] = [];
  readonly #dials: Dials;
  readonly #timer: NodeJS.Timeout;
  #seen = 0;

  constructor(dials: Dials) {
    this.#dials = dials;
    this.#timer = setInterval(() => this.look(), LOOK_MS);
  }

  /** Reads what is new. */
  look(): void {
    const fresh = this.#dials.log(this.#seen);
    this.#seen = fresh.at(-1)?.seq ?? this.#seen;
    for (const entry of fresh) {
      if (entry.outcome === 'ok' && (WANTED.has(entry.action) || entry.service === 'simulate'))
        this.entries.push(entry);
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.look();
  }
}
