import type { ChatDefinition } from '../policy/chat-definition.ts';
import type { Definitions } from '../policy/definitions.ts';
import { type Directory, type Person, share, teamsOf } from '../policy/directory.ts';
import type { Policy, Role } from '../policy/policy.ts';
import { type Terms, termsOf, type WantedClause, wantedBy } from '../policy/terms.ts';
import { eligibleFor, match } from '../request/approvals.ts';
import { isReachable } from './lint-chats.ts';
import { doubtful, type Finding, wrong } from './lint-finding.ts';

/** For one role and one team that may ask for it: who could fill each clause. On-call is not looked at. */
export interface Fill {
  readonly role: string;
  readonly team: string;
  readonly clauses: readonly {
    readonly clause: WantedClause;
    readonly people: readonly string[];
    readonly missing: number;
  }[];
  /** Can all clauses be filled at the same time, by different people? */
  readonly complete: boolean;
  /** Members of the team who could ask: a chat account that this version can answer, an identity in the role's cloud, not suspended. */
  readonly askers: readonly string[];
  /** Of those, who could not get all approvals, since their other teams leave too few people outside. */
  readonly stuck: readonly string[];
}

/** Somebody of the team who is nobody in particular. */
const REQUESTER = 'the requester';

/** Every role against every team that may ask for it. Undefined where people come from elsewhere: nobody to count. */
export function fills(policy: Policy, chats: readonly ChatDefinition[]): readonly Fill[] | undefined {
  if (policy.directory.kind !== 'file') return undefined;
  const here = policy.people.filter((person) => isReachable(person, chats));
  const fill = filler({ ...policy, people: here });
  const askers = here
    .filter((person) => !person.suspended)
    .map((person) => ({ person, teams: teamsOf(policy, person) }));
  return policy.roles.flatMap((role) => {
    const terms = termsOf(policy, role.id);
    const clauses = terms === undefined ? [] : askedAtMost(terms);
    return role.mayAsk.flatMap((team) => {
      if (!policy.teams.some(({ id }) => id === team)) return [];
      const { eligible, open, complete } = fill(clauses, [team]);
      const members = askers
        .filter(({ person, teams }) => teams.includes(team) && person.clouds[role.provider] !== undefined)
        .map(({ person }) => person);
      return {
        role: role.id,
        team,
        complete,
        clauses: clauses.map((clause, index) => ({
          clause,
          people: eligible[index] ?? [],
          missing: open.find((one) => one.index === index)?.missing ?? 0,
        })),
        askers: members.map(({ id }) => id),
        stuck: complete ? members.filter(({ teams }) => !fill(clauses, teams).complete).map(({ id }) => id) : [],
      };
    });
  });
}

/** The clauses that must be filled at the same time at worst: while the incident source is down, where the zone goes on. */
const askedAtMost = (terms: Terms): readonly WantedClause[] =>
  wantedBy(terms, terms.unverifiedIncident === 'refuse').clauses;

/** As many places as the directory can fill for somebody of these teams. Roles share clauses, so answers are kept. */
function filler(directory: Directory) {
  const members = directory.people.map((person) => ({ person, teams: teamsOf(directory, person) }));
  const kept = new Map<string, ReturnType<typeof bestFill>>();
  return (clauses: readonly WantedClause[], teams: readonly string[]) => {
    const key = JSON.stringify([clauses, [...teams].sort()]);
    const answer = kept.get(key) ?? bestFill(clauses, teams, directory, members);
    kept.set(key, answer);
    return answer;
  };
}

type Members = readonly { readonly person: Person; readonly teams: readonly string[] }[];

function bestFill(clauses: readonly WantedClause[], teams: readonly string[], directory: Directory, members: Members) {
  const requester: Person = {
    id: REQUESTER,
    name: REQUESTER,
    teams,
    chats: { any: [{ user: 'U0', organisation: 'O0' }] },
    clouds: {},
  };
  const asker = { id: REQUESTER, seen: teamsOf(directory, requester) };
  const groups = clauses.flatMap((clause) => (clause.who === 'group' ? clause.teams : []));
  const near = [...members.filter((member) => share(member.teams, groups)), { person: requester, teams: asker.seen }];
  const eligible = clauses.map((clause) =>
    eligibleFor(clause, { ...directory, people: near.map(({ person }) => person) }, asker).map(({ id }) => id),
  );
  const candidates = near
    .filter(({ person }) => eligible.some((ids) => ids.includes(person.id)))
    // Step-up has a finding of its own; here the question is only who is there.
    .map(({ person, teams: own }) => ({ id: person.id, teams: own, seen: [], assurance: 'stepped_up' as const }));
  const { open, complete } = match(clauses, candidates, asker);
  return { eligible, open: open.map(({ clause, missing }) => ({ index: clauses.indexOf(clause), missing })), complete };
}

/** A clause that nobody could fill, or not at the same time as the others, is an error (B3). */
export function lintFill(policy: Policy, { chats, clouds }: Definitions): readonly Finding[] {
  const found = fills(policy, chats);
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
      ...(fill.askers.length > 0 ? [] : [nobodyAsks(fill, path, policy.roles[role], clouds)]),
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
            `role "${role}", asked by team "${team}": nobody could fill "${clause.name}" from outside that team: ${addTo(clause)}`,
          )
        : wrong(
            path,
            `role "${role}", asked by team "${team}": "${clause.name}" lacks ${missing} while the other clauses are filled (${people.join(', ')} could): ${clause.whileUnverified ? addTo(clause) : 'add people'}`,
          ),
    );

/** The clause that an unverified incident adds stands nowhere in the file: what fills it does. */
const addTo = ({ whileUnverified }: WantedClause): string =>
  whileUnverified
    ? 'add people or teams to zone B\'s group clauses, or let the zone say "unverified_incident: refuse"'
    : 'add people or teams to the clause';

function nobodyAsks(
  { role, team }: Fill,
  path: Finding['path'],
  of: Role | undefined,
  clouds: Definitions['clouds'],
): Finding {
  const identity = (of && clouds[of.provider]?.words.identity) ?? 'an identity in the cloud';
  const message = `role "${role}": nobody in team "${team}" could ask, since a member needs a chat account and ${identity}: add them, or remove the team`;
  return doubtful(path, message);
}

/** The table that `breakglass lint` prints: role by role, each team that may ask, each clause. */
export function fillTable(policy: Policy, chats: readonly ChatDefinition[]): readonly string[] {
  const found = fills(policy, chats);
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

const label = (clause: WantedClause): string => `${clause.name} (${clause.who === 'group' ? clause.count : 1})`;
