import { z } from 'zod';
import type { Unexplained } from './explain.ts';

/** As many as a checkpoint names; the others it counts. */
export const NAMED_MAX = 20;

const STREAM = /^[A-Za-z0-9/._-]{1,60}$/;
/** No white space, no brace and no backslash: a copy of a checkpoint in a chat keeps none of them (see `anchorScan`). */
const WHAT = /^[A-Za-z0-9._:,-]{1,160}$/;

/** What a checkpoint says of rows that their events did not explain. Signed with all the rest of it. */
export const findingsSchema = z.strictObject({
  rows: z.int().min(1),
  first: z
    .array(z.strictObject({ stream: z.string().regex(STREAM), what: z.string().regex(WHAT) }))
    .min(1)
    .max(NAMED_MAX),
});
export type Findings = Readonly<z.infer<typeof findingsSchema>>;

/** How a checkpoint names these, `rows` of them in all; undefined where there are none. */
export function findingsOf(first: readonly Unexplained[], rows: number): Findings | undefined {
  if (first.length === 0) return undefined;
  const named = first.slice(0, NAMED_MAX).map(({ stream, what }) => ({
    stream: STREAM.test(stream) ? stream : 'request/_',
    what: what.replace(/[^A-Za-z0-9._:,-]/g, '_').slice(0, 160) || '_',
  }));
  return { rows: Math.max(rows, named.length), first: named };
}

/** The same in words, after the name of its checkpoint. */
export function findingsWords({ rows, first }: Findings): string {
  const named = first.map(({ stream, what }) => `${stream} (${what.replaceAll('_', ' ')})`).join('; ');
  const more = rows - first.length;
  const what = rows === 1 ? '1 row that its events did not explain' : `${rows} rows that their events did not explain`;
  return `found ${what}: ${named}${more > 0 ? `, and ${more} more` : ''}`;
}
