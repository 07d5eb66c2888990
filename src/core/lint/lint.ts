import type { Clouds } from '../policy/cloud.ts';
import type { Definitions } from '../policy/definitions.ts';
import type { Floors, Policy, Source } from '../policy/policy.ts';
import { accountFor } from '../policy/terms.ts';
import { lintChats } from './lint-chats.ts';
import { lintAccounts, lintClouds, lintPropagation } from './lint-clouds.ts';
import { lintDirectory } from './lint-directory.ts';
import { lintFill } from './lint-fill.ts';
import { doubtful, type Finding, placeName, wrong } from './lint-finding.ts';
import { lintCaps, lintReferences } from './lint-roles.ts';
import { lintSecurity } from './lint-security.ts';
import { lintSteps } from './lint-steps.ts';
import { lintZones } from './lint-zones.ts';

/**
 * Everything that can be wrong with a policy that fits the schema (C4). Pure, so that CI, `apply` and the running bot
 * give one answer. An error refuses the policy. `floors` are the least durations that may be configured.
 */
export const lintPolicy = (policy: Policy, definitions: Definitions, floors: Floors): readonly Finding[] => [
  ...lintReferences(policy),
  ...lintAccounts(policy.accounts, definitions.clouds),
  ...lintClouds(policy, definitions.clouds),
  ...lintZones(policy),
  ...lintCaps(policy),
  ...lintSteps(policy.timings),
  ...lintPropagation(policy, definitions.clouds, floors),
  ...lintSources(policy),
  ...lintChats(policy, definitions.chats),
  ...lintSecurity(policy, definitions.chats),
  ...(policy.directory.kind === 'file'
    ? lintDirectory({ teams: policy.teams, people: policy.people, onCall: policy.onCall }, definitions)
    : []),
  ...lintFill(policy, definitions),
  ...lintDocuments(policy, definitions.clouds),
];

/** The cloud's findings, at their place in the whole document. An account's own faults are told once, where it stands. */
export function lintDocuments(policy: Policy, clouds: Clouds): readonly Finding[] {
  const faulty = policy.accounts.filter((account) => lintAccounts([account], clouds).length > 0);
  return policy.roles.flatMap((role, index) => {
    const account = accountFor(policy.accounts, role);
    const cloud = clouds[role.provider];
    if (account === undefined || cloud === undefined) return [];
    return cloud
      .lintRole(role, account)
      .filter(({ path: [member] }) => member !== 'account' || !faulty.includes(account))
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
