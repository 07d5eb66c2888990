/** Figures and how they are printed. */

export const RUNS = 5;

/** The value below which a share `p` of the numbers lies. */
export function percentile(numbers, p) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))];
}

export const median = (numbers) => percentile(numbers, 0.5);

/**
 * Runs two things in turns, five times each, and compares them pair by pair: a machine that stalls now and then hits
 * both alike. Each resolves to named numbers. `compared` names what is divided, ours by the bare one's.
 */
export async function inTurns({ ours, bare, compared, runs = RUNS }) {
  const pairs = [];
  for (let run = 0; run < runs; run++) {
    const first = await bare();
    pairs.push({ bare: first, ours: await ours() });
  }
  const of = (side, name) => median(pairs.map((pair) => pair[side][name]));
  return compared.map((name) => ({
    name,
    ours: of('ours', name),
    bare: of('bare', name),
    ratio: median(pairs.map((pair) => pair.ours[name] / pair.bare[name])),
    ratios: pairs.map((pair) => pair.ours[name] / pair.bare[name]),
  }));
}

export const ms = (number) => `${number < 100 ? number.toFixed(1) : Math.round(number)} ms`;

/** `1.42x (1.31 … 1.60)`: the median and how far the runs lay apart. */
export const times = ({ ratio, ratios }) =>
  `${ratio.toFixed(2)}x (${Math.min(...ratios).toFixed(2)} … ${Math.max(...ratios).toFixed(2)})`;

/** One printed line: what, the ratio, the aim, and both sides. */
export const line = (what, result, aim, unit = ms) =>
  `${what}: ${times(result)}, aim ${aim}; ours ${unit(result.ours)}, bare ${unit(result.bare)}`;
