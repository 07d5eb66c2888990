import { eligibleFor, match } from './approvals.ts';
import { type Directory, type Person, teamsOf } from './directory.ts';
import { doubtful, type Finding, wrong } from './lint-finding.ts';
import type { Clause, Policy } from './policy.ts';
import { termsOf } from './terms.ts';

/** For one role and one team that may ask for it: who could fill each clause. On-call is not looked at. */
export interface Fill {
  readonly role: string;
  readonly team: string;
  readonly clauses: readonly {
    readonly clause: Clause;
    readonly people: readonly string[];
    readonly missing: number;
  }[];
  /** Can all clauses be filled at the same time, by different people? */
  readonly complete: boolean;
  /** Members of the team who could ask: chat identity, AWS identity, not suspended. */
  readonly askers: readonly string[];
  /** Of those, who could not get all approvals, since their other teams leave too few people outside. */
  readonly stuck: readonly string[];
}

/** Somebody of the team who is nobody in particular. */
const REQUESTER = 'the requester';

/** Every role against every team that may ask for it. Undefined where people come from elsewhere: nobody to count. */
export function fills(policy: Policy): readonly Fill[] | undefined {
  if (policy.directory.kind !== 'file') return undefined;
  const directory: Directory = { teams: policy.teams, people: policy.people, onCall: policy.onCall };
  return policy.roles.flatMap((role) =>
    role.mayAsk.flatMap((team) => {
      const clauses = termsOf(policy, role.id)?.clauses ?? [];
      return policy.teams.some(({ id }) => id === team) ? [fillOf(role.id, team, clauses, directory)] : [];
    }),
  );
}

function fillOf(role: string, team: string, clauses: readonly Clause[], directory: Directory): Fill {
  const newcomer: Person = { id: REQUESTER, name: REQUESTER, teams: [team], slack: [{ workspace: 'T0', user: 'U0' }] };
  const withNewcomer = { ...directory, people: [...directory.people, newcomer] };
  const { eligible, open, complete } = bestFill(clauses, newcomer, withNewcomer);
  const askers = directory.people
    .filter((person) => !person.suspended && person.slack.length > 0 && person.aws !== undefined)
    .filter((person) => teamsOf(directory, person).includes(team));
  return {
    role,
    team,
    complete,
    clauses: clauses.map((clause, index) => ({
      clause,
      people: (eligible[index] ?? []).map(({ id }) => id),
      missing: open.find((one) => one.clause === clause)?.missing ?? 0,
    })),
    askers: askers.map(({ id }) => id),
    stuck: complete
      ? askers.filter((person) => !bestFill(clauses, person, directory).complete).map(({ id }) => id)
      : [],
  };
}

/** As many places as today's directory can fill for this requester. */
function bestFill(clauses: readonly Clause[], requester: Person, directory: Directory) {
  const asker = { id: requester.id, seen: teamsOf(directory, requester) };
  const eligible = clauses.map((clause) => eligibleFor(clause, directory, asker));
  const candidates = [...new Map(eligible.flat().map((person) => [person.id, person])).values()].map((person) => ({
    id: person.id,
    teams: teamsOf(directory, person),
    seen: [],
    // Step-up has a finding of its own; here the question is only who is there.
    assurance: 'stepped_up' as const,
  }));
  return { eligible, ...match(clauses, candidates, asker) };
}

/** A clause that nobody could fill, or not at the same time as the others, is an error (B3). */
export function lintFill(policy: Policy): readonly Finding[] {
  const found = fills(policy);
  if (found === undefined) {
    const message = 'people come from an HTTP directory: who could fill each clause is not checked here';
    return [doubtful(['directory'], message)];
  }
  return found.flatMap((fill) => {
    const role = policy.roles.findIndex(({ id }) => id === fill.role);
    const asker = policy.roles[role]?.mayAsk.indexOf(fill.team) ?? 0;
    const path = ['roles', role, 'mayAsk', asker];
    return [
      ...unfilled(fill, path),
      ...(fill.askers.length > 0 ? [] : [nobodyAsks(fill, path)]),
      ...fill.stuck.map((id) =>
        doubtful(
          path,
          `role "${fill.role}": "${id}" may ask, but is in so many teams that too few people are outside them: add people to the clauses`,
        ),
      ),
    ];
  });
}

const unfilled = ({ role, team, clauses }: Fill, path: Finding['path']): readonly Finding[] =>
  clauses
    .filter(({ missing }) => missing > 0)
    .map(({ clause, people, missing }) =>
      people.length === 0
        ? wrong(
            path,
            `role "${role}", asked by team "${team}": nobody could fill "${clause.name}" from outside that team: add people or teams to the clause`,
          )
        : wrong(
            path,
            `role "${role}", asked by team "${team}": "${clause.name}" lacks ${missing} while the other clauses are filled (${people.join(', ')} could): add people`,
          ),
    );

const nobodyAsks = ({ role, team }: Fill, path: Finding['path']): Finding =>
  doubtful(
    path,
    `role "${role}": nobody in team "${team}" could ask, since a member needs a Slack account and an AWS identity: add them, or remove the team`,
  );

/** The table that `breakglass lint` prints: role by role, each team that may ask, each clause. */
export function fillTable(policy: Policy): readonly string[] {
  const found = fills(policy);
  if (found === undefined) return ['Who could approve: not checked, since people come from an HTTP directory.'];
  const width = Math.max(0, ...found.flatMap(({ clauses }) => clauses.map(({ clause }) => label(clause).length)));
  return policy.roles.flatMap((role) => [
    `${role.id} (zone ${role.zone}, ${role.domain})`,
    ...found
      .filter((fill) => fill.role === role.id)
      .flatMap((fill) => [
        `  asked by ${fill.team}${fill.complete ? '' : '   CANNOT BE FILLED'}`,
        ...fill.clauses.map(
          ({ clause, people, missing }) =>
            `    ${label(clause).padEnd(width)}  ${people.join(', ') || 'nobody'}${missing > 0 ? `   (${missing} missing)` : ''}`,
        ),
      ]),
  ]);
}

const label = (clause: Clause): string => `${clause.name} (${clause.who === 'group' ? clause.count : 1})`;
