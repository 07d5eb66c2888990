import { z } from 'zod';
import { canonical } from '../canonical.ts';
import { type Checkpoint, checkpointSchema, leafSchema } from './checkpoint.ts';
import type { Leaf } from './merkle.ts';

/** A checkpoint as an anchor kept it: a channel keeps no leaves. */
export interface AnchoredCheckpoint extends Checkpoint {
  readonly leaves?: readonly Leaf[] | undefined;
}

const anchoredSchema = checkpointSchema.extend({ leaves: z.array(leafSchema).optional() });

/** What is written outside: one line that reads itself back, whatever stands around it. */
export const anchorText = ({ header, hash, signature, leaves }: AnchoredCheckpoint): string =>
  canonical({ header, hash, signature, leaves });

const BEGIN = '{"hash":"';
const BUNDLE = '"format":"breakglass-bundle"';
/** No checkpoint is longer, in characters: some hundred thousand leaves. */
const LONGEST = 64 * 1024 * 1024;

/** What a text held of our checkpoints, in its order. */
export interface AnchorRead {
  readonly checkpoints: readonly AnchoredCheckpoint[];
  /** Why nothing was taken from the text, in words. */
  readonly skipped?: string;
  /** How many begin like a checkpoint and are none. */
  readonly damaged: number;
}

/** Takes a text piece by piece, cut anywhere, so that no file is too large to be read. */
export interface AnchorScan {
  add(piece: string): void;
  /** What was found in all of it. */
  end(): AnchorRead;
  /** Whether a bundle's words stand in it: then somebody should look whether it is one. */
  readonly namesBundle: boolean;
}

/**
 * Finds checkpoints in any text: an object of a bucket, a file of lines, words copied out of a channel or exported from it.
 * White space does not count, since a chat may break lines, nor do backslashes, by which an export quotes what was posted:
 * no checkpoint holds either. Each character is looked at a fixed number of times, whatever the text is.
 * @param longest In characters: what does not end by then is no checkpoint
 */
export function anchorScan(longest = LONGEST): AnchorScan {
  const checkpoints: AnchoredCheckpoint[] = [];
  let damaged = 0;
  let namesBundle = false;
  /** What may still become a checkpoint: it begins with `BEGIN` or with a part of it. */
  let rest = '';
  /** How far `rest` was looked at, and how many braces are open there. */
  let seen = 0;
  let depth = 0;
  let tail = '';

  /** As far as this, or all but so many where it is negative. */
  const drop = (upTo: number): void => {
    rest = rest.slice(upTo);
    seen = 0;
    depth = 0;
  };
  const take = (text: string): void => {
    const found = anchoredSchema.safeParse(jsonOf(text));
    // As it was written: of a key that stands twice another reader might take the other one.
    if (found.success && anchorText(found.data) === text) checkpoints.push(found.data);
    else damaged += 1;
  };
  /** Takes one checkpoint off `rest`, or what cannot be one; false where more of the text is needed. */
  const step = (): boolean => {
    const from = rest.indexOf(BEGIN);
    if (from < 0) {
      drop(1 - BEGIN.length);
      return false;
    }
    if (from > 0) drop(from);
    // None of ours holds another: where one begins, the one before was cut off.
    const next = rest.indexOf(BEGIN, Math.max(1, seen - BEGIN.length));
    const stop = next === -1 ? rest.length : next;
    for (; seen < stop; seen += 1) {
      if (rest[seen] === '{') depth += 1;
      if (rest[seen] === '}') depth -= 1;
      if (depth > 0) continue;
      take(rest.slice(0, seen + 1));
      drop(seen + 1);
      return true;
    }
    if (next === -1 && rest.length <= longest) return false;
    damaged += 1;
    drop(stop);
    return true;
  };
  return {
    get namesBundle() {
      return namesBundle;
    },
    add: (piece) => {
      const dense = piece.replace(/[\s\\]+/g, '');
      namesBundle ||= (tail + dense).includes(BUNDLE);
      tail = (tail + dense).slice(-BUNDLE.length);
      rest += dense;
      while (step());
    },
    end: () => {
      if (rest.startsWith(BEGIN)) damaged += 1;
      rest = '';
      const skipped = checkpoints.length === 0 && damaged === 0 ? { skipped: 'no checkpoint in it' } : {};
      return { checkpoints, damaged, ...skipped };
    },
  };
}

/** As `anchorScan` does, of a text at hand. A bundle is passed over: it is what is to be proven, not what proves it. */
export function checkpointsIn(text: string): AnchorRead {
  const scan = anchorScan();
  scan.add(text);
  return scan.namesBundle && isBundle(text) ? BUNDLE_SKIPPED : scan.end();
}

/** What is read of a file that is a bundle: nothing. */
export const BUNDLE_SKIPPED: AnchorRead = {
  checkpoints: [],
  skipped: 'a bundle, which anchors nothing',
  damaged: 0,
};

/** Whether the whole text is a bundle, and does not only quote one. */
export function isBundle(text: string): boolean {
  const found = z.object({ format: z.literal('breakglass-bundle') }).safeParse(jsonOf(text));
  return found.success;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
