import { nearest, suggest } from '../../src/core/nearest.ts';

it.each([
  ['a letter too many', 'secuurity', 'security'],
  ['another letter', 'securety', 'security'],
  ['another case and marks', 'Model_Serving', 'model-serving'],
  ['something else', 'payments', undefined],
  ['a text that is no word', `security${'y'.repeat(60)}`, undefined],
])('%s', (_what, wrong, near) => {
  expect(nearest(wrong, ['security', 'model-serving', 'sre'])).toBe(near);
});

it('suggests no text that is longer than a word, however alike', () => {
  const long = 'a'.repeat(61);
  expect(nearest(long, ['a'.repeat(60)])).toBeUndefined();
  expect(nearest('a'.repeat(60), [long])).toBeUndefined();
  expect(suggest(`${long}b`, [long], 'name one')).toBe('name one');
  expect(suggest('sra', ['sre'], 'name one')).toBe('did you mean "sre"?');
});
