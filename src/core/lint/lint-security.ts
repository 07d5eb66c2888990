import type { ChatDefinition } from '../policy/chat-definition.ts';
import type { Policy } from '../policy/policy.ts';
import { THAW_NEEDS } from '../request/decide-freeze.ts';
import { isSecurity } from '../request/freeze.ts';
import { isReachable } from './lint-chats.ts';
import { checkName, doubtful, type Finding } from './lint-finding.ts';

/** The security group: without it nobody can freeze openings from the chat, lift that, or attest an ending (B11, E5). */
export function lintSecurity(policy: Policy, chats: readonly ChatDefinition[]): readonly Finding[] {
  const { teams, people, onCall, security, directory } = policy;
  const path = ['security', 'teams'];
  if (security.teams.length === 0) {
    const remedy = 'name the teams that may, under "security"; an operator still can, with "breakglass freeze"';
    return [doubtful(path, `nobody can freeze from the chat, lift a freeze or attest an ending: ${remedy}`)];
  }
  if (directory.kind === 'http') return [];
  const known = teams.map(({ id }) => id);
  const unknown = (['teams', 'page'] as const).flatMap((list) =>
    security[list].flatMap((team, at) => checkName(['security', list, at], 'team', team, known)),
  );
  if (unknown.length > 0) return unknown;
  const there = people.filter(
    (person) => isReachable(person, chats) && isSecurity(policy, { people, teams, onCall }, person),
  );
  if (there.length >= THAW_NEEDS) return [];
  const who = there.length === 0 ? 'nobody' : 'only one person';
  const lack = there.length === 0 ? 'nobody can freeze from the chat, and nobody' : 'nobody';
  return [
    doubtful(path, `${who} of the security teams has a chat account here, so ${lack} can lift a freeze: add people`),
  ];
}
