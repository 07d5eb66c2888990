import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';

/** What the database says of a request, as much as a player must know. */
export interface RequestSeen {
  readonly id: string;
  readonly state: string;
  readonly purpose: string;
  readonly roleName: string | undefined;
  readonly plannedEnd: Date | undefined;
  readonly notified: boolean;
  readonly cardTs: string | undefined;
}

const LOOK_MS = 200;
/** Whatever is not at rest, and what came to rest a moment ago. */
const QUERY = `
  SELECT r.id, r.state, r.document -> 'details' ->> 'purpose' AS "purpose",
    r.document -> 'grants' -> 0 -> 'plan' ->> 'name' AS "roleName", g.planned_end AS "plannedEnd",
    (r.chats -> 'slack' ->> 'drawnVersion')::int = r.version AND r.posted_seq = r.seq AS "notified", m.message AS "cardTs"
  FROM requests r
    LEFT JOIN grants g ON g.request_id = r.id
    LEFT JOIN messages m ON m.request_id = r.id AND m.chat = 'slack' AND m.kind = 'card'
  WHERE r.state <> 'closed' OR r.drawn_version < r.version OR r.posted_seq < r.seq
    OR r.updated_at > clock_timestamp() - interval '20 seconds'`;

/** Looks at the rows again and again, for everybody who waits for one. A database that is away is looked for again. */
export class Records {
  readonly #url: () => string;
  #client: pg.Client | undefined;
  #byId = new Map<string, RequestSeen>();
  #stopped = false;
  readonly #waiting = new Set<() => void>();
  readonly #looking: Promise<void>;

  constructor(url: () => string) {
    this.#url = url;
    this.#looking = this.#look();
  }

  /** The newest that is known of a request. */
  of(id: string): RequestSeen | undefined {
    return this.#byId.get(id);
  }

  /** Requests whose purpose this is. */
  about(purpose: string): readonly RequestSeen[] {
    return [...this.#byId.values()].filter((one) => one.purpose === purpose);
  }

  get all(): readonly RequestSeen[] {
    return [...this.#byId.values()];
  }

  /** Asks after every look; undefined when nothing was found in time. */
  async until<T>(find: () => T | undefined, withinMs: number): Promise<T | undefined> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const found = find();
      if (found !== undefined || performance.now() > deadline || this.#stopped) return found;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  async close(): Promise<void> {
    this.#stopped = true;
    await this.#looking;
    void this.#client?.end().catch(() => undefined);
  }

  async #look(): Promise<void> {
    while (!this.#stopped) {
      try {
        this.#client ??= await connected(this.#url());
        const { rows } = await this.#client.query<RequestSeen>(QUERY);
        const seen = new Set(rows.map(({ id }) => id));
        for (const row of rows) this.#byId.set(row.id, row);
        // What is not listed any more came to rest between two looks.
        for (const one of this.#byId.values()) {
          if (!seen.has(one.id) && !isAtRest(one)) this.#byId.set(one.id, { ...one, state: 'closed', notified: true });
        }
      } catch {
        // Not waited for: a connection to a server that is gone may never say that it ended.
        void this.#client?.end().catch(() => undefined);
        this.#client = undefined;
      }
      for (const wake of this.#waiting) wake();
      this.#waiting.clear();
      await wait(LOOK_MS);
    }
    for (const wake of this.#waiting) wake();
  }
}

const isAtRest = ({ state, notified }: RequestSeen): boolean => state === 'closed' && notified;

async function connected(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString, query_timeout: 5_000, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
