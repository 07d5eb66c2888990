import { storableText, unstorableAt } from '../../src/core/storable.ts';

const shared = { name: 'a\0b' };

it.each<[what: string, value: unknown, path: readonly (string | number)[] | undefined]>([
  ['plain values', { a: [1, 'é 🚒', null, true, { b: 'x' }] }, undefined],
  ['NUL in a text', { a: ['x', { b: 'x\0' }] }, ['a', 1, 'b']],
  ['half a surrogate pair', ['\ud83d'], [0]],
  ['a key', { a: { 'k\0': 1 } }, ['a', 'k\0']],
  ['a text alone', '\0', []],
  ['what is shared, once', { first: shared, second: shared }, ['first', 'name']],
  ['nothing at all', null, undefined],
])('says where PostgreSQL could not hold a value: %s', (_what, value, path) => {
  expect(unstorableAt(value)).toEqual(path);
});

it('puts the replacement character where a text could not be held, and leaves every other as it is', () => {
  expect(storableText('a\0b\ud83dc')).toBe('a\ufffdb\ufffdc');
  expect(storableText('é 🚒')).toBe('é 🚒');
});
