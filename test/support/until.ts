import { setTimeout as wait } from 'node:timers/promises';

/** Looks again and again until `holds` is true; fails, naming what it waited for, after `withinMs`. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, withinMs = 20_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms in vain for ${what}`);
    await wait(25);
  }
}
