import { canonical } from '../canonical.ts';
import type { ChangeWords, Clouds } from './cloud.ts';
import type { Cloud } from './directory.ts';
import type { Account, Policy, Role, Source, Zone } from './policy.ts';
import {
  ACCOUNT_WORDS,
  ASKING_WORDS,
  CHANNEL_WORDS,
  FORM_WORDS,
  INCIDENT_WORDS,
  PERSON_WORDS,
  ROLE_WORDS,
  RUNBOOK_WORDS,
  SECURITY_WORDS,
  TEAM_WORDS,
  TIMING_WORDS,
  type Words,
  ZONE_WORDS,
} from './policy-diff-words.ts';
import { termsDigest, termsOf } from './terms.ts';

/** What changed of one account, and of one role, in words: ours for what all have, and their cloud's for the rest. */
interface DescribeChanges {
  readonly account: (before: Account, after: Account) => readonly string[];
  readonly role: (before: Role, after: Role) => readonly string[];
}
const describedBy = (clouds: Clouds): DescribeChanges => ({
  account: (before, after) => withOwn(ACCOUNT_WORDS, clouds[after.provider]?.changeWords.account, before, after),
  role: (before, after) => withOwn(ROLE_WORDS, clouds[after.provider]?.changeWords.role, before, after),
});

/**
 * What changed from one policy to the next, a sentence each, for the security channel and the log. Empty if nothing
 * did. Names, never documents. Requests that are open keep their terms; a role named as changed makes them ask again.
 */
export function policyChanges(before: Policy | undefined, after: Policy, clouds: Clouds): readonly string[] {
  if (before === undefined) {
    const { roles, accounts, people } = after;
    return [`First policy: ${roles.length} roles, ${accounts.length} accounts, ${people.length} people listed.`];
  }
  const keys = Object.keys(SENTENCES) as (keyof Policy)[];
  const changed = keys.filter((key) => !same(before[key], after[key]));
  const said = [
    ...changed.flatMap((key) => SENTENCES[key](before, after, describedBy(clouds))),
    ...otherTerms(before, after),
  ];
  return said.length === 0 && changed.length > 0 ? [`${capital(FORM_WORDS)}.`] : said;
}

/** Ids of accounts with an open grant that the policy no longer names: such a policy is refused. */
export const droppedAccountsInUse = (
  { accounts }: Policy,
  inUse: readonly { readonly provider: Cloud; readonly account: string }[],
): readonly string[] => {
  const dropped = inUse.filter(
    ({ provider, account }) => !accounts.some((one) => one.id === account && one.provider === provider),
  );
  return [...new Set(dropped.map(({ account }) => account))].sort();
};

/** Of a chat that the policy does not name. */
const NOWHERE = { default: 'none', security: 'none' };

type Sentences = (before: Policy, after: Policy, describe: DescribeChanges) => readonly string[];

/** Every key of a policy, in the order in which its changes are said. A new one does not compile until it has words. */
const SENTENCES = {
  version: (_before, after) => [`The policy is written in version ${after.version} of its format.`],
  organisation: (_before, after) => [`The organisation is now "${after.organisation}".`],
  phone: (_before, after) => [`Whom to phone if nobody answers in chat is now "${after.phone}".`],
  timings: (before, after) => sentences(TIMING_WORDS, before.timings, after.timings),
  channels: (before, after) =>
    [...new Set([...Object.keys(before.channels), ...Object.keys(after.channels)])].flatMap((chat) => {
      const said = changes(CHANNEL_WORDS, before.channels[chat] ?? NOWHERE, after.channels[chat] ?? NOWHERE);
      return said.length === 0 ? [] : [`Chat ${chat}: ${said.join('; ')}.`];
    }),
  security: (before, after) => sentences(SECURITY_WORDS, before.security, after.security),
  requests: (before, after) => sentences(ASKING_WORDS, before.requests, after.requests),
  directory: (before, after) => [sourceChange('directory', before.directory, after.directory)],
  incidents: (before, after) => [sourceChange('incidents', before.incidents, after.incidents)],
  zones: (before, after) =>
    (['A', 'B', 'C'] as const satisfies readonly Zone[]).flatMap((zone) =>
      changes(ZONE_WORDS, before.zones[zone], after.zones[zone]).map((change) => `Zone ${zone}: ${change}.`),
    ),
  accounts: (before, after, { account }) => listChanges('account', before.accounts, after.accounts, account),
  roles: (before, after, { role }) => listChanges('role', before.roles, after.roles, role, addedRole),
  runbooks: (before, after) =>
    listChanges('runbook', before.runbooks, after.runbooks, (...both) => changes(RUNBOOK_WORDS, ...both)),
  teams: (before, after) => listChanges('team', before.teams, after.teams, (...both) => changes(TEAM_WORDS, ...both)),
  people: (before, after) =>
    listChanges('person', before.people, after.people, (...both) => changes(PERSON_WORDS, ...both)),
  onCall: (before, after) =>
    [...new Set([...Object.keys(before.onCall), ...Object.keys(after.onCall)])]
      .filter((team) => !same(before.onCall[team], after.onCall[team]))
      .map((team) => `On call for ${team}: ${names(after.onCall[team])} (was ${names(before.onCall[team])}).`),
  incidentList: (before, after) =>
    listChanges('incident', before.incidentList, after.incidentList, (...both) => changes(INCIDENT_WORDS, ...both)),
} as const satisfies Record<keyof Policy, Sentences>;

const addedRole = ({ id, zone, domain, account }: Role): string =>
  `Role ${id} added (zone ${zone}, ${domain}, account ${account}).`;

/** Roles that are as they were, and still mean something else: what is asked for by them is asked for again. */
const otherTerms = (before: Policy, after: Policy): readonly string[] =>
  after.roles.flatMap((role) => {
    const [old, now] = [termsOf(before, role.id), termsOf(after, role.id)];
    if (old === undefined || now === undefined || !same(old.role, role)) return [];
    return termsDigest(old) === termsDigest(now) ? [] : [`Role ${role.id} changed: its zone or account did.`];
  });

function sourceChange(what: 'directory' | 'incidents', before: Source, after: Source): string {
  const [was, is] = [sourceWords(before), sourceWords(after)];
  // A query may hold what is nobody's business.
  return `${capital(what)} source: ${was} → ${is}${was === is ? ', with another query' : ''}.`;
}

/** Host and path, and how it is asked. */
function sourceWords(source: Source): string {
  if (source.kind === 'file') return 'this file';
  const { host, pathname } = new URL(source.url);
  const probe = 'probe' in source ? `, probe ${source.probe}` : '';
  return `${host}${pathname} (timeout ${source.timeoutSeconds} s, kept ${source.cacheSeconds} s${probe})`;
}

const same = (a: unknown, b: unknown): boolean => canonical({ value: a }) === canonical({ value: b });

/** What changed among these members, a phrase each. */
function changes<T extends object>(words: Words<T>, before: T, after: T): readonly string[] {
  const keys = Object.keys(words) as (keyof Words<T> & keyof T)[];
  return keys.filter((key) => !same(before[key], after[key])).map((key) => words[key](after[key], before[key]));
}

/** The same of what a cloud may add members to. One that has no words, as of a cloud not known here, is said by its name. */
function withOwn<T extends object>(
  words: Words<T>,
  own: ChangeWords | undefined,
  before: T,
  after: T,
): readonly string[] {
  const [was, is] = [new Map<string, unknown>(Object.entries(before)), new Map<string, unknown>(Object.entries(after))];
  const others = [...new Set([...was.keys(), ...is.keys()])].filter(
    (key) => key !== 'id' && !Object.hasOwn(words, key),
  );
  const changed = others.filter((key) => !same(was.get(key), is.get(key)));
  return [...changes(words, before, after), ...changed.map((key) => own?.[key]?.(is.get(key), was.get(key)) ?? key)];
}

/** The same, a sentence each. */
const sentences = <T extends object>(words: Words<T>, before: T, after: T): readonly string[] =>
  changes(words, before, after).map((change) => `${capital(change)}.`);

interface Item {
  readonly id: string;
  readonly provider?: Cloud;
}

/** Added, changed (by what) and removed, by id. */
function listChanges<T extends Item>(
  what: string,
  before: readonly T[],
  after: readonly T[],
  changed: (before: T, after: T) => readonly string[],
  added = ({ id }: T): string => `${capital(what)} ${id} added.`,
): readonly string[] {
  // Two clouds may call theirs the same; the one that is in another cloud now is the same thing still.
  const isIt = (a: T, b: T) => a.id === b.id && a.provider === b.provider;
  const oldOf = (item: T): T | undefined =>
    before.find((one) => isIt(one, item)) ??
    before.find((one) => one.id === item.id && !after.some((other) => isIt(one, other)));
  const known = after.flatMap((item) => {
    const old = oldOf(item);
    if (old === undefined) return [added(item)];
    return same(old, item) ? [] : [`${capital(what)} ${item.id} changed: ${changed(old, item).join('; ')}.`];
  });
  const kept = after.map(oldOf);
  const gone = before.filter((one) => !kept.includes(one));
  return [...known, ...gone.map(({ id }) => `${capital(what)} ${id} removed.`)];
}

const names = (ids: readonly string[] | undefined): string => ids?.join(', ') || 'nobody';

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
