import { isFields } from './json.ts';

/**
 * The small language in which Block Kit's limits are written down. A rule looks at one value and adds what is wrong to
 * `problems`, in the words and with the JSON pointer that Slack puts into `response_metadata.messages`.
 */
export type Rule = (value: unknown, at: string, problems: string[]) => void;

/** Adds one problem the way Slack words it: `[ERROR] <what> [json-pointer:<where>]`. */
export function complain(problems: string[], what: string, at: string): void {
  problems.push(`[ERROR] ${what} [json-pointer:${at}]`);
}

/** A string of `min` to `max` characters, both included. */
export const string =
  (max: number, min = 1): Rule =>
  (value, at, problems) => {
    if (typeof value !== 'string') complain(problems, 'must provide a string', at);
    else if (value.length > max) complain(problems, `must be less than ${max + 1} characters`, at);
    else if (value.length < min) complain(problems, `must be more than ${min - 1} characters`, at);
  };

/** True or false, as JSON booleans. */
export const boolean: Rule = (value, at, problems) => {
  if (typeof value !== 'boolean') complain(problems, 'must provide a boolean', at);
};

/** A whole number from `min` to `max`, both included. */
export const integer =
  (min: number, max: number): Rule =>
  (value, at, problems) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) complain(problems, 'must provide an integer', at);
    else if (value > max) complain(problems, `must be less than or equal to ${max}`, at);
    else if (value < min) complain(problems, `must be greater than or equal to ${min}`, at);
  };

/** One of a fixed set of strings. */
export const oneOf =
  (...allowed: readonly string[]): Rule =>
  (value, at, problems) => {
    if (typeof value !== 'string' || !allowed.includes(value))
      complain(problems, `must be a valid enum value (${allowed.join(', ')})`, at);
  };

/** A string that matches `pattern`; `named` says what it should have been. */
export const matching =
  (pattern: RegExp, named: string): Rule =>
  (value, at, problems) => {
    if (typeof value !== 'string' || !pattern.test(value)) complain(problems, `must be a valid ${named}`, at);
  };

/** A list of `min` to `max` items, each of which keeps `item`. */
export const list =
  (item: Rule, max: number, min = 1): Rule =>
  (value, at, problems) => {
    if (!Array.isArray(value)) {
      complain(problems, 'must provide an array', at);
      return;
    }
    if (value.length > max) complain(problems, `no more than ${max} items allowed`, at);
    if (value.length < min) complain(problems, `no less than ${min} items required`, at);
    for (const [index, one] of value.entries()) item(one, `${at}/${index}`, problems);
  };

/** The fields an object must have and may have. Anything else is refused. */
export interface Shape {
  readonly needs?: Readonly<Record<string, Rule>>;
  readonly may?: Readonly<Record<string, Rule>>;
  /** What the fields must be to each other. Runs only when each field alone was right. */
  readonly also?: (value: Readonly<Record<string, unknown>>, at: string, problems: string[]) => void;
}

/** An object of exactly this shape. `type`, where there is one, was read by {@link byKind} and is let through. */
export const shape =
  ({ needs = {}, may = {}, also }: Shape): Rule =>
  (value, at, problems) => {
    if (!isFields(value)) {
      complain(problems, 'must provide an object', at);
      return;
    }
    const before = problems.length;
    for (const [name, rule] of Object.entries(needs)) {
      if (value[name] === undefined || value[name] === null) complain(problems, `missing required field: ${name}`, at);
      else rule(value[name], `${at}/${name}`, problems);
    }
    for (const [name, rule] of Object.entries(may)) {
      if (value[name] !== undefined && value[name] !== null) rule(value[name], `${at}/${name}`, problems);
    }
    for (const name of Object.keys(value)) {
      if (name !== 'type' && !Object.hasOwn(needs, name) && !Object.hasOwn(may, name))
        complain(problems, `invalid additional property: ${name}`, at);
    }
    if (problems.length === before) also?.(value, at, problems);
  };

/** An object whose `type` says which of the rules it must keep; a type outside the table is unsupported here. */
export const byKind =
  (kinds: Readonly<Record<string, Rule>>): Rule =>
  (value, at, problems) => {
    if (!isFields(value)) {
      complain(problems, 'must provide an object', at);
      return;
    }
    const kind = value.type;
    if (typeof kind !== 'string') {
      complain(problems, 'missing required field: type', at);
      return;
    }
    const rule = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
    if (rule) rule(value, at, problems);
    else complain(problems, `unsupported type: ${kind}`, `${at}/type`);
  };
