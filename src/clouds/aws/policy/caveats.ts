import type { Rule } from './grammar.ts';
import { OUTLIVING_TOKENS } from './powers.ts';
import { STARTS_CODE } from './powers-code.ts';
import { VENDS_SECRETS } from './powers-secrets.ts';
import { SHARES } from './powers-share.ts';
import { reachable, reached } from './reach.ts';
import type { AwsRole } from './schema.ts';

/** As many names as fit a line of a card beside the sentence itself. */
const NAMED = 2;

/** What an early end of this role does not reach, in sentences that approvers read before they click. */
export function caveatsOf(role: AwsRole, rules: readonly Rule[]): readonly string[] {
  const startsCode = reachable(rules, STARTS_CODE.actions).length > 0;
  return [
    ...lasting(rules, SHARES.actions, (what, by) => `What it shares outlives the end: it can share ${what}, by ${by}.`),
    ...lasting(
      rules,
      VENDS_SECRETS.actions,
      (what, by) => `What it reads stays known after the end: it can read secrets of ${what}, by ${by}.`,
    ),
    ...role.startsCodeAs.map((arn) => `Ending early does not stop what was started as ${arn}.`),
    ...(startsCode && role.startsCodeAs.length === 0
      ? ['Ending early does not stop what was started under another identity.']
      : []),
    ...(role.identityTargets.length === 0
      ? []
      : [`This role can change the permissions of ${role.identityTargets.join(', ')}.`]),
    ...OUTLIVING_TOKENS.filter(({ action }) => reachable(rules, [action]).length > 0).map(({ say }) => say),
  ];
}

/** One sentence for all rules that reach any of these actions: on what, and by which of them. */
function lasting(
  rules: readonly Rule[],
  actions: readonly string[],
  say: (what: string, by: string) => string,
): readonly string[] {
  const found = rules.map((rule) => ({ rule, by: reached(rule, actions, rules) })).filter(({ by }) => by.length > 0);
  if (found.length === 0) return [];
  const what = found.flatMap(({ rule }) => rule.resources ?? ['everything but what is named']);
  return [say(short(what), short(found.flatMap(({ by }) => by)))];
}

function short(names: readonly string[]): string {
  const all = [...new Set(names)].map((name) => (name === '*' ? 'everything' : name));
  const rest = all.length - NAMED;
  return rest > 0 ? `${all.slice(0, NAMED).join(', ')} and ${rest} more` : all.join(', ');
}
