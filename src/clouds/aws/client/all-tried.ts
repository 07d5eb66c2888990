/**
 * Does every step, one after another, whatever became of those before. Then rejects with the first failure, if there was
 * one.
 */
export async function allTried(steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/**
 * Waits for all that is under way, whatever becomes of any of it: who hears of a failure knows that nothing is still
 * being written. Then rejects with the failure of the first in the list that failed, if one did.
 */
export async function allDone(underWay: readonly Promise<unknown>[]): Promise<void> {
  for (const one of await Promise.allSettled(underWay)) if (one.status === 'rejected') throw one.reason;
}
