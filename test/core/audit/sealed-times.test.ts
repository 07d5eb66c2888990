import { CADENCE } from '../../../src/core/audit/checkpoint.ts';
import { type Change, coveredBy, type Placed, timeProblem } from '../../../src/core/audit/sealed-times.ts';
import type { StoredEvent } from '../../../src/core/events.ts';

/** Checkpoints at each minute, counted from one. */
const NOON = Date.parse('2026-03-01T12:00:00.000Z');
const madeAt = (number: number): number => NOON + number * 60_000;
const placed = (number: number): Placed => ({ number, at: new Date(madeAt(number)).toISOString() });
const STEP = 1_000;

interface Case {
  /** The checkpoint that the event names. */
  readonly names?: number;
  /** The first one that covers it, if any does. */
  readonly covered?: number;
  /** Milliseconds since noon. */
  readonly at: number;
  readonly missing?: readonly number[];
  readonly newest?: number | undefined;
}
function problem({ names = 0, covered, at, missing = [], ...rest }: Case): string | undefined {
  const newest = 'newest' in rest ? rest.newest : 9;
  const event = { seq: 2, checkpoint: names, at: new Date(NOON + at) } as unknown as StoredEvent;
  const changes: Change[] = covered === undefined ? [] : [{ checkpoint: covered, length: 2 }];
  return timeProblem(event, changes, newest === undefined ? undefined : placed(newest), (number) =>
    missing.includes(number) ? undefined : placed(number),
  );
}
const minute = (count: number): number => count * 60_000;

describe('the time of an event between two checkpoints (E4)', () => {
  it.each<[what: string, given: Case, words: string | undefined]>([
    ['between both', { names: 4, covered: 5, at: minute(4.5) }, undefined],
    ['before there was any', { names: 0, covered: 1, at: minute(-60) }, undefined],
    [
      'as far before the one that it names as a clock may step',
      { names: 4, covered: 5, at: minute(4) - STEP },
      undefined,
    ],
    [
      'further before it',
      { names: 4, covered: 5, at: minute(4) - STEP - 1 },
      'is dated back: it says 2026-03-01T12:03:58.999Z, and names checkpoint 4',
    ],
    [
      'naming one that is not here',
      { names: 4, covered: 5, at: minute(4.5), missing: [4] },
      'names checkpoint 4, which is not here',
    ],
    [
      'naming one that is not here, with nothing else to be known',
      { names: 4, covered: 1, at: 0, missing: [4] },
      'names checkpoint 4, which is not here',
    ],
    [
      'as far after the one that covers it as a clock may step',
      { names: 4, covered: 5, at: minute(5) + STEP },
      undefined,
    ],
    [
      'further after it',
      { names: 4, covered: 5, at: minute(5) + STEP + 1 },
      'is dated ahead: it says 2026-03-01T12:05:01.001Z, and checkpoint 5',
    ],
    ['sealed as late as is believed', { names: 2, covered: 6, at: minute(5) - CADENCE.changedMs }, undefined],
    [
      'sealed later than that',
      { names: 2, covered: 6, at: minute(5) - CADENCE.changedMs - 1 },
      'is dated back: it says 2026-03-01T12:03:59.999Z, and checkpoint 5 of 2026-03-01T12:05:00.000Z has not seen it',
    ],
    [
      'where the one before that covers it is not here',
      { names: 4, covered: 6, at: minute(5.5), missing: [5] },
      'needs checkpoint 5, which is not here',
    ],
    ['where the one that covers it is not here', { names: 4, covered: 5, at: minute(60), missing: [5] }, undefined],
    ['not sealed yet, just after the newest', { names: 9, at: minute(9) }, undefined],
    ['not sealed, as old as is believed', { names: 7, at: minute(9) - CADENCE.changedMs }, undefined],
    [
      'not sealed, and older',
      { names: 7, at: minute(9) - CADENCE.changedMs - 1 },
      'checkpoint 9 of 2026-03-01T12:09:00.000Z has not seen it',
    ],
    ['where nothing was ever sealed', { at: minute(-60), newest: undefined }, undefined],
  ])('%s', (_what, given, words) => {
    const found = problem(given);
    if (words === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(words);
  });
});

it('an event is covered by the first checkpoint that found its stream as long (E4)', () => {
  const changes = [
    { checkpoint: 2, length: 1 },
    { checkpoint: 5, length: 3 },
    { checkpoint: 8, length: 4 },
  ];
  expect([1, 2, 3, 4, 5].map((seq) => coveredBy(changes, seq))).toEqual([2, 5, 5, 8, undefined]);
});
