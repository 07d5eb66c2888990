import { validationError } from './faults.ts';

/**
 * What one parameter must look like. Lengths count characters; `structure` names the members of each item of a list,
 * `list` stands for a list of plain values.
 */
export type Rule =
  | {
      readonly kind: 'text';
      readonly min?: number;
      readonly max?: number;
      readonly pattern?: RegExp;
      readonly required?: boolean;
    }
  | { readonly kind: 'number'; readonly min: number; readonly max: number }
  | { readonly kind: 'list'; readonly item: Rule; readonly max?: number; readonly required?: boolean }
  | {
      readonly kind: 'structures';
      readonly members: Readonly<Record<string, Rule>>;
      readonly max?: number;
      readonly required?: boolean;
    };

export type Rules = Readonly<Record<string, Rule>>;

/** The checked parameters of one request, read by name. */
export interface Params {
  /** A parameter that its rule requires. */
  text(name: string): string;
  maybe(name: string): string | undefined;
  number(name: string): number | undefined;
  list(name: string): readonly string[];
  structures(name: string): readonly Readonly<Record<string, string>>[];
  /** Everything as it was sent, for the log. */
  readonly raw: Readonly<Record<string, string>>;
}

const wireName = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

const constraint = (where: string, value: string | undefined, rule: string) =>
  validationError(
    `1 validation error detected: Value ${value === undefined ? '' : `'${value}' `}at '${where}' failed to satisfy constraint: ${rule}`,
  );

function checkValue(where: string, value: string, rule: Rule): void {
  if (rule.kind === 'number') {
    const number = /^-?\d{1,10}$/.test(value) ? Number(value) : undefined;
    if (number === undefined) throw validationError(`Value ${value} at '${where}' is not an integer.`);
    if (number < rule.min) {
      throw constraint(where, value, `Member must have value greater than or equal to ${rule.min}`);
    }
    if (number > rule.max) throw constraint(where, value, `Member must have value less than or equal to ${rule.max}`);
  }
  if (rule.kind !== 'text') return;
  const length = [...value].length;
  if (length < (rule.min ?? 0)) {
    throw constraint(where, value, `Member must have length greater than or equal to ${rule.min}`);
  }
  if (rule.max !== undefined && length > rule.max) {
    throw constraint(where, undefined, `Member must have length less than or equal to ${rule.max}`);
  }
  if (rule.pattern !== undefined && !rule.pattern.test(value)) {
    throw constraint(where, undefined, `Member must satisfy regular expression pattern: ${rule.pattern.source}`);
  }
}

interface Item {
  readonly index: number;
  readonly members: Record<string, string>;
}

/** Reads `Name.member.N` and `Name.member.N.Member`; anything else that starts with the name is unknown. */
function itemsOf(name: string, rule: Rule, raw: Readonly<Record<string, string>>): { items: Item[]; known: string[] } {
  const items = new Map<number, Item>();
  const known: string[] = [];
  for (const [key, value] of Object.entries(raw)) {
    const [, index, member] = new RegExp(`^${name}\\.member\\.([1-9]\\d{0,3})(?:\\.(\\w+))?$`).exec(key) ?? [];
    const expected =
      rule.kind === 'structures' ? member !== undefined && Object.hasOwn(rule.members, member) : member === undefined;
    if (index === undefined || !expected) continue;
    known.push(key);
    const item = items.get(Number(index)) ?? { index: Number(index), members: {} };
    item.members[member ?? ''] = value;
    items.set(item.index, item);
  }
  return { items: [...items.values()].sort((a, b) => a.index - b.index), known };
}

function checkItems(name: string, rule: Extract<Rule, { kind: 'list' | 'structures' }>, items: readonly Item[]): void {
  const where = wireName(name);
  if (rule.required === true && items.length === 0) throw constraint(where, undefined, 'Member must not be null');
  if (rule.max !== undefined && items.length > rule.max) {
    throw constraint(where, undefined, `Member must have length less than or equal to ${rule.max}`);
  }
  for (const { index, members } of items) {
    const rules: Rules = rule.kind === 'structures' ? rule.members : { '': rule.item };
    for (const [member, one] of Object.entries(rules)) {
      const at = `${where}.${index}.member${member === '' ? '' : `.${wireName(member)}`}`;
      const value = members[member];
      if (value !== undefined) checkValue(at, value, one);
      else if (one.kind === 'text' && one.required === true) throw constraint(at, undefined, 'Member must not be null');
    }
  }
}

/**
 * Reads the parameters of one action. A parameter that the action does not know is refused: a typo must never look like a
 * limit that was set.
 */
export function readParams(raw: Readonly<Record<string, string>>, rules: Rules): Params {
  const unknown = new Set(Object.keys(raw));
  const items = new Map<string, readonly Item[]>();
  for (const [name, rule] of Object.entries(rules)) {
    const value = raw[name];
    unknown.delete(name);
    if (rule.kind === 'list' || rule.kind === 'structures') {
      // An empty list is sent as `Name=`; any other plain value is not a list.
      if (value !== undefined && value !== '') unknown.add(name);
      const found = itemsOf(name, rule, raw);
      for (const key of found.known) unknown.delete(key);
      checkItems(name, rule, found.items);
      items.set(name, found.items);
    } else if (value !== undefined) checkValue(wireName(name), value, rule);
    else if (rule.kind === 'text' && rule.required === true) {
      throw constraint(wireName(name), undefined, 'Member must not be null');
    }
  }
  const [first] = unknown;
  if (first !== undefined) throw validationError(`Unknown parameter in input: "${first}"`);
  return {
    text: (name) => raw[name] ?? '',
    maybe: (name) => raw[name],
    number: (name) => (raw[name] === undefined ? undefined : Number(raw[name])),
    list: (name) => (items.get(name) ?? []).map(({ members }) => members[''] ?? ''),
    structures: (name) => (items.get(name) ?? []).map(({ members }) => members),
    raw,
  };
}

/** Splits a form body into its parameters, the envelope (`Action`, `Version`) apart. Throws on a repeated parameter. */
export function parseForm(body: string): { action: string; version: string; raw: Record<string, string> } {
  const raw: Record<string, string> = Object.create(null);
  for (const [key, value] of new URLSearchParams(body)) {
    if (key in raw) throw validationError(`Duplicate parameter in input: "${key}"`);
    raw[key] = value;
  }
  const { Action: action = '', Version: version = '', ...rest } = raw;
  return { action, version, raw: rest };
}
