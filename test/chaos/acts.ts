import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { WINDOWS } from './catalog.ts';
import type { Button, Lane, Player } from './lane.ts';

/** What a cycle has come to, as far as the choice of what comes next depends on it. */
export interface Model {
  asked: boolean;
}

type Act = fc.AsyncCommand<Model, Lane>;

class Step implements Act {
  readonly #words: string;
  readonly #run: (lane: Lane) => Promise<void>;
  readonly #first: boolean;

  constructor(words: string, run: (lane: Lane) => Promise<void>, first = false) {
    this.#words = words;
    this.#run = run;
    this.#first = first;
  }

  /** Nothing can be done about a request before one was asked for. */
  check(model: Readonly<Model>): boolean {
    return this.#first || model.asked;
  }

  async run(model: Model, lane: Lane): Promise<void> {
    model.asked ||= this.#first;
    await this.#run(lane);
  }

  toString(): string {
    return this.#words;
  }
}

const step = (words: string, run: (lane: Lane) => Promise<void>): Act => new Step(words, run);

/** Zone B most often: it has both a form and a decision of somebody else. */
const ask: fc.Arbitrary<Act> = fc
  .record({
    zone: fc.constantFrom('A', 'B', 'B', 'B', 'C', 'C'),
    seconds: fc.constantFrom(...WINDOWS),
    shortcut: fc.boolean(),
  })
  .map(
    ({ zone, seconds, shortcut }) =>
      new Step(`ask ${zone} for ${seconds} s`, (lane) => lane.ask(zone, seconds, shortcut), true),
  );

/** Whoever is wanted by the zone, one after the other. */
const APPROVERS: Readonly<{ [zone: string]: readonly Player[] }> = {
  A: ['requester'],
  B: ['sre'],
  C: ['security', 'sre'],
};
const approveAll: Act = step('approve by all who must', (lane) => lane.approve(APPROVERS[lane.zone] ?? []));

const anybody = fc.constantFrom<Player>('requester', 'mate', 'sre', 'security', 'commander', 'stranger');
const presses = (button: Button, who: fc.Arbitrary<Player>): fc.Arbitrary<Act> =>
  who.map((player) => step(`${button} by ${player}`, (lane) => lane.press(player, button)));
const types = (verb: string, who: fc.Arbitrary<Player>): fc.Arbitrary<Act> =>
  who.map((player) => step(`type ${verb} as ${player}`, (lane) => lane.type(player, verb)));

const change: fc.Arbitrary<Act> = fc
  .record({
    player: fc.constantFrom('requester', 'sre', 'sre', 'security', 'security', 'mate'),
    how: fc.constantFrom('joins', 'leaves', 'suspended', 'vanished', 'deactivated', 'restored', 'restored'),
  })
  .map(({ player, how }) => step(`${player} ${how}`, (lane) => lane.change(player, how)));

const replay = anybody.map((player) => step(`replay ${player}`, (lane) => lane.replay(player)));
/** More time, and the same approvals anew. */
const extend = step('extend, approved by all who must', async (lane) => {
  await lane.extend();
  await lane.approve(APPROVERS[lane.zone] ?? []);
});
const use = step('use', (lane) => lane.use());
const pause = fc.integer({ min: 0, max: 2_500 }).map((ms) => step(`wait ${ms} ms`, async () => wait(ms)));
/** Longer than anything that a look-up may legitimately be old, where nothing held it up. */
const longPause = step('wait 12 s', async () => wait(12_000));

const approvals: readonly fc.Arbitrary<Act>[] = [
  presses('bg_approve', anybody),
  presses('bg_approve', fc.constantFrom('sre', 'security', 'mate')),
];

/** While it waits for its approvals. */
const BEFORE: readonly fc.Arbitrary<Act>[] = [
  ...approvals,
  ...approvals,
  change,
  change,
  replay,
  pause,
  presses('bg_deny', fc.constantFrom('mate', 'stranger', 'commander', 'requester')),
  presses('bg_withdraw', fc.constantFrom('mate', 'stranger')),
  fc.constantFrom(
    longPause,
    step('wait 1 s', async () => wait(1_000)),
  ),
];
/** Once somebody wanted it open. */
const AFTER: readonly fc.Arbitrary<Act>[] = [
  fc.constantFrom(
    extend,
    step('extend', (lane) => lane.extend()),
  ),
  fc.constant(extend),
  fc.constant(use),
  fc.constant(use),
  presses('bg_end', fc.constantFrom('mate', 'stranger')),
  presses('bg_end', anybody),
  types('end', anybody),
  presses('bg_withdraw', fc.constantFrom('requester', 'mate')),
  presses('bg_deny', fc.constantFrom('commander', 'security')),
  ...approvals,
  change,
  replay,
  pause,
  pause,
  ask,
];

const BEFORE_MAX = 4;
const AFTER_MAX = 6;

const many = (acts: readonly fc.Arbitrary<Act>[], maxCommands: number) =>
  fc.commands([...acts], { maxCommands, size: 'max' });

/** A few of the cycles are never approved by those who must: they lapse, or are approved one by one. */
const cycle = fc.record({
  first: ask,
  before: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 3, arbitrary: many(BEFORE, BEFORE_MAX) }),
  approved: fc.oneof(
    { weight: 6, arbitrary: fc.constant([approveAll, use]) },
    { weight: 1, arbitrary: fc.constant([]) },
  ),
  after: many(AFTER, AFTER_MAX),
});

/** The steps of one cycle; the same for the same seed. */
export function stepsOf(seed: number): readonly Act[] {
  const [chosen] = fc.sample(cycle, { seed, numRuns: 1 });
  if (chosen === undefined) throw new Error('nothing was chosen');
  const { first, before, approved, after } = chosen;
  return [first, ...before, ...approved, ...after];
}

/** Plays the steps whose time has come; resolves with what was played. */
export async function play(steps: readonly Act[], lane: Lane, played: string[]): Promise<void> {
  await fc.asyncModelRun(() => ({ model: { asked: false }, real: lane }), told(steps, played));
}

/** The same steps, each of them noted as it begins. */
function* told(steps: readonly Act[], played: string[]): Generator<Act> {
  for (const one of steps) {
    yield {
      check: (model) => one.check(model),
      run: (model, lane) => {
        played.push(String(one));
        return one.run(model, lane);
      },
      toString: () => String(one),
    };
  }
}
