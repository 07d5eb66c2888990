const SPECIAL = /[.+^${}()|[\]\\]/g;

/**
 * Does `text` match a policy pattern, where `*` is any run of characters and `?` exactly one?
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export function globMatches(pattern: string, text: string, options: { ignoreCase: boolean }): boolean {
  const source = pattern.replace(SPECIAL, '\\$&').replaceAll(/\*+/g, '.*').replaceAll('?', '.');
  return new RegExp(`^${source}$`, options.ignoreCase ? 'isu' : 'su').test(text);
}

/** Like {@link globMatches}, part by part: a wildcard in one of an ARN's six parts does not reach into the next. */
export function arnMatches(pattern: string, arn: string): boolean {
  const wanted = arnParts(pattern);
  const actual = arnParts(arn);
  if (wanted === undefined || actual === undefined) return false;
  return wanted.every((part, index) => globMatches(part, actual[index] ?? '', { ignoreCase: false }));
}

/** The six parts of an ARN (the sixth keeps its colons), or `undefined` for what is none. */
export function arnParts(arn: string): readonly string[] | undefined {
  const parts = arn.split(':');
  if (parts.length < 6 || parts[0] !== 'arn') return undefined;
  return [...parts.slice(0, 5), parts.slice(5).join(':')];
}
