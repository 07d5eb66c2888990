import { notCanonical, strictJson } from '../../src/core/strict-json.ts';

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('JSON that can be read in one way only (E4)', () => {
  it.each([
    '{"a":"a","b":"a"}',
    '["a","a"]',
    '{"a":{"a":1},"b":[{"a":1},{"a":1}]}',
    String.raw`{"a\\":1,"a\"":2,"a":3}`,
    String.raw`{"a":"\\","b":"\"a\":"}`,
    '"a"',
    nested(100),
  ])('is read: %s', (text) => {
    expect(strictJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
  });

  it.each([
    ['{"a":1', 'it is no JSON'],
    ['{"a":1,"a":2}', 'the key "a" stands twice in its outermost object'],
    [String.raw`{"a":1,"\u0061":2}`, 'the key "a" stands twice in its outermost object'],
    [String.raw`{"\\":1,"\\":2}`, String.raw`the key "\" stands twice in its outermost object`],
    ['{"a":[1,{"b":1,"b":2}]}', 'the key "b" stands twice in a.1'],
    ['[{},[[],{"b":[],"b":2}]]', 'the key "b" stands twice in 1.1'],
    ['{"a":{"__proto__":1}}', 'the key "__proto__" stands in a'],
    [nested(101), `${Array.from({ length: 100 }, () => 0).join('.')} is nested deeper than 100 levels`],
  ])('is refused, with its place: %s', (text, why) => {
    expect(strictJson(text)).toEqual({ ok: false, why });
  });
});

it.each<[text: string, value: unknown, where: number | undefined]>([
  ['{"a":2,"b":1}', { b: 1, a: 2 }, undefined],
  ['{"b":1,"a":2}', { b: 1, a: 2 }, 3],
  [' {"b":1}', { b: 1 }, 1],
  ['{"b":1} ', { b: 1 }, 8],
  ['{"b":1', { b: 1 }, 7],
])('a text says from which character on it is not canonical (E4): %j', (text, value, where) => {
  const words = `it is not in its canonical form (RFC 8785) from character ${where} on`;
  expect(notCanonical(text, value)).toBe(where === undefined ? undefined : words);
});

it('a text of half a surrogate pair has no canonical form (E4)', () => {
  expect(notCanonical('"x"', '\ud800')).toBe('it holds half a surrogate pair, which is no text');
});
