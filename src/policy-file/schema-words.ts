import type { z } from 'zod';
import { placeName } from '../core/lint/lint-finding.ts';
import { suggest } from '../core/nearest.ts';
import type { PolicyParts } from '../core/policy/policy-parts.ts';
import { knownKeys } from './json-schema.ts';
import type { Path } from './yaml-file.ts';

type Issue = z.core.$ZodIssue;

export interface SchemaProblem {
  readonly path: Path;
  readonly message: string;
}

/** What the schema found, in words for the person who edits the file. Values are never repeated: one may be a secret. */
export const schemaProblems = (
  issues: readonly Issue[],
  value: unknown,
  parts: PolicyParts,
): readonly SchemaProblem[] => issues.flatMap((issue) => problemsOf(issue, { value, parts }, []));

/** The document, and what its schema was composed of. */
interface Read {
  readonly value: unknown;
  readonly parts: PolicyParts;
}

function problemsOf(issue: Issue, read: Read, above: Path): readonly SchemaProblem[] {
  const path: Path = [...above, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))];
  const found = at(read.value, path);
  const name = placeName(path);
  const one = (message: string): readonly SchemaProblem[] => [{ path, message }];
  if (found === undefined && issue.code !== 'unrecognized_keys' && issue.code !== 'invalid_key') {
    return one(`${name} is missing: add it${wanted(issue)}`);
  }
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(key, path, read.parts) }));
    case 'invalid_union':
      return issue.errors.length > 0
        ? nearestBranch(issue.errors, read, path)
        : one(choiceWords(choicesOf(issue), found, name));
    case 'invalid_value':
      return one(choiceWords(choicesOf(issue), found, name));
    case 'invalid_type':
      return one(typeWords(issue.expected, found, name));
    case 'invalid_key':
      return one(`the key ${name} ${issue.issues[0]?.message ?? 'is not allowed here'}`);
    case 'too_small':
    case 'too_big':
      return one(sizeWords(issue, name));
    case 'invalid_format':
      return one(
        `${name} ${issue.format === 'url' ? 'must be an address that begins with https:// (or http://)' : issue.message}`,
      );
    default:
      return one(`${name}: ${issue.message}`);
  }
}

/** A union fails with the complaints of every branch; only those of the branch that was meant help anybody. */
function nearestBranch(branches: readonly (readonly Issue[])[], read: Read, path: Path): readonly SchemaProblem[] {
  const [best] = [...branches].sort((a, b) => a.length - b.length);
  return (best ?? []).flatMap((issue) => problemsOf(issue, read, path));
}

function unknownKey(key: string, path: Path, parts: PolicyParts): string {
  const known = knownKeys(path, parts);
  const where = path.length === 0 ? '' : ` in ${placeName(path)}`;
  return `unknown key "${key}"${where}: ${suggest(key, known, `remove it, or use one of: ${known.join(', ')}`)}`;
}

/** What to add where nothing is. */
function wanted(issue: Issue): string {
  if (issue.code === 'invalid_type') return ` (${kindWords(issue.expected)})`;
  const choices = choicesOf(issue);
  if (choices.length === 0) return '';
  return choices.length === 1 ? ` (${choices[0]})` : `, one of: ${choices.join(', ')}`;
}

function choicesOf(issue: Issue): readonly string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  return issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options)
    ? issue.options.map(String)
    : [];
}

function choiceWords(choices: readonly string[], found: unknown, name: string): string {
  const allowed = choices.length === 1 ? `must be ${choices[0]}` : `must be one of: ${choices.join(', ')}`;
  const near = typeof found === 'string' ? suggest(found, choices, '') : '';
  return `${name} ${allowed}${near === '' ? '' : `; ${near}`}`;
}

function typeWords(expected: string, found: unknown, name: string): string {
  const quotes = expected === 'string' && (typeof found === 'number' || typeof found === 'boolean');
  const remedy = quotes ? 'put it in quotes' : `write ${kindWords(expected)}`;
  return `${name} is ${kindWords(kindOf(found))}: ${remedy}`;
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys',
  record: 'a map of keys',
  null: 'empty',
};
const kindWords = (kind: string): string => KINDS[kind] ?? kind;

const kindOf = (value: unknown): string => {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
};

const UNITS: Readonly<Record<string, string>> = { array: ' entries', string: ' characters' };

function sizeWords(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig, name: string): string {
  // The schema's own words, where it has some.
  if (!/^Too (small|big)/.test(issue.message)) return `${name} ${issue.message}`;
  const small = issue.code === 'too_small';
  const bound = String(small ? issue.minimum : issue.maximum);
  const unit = UNITS[issue.origin] ?? '';
  if (small && bound === '1' && unit !== '')
    return `${name} is empty: give it at least one ${unit === ' entries' ? 'entry' : 'character'}`;
  return `${name} must ${unit === '' ? 'be' : 'have'} at ${small ? 'least' : 'most'} ${bound}${unit}`;
}

function at(value: unknown, path: Path): unknown {
  let found = value;
  for (const step of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = Object.hasOwn(found, step) ? (found as Record<string | number, unknown>)[step] : undefined;
  }
  return found;
}
