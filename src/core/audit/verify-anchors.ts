import type { AnchoredCheckpoint } from './anchor-text.ts';
import type { Bundle, BundleStream } from './bundle.ts';
import type { Anchored, BundleReport } from './bundle-report.ts';
import type { Checkpoint } from './checkpoint.ts';

type Outside = Pick<BundleReport, 'broken' | 'unknown' | 'complete'>;
type Kept = ReadonlyMap<number, AnchoredCheckpoint>;

const placed = ({ header }: Checkpoint) => ({ number: header.number, at: header.at });

/**
 * How far what was kept outside proves that nothing is missing. `all` holds every checkpoint at hand, already found to
 * be one history. A bundle alone may be an older state of a log whose newest rows were removed: only anchors tell.
 */
export function anchoredTo(
  bundle: Bundle,
  anchors: readonly Anchored[] | undefined,
  all: ReadonlyMap<number, Checkpoint>,
): Outside {
  const newest = bundle.checkpoints.at(-1);
  const kept = new Map<number, AnchoredCheckpoint>();
  for (const { checkpoint } of anchors ?? []) {
    const { number } = checkpoint.header;
    if (kept.get(number)?.leaves === undefined) kept.set(number, checkpoint);
  }
  const broken = goneSince(bundle, kept);
  if (newest === undefined)
    return { broken, unknown: ['nothing was sealed when this was exported'], complete: undefined };
  if (anchors === undefined) return { broken, unknown: ['no anchors were given'], complete: placed(newest) };
  const last = kept.get([...kept.keys()].reduce((a, b) => Math.max(a, b), 0));
  if (last === undefined) return { broken, unknown: ['the anchors hold no checkpoint'], complete: undefined };
  const end = last.header.number;
  const loose = bundle.checkpoints.map(({ header }) => header.number).filter((n) => n <= end && !isTied(kept, n));
  const unknown =
    loose.length === 0
      ? []
      : [`the anchors do not hold every checkpoint of the bundle: ${loose.join(', ')} is missing`];
  const reach =
    end < newest.header.number ? endsEarly(bundle, newest, last, kept, all) : goesOn(newest, end, kept, all);
  return {
    broken,
    unknown: [...unknown, ...reach.unknown],
    complete: loose.length > 0 ? undefined : reach.complete,
  };
}

/** An anchor holds this checkpoint, or its hash in the one after it. */
const isTied = (kept: Kept, number: number): boolean => kept.has(number) || kept.has(number + 1);

/** From one checkpoint on, how far what was kept shows all that changed: by leaves, or by a root that stayed. */
function shownTo(from: number, end: number, kept: Kept, all: ReadonlyMap<number, Checkpoint>): number {
  let to = from;
  while (to < end && isTied(kept, to + 1)) {
    const stayed = all.get(to)?.header.root === all.get(to + 1)?.header.root && all.has(to);
    if (!stayed && kept.get(to + 1)?.leaves === undefined) break;
    to += 1;
  }
  return to;
}

/** Events that anchored leaves counted, and that are not in the bundle, or are others there. */
function goneSince(bundle: Bundle, kept: Kept): readonly string[] {
  const streams = new Map(bundle.streams.map((one) => [one.stream, one]));
  const broken: string[] = [];
  for (const { header, leaves } of kept.values()) {
    for (const { stream, length, head } of leaves ?? []) {
      const here = streams.get(stream)?.events;
      if (here === undefined || here[length - 1]?.hash === head) continue;
      const said = `anchored checkpoint ${header.number} of ${header.at} counted ${length}`;
      broken.push(
        here.length < length
          ? `events ${here.length + 1} to ${length} of ${stream} are missing: ${said}. ` +
              'They were removed, or the bundle was exported before: export it again'
          : `event ${length} of ${stream} is another one than anchored checkpoint ${header.number} saw`,
      );
    }
  }
  return broken;
}

/**
 * The anchors end before the bundle does. What changed later is not proven by anything outside; nor is how long a stream
 * was at the end of them, unless they show it: whoever holds the key could sign a shorter log after that.
 */
function endsEarly(
  { streams }: Bundle,
  newest: Checkpoint,
  last: Checkpoint,
  kept: Kept,
  all: ReadonlyMap<number, Checkpoint>,
): Pick<Outside, 'unknown' | 'complete'> {
  const { number } = last.header;
  // The newest lengths are proven by an anchored root.
  if (newest.header.root === last.header.root) return { unknown: [], complete: placed(last) };
  const later = streams.filter(({ changes }) => changes.some(({ checkpoint }) => checkpoint > number));
  const unknown = later.length === 0 ? [] : [`the anchors end at checkpoint ${number}; ${named(later)} changed since`];
  const ends = streams.map((one) => {
    const from = one.changes.findLast(({ checkpoint }) => checkpoint <= number)?.checkpoint ?? 0;
    return { one, to: shownTo(from, number, kept, all) };
  });
  const short = ends.filter(({ to }) => to < number);
  const to = ends.reduce((least, one) => Math.min(least, one.to), number);
  const complete = all.get(to);
  if (short.length > 0) {
    const which = named(short.map(({ one }) => one));
    unknown.push(
      `the anchors end at checkpoint ${number} and do not show what changed in ${which} after ${to}: ${LEAVES}`,
    );
  }
  return { unknown, complete: complete && placed(complete) };
}

/** From the bundle's newest checkpoint on, as far as the anchors show what changed. */
function goesOn(newest: Checkpoint, end: number, kept: Kept, all: ReadonlyMap<number, Checkpoint>) {
  const to = shownTo(newest.header.number, end, kept, all);
  const unknown =
    to === end ? [] : [`the anchors go on to checkpoint ${end} and do not show what changed after ${to}: ${LEAVES}`];
  return { unknown, complete: placed(all.get(to) ?? newest) };
}

const LEAVES = 'give copies with their leaves (from the bucket or the file), without gaps';

const named = (streams: readonly BundleStream[]): string => streams.map(({ stream }) => stream).join(', ');
