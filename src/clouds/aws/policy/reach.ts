import { type Finding, type Rule, readPolicy } from './grammar.ts';
import { arnParts } from './names.ts';
import { covers, isWild, overlaps } from './pattern.ts';
import { matchesAnyName } from './resource-names.ts';
import type { AwsRole } from './schema.ts';

/** One rule of a role's policies, with its place in the role. */
export interface Placed extends Rule {
  readonly path: Finding['path'];
}

/** Every readable rule of the role's documents, pinned copies included, and every mistake, by their place in the role. */
export function rulesOf(role: Pick<AwsRole, 'policies'>): {
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
  if (rule.effect !== 'Allow') return false;
  const named = rule.actions
    ? rule.actions.some((pattern) => overlaps(pattern, action, true))
    : !(rule.notActions ?? []).some((pattern) => covers(pattern, action, true));
  return named && !all.some((other) => deniesWholly(other, action));
}

/** Which of these actions this rule could allow, among all rules of the role. */
export function reached(rule: Rule, actions: readonly string[], all: readonly Rule[]): readonly string[] {
  // A thousand names are asked for at a time, and most rules speak of one service: the others need no comparison.
  const services = rule.actions?.map(serviceOf);
  const known = services?.every((service) => service !== '' && !isWild(service)) ? new Set(services) : undefined;
  return actions.filter((action) => known?.has(serviceOf(action)) !== false && allows(rule, action, all));
}

const serviceOf = (action: string): string => action.slice(0, Math.max(0, action.indexOf(':'))).toLowerCase();

/** Which of these actions some rule of the role could allow. */
export const reachable = (rules: readonly Rule[], actions: readonly string[]): readonly string[] => [
  ...new Set(rules.flatMap((rule) => reached(rule, actions, rules))),
];

/** As the author wrote it: what in this rule reaches the action. */
export const written = (rule: Rule, action: string): string =>
  rule.actions?.find((pattern) => overlaps(pattern, action, true)) ?? 'NotAction';

/** What a rule reaches of these actions, by the author's words that reach it. */
export function byAuthor(rule: Rule, actions: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const grouped = new Map<string, string[]>();
  for (const action of actions) {
    const words = written(rule, action);
    grouped.set(words, [...(grouped.get(words) ?? []), action]);
  }
  return grouped;
}

/**
 * Names this pattern a whole kind of resource (`*`, `arn:aws:lambda:*:*:function:*`, `…:listener/app/*`) rather than one
 * or a family? Kinds that no table knows are told by their form alone.
 */
export function isBroad(resource: string): boolean {
  if (resource === '*') return true;
  const parts = arnParts(resource);
  if (parts === undefined) return true;
  if (isWild(parts.service) || isWild(parts.partition)) return true;
  const name = parts.resource.replace(/\$\{[^}]*\}/g, '*');
  // The kind before the name (`function:`, `role/`) does not narrow anything.
  const byForm = () => !namesSomething(name.replace(/^[a-z-]+[:/]/i, ''));
  return !namesSomething(name) || (matchesAnyName(parts.service, name) ?? byForm());
}

const namesSomething = (text: string): boolean => /[A-Za-z0-9]/.test(text);

/** Does the rule speak of everything of its kind: by a broad pattern, or by all but some? */
export const speaksBroadly = (rule: Rule): boolean =>
  rule.notResources !== undefined || (rule.resources ?? []).some(isBroad);
