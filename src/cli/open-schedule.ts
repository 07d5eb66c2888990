import { queuePrefix } from '../config.ts';
import type { Logger } from '../ports/logger.ts';
import type { Schedule } from '../ports/schedule.ts';
import type { Store } from '../ports/store.ts';

/** A second try at a lost add, and a third: whoever types a command is not kept longer. */
const SETTLE_MS = 4_000;

/**
 * The queue, or, where it does not answer, one that leaves everything to the sweep of a running worker. Closing it waits a
 * little for what the queue did not take at once.
 */
export async function openSchedule(
  store: Store,
  url: string,
  logger: Logger,
): Promise<Schedule & { close(): Promise<void> }> {
  try {
    const [{ openQueue }, { addingAgain }] = await Promise.all([
      import('../queue/open-queue.ts'),
      import('../queue/add-again.ts'),
    ]);
    const { installationId } = await store.installation();
    const queue = await openQueue({
      logger,
      redisUrl: process.env.REDIS_URL || undefined,
      postgresUrl: url,
      prefix: queuePrefix(installationId),
    });
    const again = addingAgain({ store, schedule: queue, logger });
    return {
      add: again.add,
      addAgain: again.addAgain,
      close: async () => {
        if (!(await again.settled(SETTLE_MS)))
          console.error("The queue does not answer: a worker's sweep does it within a minute.");
        await again.stop();
        await queue.close();
      },
    };
  } catch (error) {
    console.error(`The queue does not answer (${String(error)}): a worker's sweep ends it within a minute.`);
    return { add: async () => {}, close: async () => {} };
  }
}
