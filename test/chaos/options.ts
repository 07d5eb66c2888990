import { parseArgs } from 'node:util';
import { redisBinary } from '../support/redis.ts';
import type { Backend } from './installation.ts';

export interface Options {
  readonly seed: number;
  /** Life cycles to play. */
  readonly runs: number;
  readonly backend: Backend;
  /** Plays only the cycle of this number, with the same choices. */
  readonly only: number | undefined;
  /** Cycles at the same time. */
  readonly lanes: number;
  /** No trouble but what the people themselves make: for whoever mends the harness. */
  readonly calm: boolean;
}

export const USAGE = `npm run chaos -- [--seed N] [--runs N] [--backend redis|postgres] [--lanes N] [--only N]

Plays random life cycles against the built product while its processes, servers, clocks and people are
disturbed, then judges from outside what came of each. The same seed makes the same choices.
  --runs     life cycles to play (50)
  --backend  the queue's (redis where a redis-server is found)
  --lanes    cycles at the same time (16)
  --calm     no trouble but what people make
  --only     the one cycle of this number, as a violation names it`;

const LANES = 16;
const LANES_MAX = 99;

/** What was typed. Throws with words for whoever typed it. */
export function readOptions(typed: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...typed],
    options: {
      seed: { type: 'string', default: '1' },
      runs: { type: 'string', default: '50' },
      lanes: { type: 'string', default: String(LANES) },
      only: { type: 'string' },
      backend: { type: 'string' },
      calm: { type: 'boolean', default: false },
    },
  });
  const whole = (name: string, text: string, least: number): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least) return value;
    throw new Error(`--${name} must be a whole number, ${least} at the least`);
  };
  const backend = values.backend ?? (redisBinary() === undefined ? 'postgres' : 'redis');
  if (backend !== 'redis' && backend !== 'postgres') throw new Error('--backend must be redis or postgres');
  return {
    seed: whole('seed', values.seed, 0),
    runs: whole('runs', values.runs, 1),
    lanes: Math.min(LANES_MAX, whole('lanes', values.lanes, 1)),
    only: values.only === undefined ? undefined : whole('only', values.only, 0),
    backend,
    calm: values.calm,
  };
}
