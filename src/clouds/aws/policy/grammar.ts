import type { Json } from '../../../core/canonical.ts';
import { statementsOf } from './documents.ts';

/** Where in a document, and what is wrong there and what to do. */
export interface Finding {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** One readable statement. Exactly one of each pair is set. */
export interface Rule {
  readonly path: readonly (string | number)[];
  readonly effect: 'Allow' | 'Deny';
  readonly actions?: readonly string[];
  readonly notActions?: readonly string[];
  readonly resources?: readonly string[];
  readonly notResources?: readonly string[];
  readonly conditional: boolean;
}

type Members = Readonly<Record<string, Json | undefined>>;

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const DOCUMENT_KEYS = ['Version', 'Id', 'Statement'];
const STATEMENT_KEYS = ['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'];

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
const OPERATOR =
  /^(?:(?:ForAnyValue|ForAllValues):)?(?:(?:String(?:Equals|NotEquals)(?:IgnoreCase)?|String(?:Not)?Like|Numeric(?:(?:Not)?Equals|(?:LessThan|GreaterThan)(?:Equals)?)|Date(?:(?:Not)?Equals|(?:LessThan|GreaterThan)(?:Equals)?)|Bool|BinaryEquals|(?:Not)?IpAddress|Arn(?:Not)?(?:Equals|Like))(?:IfExists)?|Null)$/;

const ACTION = /^(?:\*|[A-Za-z0-9-]+:[\w*?]+)$/;
const ARN = /^(?:\*|arn:(?:\*|aws|aws-cn|aws-us-gov|aws\*):.*:.*:.*:.+)$/s;

/**
 * Reads an identity policy by IAM's grammar. What it cannot read is a finding; what it can is a rule, so that one
 * mistake does not hide another.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function readPolicy(document: unknown): {
  readonly rules: readonly Rule[];
  readonly findings: readonly Finding[];
} {
  const findings: Finding[] = [];
  const say = (path: Finding['path'], message: string) => findings.push({ path, message });
  if (!isMembers(document)) {
    say([], 'is no policy document: write an object with Version and Statement');
    return { rules: [], findings };
  }
  unknownKeys(document, DOCUMENT_KEYS, [], say);
  if (document.Version !== '2012-10-17') say(['Version'], "must be '2012-10-17', in quotes");
  const statements = statementsOf(document);
  if (statements.length === 0) say(['Statement'], 'is missing: write at least one statement');
  const sids = statements.flatMap((one) => (isMembers(one) && typeof one.Sid === 'string' ? [one.Sid] : []));
  if (new Set(sids).size < sids.length) say(['Statement'], 'uses a Sid twice: give each statement its own');
  const listed = Array.isArray(document.Statement);
  const rules = statements.flatMap((one, index) =>
    readStatement(one, listed ? ['Statement', index] : ['Statement'], say),
  );
  return { rules, findings };
}

type Say = (path: Finding['path'], message: string) => void;

function unknownKeys(members: Members, known: readonly string[], path: Finding['path'], say: Say): void {
  for (const key of Object.keys(members)) {
    if (!known.includes(key)) say([...path, key], `is no element of IAM here: use ${known.join(', ')}`);
  }
}

function readStatement(value: Json, path: Finding['path'], say: Say): readonly Rule[] {
  if (!isMembers(value)) {
    say(path, 'is no statement: write an object with Effect, Action and Resource');
    return [];
  }
  unknownKeys(value, STATEMENT_KEYS, path, say);
  if (value.Sid !== undefined && (typeof value.Sid !== 'string' || !/^[A-Za-z0-9]*$/.test(value.Sid))) {
    say([...path, 'Sid'], 'may hold letters and digits only');
  }
  const { Effect: effect } = value;
  if (effect !== 'Allow' && effect !== 'Deny') say([...path, 'Effect'], 'must be Allow or Deny');
  readConditions(value.Condition, [...path, 'Condition'], say);
  const action = oneOf(value, 'Action', path, say, (text) =>
    ACTION.test(text) ? undefined : 'is no action: write service:Action',
  );
  const resource = oneOf(value, 'Resource', path, say, (text) =>
    ARN.test(text) ? undefined : 'is no ARN: write arn:aws:… or "*"',
  );
  if ((effect !== 'Allow' && effect !== 'Deny') || action === undefined || resource === undefined) return [];
  return [
    {
      path,
      effect,
      ...(action.negated ? { notActions: action.texts } : { actions: action.texts }),
      ...(resource.negated ? { notResources: resource.texts } : { resources: resource.texts }),
      conditional: isMembers(value.Condition) && Object.keys(value.Condition).length > 0,
    },
  ];
}

function oneOf(
  members: Members,
  name: string,
  path: Finding['path'],
  say: Say,
  wrong: (text: string) => string | undefined,
) {
  const given = [name, `Not${name}`].filter((key) => members[key] !== undefined);
  const [key] = given;
  if (key === undefined || given.length > 1) {
    say(path, `needs exactly one of ${name} and Not${name}`);
    return undefined;
  }
  const written = members[key];
  const list: readonly unknown[] = Array.isArray(written) ? written : [written];
  if (list.length === 0) say([...path, key], 'is empty: name at least one');
  const texts = list.flatMap((item, index) => {
    const at = Array.isArray(written) ? [...path, key, index] : [...path, key];
    const why = typeof item === 'string' ? wrong(item) : 'must be text';
    if (why !== undefined) say(at, why);
    return typeof item === 'string' && why === undefined ? [item] : [];
  });
  return texts.length === 0 ? undefined : { negated: key !== name, texts };
}

function readConditions(value: Json | undefined, path: Finding['path'], say: Say): void {
  if (value === undefined) return;
  if (!isMembers(value)) return void say(path, 'must be an object of operators');
  for (const [operator, keys] of Object.entries(value)) {
    const at = [...path, operator];
    if (!OPERATOR.test(operator)) say(at, 'is no condition operator of IAM: check its spelling');
    if (!isMembers(keys) || Object.keys(keys).length === 0) {
      say(at, 'must name a condition key and its value');
      continue;
    }
    for (const [key, wanted] of Object.entries(keys)) {
      if (!/^[\w-]+:.+$/.test(key)) say([...at, key], 'is no condition key: write service:key');
      const list: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted];
      const readable = list.length > 0 && list.every((one) => ['string', 'number', 'boolean'].includes(typeof one));
      const dated =
        !/Date/.test(operator) ||
        list.every((one) => !Number.isNaN(Date.parse(String(one))) || /^\d+$/.test(String(one)));
      if (!readable) say([...at, key], 'must be text, or a list of texts');
      else if (!dated) say([...at, key], 'must be a date such as 2026-01-31T12:00:00Z');
    }
  }
}
