import { type Clause, type Policy, ZONES, type Zone } from '../policy/policy.ts';
import { OUTSIDE_AT_LEAST, placesOf } from '../request/approvals.ts';
import { checkName, doubtful, duplicates, type Finding, type Names, wrong } from './lint-finding.ts';

/** Zones: the floors of the approval matrix (B2, B3), minutes that fit their cap, step-up that does not exist yet (B9). */
export const lintZones = (policy: Policy): readonly Finding[] =>
  ZONES.flatMap((zone) => [...zoneFindings(zone, policy), ...severityFindings(zone, policy)]);

function zoneFindings(zone: Zone, policy: Policy): readonly Finding[] {
  const { approvals, maxMinutes, minutesOffered } = policy.zones[zone];
  const outside = approvals.reduce((sum, clause) => sum + (clause.who === 'group' ? placesOf(clause) : 0), 0);
  const floor = OUTSIDE_AT_LEAST[zone];
  const findings: Finding[] = [];
  if (outside < floor) {
    const people = floor === 1 ? 'one approver' : 'two approvers';
    findings.push(
      wrong(
        ['zones', zone, 'approvals'],
        `zone ${zone} needs ${people} outside the requester's team and asks ${outside}: add "who: group" clauses (B2)`,
      ),
    );
  }
  if (!minutesOffered.some((minutes) => minutes <= maxMinutes)) {
    findings.push(
      wrong(
        ['zones', zone, 'minutesOffered'],
        `every duration offered is above the cap of zone ${zone} (${maxMinutes} min): offer a shorter one, or raise maxMinutes`,
      ),
    );
  }
  return [
    ...findings,
    ...duplicates(
      minutesOffered.map(String),
      (minutes) => minutes,
      (minutes, index) =>
        doubtful(['zones', zone, 'minutesOffered', index], `${minutes} minutes are offered twice: remove one`),
    ),
    ...lintClauses(approvals, ['zones', zone, 'approvals'], zone),
  ];
}

/** A severity that is asked for, and that no incident is known to have. */
function severityFindings(zone: Zone, { zones, incidents, incidentList }: Policy): readonly Finding[] {
  const { minSeverity, unverified_incident } = zones[zone];
  if (minSeverity === undefined) return [];
  const path = ['zones', zone, 'minSeverity'];
  const findings: Finding[] = [];
  if (unverified_incident === 'accept') {
    findings.push(
      doubtful(
        path,
        `nothing opens in zone ${zone} while the incident source is down, since the severity is unknown then: write "unverified_incident: refuse", or remove minSeverity`,
      ),
    );
  }
  const open = incidents.kind === 'file' ? incidentList.filter(({ state }) => state === 'open') : [];
  if (open.length > 0 && open.every(({ severity }) => severity === undefined || severity > minSeverity)) {
    const why = open.some(({ severity }) => severity !== undefined)
      ? `no open incident in incidentList is of severity ${minSeverity} or worse`
      : 'no open incident in incidentList has a severity';
    findings.push(doubtful(path, `${why}: nothing opens in zone ${zone}; write the severity of each incident`));
  }
  return findings;
}

/** What may be wrong with clauses wherever they stand. Unknown teams are found by `lintReferences`. */
export function lintClauses(clauses: readonly Clause[], path: Finding['path'], zone: Zone): readonly Finding[] {
  const assurance = clauses.flatMap((clause, index): Finding[] => {
    const at = [...path, index, 'assurance'];
    if (clause.assurance === 'stepped_up') {
      return [
        wrong(
          at,
          `clause "${clause.name}" wants a second sign-in, which this version cannot ask for yet: write "assurance: chat", or wait for it`,
        ),
      ];
    }
    return zone === 'C'
      ? [doubtful(at, `clause "${clause.name}": no second sign-in is asked in zone C; card and log say so`)]
      : [];
  });
  return [
    ...assurance,
    ...duplicates(
      clauses,
      ({ name }) => name,
      ({ name }, index) =>
        doubtful(
          [...path, index, 'name'],
          `two clauses are called "${name}": people could not tell them apart, rename one`,
        ),
    ),
  ];
}

/** Teams that clauses name and nobody knows. */
export const checkClauseTeams = (clauses: readonly Clause[], path: Finding['path'], teams: Names): readonly Finding[] =>
  clauses.flatMap((clause, index) =>
    clause.who === 'requester'
      ? []
      : clause.teams.flatMap((team, at) => checkName([...path, index, 'teams', at], 'team', team, teams)),
  );
