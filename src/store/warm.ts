import { chatMemory } from './chat-memory.ts';
import type { Database } from './database.ts';

/** Thrown so that a rehearsed write is rolled back. */
class Rehearsed extends Error {
  override readonly name = 'Rehearsed';
}

/** The same database, where whatever is written is rolled back: it is prepared and run, and nothing of it stays. */
const rehearsal = (database: Database): Database => ({
  ...database,
  write: (doing, query) => rehearsed(doing, query, (work) => database.transaction(doing, work)),
  raw: {
    ...database.raw,
    write: (doing, query) => rehearsed(doing, query, (work) => database.raw.transaction(doing, work)),
  },
});

/** What `query` answers in a transaction that is then rolled back. */
async function rehearsed<Client, T>(
  doing: string,
  query: (client: Client) => Promise<T>,
  inTransaction: (work: (client: Client) => Promise<never>) => Promise<never>,
): Promise<T> {
  let written: { readonly value: T } | undefined;
  await inTransaction(async (client) => {
    written = { value: await query(client) };
    throw new Rehearsed();
  }).catch((error: unknown) => {
    if (!(error instanceof Rehearsed)) throw error;
  });
  if (written === undefined) throw new Error(`${doing} was not rehearsed`);
  return written.value;
}

const NOBODY = 'warm-up';

/**
 * Opens every connection of the pool, and runs on each what stands between a click and its answer, which leaves it
 * prepared there. Changes nothing: reads name nobody, and the one write is rolled back.
 * @param connections Of the pool. As many of one statement at once take one connection each
 * @param reads What is only read, or refused
 */
export async function warmStore(
  database: Database,
  connections: number,
  reads: readonly ((one: string) => Promise<unknown>)[],
): Promise<void> {
  const chat = chatMemory(rehearsal(database));
  const form = { kind: 'request', key: NOBODY, requestId: NOBODY, digest: '', channel: NOBODY } as const;
  const statements = [
    ...reads,
    (one: string) => chat.form(one),
    (one: string) => chat.openForm({ ...form, key: `none:${NOBODY}:${one}`, id: one }),
  ];
  for (const run of statements) {
    await Promise.all(Array.from({ length: connections }, (_, index) => run(`${NOBODY}-${index}`)));
  }
}
