/** PostgreSQL's texts and jsonb hold neither NUL nor half a surrogate pair. @see https://www.postgresql.org/docs/current/datatype-json.html */
const UNSTORABLE = /\0|\p{Surrogate}/gu;

/** The text as PostgreSQL can hold it: what it cannot becomes the replacement character, U+FFFD. */
export const storableText = (text: string): string => text.replace(UNSTORABLE, '\ufffd');

/** Where in these plain values, as JSON or YAML gives them, a text or key stands that cannot be stored; undefined where none does. */
export function unstorableAt(
  value: unknown,
  path: readonly (string | number)[] = [],
  seen = new WeakSet<object>(),
): typeof path | undefined {
  if (typeof value === 'string') return storableText(value) === value ? undefined : path;
  // What YAML's aliases share is looked at once.
  if (typeof value !== 'object' || value === null || seen.has(value)) return undefined;
  seen.add(value);
  for (const [key, inner] of Object.entries(value)) {
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    const found = storableText(key) === key ? unstorableAt(inner, at, seen) : at;
    if (found !== undefined) return found;
  }
  return undefined;
}
