import fc from 'fast-check';
import { namedBy, typedAfter, typedId, typedWord, typedWords } from '../../src/core/typed.ts';

const AROUND = [
  '“”',
  '‘’',
  '„“',
  '‚‘',
  '«»',
  '‹›',
  '「」',
  '〝〞',
  '""',
  "''",
  '``',
  '´´',
  '′′',
  '<>',
  '()',
  '**',
] as const;

describe('an id that was typed or pasted', () => {
  it.each(AROUND)('is the same in %s', (around) => {
    const [before = '', after = ''] = [...around];
    for (const id of ['model-serving-inspect', 'bg_1.2', 'INC-2041']) {
      expect(typedId(`${before}${id}${after}`)).toBe(id);
      expect(typedId(`${before}${before}${before}${id}${after}${after}${after}`)).toBe(id);
      expect(typedId(`${before}${id}${after},`)).toBe(id);
    }
  });

  it.each([
    ['ｍｏｄｅｌ－１', 'model-1'],
    ['model–serving—inspect', 'model-serving-inspect'],
    ['model‑serving−inspect', 'model-serving-inspect'],
    ['zero\u200bwidth\u2060', 'zerowidth'],
    ['\u202abg-1\u202c', 'bg-1'],
    ['end.', 'end'],
    ['list?', 'list'],
    ['“”', ''],
    ['`', ''],
    ['...', ''],
    ['_bg_', '_bg_'],
    ['ＩＮＣ－４２', 'INC-42'],
    ['INC-42²', 'INC-42²'],
    ['INC-4½', 'INC-4½'],
    ['INC-①', 'INC-①'],
    ['-bg-', '-bg-'],
  ])('%j is %j', (typed, id) => {
    expect(typedId(typed)).toBe(id);
  });

  it('is never made of another one: what is an id to the letter names just that (property)', () => {
    const id = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,39}$/);
    fc.assert(
      fc.property(fc.uniqueArray(id, { minLength: 1, maxLength: 8 }), fc.constantFrom(...AROUND), (ids, around) => {
        const all = ids.map((one) => ({ id: one }));
        const [before = '', after = ''] = [...around];
        for (const one of ids) {
          expect(namedBy(typedWord(one), all)?.id).toBe(one);
          if (/[.]$/.test(one)) continue;
          for (const typed of [
            one.toUpperCase(),
            `${before}${one}${after}`,
            `${before}${one.toUpperCase()}${after}.`,
          ]) {
            expect(namedBy(typedWord(typed), all)?.id).toBe(one);
          }
        }
      }),
    );
  });

  it('stands among words that keep their own quotes', () => {
    expect(typedWords(' “ deny `bg-1`   not “now” ” ')).toEqual([
      { raw: 'deny', id: 'deny' },
      { raw: '`bg-1`', id: 'bg-1' },
      { raw: 'not', id: 'not' },
      { raw: '“now”', id: 'now' },
    ]);
  });

  it.each([
    ['deny bg-1 ???', '???'],
    [' “ deny “ `bg-1`   not “now” ... !!! ” ', 'not “now” ... !!! ”'],
    ['deny\u3000bg-1\u3000２²', '２²'],
    ['deny ??? bg-1', ''],
    ['deny bg-1', ''],
    ['', ''],
  ])('%j leaves a reason word for word: %j', (text, reason) => {
    expect(typedAfter(text, 2)).toBe(reason);
  });
});
