import { BlockList, isIP, isIPv4 } from 'node:net';
import { arnMatches, arnParts, globMatches } from './glob.ts';

/** Compares one context value with one policy value; `undefined` where either cannot be read as the operator's kind. */
type Compare = (actual: string, wanted: string) => boolean | undefined;

interface Operator {
  /** True for the `Not…` forms: they hold when no policy value matches, and when the key is absent. */
  readonly negated: boolean;
  readonly compare: Compare;
  /** Is this a value the policy may give? Checked when a document is stored. */
  readonly accepts: (wanted: string) => boolean;
  /** May values hold policy variables (`${aws:username}`)? Not for dates, numbers, booleans and addresses. */
  readonly variables: boolean;
}

const DATE =
  /^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])(T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d))?)?)?$/;

/** Milliseconds since 1970 of an ISO 8601 date (W3C profile) or of epoch seconds; `undefined` for anything else. */
export function instantOf(text: string): number | undefined {
  if (/^\d{5,11}$/.test(text)) return Number(text) * 1000;
  if (!DATE.test(text)) return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at)) return undefined;
  const day = text.slice(0, 10);
  // Date.parse rolls 30 February over to March; a policy must not mean another day than it says.
  if (day.length === 10 && new Date(`${day}T00:00:00Z`).toISOString().slice(0, 10) !== day) return undefined;
  return at;
}

const numberOf = (text: string): number | undefined => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined);

const booleanOf = (text: string): boolean | undefined =>
  /^(true|false)$/i.test(text) ? text.toLowerCase() === 'true' : undefined;

function networkOf(text: string): BlockList | undefined {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  const bits = prefix === undefined ? (family === 4 ? 32 : 128) : Number(prefix);
  if (family === 0 || rest.length > 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix))) return undefined;
  if (bits > (family === 4 ? 32 : 128)) return undefined;
  const network = new BlockList();
  network.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6');
  return network;
}

function inNetwork(actual: string, wanted: string): boolean | undefined {
  const network = networkOf(wanted);
  if (network === undefined || isIP(actual) === 0) return undefined;
  return network.check(actual, isIPv4(actual) ? 'ipv4' : 'ipv6');
}

const ordered =
  (read: (text: string) => number | undefined, holds: (difference: number) => boolean): Compare =>
  (actual, wanted) => {
    const [a, b] = [read(actual), read(wanted)];
    return a === undefined || b === undefined ? undefined : holds(a - b);
  };

const anything = (): boolean => true;
const text = (negated: boolean, compare: Compare): Operator => ({
  negated,
  compare,
  accepts: anything,
  variables: true,
});
const arn = (negated: boolean): Operator => ({
  negated,
  compare: (actual, wanted) => arnMatches(wanted, actual),
  accepts: (wanted) => wanted === '*' || arnParts(wanted) !== undefined,
  variables: true,
});
const address = (negated: boolean): Operator => ({
  negated,
  compare: inNetwork,
  accepts: (wanted) => networkOf(wanted) !== undefined,
  variables: false,
});

const same: Compare = (a, b) => a === b;
const sameIgnoringCase: Compare = (a, b) => a.toLowerCase() === b.toLowerCase();
const like: Compare = (a, b) => globMatches(b, a, { ignoreCase: false });

const ORDERINGS: readonly (readonly [name: string, negated: boolean, holds: (difference: number) => boolean])[] = [
  ['Equals', false, (d) => d === 0],
  ['NotEquals', true, (d) => d === 0],
  ['LessThan', false, (d) => d < 0],
  ['LessThanEquals', false, (d) => d <= 0],
  ['GreaterThan', false, (d) => d > 0],
  ['GreaterThanEquals', false, (d) => d >= 0],
];

const orderings = (kind: string, read: (text: string) => number | undefined): [string, Operator][] =>
  ORDERINGS.map(([name, negated, holds]) => [
    `${kind}${name}`,
    { negated, compare: ordered(read, holds), accepts: (wanted) => read(wanted) !== undefined, variables: false },
  ]);

/**
 * Every condition operator this server knows, by name without `IfExists` and set prefix. `Null` stands apart (see
 * `conditions.ts`), and `BinaryEquals` is left out: a document that uses it is refused, never read as "allowed".
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['StringEquals', text(false, same)],
  ['StringNotEquals', text(true, same)],
  ['StringEqualsIgnoreCase', text(false, sameIgnoringCase)],
  ['StringNotEqualsIgnoreCase', text(true, sameIgnoringCase)],
  ['StringLike', text(false, like)],
  ['StringNotLike', text(true, like)],
  ['ArnEquals', arn(false)],
  ['ArnLike', arn(false)],
  ['ArnNotEquals', arn(true)],
  ['ArnNotLike', arn(true)],
  ...orderings('Date', instantOf),
  ...orderings('Numeric', numberOf),
  [
    'Bool',
    {
      negated: false,
      compare: (a, b) =>
        booleanOf(a) === undefined || booleanOf(b) === undefined ? undefined : booleanOf(a) === booleanOf(b),
      accepts: (wanted) => booleanOf(wanted) !== undefined,
      variables: false,
    },
  ],
  ['IpAddress', address(false)],
  ['NotIpAddress', address(true)],
]);
