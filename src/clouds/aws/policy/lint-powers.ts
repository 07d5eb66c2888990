import type { ActionTable } from './action-table.ts';
import type { Finding, Rule } from './grammar.ts';
import { isWild } from './pattern.ts';
import { CHANGES_IDENTITIES, FORBIDDEN, NOT_IN_ZONE_A, READING_VERBS } from './powers.ts';
import { STARTS_CODE } from './powers-code.ts';
import { VENDS_SECRETS } from './powers-secrets.ts';
import { SHARES } from './powers-share.ts';
import { allows, byAuthor, reached, speaksBroadly, written } from './reach.ts';
import type { AwsRole } from './schema.ts';

/** What the rules of a role could do that no role, or no role of its zone, may. Wildcards count for all they reach. */
export function lintPowers(role: AwsRole, rules: readonly Rule[]): readonly Finding[] {
  const allowing = rules.filter(({ effect }) => effect === 'Allow');
  if (rules.length > 0 && allowing.length === 0) {
    return [{ path: ['policies'], message: 'allow nothing: write at least one Allow, or remove the role' }];
  }
  return allowing.flatMap((rule) => [
    ...forbidden(rule, rules),
    ...identityChanges(role, rule, rules),
    ...broadly(SHARES, 'can share things with others, who keep them after the end', rule, rules),
    ...codeStarts(role, rule, rules),
    ...(role.zone === 'A'
      ? reading(rule, rules)
      : broadly(VENDS_SECRETS, 'hands out secrets or credentials, which stay known after the end', rule, rules)),
  ]);
}

const actionsPath = (rule: Rule): Finding['path'] => [...rule.path, rule.actions ? 'Action' : 'NotAction'];

function forbidden(rule: Rule, all: readonly Rule[]): readonly Finding[] {
  const patterns = reached(
    rule,
    FORBIDDEN.map(({ pattern }) => pattern),
    all,
  );
  return [...byAuthor(rule, patterns)].map(([author, [first, ...more]]) => ({
    path: actionsPath(rule),
    message:
      `${author} allows ${first}${more.length > 0 ? ` and ${more.length} more that no emergency role may hold` : ''}: ` +
      `${FORBIDDEN.find(({ pattern }) => pattern === first)?.why}. Name narrower actions`,
  }));
}

function identityChanges(role: AwsRole, rule: Rule, all: readonly Rule[]): readonly Finding[] {
  const change = CHANGES_IDENTITIES.find((action) => allows(rule, action, all));
  if (change === undefined) return [];
  const what = written(rule, change);
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

const resourcePath = (rule: Rule): Finding['path'] => [...rule.path, rule.resources ? 'Resource' : 'NotResource'];

/** The author's words for the first of these actions, and how many more they reach. */
function named(rule: Rule, [first = '', ...more]: readonly string[]): string {
  const what = written(rule, first);
  if (what.toLowerCase() === first.toLowerCase()) return what;
  return `${what} (which reaches ${first}${more.length > 0 ? ` and ${more.length} more` : ''})`;
}

/** Actions of a class must say on what: an Allow of one of them on a whole kind of resource is a mistake. */
function broadly(table: ActionTable, does: string, rule: Rule, all: readonly Rule[]): readonly Finding[] {
  if (!speaksBroadly(rule)) return [];
  return [...byAuthor(rule, reached(rule, table.actions, all)).values()].map((actions) => ({
    path: resourcePath(rule),
    message: actions.every((action) => table.onEverythingOnly.has(action))
      ? `${named(rule, actions)} ${does}, and AWS narrows it to no resource: no emergency role may hold it. Leave it out`
      : `${named(rule, actions)} ${does}, here on everything of its kind: name the resources`,
  }));
}

function codeStarts(role: AwsRole, rule: Rule, all: readonly Rule[]): readonly Finding[] {
  const broad = broadly(STARTS_CODE, 'runs code under another identity', rule, all);
  if (broad.length > 0) return broad;
  const starts = reached(rule, STARTS_CODE.actions, all);
  if (starts.length === 0) return [];
  const path = resourcePath(rule);
  if (role.startsCodeAs.length === 0) {
    return [
      {
        path,
        message: `${named(rule, starts)} runs code under another identity: name that identity's role in startsCodeAs, so that approvers see it`,
      },
    ];
  }
  if (!starts.includes('iam:PassRole')) return [];
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
  const secret = byAuthor(rule, reached(rule, NOT_IN_ZONE_A, all));
  return [
    ...writing.map((action) => ({
      path,
      message: `${action} is more than reading: zone A takes Get, List, Describe, Filter and the like of one service; move the role to zone B, or narrow it`,
    })),
    ...[...secret].map(([author, [first, ...more]]) => ({
      path,
      message:
        `${author} reaches ${first}${more.length > 0 ? ` and ${more.length} more` : ''}, which hands out secrets or ` +
        'credentials: zone A has none of them. Name narrower actions',
    })),
  ];
}

/** Begins with a reading verb of one service, wildcards only behind it. */
function isReading(action: string): boolean {
  const [service = '', name = ''] = action.split(':', 2);
  return service !== '' && !isWild(service) && READING_VERBS.test(name);
}
