import { createHash } from 'node:crypto';
import type pg from 'pg';
import { unavailable, unknownCommit, wasRefused } from './failures.ts';

/** Runs statements; what stands in `${}` travels apart from the text. Prisma's clients have the same method. */
export interface RawTx {
  $queryRaw<T>(text: TemplateStringsArray, ...values: readonly unknown[]): PromiseLike<T>;
}

/**
 * The driver alone, on the pool that Prisma uses too, with the same limits and failures: for what every job does. Through
 * Prisma the same statements cost this process several times as much.
 */
export interface Raw {
  /** Only looks. Whatever fails, nothing was recorded. */
  read<T>(doing: string, query: (client: RawTx) => Promise<T>): Promise<T>;
  /** As `Database.write`. */
  write<T>(doing: string, query: (client: RawTx) => Promise<T>): Promise<T>;
  /** As `Database.transaction`. */
  transaction<T>(doing: string, work: (tx: RawTx) => Promise<T>): Promise<T>;
}

/** A connection of the pool. Rejects where the driver throws at once, as for a file that the URL names and nobody can read. */
export const connected = async (pool: pg.Pool): Promise<pg.PoolClient> => pool.connect();

/**
 * @param pool One of `openPool`: a connection of it that is lost rejects whoever waits for it, and ends nothing else
 * @param longestMs A transaction sends nothing more after that, and is rolled back
 */
export function rawOn(pool: pg.Pool, longestMs: number): Raw {
  return {
    async read(doing, query) {
      try {
        return await query(runner((statement) => pool.query(statement)));
      } catch (error) {
        throw unavailable(doing, error);
      }
    },
    async write(doing, query) {
      const client = await connected(pool).catch((error: unknown) => {
        throw unavailable(doing, error);
      });
      let usable = false;
      try {
        const written = await query(runner((statement) => client.query(statement)));
        usable = true;
        return written;
      } catch (error) {
        usable = wasRefused(error);
        throw usable ? unavailable(doing, error) : unknownCommit(doing, error);
      } finally {
        client.release(!usable);
      }
    },
    async transaction(doing, work) {
      const client = await connected(pool).catch((error: unknown) => {
        throw unavailable(doing, error);
      });
      const until = performance.now() + longestMs;
      const inTime = async (statement: pg.QueryConfig): Promise<pg.QueryResult> => {
        if (performance.now() > until) throw unavailable(doing, new Error(`it took more than ${longestMs} ms`));
        return client.query(statement).catch((error: unknown) => {
          throw unavailable(doing, error);
        });
      };
      let whole = false;
      try {
        await inTime({ text: 'BEGIN' });
        const result = await work(runner(inTime));
        await commit(client, doing);
        whole = true;
        return result;
      } catch (error) {
        whole = await rolledBack(client);
        throw error;
      } finally {
        // Closing it makes the server let go of whatever it still holds.
        client.release(!whole);
      }
    },
  };
}

const runner = (run: (statement: pg.QueryConfig) => Promise<pg.QueryResult>): RawTx => ({
  // What a row holds is the caller's word, as with Prisma.
  $queryRaw: async <T>(text: TemplateStringsArray, ...values: readonly unknown[]) =>
    (await run({ ...preparedOf(text), values: [...values] })).rows as T,
});

async function commit(client: pg.PoolClient, doing: string): Promise<void> {
  const { command } = await client.query('COMMIT').catch((error: unknown) => {
    throw wasRefused(error) ? unavailable(doing, error) : unknownCommit(doing, error);
  });
  // What PostgreSQL answers where a statement had failed.
  if (command !== 'COMMIT') throw unavailable(doing, new Error('the transaction was rolled back'));
}

const rolledBack = (client: pg.PoolClient): Promise<boolean> =>
  client.query('ROLLBACK').then(
    () => true,
    () => false,
  );

const prepared = new WeakMap<TemplateStringsArray, { readonly text: string; readonly name: string }>();

/** A statement's text, with a name that tells a connection it knows it already. */
function preparedOf(parts: TemplateStringsArray) {
  const known = prepared.get(parts);
  if (known !== undefined) return known;
  const text = parts.reduce((before, part, index) => `${before}$${index}${part}`);
  const made = { text, name: statementName(text) };
  prepared.set(parts, made);
  return made;
}

const names = new Map<string, string>();

/** Statements with parameters are prepared once per connection; the others (BEGIN, COMMIT) need no name. */
export function statementName(sql: string): string {
  if (!sql.includes('$1')) return '';
  const known = names.get(sql);
  if (known !== undefined) return known;
  // Lists of varying length make new texts for ever: past a bound they go unnamed.
  if (names.size >= 200) return '';
  const name = `bg_${createHash('sha256').update(sql).digest('hex').slice(0, 24)}`;
  names.set(sql, name);
  return name;
}
