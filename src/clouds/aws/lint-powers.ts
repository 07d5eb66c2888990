import type { Role } from '../../core/policy.ts';
import type { Finding, Rule } from './grammar.ts';
import { isWild, overlaps } from './pattern.ts';
import { CHANGES_IDENTITIES, FORBIDDEN, READING_VERBS, READS_SECRETS, STARTS_CODE } from './powers.ts';
import { allows, speaksBroadly } from './reach.ts';

/** What the rules of a role could do that no role, or no role of its zone, may. Wildcards count for all they reach. */
export function lintPowers(role: Role, rules: readonly Rule[]): readonly Finding[] {
  const allowing = rules.filter(({ effect }) => effect === 'Allow');
  if (rules.length > 0 && allowing.length === 0) {
    return [{ path: ['policies'], message: 'allow nothing: write at least one Allow, or remove the role' }];
  }
  return allowing.flatMap((rule) => [
    ...forbidden(rule, rules),
    ...identityChanges(role, rule, rules),
    ...codeStarts(role, rule, rules),
    ...(role.zone === 'A' ? reading(rule, rules) : []),
  ]);
}

const actionsPath = (rule: Rule): Finding['path'] => [...rule.path, rule.actions ? 'Action' : 'NotAction'];

/** As the author wrote it: what in this rule reaches the action. */
const written = (rule: Rule, action: string): string =>
  rule.actions?.find((pattern) => overlaps(pattern, action, true)) ?? 'NotAction';

function forbidden(rule: Rule, all: readonly Rule[]): readonly Finding[] {
  const byAuthor = new Map<string, { readonly pattern: string; readonly why: string }[]>();
  for (const one of FORBIDDEN) {
    if (!allows(rule, one.pattern, all)) continue;
    const key = written(rule, one.pattern);
    byAuthor.set(key, [...(byAuthor.get(key) ?? []), one]);
  }
  return [...byAuthor].map(([author, [first, ...more]]) => ({
    path: actionsPath(rule),
    message:
      `${author} allows ${first?.pattern}${more.length > 0 ? ` and ${more.length} more that no emergency role may hold` : ''}: ` +
      `${first?.why}. Name narrower actions`,
  }));
}

function identityChanges(role: Role, rule: Rule, all: readonly Rule[]): readonly Finding[] {
  const reached = CHANGES_IDENTITIES.find((action) => allows(rule, action, all));
  if (reached === undefined) return [];
  const what = written(rule, reached);
  if (role.zone !== 'C') {
    return [
      {
        path: actionsPath(rule),
        message: `${what} changes permissions of others, which belongs to zone C: move the role, or remove it`,
      },
    ];
  }
  const unnamed = (rule.resources ?? ['everything but some (NotResource)']).filter(
    (resource) => !role.identityTargets.includes(resource),
  );
  return unnamed.map((resource) => ({
    path: [...rule.path, rule.resources ? 'Resource' : 'NotResource'],
    message: `${what} is allowed on ${resource}: write whole ARNs, and name each in identityTargets`,
  }));
}

function codeStarts(role: Role, rule: Rule, all: readonly Rule[]): readonly Finding[] {
  const reached = STARTS_CODE.filter((action) => allows(rule, action, all));
  const [first] = reached;
  if (first === undefined) return [];
  const what = written(rule, first);
  const as = what === first ? what : `${what} (which reaches ${first})`;
  const path = [...rule.path, rule.resources ? 'Resource' : 'NotResource'];
  if (speaksBroadly(rule)) {
    return [
      { path, message: `${as} runs code under another identity, here on everything of its kind: name the resources` },
    ];
  }
  if (role.startsCodeAs.length === 0) {
    return [
      {
        path,
        message: `${as} runs code under another identity: name that identity's role in startsCodeAs, so that approvers see it`,
      },
    ];
  }
  if (!reached.includes('iam:PassRole')) return [];
  return (rule.resources ?? [])
    .filter((resource) => !role.startsCodeAs.includes(resource))
    .map((resource) => ({
      path,
      message: `iam:PassRole is allowed on ${resource}: write whole role ARNs, and name each in startsCodeAs`,
    }));
}

function reading(rule: Rule, all: readonly Rule[]): readonly Finding[] {
  const path = actionsPath(rule);
  if (rule.actions === undefined) {
    return [{ path, message: 'zone A lists what may be read: write Action with reading actions instead of NotAction' }];
  }
  const writing = rule.actions.filter((action) => !isReading(action));
  const secret = READS_SECRETS.filter((action) => allows(rule, action, all));
  return [
    ...writing.map((action) => ({
      path,
      message: `${action} is more than reading: zone A takes Get, List, Describe, Filter and the like of one service; move the role to zone B, or narrow it`,
    })),
    ...secret.map((action) => ({
      path,
      message: `${written(rule, action)} reaches ${action}, which hands out secrets or credentials: zone A has none of them`,
    })),
  ];
}

/** Begins with a reading verb of one service, wildcards only behind it. */
function isReading(action: string): boolean {
  const [service = '', name = ''] = action.split(':', 2);
  return service !== '' && !isWild(service) && READING_VERBS.test(name);
}
