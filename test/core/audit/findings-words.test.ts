import { findingsOf, findingsWords, NAMED_MAX } from '../../../src/core/audit/findings.ts';

const ONE = { stream: 'request/C1', what: 'state is not what its events say' };

describe('rows that their events did not explain, in a checkpoint (E4)', () => {
  it('are nothing where there are none', () => {
    expect(findingsOf([], 0)).toBeUndefined();
    expect(findingsOf([], 3)).toBeUndefined();
  });

  it.each([
    [ONE, { stream: 'request/C1', what: 'state_is_not_what_its_events_say' }],
    [
      { stream: 'request/<!here>', what: 'a{b}\\c' },
      { stream: 'request/_', what: 'a_b__c' },
    ],
    [
      { stream: '', what: '' },
      { stream: 'request/_', what: '_' },
    ],
    [
      { stream: `r${'1'.repeat(60)}`, what: 'x'.repeat(161) },
      { stream: 'request/_', what: 'x'.repeat(160) },
    ],
  ])('are named by what a chat keeps: %j', (found, named) => {
    expect(findingsOf([found], 1)).toEqual({ rows: 1, first: [named] });
  });

  it('are never fewer than those that are named', () => {
    expect(findingsOf([ONE, ONE], 1)?.rows).toBe(2);
    expect(findingsOf([ONE, ONE], 5)?.rows).toBe(5);
    const many = findingsOf(
      Array.from({ length: NAMED_MAX + 1 }, () => ONE),
      0,
    );
    expect([many?.rows, many?.first.length]).toEqual([NAMED_MAX, NAMED_MAX]);
  });

  it.each([
    [1, 1, 'found 1 row that its events did not explain: request/C1 (free)'],
    [2, 2, 'found 2 rows that their events did not explain: request/C1 (free); request/C1 (free)'],
    [3, 1, 'found 3 rows that their events did not explain: request/C1 (free), and 2 more'],
  ])('are said in words: %i, of which %i are named', (rows, named, words) => {
    const first = Array.from({ length: named }, () => ({ stream: 'request/C1', what: 'free' }));
    expect(findingsWords({ rows, first })).toBe(words);
  });
});
