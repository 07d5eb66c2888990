import type { Definitions } from '../policy/chat-definition.ts';
import type { Account, Policy, Role, Source } from '../policy/policy.ts';
import { lintChats } from './lint-chats.ts';
import { lintDirectory } from './lint-directory.ts';
import { lintFill } from './lint-fill.ts';
import { doubtful, type Finding, placeName, wrong } from './lint-finding.ts';
import { lintPartitions } from './lint-partitions.ts';
import { lintAccounts, lintCaps, lintReferences } from './lint-roles.ts';
import { lintSecurity } from './lint-security.ts';
import { lintSteps } from './lint-steps.ts';
import { lintZones } from './lint-zones.ts';

/** What a cloud finds in a role. `path` is relative to the role. */
export interface RoleFinding {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** The member of the role's account that it disagrees with. */
  readonly besideAccount?: keyof Account;
}

/** A cloud's own look at a role's documents. */
export type LintRole = (role: Role, account: Account) => readonly RoleFinding[];

/**
 * Everything that can be wrong with a policy that fits the schema (C4). Pure, so that CI, `apply` and the running bot
 * give one answer. An error refuses the policy.
 */
export const lintPolicy = (policy: Policy, { chats }: Definitions, lintRole: LintRole): readonly Finding[] => [
  ...lintReferences(policy),
  ...lintAccounts(policy.accounts),
  ...lintPartitions(policy),
  ...lintZones(policy),
  ...lintCaps(policy),
  ...lintSteps(policy.timings),
  ...lintSources(policy),
  ...lintChats(policy, chats),
  ...lintSecurity(policy, chats),
  ...(policy.directory.kind === 'file'
    ? lintDirectory({ teams: policy.teams, people: policy.people, onCall: policy.onCall }, { chats })
    : []),
  ...lintFill(policy, chats),
  ...lintDocuments(policy, lintRole),
];

/** The cloud's findings, at their place in the whole document. An account's own faults are told once, where it stands. */
export function lintDocuments(policy: Policy, lintRole: LintRole): readonly Finding[] {
  const faulty = policy.accounts.filter((account) => lintAccounts([account]).length > 0).map(({ id }) => id);
  return policy.roles.flatMap((role, index) => {
    const account = policy.accounts.find(({ id }) => id === role.account);
    if (account === undefined) return [];
    return lintRole(role, account)
      .filter(({ path: [member] }) => member !== 'account' || !faulty.includes(account.id))
      .map(({ path, message, besideAccount }) => ({
        ...wrong(['roles', index, ...path], `role "${role.id}", ${placeName(path)}: ${message}`),
        ...(besideAccount && { beside: ['accounts', policy.accounts.indexOf(account), besideAccount] }),
      }));
  });
}

/** Where people and incidents come from. */
export function lintSources(policy: Policy): readonly Finding[] {
  const unread = (section: string, source: string): Finding =>
    doubtful(
      [section],
      `${section} in this file is not read, since ${source} comes over HTTP: remove it, or write "kind: file"`,
    );
  const listed =
    policy.directory.kind === 'http'
      ? (['teams', 'people'] as const)
          .filter((section) => policy[section].length > 0)
          .map((section) => unread(section, 'the directory'))
      : [];
  const rota =
    policy.directory.kind === 'http' && Object.keys(policy.onCall).length > 0
      ? [unread('onCall', 'the directory')]
      : [];
  const incidents =
    policy.incidents.kind === 'http' && policy.incidentList.length > 0
      ? [unread('incidentList', 'the incident source')]
      : [];
  return [
    ...addressFindings(policy.directory, 'directory', 'DIRECTORY_TOKEN'),
    ...addressFindings(policy.incidents, 'incidents', 'INCIDENTS_TOKEN'),
    ...listed,
    ...rota,
    ...incidents,
  ];
}

function addressFindings(source: Source, section: string, variable: string): readonly Finding[] {
  if (source.kind !== 'http') return [];
  const { protocol, hostname, username, password, hash } = new URL(source.url);
  const path = [section, 'url'];
  const findings: Finding[] = [];
  if (username !== '' || password !== '') {
    findings.push(wrong(path, `the address holds credentials: take them out, and put a token into ${variable}`));
  }
  if (hash !== '') findings.push(wrong(path, 'the address has a #fragment, which no server sees: remove it'));
  const local = hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
  if (protocol === 'http:' && !local) {
    findings.push(
      doubtful(path, 'answers come unencrypted, and who can change them decides who approves: use https://'),
    );
  }
  return findings;
}
