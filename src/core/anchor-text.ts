import { z } from 'zod';
import { canonical } from './canonical.ts';
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

export interface AnchorRead {
  readonly checkpoints: readonly AnchoredCheckpoint[];
  /** Why nothing was taken from the text, in words. */
  readonly skipped?: string;
  /** How many begin like a checkpoint and are none. */
  readonly damaged: number;
}

/**
 * Finds checkpoints in any text: an object of a bucket, a file of lines, words copied out of a channel. White space does
 * not count, since a chat may break lines. A bundle is passed over: it is what is to be proven, not what proves it.
 */
export function checkpointsIn(text: string): AnchorRead {
  const dense = text.replace(/\s+/g, '');
  if (dense.includes(BUNDLE)) return { checkpoints: [], skipped: 'a bundle, which anchors nothing', damaged: 0 };
  const checkpoints: AnchoredCheckpoint[] = [];
  let damaged = 0;
  for (let from = dense.indexOf(BEGIN); from >= 0; ) {
    const to = endOf(dense, from);
    const found = anchoredSchema.safeParse(jsonOf(dense.slice(from, to)));
    if (found.success) checkpoints.push(found.data);
    else damaged += 1;
    from = dense.indexOf(BEGIN, found.success ? to : from + 1);
  }
  const skipped = checkpoints.length === 0 && damaged === 0 ? { skipped: 'no checkpoint in it' } : {};
  return { checkpoints, damaged, ...skipped };
}

/** Just past the brace that closes the one at `from`. No text of ours holds a brace. */
function endOf(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '{') depth += 1;
    if (text[at] === '}') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
