import { type Account, type Policy, type Role, ZONES } from '../policy/policy.ts';
import { termsOf } from '../policy/terms.ts';
import { checkName, doubtful, duplicates, type Finding, type Names, wrong } from './lint-finding.ts';
import { checkClauseTeams, lintClauses } from './lint-zones.ts';

/** Ids that a role, a runbook or a clause may refer to. */
export interface Known {
  readonly roles: Names;
  readonly accounts: Names;
  /** Undefined also where teams come from elsewhere. */
  readonly teams: Names;
}

/** The ids that a policy defines. */
export const knownIn = (policy: Policy): Known => ({
  roles: policy.roles.map(({ id }) => id),
  accounts: policy.accounts.map(({ id }) => id),
  teams: policy.directory.kind === 'file' ? policy.teams.map(({ id }) => id) : undefined,
});

/** Names that lead nowhere, and names given twice. */
export const lintReferences = (policy: Policy, known: Known = knownIn(policy)): readonly Finding[] => [
  ...ZONES.flatMap((zone) => checkClauseTeams(policy.zones[zone].approvals, ['zones', zone, 'approvals'], known.teams)),
  ...policy.roles.flatMap((role, index) =>
    roleReferences(role, ['roles', index], { ...known, accounts: accountsFor(role, policy.accounts, known.accounts) }),
  ),
  ...policy.runbooks.flatMap(({ role }, index) => checkName(['runbooks', index, 'role'], 'role', role, known.roles)),
  ...twice(policy.roles, 'roles', 'role'),
  // Two clouds may call theirs the same.
  ...twice(policy.accounts, 'accounts', 'account', ({ provider, id }) => `${provider}/${id}`),
  ...twice(policy.runbooks, 'runbooks', 'runbook'),
  // Whatever the letter case, since that is how they are looked up.
  ...twice(
    policy.incidentList.map(({ id }) => ({ id: id.toUpperCase() })),
    'incidentList',
    'incident',
  ),
];

/** What a role may name: accounts of its own cloud, and such as could not be read. */
const accountsFor = ({ provider }: Role, accounts: readonly Account[], known: Names): Names =>
  known?.filter((id) => {
    const read = accounts.filter((account) => account.id === id);
    return read.length === 0 || read.some((account) => account.provider === provider);
  });

const twice = <T extends { readonly id: string }>(
  items: readonly T[],
  section: string,
  what: string,
  keyOf: (item: T) => string = ({ id }) => id,
): readonly Finding[] =>
  duplicates(items, keyOf, ({ id }, index) =>
    wrong([section, index, 'id'], `two ${what}s have the id "${id}": rename or remove one`),
  );

const roleReferences = (role: Role, path: Finding['path'], { accounts, teams }: Known): readonly Finding[] => [
  ...checkName([...path, 'account'], 'account', role.account, accounts),
  ...role.mayAsk.flatMap((team, at) => checkName([...path, 'mayAsk', at], 'team', team, teams)),
  ...checkClauseTeams(role.approvals, [...path, 'approvals'], teams),
];

/** Roles and runbooks against the caps of their zone (A5, A7, A10). */
export function lintCaps(policy: Policy): readonly Finding[] {
  return [
    ...policy.roles.flatMap((role, index) => roleCaps(policy, role, index)),
    ...policy.runbooks.flatMap(({ id, role, minutes }, index) => {
      const terms = termsOf(policy, role);
      if (terms === undefined || terms.minutesOffered.includes(minutes)) return [];
      const path = ['runbooks', index, 'minutes'];
      const offered = `role "${role}" offers ${terms.minutesOffered.join(', ') || 'none'}`;
      return [
        minutes > terms.maxMinutes
          ? wrong(path, `runbook "${id}" wants ${minutes} min, above the cap of ${terms.maxMinutes} min: ${offered}`)
          : wrong(path, `runbook "${id}" wants ${minutes} min, which nobody can choose: ${offered}`),
      ];
    }),
  ];
}

function roleCaps(policy: Policy, role: Role, index: number): readonly Finding[] {
  const zone = policy.zones[role.zone];
  const findings: Finding[] = [...lintClauses(role.approvals, ['roles', index, 'approvals'], role.zone)];
  if (role.maxMinutes > zone.maxMinutes) {
    findings.push(
      doubtful(
        ['roles', index, 'maxMinutes'],
        `role "${role.id}" says ${role.maxMinutes} min, but zone ${role.zone} allows ${zone.maxMinutes}, and that holds: lower it`,
      ),
    );
  } else if (!zone.minutesOffered.some((minutes) => minutes <= role.maxMinutes)) {
    findings.push(
      wrong(
        ['roles', index, 'maxMinutes'],
        `role "${role.id}" allows ${role.maxMinutes} min and zone ${role.zone} offers nothing that short: raise it, or offer less in the zone`,
      ),
    );
  }
  const most = Math.min(role.maxMinutes, zone.maxMinutes);
  if (role.maxTotalMinutes !== undefined && role.maxTotalMinutes < most) {
    findings.push(
      wrong(
        ['roles', index, 'maxTotalMinutes'],
        `role "${role.id}" allows ${role.maxTotalMinutes} min in all, less than the ${most} min of one request: raise it, or lower maxMinutes`,
      ),
    );
  }
  return findings;
}
