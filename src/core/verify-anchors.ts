import type { AnchoredCheckpoint } from './anchor-text.ts';
import type { Bundle, BundleStream } from './bundle.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Anchored, BundleReport } from './verify-bundle.ts';

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
  if (newest === undefined) {
    return { broken: [], unknown: ['nothing was sealed when this was exported'], complete: undefined };
  }
  if (anchors === undefined) return { broken: [], unknown: ['no anchors were given'], complete: placed(newest) };
  const kept = new Map<number, AnchoredCheckpoint>();
  for (const { checkpoint } of anchors) {
    const { number } = checkpoint.header;
    if (kept.get(number)?.leaves === undefined) kept.set(number, checkpoint);
  }
  const last = kept.get(Math.max(0, ...kept.keys()));
  if (last === undefined) return { broken: [], unknown: ['the anchors hold no checkpoint'], complete: undefined };
  const loose = bundle.checkpoints.flatMap(({ header }) => looseIn(kept, header.number));
  const unknown =
    loose.length === 0
      ? []
      : [`the anchors do not hold every checkpoint of the bundle: ${loose.join(', ')} is missing`];
  const reach = last.header.number < newest.header.number ? endsEarly(bundle, last) : goesOn(newest, kept, all);
  return {
    broken: goneSince(bundle, kept),
    unknown: [...unknown, ...reach.unknown],
    complete: loose.length > 0 && last.header.number >= newest.header.number ? undefined : reach.complete,
  };
}

/** A checkpoint that no anchor holds, nor the hash of in the one after it. Those after the last one are told apart. */
const looseIn = (kept: Kept, number: number): readonly number[] =>
  kept.has(number) || kept.has(number + 1) || number > Math.max(...kept.keys()) ? [] : [number];

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

/** The anchors end before the bundle does. What changed later is not proven by anything outside. */
function endsEarly({ streams }: Bundle, last: Checkpoint): Pick<Outside, 'unknown' | 'complete'> {
  const { number } = last.header;
  const later = streams.filter(({ changes }) => changes.some(({ checkpoint }) => checkpoint > number));
  return {
    unknown: later.length === 0 ? [] : [`the anchors end at checkpoint ${number}; ${named(later)} changed since`],
    complete: placed(last),
  };
}

/** From the bundle's newest checkpoint on, as far as the anchors show what changed. */
function goesOn(newest: Checkpoint, kept: Kept, all: ReadonlyMap<number, Checkpoint>) {
  let to = newest;
  for (let next = all.get(to.header.number + 1); next !== undefined; next = all.get(to.header.number + 1)) {
    const shown = next.header.root === to.header.root || kept.get(next.header.number)?.leaves !== undefined;
    if (!shown) break;
    to = next;
  }
  const last = Math.max(...kept.keys());
  const unknown =
    to.header.number === last
      ? []
      : [
          `the anchors go on to checkpoint ${last} and do not show what changed after ${to.header.number}: ` +
            'give copies with their leaves (from the bucket or the file), without gaps',
        ];
  return { unknown, complete: placed(to) };
}

const named = (streams: readonly BundleStream[]): string => streams.map(({ stream }) => stream).join(', ');
