import type { Definitions } from '../policy/definitions.ts';
import { type ChatName, type Directory, keyOf, type Person, personById, teamsOf } from '../policy/directory.ts';
import { checkName, doubtful, duplicates, type Finding, type Names, wrong } from './lint-finding.ts';

/** Names that an entry of the directory may refer to. */
export interface KnownThere {
  readonly teams: Names;
  readonly people: Names;
}

const knownThere = ({ teams, people }: Directory): KnownThere => ({
  teams: teams.map(({ id }) => id),
  people: people.map(({ id }) => id),
});

/** Faults of a directory that a policy file carries: who is who must have one answer (A2, "Identity" of the design). */
export const lintDirectory = (
  directory: Directory,
  definitions: Definitions,
  known: KnownThere = knownThere(directory),
): readonly Finding[] => [
  ...duplicateIds(directory),
  ...directory.teams.flatMap(({ parent }, index) =>
    parent === undefined ? [] : checkName(['teams', index, 'parent'], 'team', parent, known.teams),
  ),
  ...parentLoops(directory),
  ...directory.people.flatMap((person, index) => personFindings(person, index, known.teams)),
  ...sharedIdentities(directory, definitions),
  ...sharedEmails(directory),
  ...onCallFindings(directory, known),
];

const duplicateIds = (directory: Directory): readonly Finding[] => [
  ...duplicates(
    directory.teams,
    ({ id }) => id,
    ({ id }, index) => wrong(['teams', index, 'id'], `two teams have the id "${id}": rename or remove one`),
  ),
  ...duplicates(
    directory.people,
    ({ id }) => id,
    ({ id }, index) =>
      wrong(['people', index, 'id'], `two people have the id "${id}", and two are nobody: rename or remove one`),
  ),
];

/** A team that is its own ancestor. Everybody in it would have no team at all, and could neither ask nor approve. */
function parentLoops({ teams }: Directory): readonly Finding[] {
  const parents = new Map(teams.map(({ id, parent }) => [id, parent]));
  return teams.flatMap(({ id }, index) => {
    const path = new Set<string>();
    let at = parents.get(id);
    while (at !== undefined && at !== id && !path.has(at)) {
      path.add(at);
      at = parents.get(at);
    }
    if (at !== id) return [];
    const loop = [id, ...path, id].join(' → ');
    return [
      wrong(['teams', index, 'parent'], `the parents of team "${id}" go in a circle (${loop}): remove one parent`),
    ];
  });
}

function personFindings(person: Person, index: number, teams: Names): readonly Finding[] {
  const unknown = person.teams.flatMap((team, at) => checkName(['people', index, 'teams', at], 'team', team, teams));
  const none =
    person.teams.length === 0
      ? [
          doubtful(
            ['people', index, 'teams'],
            `"${person.id}" is in no team, so can neither ask nor approve: name a team`,
          ),
        ]
      : [];
  return [...unknown, ...none];
}

/** One chat key or cloud identity on two people: nobody could say who acted. */
function sharedIdentities({ people }: Directory, { chats, clouds }: Definitions): readonly Finding[] {
  const accounts = chats.flatMap(({ name, title }) => accountsIn(people, name, `${title} account`));
  const identities = people.flatMap((person, index) =>
    Object.values(clouds).flatMap(({ name, identities: of }) => {
      const principal = person.clouds[name];
      const path = ['people', index, 'clouds', name];
      return principal === undefined ? [] : of(person.id, principal).map((one): Shared => ({ person, path, ...one }));
    }),
  );
  return duplicates(
    [...accounts, ...identities],
    ({ what, key }) => JSON.stringify([what, key]),
    ({ person, path, what }, _index, first) =>
      wrong(path, `"${person.id}" and "${first.person.id}" share one ${what}: each belongs to one person only`),
  );
}

/** What two people may not both have, where it stands. */
interface Held {
  readonly person: Person;
  readonly path: Finding['path'];
  readonly key: string;
}
interface Shared extends Held {
  /** What it is, for people. */
  readonly what: string;
}

/** Letter case aside: two keys that differ in it alone are one account, written twice. */
const accountsIn = (people: Directory['people'], chat: ChatName, what: string): readonly Shared[] =>
  people.flatMap((person, index) =>
    (person.chats[chat] ?? []).flatMap((one, at): Shared[] => {
      const key = keyOf(chat, one);
      return key === undefined
        ? []
        : [{ person, path: ['people', index, 'chats', chat, at], what, key: key.toLowerCase() }];
    }),
  );

/** One e-mail on two people is one person, listed twice: they could fill two places of a clause, or approve themselves. */
function sharedEmails({ people }: Directory): readonly Finding[] {
  const listed = people.flatMap((person, index): Held[] => {
    const key = person.email?.trim().toLowerCase() ?? '';
    return key === '' ? [] : [{ person, path: ['people', index, 'email'], key }];
  });
  return duplicates(
    listed,
    ({ key }) => key,
    ({ person, path }, _index, first) =>
      wrong(
        path,
        `"${person.id}" and "${first.person.id}" have one e-mail: make one entry of them, with all its accounts, or correct it`,
      ),
  );
}

const onCallFindings = (directory: Directory, known: KnownThere): readonly Finding[] =>
  Object.entries(directory.onCall).flatMap(([team, ids]) => {
    const unknown = checkName(['onCall', team], 'team', team, known.teams);
    if (unknown.length > 0) return unknown;
    return ids.flatMap((id, at) => [
      ...checkName(['onCall', team, at], 'person', id, known.people),
      ...dutyFindings(directory, team, id, ['onCall', team, at]),
    ]);
  });

function dutyFindings(directory: Directory, team: string, id: string, path: Finding['path']): readonly Finding[] {
  const person = personById(directory, id);
  if (person === undefined) return [];
  if (person.suspended) return [doubtful(path, `"${id}" is suspended and cannot answer: put somebody else on call`)];
  // A team in a circle of parents has no members at all; that is said where the circle is.
  const member = person.teams.includes(team) || teamsOf(directory, person).includes(team);
  const remedy = 'add them to it, or remove them here';
  return member ? [] : [wrong(path, `"${id}" is on call for "${team}" but not in that team: ${remedy}`)];
}
