import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { databaseUrl } from '../config.ts';
import { Failure } from '../core/failure.ts';
import { DEFINITIONS } from '../definitions.ts';
import { makeLogger } from '../logger.ts';
import type { Store } from '../ports/store.ts';

/** Who acts through the CLI: the OS user. May read, end, lapse and revoke; never opens anything. */
export const operator = (): { readonly type: 'operator'; readonly name: string } => ({
  type: 'operator',
  name: userInfo().username,
});

/**
 * Runs `work` on the store of DATABASE_URL, or of the embedded database that stands below `.breakglass/`. Rejects where its
 * sessions are not as they must be; with `evenIf: 'in doubt'`, for what ends or only looks, it says so and goes on.
 */
export async function withStore<T>(
  work: (store: Store, url: string) => Promise<T>,
  { evenIf }: { readonly evenIf?: 'in doubt' } = {},
): Promise<T> {
  const [{ openStore }, embedded] = await Promise.all([import('../store/open-store.ts'), embeddedHere()]);
  const running = embedded && !process.env.DATABASE_URL ? await startHere() : undefined;
  const url = running?.appUrl ?? databaseUrl(process.env, 'DATABASE_URL');
  const store = openStore({ url, logger: makeLogger('warn'), definitions: DEFINITIONS });
  try {
    await (evenIf === 'in doubt' ? sayDoubts(store) : assertNoDoubt(store));
    return await work(store, url);
  } finally {
    await store.close();
    await running?.stop();
  }
}

async function assertNoDoubt(store: Store): Promise<void> {
  const problems = await store.readBack();
  if (problems.length > 0) throw new Failure('STORE_UNAVAILABLE', problems.join('\n'));
}

/** A database that does not answer is said by whatever is asked next. */
async function sayDoubts(store: Store): Promise<void> {
  for (const problem of await store.readBack().catch(() => [])) process.stderr.write(`Careful: ${problem}\n`);
}

const embeddedHere = (): Promise<boolean> =>
  readFile('.breakglass/postgres.json').then(
    () => true,
    () => false,
  );

async function startHere() {
  const { startEmbedded } = await import('../store/embedded/start.ts');
  return startEmbedded({ dir: '.breakglass', log: (line: string) => process.stderr.write(`${line}\n`) });
}
