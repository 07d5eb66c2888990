/** Longest tag value, in UTF-16 units. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html */
export const TAG_VALUE_MAX = 256;
/** Longest role description. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
export const DESCRIPTION_MAX = 1000;

/** Cuts to `max` UTF-16 units, marked by an ellipsis of `mark`, and never through a surrogate pair. */
function cut(text: string, max: number, mark: string): string {
  if (text.length <= max) return text;
  const kept = text.slice(0, max - mark.length);
  return (/[\uD800-\uDBFF]$/.test(kept) ? kept.slice(0, -1) : kept).trimEnd() + mark;
}

const oneLine = (text: string): string => text.normalize('NFC').replace(/\s+/gu, ' ').trim();

/** Any text as IAM takes it in a tag: letters, digits, space and `_.:/=+-@`, everything else an underscore; cut to 256. */
export const tagValue = (text: string): string =>
  cut(oneLine(text).replace(/[^\p{L}\p{N} _.:/=+\-@]/gu, '_'), TAG_VALUE_MAX, '...');

/** Ids as one tag value, joined by space. What does not fit is counted at the end (`+3`), never cut in half. */
export function tagList(ids: readonly string[]): string {
  const all = ids.map((id) => tagValue(id).replaceAll(' ', '_'));
  for (let kept = all.length; kept > 0; kept -= 1) {
    const rest = all.length - kept;
    const text = [...all.slice(0, kept), ...(rest > 0 ? [`+${rest}`] : [])].join(' ');
    if (text.length <= TAG_VALUE_MAX) return text;
  }
  return '';
}

/** Any text as IAM takes it in a description: one line of Latin-1, everything else a question mark; cut to 1,000. */
export const descriptionText = (text: string): string =>
  cut(oneLine(text).replace(/[^\x20-\x7e\xa1-\xff]/gu, '?'), DESCRIPTION_MAX, '...');
