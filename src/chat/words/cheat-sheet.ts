import { type Clause, type Policy, REASONS, type Role, ZONES, type Zone } from '../../core/policy/policy.ts';
import { termsOf, zoneName } from '../../core/policy/terms.ts';
import { placesOf } from '../../core/request/approvals.ts';
import { REASON_WORDS } from '../../core/request/command.ts';

/**
 * One page for a responder, from the policy in force (F5), so it cannot drift from it: what to type, each zone with its
 * approvals and roles, runbooks, whom to phone. Plain lines without any chat's markup; names are as configured, so a
 * chat must escape them.
 */
export const cheatSheet = (policy: Policy): readonly string[] => [
  `Emergency access at ${policy.organisation}`,
  // First, so that no chat's limit can cut it off.
  `Nobody answers? ${policy.phone}`,
  '',
  'What to type',
  '/breakglass: ask for access',
  '/breakglass list: requests that are open now',
  '/breakglass status [id]: where a request stands',
  '/breakglass extend [id]: ask for more time on your open access',
  '/breakglass end <id>: end access early',
  '/breakglass deny <id> <why>: deny a request without a form',
  '/breakglass help: this page',
  ...(policy.security.teams.length === 0
    ? []
    : [
        `For ${policy.security.teams.join(', ')} only: /breakglass freeze [reason] stops every opening, /breakglass freeze all[: reason] ends what is open too, /breakglass thaw lets them go on when two of you say so`,
      ]),
  '',
  'You need an open incident, its commander, a reason and a purpose.',
  `Reasons: ${REASONS.map((reason) => REASON_WORDS[reason].toLowerCase()).join(', ')}.`,
  ...ZONES.flatMap((zone) => zoneLines(policy, zone)),
  ...(policy.runbooks.length === 0 ? [] : ['', 'Runbooks']),
  ...policy.runbooks.map(({ id, title, role, minutes, url }) => `${id}: ${title} (${role}, ${minutes} min), ${url}`),
];

function zoneLines(policy: Policy, zone: Zone): readonly string[] {
  const roles = policy.roles.filter((role) => role.zone === zone);
  if (roles.length === 0) return [];
  const { approvals, maxMinutes } = policy.zones[zone];
  return [
    '',
    `${zoneName(zone)}, at most ${maxMinutes} min`,
    `Approved by: ${approvals.map(clauseWords).join(' and ')}`,
    ...roles.map((role) => roleLine(policy, role)),
  ];
}

function roleLine(policy: Policy, role: Role): string {
  const cap = termsOf(policy, role.id)?.maxMinutes ?? role.maxMinutes;
  const more = role.approvals.map((clause) => `, and ${clauseWords(clause)}`).join('');
  return `${role.id}: ${role.name} (${role.domain}, ${role.environment}, at most ${cap} min; asked by ${role.mayAsk.join(', ')}${more})`;
}

/** A clause as people say it: `2 of security, outside your team`. */
export function clauseWords(clause: Clause): string {
  if (clause.who === 'requester') return 'yourself';
  return `${placesOf(clause)} of ${clause.teams.join(', ')}, outside your team`;
}
