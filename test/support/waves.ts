import { setTimeout as wait } from 'node:timers/promises';
import type { Dials } from '../../src/demo/aws/dials.ts';

/** So long nobody asks anything more before what was asked is answered (milliseconds). */
const QUIET_MS = 400;

export interface Waves<T> {
  readonly value: T;
  /** What the cloud was asked side by side, one wave after the other: as many as there are round trips in sequence. */
  readonly waves: readonly (readonly string[])[];
}

/**
 * Does the work with every answer of the cloud delayed: until everybody who asks at this moment has asked. What is asked
 * once `reached` says that the goal was reached does not count. A machine that stalls may tear a wave in two and never
 * joins any, so the fewest of some tries are no fewer than there are.
 */
export async function inWaves<T>(
  dials: Dials,
  work: () => Promise<T>,
  reached: () => Promise<boolean> = async () => false,
): Promise<Waves<T>> {
  dials.add({ kind: 'hold_before', action: '*', times: 10_000 });
  const waves: string[][] = [];
  let over = false;
  const done = work().finally(() => {
    over = true;
  });
  done.catch(() => undefined);
  while (!over) {
    if ((await dials.whenHeld(20)).length === 0) continue;
    for (let seen = 0; seen !== dials.held().length; await wait(QUIET_MS)) seen = dials.held().length;
    if (!(await reached()))
      waves.push(dials.held().map(({ action, params }) => `${action} ${params.PolicyName ?? ''}`.trim()));
    dials.releaseAll();
  }
  dials.clear();
  return { value: await done, waves };
}

/** The shortest of three tries, or the first that has no more waves than this. */
export async function fewestWaves<T>(atMost: number, attempt: () => Promise<Waves<T>>): Promise<Waves<T>> {
  let best = await attempt();
  for (let tried = 1; tried < 3 && best.waves.length > atMost; tried += 1) {
    const next = await attempt();
    if (next.waves.length < best.waves.length) best = next;
  }
  return best;
}
