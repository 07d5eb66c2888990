import { canonical } from './canonical.ts';
import type { Policy, Source } from './policy.ts';
import { termsDigest, termsOf } from './terms.ts';

/**
 * What changed from one policy to the next, a sentence each, for the security channel and the log. Empty if nothing
 * did. Names, never documents. Requests that are open keep their terms; a role named as changed makes them ask again.
 */
export function policyChanges(before: Policy | undefined, after: Policy): readonly string[] {
  if (before === undefined) {
    const { roles, accounts, people } = after;
    return [`First policy: ${roles.length} roles, ${accounts.length} accounts, ${people.length} people listed.`];
  }
  return [
    ...settings(before, after),
    ...zoneChanges(before, after),
    ...listChanges('account', before.accounts, after.accounts),
    ...roleChanges(before, after),
    ...listChanges('runbook', before.runbooks, after.runbooks),
    ...listChanges('team', before.teams, after.teams),
    ...listChanges('person', before.people, after.people),
    ...onCallChanges(before, after),
    ...listChanges('incident', before.incidentList, after.incidentList),
  ];
}

/** Ids of accounts with an open grant that the policy no longer names: such a policy is refused. */
export const droppedAccountsInUse = (policy: Policy, inUse: readonly string[]): readonly string[] =>
  [...new Set(inUse)].filter((id) => !policy.accounts.some((account) => account.id === id)).sort();

const same = (a: unknown, b: unknown): boolean => canonical({ value: a }) === canonical({ value: b });

/** Members whose values differ, by name. */
function changedKeys<T extends object>(before: T, after: T): readonly string[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])] as (keyof T & string)[];
  return keys.filter((key) => !same(before[key], after[key]));
}

function settings(before: Policy, after: Policy): readonly string[] {
  const lines = (['organisation', 'phone'] as const)
    .filter((key) => before[key] !== after[key])
    .map((key) => `${key} is now "${after[key]}".`);
  const timings = (Object.keys(after.timings) as (keyof Policy['timings'])[])
    .filter((key) => before.timings[key] !== after.timings[key])
    .map((key) => `${key}: ${before.timings[key]} → ${after.timings[key]}.`);
  const channels = (['default', 'security'] as const)
    .filter((key) => before.channels[key] !== after.channels[key])
    .map((key) => `${key} channel: ${before.channels[key]} → ${after.channels[key]}.`);
  const sources = (['directory', 'incidents'] as const)
    .filter((key) => !same(before[key], after[key]))
    .map((key) => `${key} source: ${sourceWords(before[key])} → ${sourceWords(after[key])}.`);
  const security = (['teams', 'page'] as const)
    .filter((key) => !same(before.security[key], after.security[key]))
    .map(
      (key) =>
        `security.${key}: ${after.security[key].join(', ') || 'nobody'} (was ${before.security[key].join(', ') || 'nobody'}).`,
    );
  const asking = (Object.keys(after.asking) as (keyof Policy['asking'])[])
    .filter((key) => before.asking[key] !== after.asking[key])
    .map((key) => `asking.${key}: ${before.asking[key]} → ${after.asking[key]}.`);
  return [...lines, ...timings, ...channels, ...security, ...asking, ...sources];
}

/** Host and path: a query may hold what is nobody's business. */
function sourceWords(source: Source): string {
  if (source.kind === 'file') return 'this file';
  const { host, pathname } = new URL(source.url);
  const probe = 'probe' in source ? `, probe ${source.probe}` : '';
  return `${host}${pathname} (timeout ${source.timeoutSeconds} s, kept ${source.cacheSeconds} s${probe})`;
}

function zoneChanges(before: Policy, after: Policy): readonly string[] {
  return (['A', 'B', 'C'] as const).flatMap((zone) => {
    const [old, now] = [before.zones[zone], after.zones[zone]];
    return changedKeys(old, now).map((key) => {
      if (key === 'maxMinutes') return `Zone ${zone}: cap ${old.maxMinutes} → ${now.maxMinutes} min.`;
      if (key === 'minutesOffered') {
        return `Zone ${zone}: offers ${now.minutesOffered.join(', ')} min (was ${old.minutesOffered.join(', ')}).`;
      }
      return key === 'approvals'
        ? `Zone ${zone}: approvals changed.`
        : `Zone ${zone}: ${key} is now ${now.unverified_incident}.`;
    });
  });
}

function roleChanges(before: Policy, after: Policy): readonly string[] {
  const changed = after.roles.flatMap((role): readonly string[] => {
    const old = before.roles.find(({ id }) => id === role.id);
    if (old === undefined)
      return [`Role ${role.id} added (zone ${role.zone}, ${role.domain}, account ${role.account}).`];
    const [oldTerms, terms] = [termsOf(before, role.id), termsOf(after, role.id)];
    if (oldTerms === undefined || terms === undefined) return [`Role ${role.id} changed.`];
    if (termsDigest(oldTerms) === termsDigest(terms)) return [];
    const own = changedKeys(old, role);
    return [`Role ${role.id} changed (${own.length > 0 ? own.join(', ') : 'by its zone or account'}).`];
  });
  return [...changed, ...gone('role', before.roles, after.roles)];
}

interface Item {
  readonly id: string;
}

/** Added, changed (with the members that differ) and removed, by id. */
function listChanges<T extends Item>(what: string, before: readonly T[], after: readonly T[]): readonly string[] {
  const changed = after.flatMap((item) => {
    const old = before.find(({ id }) => id === item.id);
    if (old === undefined) return [`${capital(what)} ${item.id} added.`];
    const keys = changedKeys(old, item);
    return keys.length === 0 ? [] : [`${capital(what)} ${item.id} changed (${keys.join(', ')}).`];
  });
  return [...changed, ...gone(what, before, after)];
}

const gone = (what: string, before: readonly Item[], after: readonly Item[]): readonly string[] =>
  before.filter(({ id }) => !after.some((item) => item.id === id)).map(({ id }) => `${capital(what)} ${id} removed.`);

const onCallChanges = (before: Policy, after: Policy): readonly string[] =>
  changedKeys(before.onCall, after.onCall).map(
    (team) =>
      `On call for ${team}: ${after.onCall[team]?.join(', ') || 'nobody'} (was ${before.onCall[team]?.join(', ') || 'nobody'}).`,
  );

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
