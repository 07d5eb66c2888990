import type { Tag } from './accounts.ts';
import { invalidInput } from './faults.ts';
import type { Facts } from './operation.ts';

/** Condition keys of the tags in a request. */
export const tagFacts = (tags: readonly Readonly<Record<string, string>>[]): Facts => [
  ...tags.map(({ Key = '', Value = '' }) => [`aws:RequestTag/${Key}`, Value] as const),
  ['aws:TagKeys', tags.length === 0 ? undefined : tags.map(({ Key = '' }) => Key)],
];

/** Reads tags that passed their patterns. Throws `InvalidInput` on doubles (without regard to case) and on `aws:` keys. */
export function tagsOf(structures: readonly Readonly<Record<string, string>>[]): readonly Tag[] {
  const tags = structures.map(({ Key = '', Value = '' }) => ({ Key, Value }));
  if (tags.some(({ Key }) => /^aws:/i.test(Key))) {
    throw invalidInput('Invalid tag key: keys that start with aws: are reserved for AWS.');
  }
  if (new Set(tags.map(({ Key }) => Key.toLowerCase())).size < tags.length) {
    throw invalidInput('Duplicate tag keys found. Please note that Tag keys are case insensitive.');
  }
  return tags;
}
