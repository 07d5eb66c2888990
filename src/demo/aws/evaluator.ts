import { type Context, holds, withVariables } from './conditions.ts';
import { arnMatches, globMatches } from './glob.ts';
import type { Policy, Statement } from './policy-document.ts';

/** One thing somebody wants to do. `resource` is absent for an entity that does not exist and so has no full ARN. */
export interface Ask {
  readonly action: string;
  readonly resource: string | undefined;
  readonly context: Context;
}

/** How clock conditions count; see `holds` in `conditions.ts`. */
export interface EvaluationOptions {
  readonly ignoreDates: boolean;
}

/** The policies around one principal. An absent set limits nothing; an empty one allows nothing. */
export interface PolicySets {
  readonly identity: readonly Policy[];
  readonly boundary?: readonly Policy[];
  readonly session?: readonly Policy[];
  readonly organization?: readonly Policy[];
}

/** The answer, with the kind of policy that gave it, for the error message. */
export type Verdict =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly explicit: boolean; readonly by: keyof PolicySets };

function actionFits(statement: Statement, action: string): boolean {
  const fits = (pattern: string) => globMatches(pattern, action, { ignoreCase: true });
  return statement.actions ? statement.actions.some(fits) : !(statement.notActions ?? []).some(fits);
}

function resourceFits(statement: Statement, ask: Ask): boolean {
  const { resource, context } = ask;
  const patterns = statement.resources ?? statement.notResources;
  if (patterns === undefined) return true;
  if (resource === undefined) return statement.effect === 'Allow' || patterns.includes('*');
  const fits = patterns.some((pattern) => {
    if (pattern === '*') return true;
    const resolved = withVariables(pattern, context);
    return resolved !== undefined && (resource === resolved || arnMatches(resolved, resource));
  });
  return statement.resources ? fits : !fits;
}

/** Does this statement speak about this request, principals aside? */
export function statementFits(statement: Statement, ask: Ask, options: EvaluationOptions): boolean {
  return (
    actionFits(statement, ask.action) &&
    resourceFits(statement, ask) &&
    statement.conditions.every((condition) => holds(condition, ask.context, statement.effect, options))
  );
}

const says = (
  policies: readonly Policy[],
  effect: Statement['effect'],
  ask: Ask,
  options: EvaluationOptions,
): boolean =>
  policies.some((policy) => policy.some((one) => one.effect === effect && statementFits(one, ask, options)));

const ORDER = ['organization', 'boundary', 'session', 'identity'] as const;

/** The kind of policy whose explicit Deny refuses this request, if any does. */
export function deniedBy(sets: PolicySets, ask: Ask, options: EvaluationOptions): keyof PolicySets | undefined {
  return ORDER.find((kind) => says(sets[kind] ?? [], 'Deny', ask, options));
}

/** The kind of policy that is there and does not allow this request, if any. */
export function notAllowedBy(sets: PolicySets, ask: Ask, options: EvaluationOptions): keyof PolicySets | undefined {
  return ORDER.find((kind) => {
    const policies = sets[kind];
    return policies !== undefined && !says(policies, 'Allow', ask, options);
  });
}

/**
 * What AWS decides for a request inside one account: any explicit Deny wins; otherwise identity policies, permissions
 * boundary and session policy must each allow it.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
 */
export function evaluate(sets: PolicySets, ask: Ask, options: EvaluationOptions): Verdict {
  const denying = deniedBy(sets, ask, options);
  if (denying !== undefined) return { allowed: false, explicit: true, by: denying };
  const silent = notAllowedBy(sets, ask, options);
  return silent === undefined ? { allowed: true } : { allowed: false, explicit: false, by: silent };
}

const NAMES: Readonly<Record<keyof PolicySets, string>> = {
  identity: 'identity-based policy',
  boundary: 'permissions boundary',
  session: 'session policy',
  organization: 'service control policy',
};

/** The words of an AccessDenied. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
export function denialMessage(
  principalArn: string,
  action: string,
  resource: string,
  verdict: Extract<Verdict, { allowed: false }>,
): string {
  const name = NAMES[verdict.by];
  const article = /^[aeiou]/.test(name) ? 'an' : 'a';
  const why = verdict.explicit
    ? `with an explicit deny in ${article} ${name}`
    : `because no ${name} allows the ${action} action`;
  return `User: ${principalArn} is not authorized to perform: ${action} on resource: ${resource} ${why}`;
}
