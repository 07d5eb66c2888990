import type { Store } from '../ports/store.ts';
import { operator, withStore } from './with-store.ts';

/** Settles what a database is whose system or oid changed. Returns the exit code. */
export async function adopt(options: { readonly moved?: boolean; readonly copy?: boolean }): Promise<number> {
  if (options.moved === options.copy) {
    console.error('Say which: --moved (the same installation, elsewhere) or --copy (another one; it gets a new id).');
    return 2;
  }
  const work = async (store: Store): Promise<number> => {
    const before = await store.installation();
    if (before.copy === undefined) {
      console.log('Nothing to do: this database is where it was first migrated.');
      return 0;
    }
    if (options.copy && (await store.unended()).length > 0) {
      console.error(
        'Not yet: the copied rows name access that the other installation opened. Its planned ends pass within',
      );
      console.error('hours, and this one only waits for them; then say --copy again. "breakglass list" shows them.');
      return 1;
    }
    const { installationId } = await store.adopt(options.moved ? 'moved' : 'copy', operator().name);
    console.log(
      `Adopted. The installation id is ${installationId}${installationId === before.installationId ? ', as before' : ', a new one'}. Restart the bot.`,
    );
    return 0;
  };
  // What moved ends nothing until this is said, whatever its sessions are; a copy can wait until they are well.
  return withStore(work, options.moved ? { evenIf: 'in doubt' } : {});
}
