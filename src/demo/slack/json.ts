/** A JSON object nobody has checked yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** True for a JSON object: not null, not a list. */
export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value if it is a JSON object, else an empty one. */
export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

/** The value if it is a list, else an empty one. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The value if it is a string. */
export const stringOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Parses JSON. Broken JSON is a value, not an exception: callers answer it with a Slack error code. */
export function parseJson(text: string): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false };
  }
}
