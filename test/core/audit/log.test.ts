import fc from 'fast-check';
import { EMPTY_HEAD, firstBreak, seal } from '../../../src/core/audit/log.ts';
import type { NewEvent, StoredEvent } from '../../../src/core/events.ts';

const STREAM = 'request/R1';
const at = new Date('2026-03-01T12:00:00Z');
const chain = (count: number): readonly StoredEvent[] =>
  seal(
    STREAM,
    EMPTY_HEAD,
    Array.from({ length: count }, (_, index): NewEvent => ({ type: 'approver_changed', data: { index } })),
    { at, actor: 'system:worker', checkpoint: 0 },
  );

describe('the hash chain (E4)', () => {
  it('holds for any events in any number of appends', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.record({ why: fc.string(), n: fc.integer() }), { maxLength: 4 }), { maxLength: 8 }),
        (batches) => {
          let head = EMPTY_HEAD;
          const events: StoredEvent[] = [];
          for (const batch of batches) {
            const added = seal(
              STREAM,
              head,
              batch.map((data): NewEvent => ({ type: 'alarm', data })),
              { at, actor: 'a', checkpoint: 0 },
            );
            events.push(...added);
            head = added.at(-1) ?? head;
          }
          expect(firstBreak(STREAM, events)).toBeUndefined();
        },
      ),
    );
  });

  it('names the event that any change of any member breaks', () => {
    const events = chain(6);
    fc.assert(
      fc.property(
        fc.nat({ max: 5 }),
        fc.constantFrom<Partial<StoredEvent>>(
          { data: { index: 99 } },
          { actor: 'system:other' },
          { at: new Date(0) },
          { type: 'alarm' },
          { checkpoint: 7 },
          { id: 'x' },
          { prevHash: 'f'.repeat(64) },
          { hash: 'f'.repeat(64) },
        ),
        (which, difference) => {
          const changed = events.map((event, index) => (index === which ? { ...event, ...difference } : event));
          const broken = firstBreak(STREAM, changed);
          expect(broken?.seq).toBe(which + 1);
        },
      ),
    );
  });

  it.each<[promise: string, change: (events: readonly StoredEvent[]) => readonly StoredEvent[], seq: number]>([
    ['removed from the middle', (events) => events.filter(({ seq }) => seq !== 3), 3],
    ['removed at the start', (events) => events.slice(1), 1],
    ['reordered', ([a, b, c, ...rest]) => [a, c, b, ...rest].filter((one) => one !== undefined), 2],
    ['repeated', ([a, ...rest]) => [a, a, ...rest].filter((one) => one !== undefined), 2],
  ])('finds an event that was %s', (_promise, change, seq) => {
    expect(firstBreak(STREAM, change(chain(5)))?.seq).toBe(seq);
  });

  it('finds an event that was put into another stream', () => {
    expect(firstBreak('request/R2', chain(2))?.why).toMatch('another stream');
  });
});
