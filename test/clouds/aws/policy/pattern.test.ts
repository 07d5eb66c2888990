import fc from 'fast-check';
import { covers, overlaps } from '../../../../src/clouds/aws/policy/pattern.ts';

describe('patterns of IAM', () => {
  it.each([
    ['iam:*', 'iam:PassRole', true],
    ['IAM:passrole', 'iam:PassRole', true],
    ['iam:P?ssRole', 'iam:PassRole', true],
    ['iam:*Role', 'iam:Pass*', true],
    ['iam:Get*', 'iam:*Role', true],
    ['iam:Get*', 'iam:Put*', false],
    ['ecs:Run', 'ecs:RunTask', false],
    ['*', 'anything:AtAll', true],
    ['a?', 'a*b*', true],
    ['a', 'a?', false],
  ])('%s and %s share a text: %s', (a, b, shared) => {
    expect(overlaps(a, b, true)).toBe(shared);
    expect(overlaps(b, a, true)).toBe(shared);
  });

  it.each([
    ['iam:*', 'iam:Get*', true],
    ['iam:Get*', 'iam:*', false],
    ['iam:Get*', 'iam:GetRole', true],
    ['iam:Ge?', 'iam:Ge*', false],
    ['*', '*', true],
  ])('%s covers %s: %s', (outer, inner, covered) => {
    expect(covers(outer, inner, true)).toBe(covered);
  });

  it('agree with a plain match wherever one side has no wildcard', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 6 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 6 });
    fc.assert(
      fc.property(pattern, letters, (glob, text) => {
        const plain = new RegExp(`^${glob.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(text);
        expect(overlaps(glob, text)).toBe(plain);
        expect(covers(glob, text)).toBe(plain);
      }),
    );
  });

  it('share a text whenever some text is matched by both', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 5 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 5 });
    fc.assert(
      fc.property(pattern, pattern, letters, (a, b, text) => {
        if (overlaps(a, text) && overlaps(b, text)) expect(overlaps(a, b)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
