/** A chat, as policies and keys name it: `/^[a-z]+$/`. */
export type ChatName = string;

/** An account in a chat, by ids that never change: `<chat>:<home organisation>:<user>`. */
export type ChatKey = `${string}:${string}:${string}`;

/** The chat that an account is of. */
export const chatOf = (key: ChatKey): ChatName => key.slice(0, key.indexOf(':'));

/** An account as the directory names it: `user`, and one other member that names the organisation which the user is of. */
export interface ChatIdentity {
  readonly user: string;
  readonly [organisation: string]: string;
}

/** A cloud's name, as the policy and rows say it: `/^[a-z]+$/`. Which there are, a process is told. */
export type Cloud = string;

/** How a person is named to a cloud. Only that cloud reads the members besides its kind. */
export interface Principal {
  readonly kind: string;
}

/** Somebody in the directory. `teams` are those they are in directly: `teamsOf` adds the parents. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly teams: readonly string[];
  /** Their accounts, by chat. */
  readonly chats: Readonly<Record<ChatName, readonly ChatIdentity[]>>;
  /** Who they are in each cloud. */
  readonly clouds: Readonly<Record<Cloud, Principal | undefined>>;
  /** For lint alone, which finds one person listed twice by it. It is no identity: no look-up goes by it. */
  readonly email?: string | undefined;
  readonly suspended?: boolean | undefined;
}

/** A team of the organisation; whoever is in it is in its parent too. */
export interface Team {
  readonly id: string;
  readonly name: string;
  readonly parent?: string | undefined;
}

/** Everybody and every team at one moment, as the directory source gave it. */
export interface Directory {
  readonly people: readonly Person[];
  readonly teams: readonly Team[];
  /** Person ids on call, by team. */
  readonly onCall: Readonly<Record<string, readonly string[]>>;
}

/** The keys of somebody's accounts. An entry that is not one user of one organisation names nobody. */
export const keysOf = (person: Pick<Person, 'chats'>): ChatKey[] =>
  Object.entries(person.chats).flatMap(([chat, identities]) => identities.flatMap((one) => keyOf(chat, one) ?? []));

/** The key of one account in this chat; undefined for an entry that is not one user of one organisation. */
export function keyOf(chat: ChatName, { user, ...others }: ChatIdentity): ChatKey | undefined {
  const [organisation, another] = Object.values(others);
  if (organisation === undefined || another !== undefined) return undefined;
  // A colon inside could make one key of two accounts.
  return [chat, organisation, user].some((part) => part === '' || part.includes(':'))
    ? undefined
    : `${chat}:${organisation}:${user}`;
}

/**
 * The person behind a chat identity: by every character of it. Two matches are a no, as none is, and so are two people
 * whose keys differ in letter case alone: whoever wrote one of them meant the other's account.
 */
export function personOf(directory: Directory, key: ChatKey): Person | 'unknown' | 'ambiguous' {
  const chat = chatOf(key);
  const folded = key.toLowerCase();
  const found = directory.people.filter(
    ({ chats }) => Object.hasOwn(chats, chat) && chats[chat]?.some((one) => keyOf(chat, one)?.toLowerCase() === folded),
  );
  const [person, another] = found;
  if (another !== undefined) return 'ambiguous';
  return person !== undefined && keysOf(person).includes(key) ? person : 'unknown';
}

/** The person with this id; two people under one id count as nobody. */
export function personById(directory: Directory, id: string): Person | undefined {
  const found = directory.people.filter((person) => person.id === id);
  return found.length === 1 ? found[0] : undefined;
}

/**
 * Every team a person is in, parents included, sorted. An unknown team or a loop of parents yields nothing at all:
 * an empty team set is a failed look-up, and policy treats it as a no.
 */
export function teamsOf(directory: Directory, person: Person): readonly string[] {
  const known = new Map(directory.teams.map((team) => [team.id, team]));
  const all = new Set<string>();
  for (const own of person.teams) {
    let id: string | undefined = own;
    const path = new Set<string>();
    while (id !== undefined) {
      const team = known.get(id);
      if (team === undefined || path.has(id)) return [];
      path.add(id);
      all.add(id);
      id = team.parent;
    }
  }
  return [...all].sort();
}

/** Is this person on call for any of these teams? */
export const onCallFor = (directory: Directory, personId: string, teams: readonly string[]): boolean =>
  teams.some((team) => directory.onCall[team]?.includes(personId) ?? false);

/** Is something in both lists? */
export const share = (a: readonly string[], b: readonly string[]): boolean => a.some((item) => b.includes(item));

/** All that is in either list, once each and sorted. */
export const union = (a: readonly string[], b: readonly string[]): readonly string[] =>
  [...new Set([...a, ...b])].sort();
