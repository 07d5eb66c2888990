import { OPERATORS } from './condition-operators.ts';
import type { Condition, Effect } from './conditions.ts';
import { malformedPolicy } from './faults.ts';
import { arnParts } from './glob.ts';

/** Who a trust statement speaks of: `AWS` principals as written, services, or everybody. */
export interface Principals {
  readonly everybody: boolean;
  readonly aws: readonly string[];
  readonly services: readonly string[];
}

/** One statement that passed the grammar. Exactly one of `actions`/`notActions` is set, likewise for resources. */
export interface Statement {
  readonly effect: Effect;
  readonly actions?: readonly string[];
  readonly notActions?: readonly string[];
  readonly resources?: readonly string[];
  readonly notResources?: readonly string[];
  readonly principals?: Principals;
  readonly conditions: readonly Condition[];
}

export type Policy = readonly Statement[];

/**
 * `identity`: inline and managed policies, boundaries, session policies. `trust`: a role's assume-role policy. `resource`:
 * an organization's resource control policy.
 */
export type PolicyKind = 'identity' | 'trust' | 'resource';

type Json = { readonly [key: string]: unknown };

const DOCUMENT_KEYS = ['Version', 'Id', 'Statement'];
const STATEMENT_KEYS: Readonly<Record<PolicyKind, readonly string[]>> = {
  identity: ['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'],
  trust: ['Sid', 'Effect', 'Principal', 'Action', 'NotAction', 'Condition'],
  resource: ['Sid', 'Effect', 'Principal', 'Action', 'Resource', 'NotResource', 'Condition'],
};
const SYNTAX = 'Syntax errors in policy.';

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** One string, or a list of at least one. */
function strings(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw malformedPolicy(SYNTAX);
  return list.map((item) => {
    if (typeof item !== 'string') throw malformedPolicy(SYNTAX);
    return item;
  });
}

function actionOf(action: string, kind: PolicyKind): string {
  if (kind === 'trust') {
    if (/^sts:[\w*?]+$/i.test(action)) return action;
    throw malformedPolicy('AssumeRole policy may only specify STS AssumeRole actions.');
  }
  if (action === '*' || /^[A-Za-z0-9-]+:[\w*?]+$/.test(action)) return action;
  throw malformedPolicy('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.');
}

function resourceOf(resource: string): string {
  if (resource === '*') return resource;
  const parts = arnParts(resource);
  if (parts === undefined) throw malformedPolicy(`Resource ${resource} must be in ARN format or "*".`);
  if (!/^(\*|aws|aws-cn|aws-us-gov)$/.test(parts[1] ?? '')) {
    throw malformedPolicy(`Partition "${parts[1] ?? ''}" is not valid for resource "${resource}".`);
  }
  return resource;
}

function conditionValues(operator: string, value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw malformedPolicy(SYNTAX);
  return list.map((item) => {
    if (typeof item !== 'string' && typeof item !== 'number' && typeof item !== 'boolean')
      throw malformedPolicy(SYNTAX);
    const wanted = String(item);
    const fits =
      operator === 'Null' ? /^(true|false)$/.test(wanted) : OPERATORS.get(operator)?.accepts(wanted) === true;
    if (!fits) throw malformedPolicy(`Invalid value ${wanted} for condition operator ${operator}.`);
    return wanted;
  });
}

function conditionsOf(block: unknown): Condition[] {
  if (block === undefined) return [];
  if (!isObject(block)) throw malformedPolicy(SYNTAX);
  return Object.entries(block).flatMap(([written, keys]) => {
    const [, quantifier, operator = '', ifExists] =
      /^(?:(ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?$/.exec(written) ?? [];
    const known = operator === 'Null' ? ifExists === undefined && quantifier === undefined : OPERATORS.has(operator);
    if (!known) throw malformedPolicy(`Invalid Condition type : ${written}.`);
    if (!isObject(keys) || Object.keys(keys).length === 0) throw malformedPolicy(SYNTAX);
    return Object.entries(keys).map(([key, value]) => {
      if (!/^[\w-]+:.+$/.test(key)) {
        throw malformedPolicy('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.');
      }
      return {
        operator,
        ifExists: ifExists !== undefined,
        quantifier: quantifier === 'ForAnyValue' || quantifier === 'ForAllValues' ? quantifier : undefined,
        key,
        values: conditionValues(operator, value),
      };
    });
  });
}

function principalsOf(value: unknown): Principals {
  if (value === '*') return { everybody: true, aws: [], services: [] };
  if (!isObject(value) || Object.keys(value).length === 0) throw malformedPolicy(SYNTAX);
  const unknown = Object.keys(value).find((key) => !['AWS', 'Service', 'Federated', 'CanonicalUser'].includes(key));
  if (unknown !== undefined) throw malformedPolicy(SYNTAX);
  if (value.Federated !== undefined || value.CanonicalUser !== undefined) {
    // No identity provider exists in these accounts, so none can be named.
    throw malformedPolicy('Invalid principal in policy: the identity provider does not exist');
  }
  const aws = value.AWS === undefined ? [] : strings(value.AWS);
  const services = value.Service === undefined ? [] : strings(value.Service);
  const stranger = services.find((service) => !/^[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com$/.test(service));
  if (stranger !== undefined) throw malformedPolicy(`Invalid principal in policy: "SERVICE":"${stranger}"`);
  return { everybody: aws.includes('*'), aws: aws.filter((name) => name !== '*'), services };
}

function exactlyOne(statement: Json, name: string): void {
  const given = [name, `Not${name}`].filter((key) => statement[key] !== undefined);
  if (given.length === 1) return;
  throw malformedPolicy(given.length === 0 ? `Policy statement must contain ${name.toLowerCase()}s.` : SYNTAX);
}

function effectOf(value: unknown): Effect {
  if (value !== 'Allow' && value !== 'Deny') throw malformedPolicy(SYNTAX);
  return value;
}

function statementOf(value: unknown, kind: PolicyKind): Statement {
  if (!isObject(value)) throw malformedPolicy(SYNTAX);
  if (kind === 'trust' && (value.Resource ?? value.NotResource) !== undefined) {
    throw malformedPolicy('Has prohibited field Resource');
  }
  if (kind === 'identity' && (value.Principal ?? value.NotPrincipal) !== undefined) {
    throw malformedPolicy('Policy document should not specify a principal.');
  }
  if (kind === 'resource' && (value.Principal !== '*' || value.Effect !== 'Deny')) {
    // @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
    throw malformedPolicy('A resource control policy denies, and its principal is "*".');
  }
  if (Object.keys(value).some((key) => !STATEMENT_KEYS[kind].includes(key))) throw malformedPolicy(SYNTAX);
  const sid = value.Sid;
  if (sid !== undefined && (typeof sid !== 'string' || !/^[A-Za-z0-9]*$/.test(sid))) {
    throw malformedPolicy(
      `Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*`,
    );
  }
  exactlyOne(value, 'Action');
  if (kind !== 'trust') exactlyOne(value, 'Resource');
  const list = (key: string, check: (text: string) => string) =>
    value[key] === undefined ? undefined : strings(value[key]).map(check);
  const actions = list('Action', (text) => actionOf(text, kind));
  const notActions = list('NotAction', (text) => actionOf(text, kind));
  const resources = list('Resource', resourceOf);
  const notResources = list('NotResource', resourceOf);
  return {
    effect: effectOf(value.Effect),
    ...(actions && { actions }),
    ...(notActions && { notActions }),
    ...(resources && { resources }),
    ...(notResources && { notResources }),
    ...(kind === 'trust' && { principals: principalsOf(value.Principal) }),
    conditions: conditionsOf(value.Condition),
  };
}

function refuseWhatIsNotEvaluated(text: string, version: unknown): void {
  // `${*}` and its like mean the literal character, and variables mean nothing before 2012-10-17. Reading either loosely
  // could allow too much, so such documents are refused here although the real service stores them.
  if (/\$\{[*?$]\}/.test(text) || (version !== '2012-10-17' && text.includes('${'))) throw malformedPolicy(SYNTAX);
}

/**
 * Reads a policy document by IAM's grammar. Refuses with `MalformedPolicyDocument` what IAM refuses: bad JSON, unknown keys,
 * Action next to NotAction, Resource in a trust, Principal in an identity policy, unknown operators, impossible dates.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function parsePolicy(text: string, kind: PolicyKind): Policy {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw malformedPolicy('This policy contains invalid Json');
  }
  if (!isObject(document)) throw malformedPolicy(SYNTAX);
  if (Object.keys(document).some((key) => !DOCUMENT_KEYS.includes(key))) throw malformedPolicy(SYNTAX);
  const version = document.Version;
  if (version !== undefined && version !== '2012-10-17' && version !== '2008-10-17') throw malformedPolicy(SYNTAX);
  refuseWhatIsNotEvaluated(text, version);
  const written = document.Statement;
  const statements: readonly unknown[] = Array.isArray(written) ? written : [written];
  if (statements.length === 0) throw malformedPolicy(SYNTAX);
  const sids = statements.flatMap((one) =>
    isObject(one) && typeof one.Sid === 'string' && one.Sid !== '' ? [one.Sid] : [],
  );
  if (new Set(sids).size < sids.length) throw malformedPolicy('Statement IDs (SID) in a single policy must be unique.');
  return statements.map((one) => statementOf(one, kind));
}
