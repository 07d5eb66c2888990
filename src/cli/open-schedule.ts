import { queuePrefix } from '../config.ts';
import type { Logger } from '../ports/logger.ts';
import type { Schedule } from '../ports/schedule.ts';
import type { Store } from '../ports/store.ts';

/** The queue, or, where it does not answer, one that leaves everything to the sweep of a running worker. */
export async function openSchedule(
  store: Store,
  url: string,
  logger: Logger,
): Promise<Schedule & { close(): Promise<void> }> {
  try {
    const { openQueue } = await import('../queue/open-queue.ts');
    const { mark } = await store.installation();
    return await openQueue({
      logger,
      redisUrl: process.env.REDIS_URL || undefined,
      postgresUrl: url,
      prefix: queuePrefix(mark),
    });
  } catch (error) {
    console.error(`The queue does not answer (${String(error)}): a worker's sweep ends it within a minute.`);
    return { add: async () => {}, close: async () => {} };
  }
}
