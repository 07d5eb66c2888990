/**
 * Does every text that `inner` matches also match `outer`? Patterns as IAM has them: `*` any run, `?` any one character.
 * A star of `inner` is tried as nothing and as a run that only a star of `outer` can take; in doubt the answer is no.
 */
export function covers(outer: string, inner: string, ignoreCase = false): boolean {
  const one = inner.replaceAll('?', '\u0001');
  const run = '\u0000'.repeat(outer.length + 1);
  return ['', run].every((star) => overlaps(outer, one.replaceAll('*', star), ignoreCase));
}

/** Is there any text that both patterns match? */
export function overlaps(a: string, b: string, ignoreCase = false): boolean {
  const [left, right] = ignoreCase ? [a.toLowerCase(), b.toLowerCase()] : [a, b];
  // Up to the first star, the characters of both stand face to face: most pairs differ there.
  for (let at = 0; left[at] !== '*' && right[at] !== '*'; at += 1) {
    const [l, r] = [left[at], right[at]];
    if (l === undefined || r === undefined) return l === r;
    if (!meet(l, r)) return false;
  }
  // One row of the table "do left[i..] and right[j..] share a text", from the end backwards.
  let below: boolean[] = [];
  for (let i = left.length; i >= 0; i -= 1) {
    const row: boolean[] = Array.from({ length: right.length + 1 }, () => false);
    for (let j = right.length; j >= 0; j -= 1) row[j] = shared(left[i], right[j], below, row, j);
    below = row;
  }
  return below[0] === true;
}

function shared(
  l: string | undefined,
  r: string | undefined,
  below: readonly boolean[],
  row: readonly boolean[],
  j: number,
): boolean {
  if (l === undefined && r === undefined) return true;
  // A star ends here, or takes one more character of the other side.
  if (l === '*') return below[j] === true || (r !== undefined && row[j + 1] === true);
  if (r === '*') return row[j + 1] === true || (l !== undefined && below[j] === true);
  if (l === undefined || r === undefined) return false;
  return meet(l, r) && below[j + 1] === true;
}

/** Can these two characters, no star among them, be the same one? */
const meet = (l: string, r: string): boolean => l === r || l === '?' || r === '?';

/** Holds the pattern a wildcard or a policy variable? */
export const isWild = (pattern: string): boolean => /[*?]|\$\{/.test(pattern);
