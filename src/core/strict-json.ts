import { canonical } from './canonical.ts';

/** A value that can be read in one way only, or why the text is none. */
export type StrictJson =
  | { readonly ok: true; readonly value: unknown }
  /** `why`: what is wrong and where, as a clause. */
  | { readonly ok: false; readonly why: string };

/** Nothing of ours is nested deeper; what reads a value goes down one call a level. */
const DEEPEST = 100;

const no = (why: string): StrictJson => ({ ok: false, why });

/**
 * Reads JSON that can be read in one way only. A key that stands twice in one object is refused, since of two readers
 * one takes the first and one the last; so is `__proto__`, which some copy and some drop. Each is named with its place.
 * @see https://www.rfc-editor.org/rfc/rfc8259#section-4
 */
export function strictJson(text: string): StrictJson {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return no('it is no JSON');
  }
  const other = otherReading(text);
  return other === undefined ? { ok: true, value } : no(other);
}

/** The same from bytes, which must be UTF-8 throughout and exactly the RFC 8785 form of what they say. */
export function canonicalJson(bytes: Uint8Array): StrictJson {
  let text: string;
  try {
    // A byte order mark is kept, so that it is found.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return no('it is not UTF-8');
  }
  if (text.startsWith('\ufeff')) return no('it begins with a byte order mark');
  const read = strictJson(text);
  if (!read.ok) return read;
  const why = notCanonical(text, read.value);
  return why === undefined ? read : no(why);
}

/** Where a text is not the canonical form of a value, or undefined where it is. */
export function notCanonical(text: string, value: unknown): string | undefined {
  let wanted: string;
  try {
    wanted = canonical(value);
  } catch {
    return 'it holds half a surrogate pair, which is no text';
  }
  if (text === wanted) return undefined;
  let at = 0;
  // They differ somewhere, at the latest where one of them ends.
  while (text[at] === wanted[at]) at += 1;
  return `it is not in its canonical form (RFC 8785) from character ${at + 1} on`;
}

/** An object or a list that is open, and where in it we are. */
interface Level {
  readonly keys: Set<string> | undefined;
  at: string | number;
}

/** Why valid JSON can be read in two ways, or undefined. Each character is looked at a fixed number of times. */
function otherReading(text: string): string | undefined {
  const open: Level[] = [];
  let isKey = false;
  for (let at = 0; at < text.length; at += 1) {
    const level = open.at(-1);
    switch (text[at]) {
      case '{':
      case '[':
        if (open.length === DEEPEST) return `${placeOf(open)} is nested deeper than ${DEEPEST} levels`;
        isKey = text[at] === '{';
        open.push(isKey ? { keys: new Set(), at: '' } : { keys: undefined, at: 0 });
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case ',':
        isKey = level?.keys !== undefined;
        if (typeof level?.at === 'number') level.at += 1;
        break;
      case '"': {
        const end = endOfText(text, at);
        if (isKey && level?.keys !== undefined) {
          // Parsed, so that the same key written with an escape is found.
          const key = String(JSON.parse(text.slice(at, end + 1)));
          const where = open.length === 1 ? 'its outermost object' : placeOf(open.slice(0, -1));
          if (key === '__proto__') return `the key "__proto__" stands in ${where}`;
          if (level.keys.has(key)) return `the key "${key}" stands twice in ${where}`;
          level.keys.add(key);
          level.at = key;
          isKey = false;
        }
        at = end;
        break;
      }
    }
  }
  return undefined;
}

const placeOf = (open: readonly Level[]): string => open.map(({ at }) => at).join('.');

/** The closing quote of the text that begins at `from`. */
function endOfText(text: string, from: number): number {
  for (let end = text.indexOf('"', from + 1); ; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return end;
  }
}
