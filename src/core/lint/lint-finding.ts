import { suggest } from '../nearest.ts';

/** Something wrong with a policy, by its place in the document (`['roles', 2, 'account']`). */
export interface Finding {
  readonly path: readonly (string | number)[];
  /** What is wrong, then what to do. */
  readonly message: string;
  /** An error refuses the policy; a warning is for people. */
  readonly severity: 'error' | 'warning';
  /** Where two places disagree, the other one: its line is said with the message. */
  readonly beside?: readonly (string | number)[];
}

/** A place as people write it: `roles[0].mayAsk[1]`. */
export const placeName = (path: Finding['path']): string =>
  path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : `${text}${text === '' ? '' : '.'}${step}`),
    '',
  );

/** A finding that refuses the policy, and one that is for people. */
export const wrong = (path: Finding['path'], message: string): Finding => ({ path, message, severity: 'error' });
export const doubtful = (path: Finding['path'], message: string): Finding => ({ path, message, severity: 'warning' });

/** Names that may be referred to; undefined where they cannot be known here, and nothing is said about them. */
export type Names = readonly string[] | undefined;

/** A reference to something that is not there, with the name that was probably meant. */
export function checkName(path: Finding['path'], what: string, name: string, known: Names): readonly Finding[] {
  if (known === undefined || known.includes(name)) return [];
  const section = what === 'person' ? 'people' : `${what}s`;
  const remedy = suggest(name, known, `add it under "${section}", or correct the name`);
  return [wrong(path, `unknown ${what} "${name}": ${remedy}`)];
}

/** Every item whose key another item before it has already. */
export function duplicates<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  found: (item: T, index: number, first: T) => Finding,
): readonly Finding[] {
  const seen = new Map<string, T>();
  return items.flatMap((item, index) => {
    const key = keyOf(item);
    const first = seen.get(key);
    if (first === undefined) seen.set(key, item);
    return first === undefined ? [] : [found(item, index, first)];
  });
}
