import { ALTERATIONS_MAX, newAlterations } from '../../../src/core/request/alteration.ts';

it('takes another part, and the same part of another name, for new (D2)', () => {
  const known = [{ part: 'permissions', name: 'one' }, { part: 'entry' }] as const;
  const found = [
    { part: 'permissions', name: 'one' },
    { part: 'permissions', name: 'two' },
    { part: 'entry' },
    { part: 'ceiling' },
  ] as const;
  expect(newAlterations(known, found)).toEqual([{ part: 'permissions', name: 'two' }, { part: 'ceiling' }]);
});

it('keeps no more than the bound', () => {
  const many = Array.from(
    { length: ALTERATIONS_MAX + 5 },
    (_, at) => ({ part: 'permissions', name: `n${at}` }) as const,
  );
  expect(newAlterations([], many)).toHaveLength(ALTERATIONS_MAX);
});
