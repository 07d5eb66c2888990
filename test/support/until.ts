import { setTimeout as wait } from 'node:timers/promises';

/**
 * Looks again and again until `holds` is true; fails, naming what it waited for, after `withinMs`,
 * by default so late that only what never comes is not waited for, on however busy a machine.
 */
export async function until(holds: () => boolean | Promise<boolean>, what: string, withinMs = 60_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms in vain for ${what}`);
    await wait(25);
  }
}
