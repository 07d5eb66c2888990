/** The candidate that a slip of the finger would turn into `wrong`, or undefined if none is near enough to suggest. */
export function nearest(wrong: string, candidates: readonly string[]): string | undefined {
  const simple = (word: string): string => word.toLowerCase().replace(/[^a-z0-9]/g, '');
  const scored = candidates
    .map((candidate) => ({ candidate, steps: distance(simple(wrong), simple(candidate)) }))
    .sort((a, b) => a.steps - b.steps);
  const best = scored[0];
  return best !== undefined && best.steps <= Math.max(1, Math.floor(simple(wrong).length / 3))
    ? best.candidate
    : undefined;
}

/** `did you mean "x"?`, or what to do instead. */
export function suggest(wrong: string, candidates: readonly string[], otherwise: string): string {
  const near = nearest(wrong, candidates);
  return near === undefined ? otherwise : `did you mean "${near}"?`;
}

/** Levenshtein distance, bounded to words: anything longer than 60 characters is no slip. */
function distance(a: string, b: string): number {
  if (a.length > 60 || b.length > 60) return 60;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      const swap = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(swap, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 60;
}
