/** Accounts looked at at once: one that does not answer holds up few. */
const AT_ONCE = 4;

/** Does the work for each, a few at a time, in order. Resolves or rejects only when all that began has ended. */
export async function forEachLimit<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const waiting = [...all];
  const run = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await work(next);
  };
  const runs = await Promise.allSettled(Array.from({ length: AT_ONCE }, run));
  for (const ended of runs) if (ended.status === 'rejected') throw ended.reason;
}
