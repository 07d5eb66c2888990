import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { LONG } from '../support/long.ts';
import { LANES } from './catalog.ts';
import type { AwsStep } from './holds.ts';

/** When a step happens: on the way to open; writing more time; taking access away; proving that sessions ended. */
export const PHASES = ['opening', 'extending', 'revoking', 'proving'] as const;
export type Phase = (typeof PHASES)[number];

const Written = z.object({
  /** Requests to the cloud, in order; the second of a name is `name 2`. Counted from each approval, then from the end's request. */
  aws: z.record(z.enum(PHASES), z.array(z.string())),
  /** Those of them that the cloud answers with an error: their answer cannot be held. */
  refused: z.record(z.enum(PHASES), z.array(z.string())),
  /** Commits of the worker. */
  commits: z.record(z.enum(PHASES), z.array(z.string())),
});
export type Steps = z.infer<typeof Written>;

/** The steps that every crash is tried at. A life that makes others fails a test: this list may grow, never shrink unseen. */
export const STEPS: Steps = Written.parse(
  JSON.parse(readFileSync(new URL('./steps.json', import.meta.url), 'utf8')) as unknown,
);

/** Where a process is struck down. */
export type Point =
  | ({ readonly kind: 'aws'; readonly phase: Phase } & AwsStep)
  | {
      readonly kind: 'commit';
      readonly phase: Phase;
      readonly name: string;
      /** Whether it reaches the server although its process is struck down. */
      readonly fate: 'arrives' | 'is lost';
    };

export const titleOf = (point: Point): string =>
  point.kind === 'commit'
    ? `commit of ${point.name}, which ${point.fate}`
    : `${point.side} ${numbered(point.name, point.nth)}`;

export const numbered = (name: string, nth: number): string => (nth === 1 ? name : `${name} ${nth}`);

/** Numbers equal names in the order they come: the second becomes `name 2`. */
export function numberedAll(names: readonly string[]): string[] {
  const counts = new Map<string, number>();
  return names.map((name) => {
    const nth = (counts.get(name) ?? 0) + 1;
    counts.set(name, nth);
    return numbered(name, nth);
  });
}

/** Every point of a phase: each request held before and after its work, each commit held, to arrive or to be lost. */
export function pointsOf(phase: Phase, steps: Steps = STEPS): readonly Point[] {
  const aws = (steps.aws[phase] ?? []).flatMap((step) => {
    const [, name = step, nth = '1'] = /^(.*?)(?: (\d+))?$/.exec(step) ?? [];
    const sides = steps.refused[phase].includes(step) ? (['before'] as const) : (['before', 'after'] as const);
    return sides.map((side): Point => ({ kind: 'aws', phase, name, nth: Number(nth), side }));
  });
  const commits = (steps.commits[phase] ?? []).flatMap((name) =>
    (['arrives', 'is lost'] as const).map((fate): Point => ({ kind: 'commit', phase, name, fate })),
  );
  return [...aws, ...commits];
}

/** A held commit keeps a connection of the worker's pool of ten busy: so many at once, no more. */
const COMMITS_MAX = 4;

/** Points that are tried at once, in one worker. */
export interface Lot {
  readonly phase: Phase;
  readonly lot: number;
  readonly lots: number;
  readonly points: readonly Point[];
}

/** The lots of a phase: of all its points, or of those in the sample. Throws where the sample names no point. */
export function lotsOf(phase: Phase, sample: Readonly<Partial<Record<Phase, readonly string[]>>>): readonly Lot[] {
  const all = pointsOf(phase);
  const titles = new Set(all.map(titleOf));
  const chosen = sample[phase] ?? [];
  const unknown = chosen.filter((title) => !titles.has(title));
  if (unknown.length > 0) throw new Error(`the sample names no step: ${unknown.join(', ')}`);
  const made = spread(LONG ? all : all.filter((point) => chosen.includes(titleOf(point))));
  return made.map((points, index) => ({ phase, lot: index + 1, lots: made.length, points }));
}

function spread(points: readonly Point[]): readonly (readonly Point[])[] {
  const commits = points.filter(({ kind }) => kind === 'commit');
  const requests = points.filter(({ kind }) => kind === 'aws');
  const count = Math.max(Math.ceil(points.length / LANES), Math.ceil(commits.length / COMMITS_MAX));
  const made = Array.from({ length: count }, (): Point[] => []);
  for (const [index, point] of [...commits, ...requests].entries()) made[index % count]?.push(point);
  return made;
}
