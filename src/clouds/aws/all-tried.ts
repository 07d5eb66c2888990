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
