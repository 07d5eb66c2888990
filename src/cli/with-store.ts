import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { databaseUrl } from '../config.ts';
import { makeLogger } from '../logger.ts';
import type { Store } from '../ports/store.ts';

/** Who acts through the CLI: the OS user. May read, end, lapse and revoke; never opens anything. */
export const operator = (): { readonly type: 'operator'; readonly name: string } => ({
  type: 'operator',
  name: userInfo().username,
});

/** Runs `work` on the store of DATABASE_URL, or of the embedded database that stands below `.breakglass/`. */
export async function withStore<T>(work: (store: Store, url: string) => Promise<T>): Promise<T> {
  const [{ openStore }, embedded] = await Promise.all([import('../store/open-store.ts'), embeddedHere()]);
  const running = embedded && !process.env.DATABASE_URL ? await startHere() : undefined;
  const url = running?.appUrl ?? databaseUrl(process.env, 'DATABASE_URL');
  const store = openStore({ url, logger: makeLogger('warn') });
  try {
    return await work(store, url);
  } finally {
    await store.close();
    await running?.stop();
  }
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
