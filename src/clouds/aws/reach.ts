import type { Role } from '../../core/policy.ts';
import { type Finding, type Rule, readPolicy } from './grammar.ts';
import { arnParts } from './names.ts';
import { covers, isWild, overlaps } from './pattern.ts';

/** One rule of a role's policies, with its place in the role. */
export interface Placed extends Rule {
  readonly path: Finding['path'];
}

/** Every readable rule of the role's documents, pinned copies included, and every mistake, by their place in the role. */
export function rulesOf(role: Pick<Role, 'policies'>): {
  readonly rules: readonly Placed[];
  readonly findings: readonly Finding[];
} {
  const read = role.policies.map(({ document }, index) => {
    const { rules, findings } = readPolicy(document);
    const below = (path: Finding['path']) => ['policies', index, 'document', ...path];
    return {
      rules: rules.map((rule): Placed => ({ ...rule, path: below(rule.path) })),
      findings: findings.map((finding) => ({ ...finding, path: below(finding.path) })),
    };
  });
  return { rules: read.flatMap(({ rules }) => rules), findings: read.flatMap(({ findings }) => findings) };
}

/** Denies everything under this action, always and everywhere. */
const deniesWholly = (rule: Rule, action: string): boolean =>
  rule.effect === 'Deny' &&
  !rule.conditional &&
  rule.resources?.includes('*') === true &&
  (rule.actions
    ? rule.actions.some((pattern) => covers(pattern, action, true))
    : !(rule.notActions ?? []).some((pattern) => overlaps(pattern, action, true)));

/** Could this rule allow something under this action (a name, or a pattern of names)? */
export function allows(rule: Rule, action: string, all: readonly Rule[]): boolean {
  if (rule.effect !== 'Allow' || all.some((other) => deniesWholly(other, action))) return false;
  return rule.actions
    ? rule.actions.some((pattern) => overlaps(pattern, action, true))
    : !(rule.notActions ?? []).some((pattern) => covers(pattern, action, true));
}

/** Which of these actions some rule of the role could allow. */
export const reachable = (rules: readonly Rule[], actions: readonly string[]): readonly string[] =>
  actions.filter((action) => rules.some((rule) => allows(rule, action, rules)));

/** Names this pattern a whole kind of resource (`*`, `arn:aws:lambda:*:*:function:*`) rather than one or a family? */
export function isBroad(resource: string): boolean {
  if (resource === '*') return true;
  const parts = arnParts(resource);
  if (parts === undefined) return true;
  if (isWild(parts.service) || isWild(parts.partition)) return true;
  const name = parts.resource.replace(/\$\{[^}]*\}/g, '*');
  // The kind before the name (`function:`, `role/`) does not narrow anything.
  const [, kind = '', rest = ''] = /^([a-z-]+[:/])?(.*)$/is.exec(name) ?? [];
  const own = kind === '' ? name : rest;
  return !/[A-Za-z0-9]/.test(own);
}

/** Does the rule speak of everything of its kind: by a broad pattern, or by all but some? */
export const speaksBroadly = (rule: Rule): boolean =>
  rule.notResources !== undefined || (rule.resources ?? []).some(isBroad);
