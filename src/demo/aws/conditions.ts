import { OPERATORS } from './condition-operators.ts';

/** What a statement does with what it matches. */
export type Effect = 'Allow' | 'Deny';

/** One operator applied to one key, as a stored document states it. */
export interface Condition {
  readonly operator: string;
  readonly ifExists: boolean;
  readonly quantifier: 'ForAnyValue' | 'ForAllValues' | undefined;
  readonly key: string;
  readonly values: readonly string[];
}

/** What a request is judged by: condition keys (any case) and their values. Absent means absent, not empty. */
export class Context {
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(entries: Iterable<readonly [key: string, value: string | readonly string[] | undefined]>) {
    const values = new Map<string, readonly string[]>();
    for (const [key, value] of entries) {
      if (value !== undefined) values.set(key.toLowerCase(), typeof value === 'string' ? [value] : value);
    }
    this.#values = values;
  }

  get(key: string): readonly string[] | undefined {
    return this.#values.get(key.toLowerCase());
  }

  /** This context and more; what is added wins. */
  with(entries: Iterable<readonly [key: string, value: string | readonly string[] | undefined]>): Context {
    return new Context([...this.#values, ...entries]);
  }
}

/**
 * Replaces `${key}`, `${key, 'default'}`, `${*}`, `${?}` and `${$}` in a policy's text.
 * `undefined` where a key has no single value: AWS then matches nothing.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
export function withVariables(text: string, context: Context): string | undefined {
  let missing = false;
  const replaced = text.replace(/\$\{([^}]*)\}/g, (_whole, inner: string) => {
    if (inner === '*' || inner === '?' || inner === '$') return inner;
    const [key = '', fallback] = inner.split(',').map((part) => part.trim());
    const values = context.get(key);
    if (values?.length === 1) return values[0] ?? '';
    if (fallback !== undefined) return fallback.replace(/^'(.*)'$/, '$1');
    missing = true;
    return '';
  });
  return missing ? undefined : replaced;
}

/** Conditions that end an access by the clock. A cut by `aws:TokenIssueTime` is no such end and always counts. */
const isClockCondition = (condition: Condition): boolean =>
  (condition.operator.startsWith('Date') && /^aws:(CurrentTime|EpochTime)$/i.test(condition.key)) ||
  (condition.operator.startsWith('Numeric') && /^aws:EpochTime$/i.test(condition.key));

/**
 * Does this condition hold, for a statement of this effect? Fails closed: where a value cannot be read (or the operator is
 * unknown), an Allow does not match and a Deny does. `ignoreDates` makes clock conditions never end anything.
 */
export function holds(
  condition: Condition,
  context: Context,
  effect: Effect,
  options: { readonly ignoreDates: boolean },
): boolean {
  if (options.ignoreDates && isClockCondition(condition)) return effect === 'Allow';
  const actual = context.get(condition.key);
  if (condition.operator === 'Null') return condition.values.includes(String(actual === undefined));
  const operator = OPERATORS.get(condition.operator);
  if (operator === undefined) return effect === 'Deny';
  if (actual === undefined) {
    if (condition.quantifier === 'ForAllValues' || condition.ifExists) return true;
    return condition.quantifier === 'ForAnyValue' ? false : operator.negated;
  }
  let unreadable = false;
  const matches = (value: string): boolean => {
    const outcomes = condition.values.map((wanted) => {
      const resolved = operator.variables ? withVariables(wanted, context) : wanted;
      return resolved === undefined ? undefined : operator.compare(value, resolved);
    });
    if (outcomes.includes(undefined)) unreadable = true;
    return outcomes.includes(true) !== operator.negated;
  };
  const verdicts = actual.map(matches);
  if (unreadable) return effect === 'Deny';
  if (condition.quantifier === 'ForAllValues') return verdicts.every(Boolean);
  // Without a quantifier, a positive operator wants one match and a negated one wants none.
  return condition.quantifier === undefined && operator.negated ? verdicts.every(Boolean) : verdicts.some(Boolean);
}
