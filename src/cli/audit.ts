import { verifyLog } from '../broker/verify-log.ts';
import { withStore } from './with-store.ts';

/** Checks every chain in the store. Returns the exit code. */
export const verify = (): Promise<number> =>
  withStore(async (store) => {
    const { streams, events, broken } = await verifyLog(store);
    if (broken) {
      console.error(`broken: event ${broken.seq} of ${broken.stream} ${broken.why}.`);
      console.error('Keep this database as it is and tell security: the log can no longer prove what followed.');
      return 1;
    }
    console.log(`ok: ${events} events in ${streams} streams, every link holds.`);
    return 0;
  });
