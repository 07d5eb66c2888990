import { CHANGE_WORDS } from '../../../src/clouds/aws/policy/changes.ts';
import { type AwsAccount, type AwsRole, awsRoleOf } from '../../../src/clouds/aws/policy/schema.ts';
import { type Policy, PRODUCTION_FLOORS, policySchema } from '../../../src/core/policy/policy.ts';
import { policyChanges } from '../../../src/core/policy/policy-diff.ts';
import {
  ACCOUNT_WORDS,
  ASKING_WORDS,
  CHANNEL_WORDS,
  INCIDENT_WORDS,
  PERSON_WORDS,
  ROLE_WORDS,
  RUNBOOK_WORDS,
  SECURITY_WORDS,
  TEAM_WORDS,
  TIMING_WORDS,
  type Words,
  ZONE_WORDS,
} from '../../../src/core/policy/policy-diff-words.ts';
import { DEFINITIONS } from '../../../src/definitions.ts';
import { aPolicy, policyDocument } from '../../support/requests.ts';

/* A change of one member alone is said in a sentence that names it, for every member that a policy has. */

/** A value that the member has not in the policy of the tests, and what its change is called. */
type Row<T> = { readonly [K in Exclude<keyof T, 'id'>]-?: readonly [value: unknown, words: string] };
type Item<K extends 'accounts' | 'roles' | 'runbooks' | 'teams' | 'people' | 'incidentList'> = Policy[K][number];

const before = aPolicy();

/** The sentences about a policy in which the first thing of this list has another member. */
const ofFirst = (list: 'accounts' | 'roles' | 'runbooks' | 'teams' | 'people' | 'incidentList', member: string) => {
  const all: readonly object[] = before[list];
  return (value: unknown) => said({ [list]: all.map((one, at) => (at === 0 ? { ...one, [member]: value } : one)) });
};
const ofPart = (part: 'timings' | 'security' | 'requests', member: string) => (value: unknown) =>
  said({ [part]: { ...before[part], [member]: value } });
const ofSlack = (member: string) => (value: unknown) =>
  said({ channels: { slack: { ...before.channels.slack, [member]: value } } });
const ofZone = (member: string) => (value: unknown) =>
  said({ zones: { ...before.zones, A: { ...before.zones.A, [member]: value } } });
// Roles of that zone or account are named too, for what is asked by them is asked for again.
const said = (change: object): readonly string[] =>
  policyChanges(before, { ...before, ...change } as Policy, DEFINITIONS.clouds).filter(
    (line) => !line.endsWith('its zone or account did.'),
  );

const seconds = (words: string) => [7777, words] as const;

const TIMINGS: Row<Policy['timings']> = {
  decisionSeconds: seconds('Time to answer a request (decisionSeconds): 900 → 7777 s.'),
  openingAllowanceSeconds: seconds('Time to open what was planned'),
  propagationSeconds: seconds('Time until a removal has reached every session'),
  warnSeconds: seconds('Warning before the end'),
  extendUntilSeconds: seconds('Last time to ask for more'),
  remindSeconds: seconds('First reminder of approvers'),
  remindAgainSeconds: seconds('Second reminder of approvers'),
  escalateSeconds: seconds('Time until everybody else who could approve is asked'),
  commanderSeconds: seconds('Time until the incident commander is asked'),
  pageEverySeconds: seconds('Time between pages of a failing ending'),
  lostSeconds: seconds('Time between the two looks for lost access'),
};
const CHANNELS: Row<Policy['channels'][string]> = {
  default: ['C0NEW', 'Chat slack: default channel C0DEFAULT → C0NEW.'],
  security: ['C0NEW', 'Chat slack: security channel C0SECURITY → C0NEW.'],
};
const SECURITY: Row<Policy['security']> = {
  teams: [['platform'], 'Teams that may freeze, thaw and attest (security.teams): platform (was security).'],
  page: [['platform'], 'Teams whose on-call is paged (security.page): platform (was the security teams).'],
};
const ASKING: Row<Policy['requests']> = {
  maxObjects: [3, 'that may stand in an account (requests.maxObjects): 40 → 3.'],
};
const ZONE: Row<Policy['zones']['A']> = {
  maxMinutes: [45, 'Zone A: cap 60 → 45 min.'],
  minutesOffered: [[15], 'Zone A: offers 15 min (was 15, 30, 60).'],
  approvals: [before.zones.C.approvals, 'Zone A: who must approve changed.'],
  unverified_incident: ['refuse', 'Zone A: nothing is opened for an incident that cannot be verified now.'],
  minSeverity: [2, 'Zone A: incident of severity any → 2 or worse.'],
};
const ACCOUNT: Row<AwsAccount> = {
  name: ['other', 'Account 111122223333 changed: name prod-main → other.'],
  provider: ['other', 'cloud aws → other'],
  brokerRole: ['arn:x', 'the broker’s role'],
  externalId: ['secret', 'changed: the external id.'],
  boundaries: [{}, 'the boundaries of its zones'],
  sessionTagKeys: [['team'], 'session tags it allows: none → team'],
};
const ROLE: Row<AwsRole> = {
  name: ['Other', 'Role read-logs changed: name Read logs → Other.'],
  summary: ['Other', 'its summary'],
  zone: ['B', 'zone A → B'],
  domain: ['network', 'domain observability → network'],
  environment: ['test', 'environment production → test'],
  provider: ['other', 'cloud aws → other'],
  account: ['other', 'account 111122223333 → other'],
  maxMinutes: [15, 'cap 60 → 15 min'],
  maxTotalMinutes: [90, 'cap with every extension as asked → 90 min'],
  mayAsk: [['security'], 'who may ask: payments → security'],
  approvals: [before.zones.A.approvals, 'its own approvals'],
  policies: [[], 'what it allows'],
  startsCodeAs: [['arn:x'], 'whom it can start code as: none → arn:x'],
  identityTargets: [['arn:x'], 'whose permissions it may change: none → arn:x'],
};
const RUNBOOK: Row<Item<'runbooks'>> = {
  title: ['Other', 'Runbook service-down changed: title A service is down → Other.'],
  url: ['https://other', 'its address'],
  role: ['read-logs', 'role restart-service → read-logs'],
  minutes: [15, 'minutes 30 → 15'],
  reason: ['recovery', 'reason service_restoration → recovery'],
  trigger: ['Other', 'when it is used'],
  escalation: ['Other', 'how to escalate'],
};
const TEAM: Row<Item<'teams'>> = {
  name: ['Other', 'Team product changed: name Product → Other.'],
  parent: ['platform', 'parent none → platform'],
};
const PERSON: Row<Item<'people'>> = {
  name: ['Other', 'Person riley changed: name Riley → Other.'],
  teams: [['platform'], 'teams payments → platform'],
  chats: [{}, 'their chat accounts'],
  email: ['riley@example.com', 'their e-mail'],
  clouds: [{}, 'who they are to the cloud'],
  suspended: [true, 'Person riley changed: suspended.'],
};
const INCIDENT: Row<Item<'incidentList'>> = {
  title: ['Other', 'Incident INC-1 changed: its title.'],
  state: ['closed', 'now closed'],
  severity: [2, 'severity unknown → 2'],
  channels: [{ slack: 'C0NEW' }, 'channels C0INCIDENT (slack) → C0NEW (slack)'],
  startedAt: ['2026-03-01T12:00:00Z', 'began unknown → 2026-03-01T12:00:00Z'],
  endedAt: ['2026-03-01T12:00:00Z', 'over unknown → 2026-03-01T12:00:00Z'],
};

type Said = (value: unknown) => readonly string[];
const rows = (
  part: string,
  words: Words<never> | object,
  table: Readonly<Record<string, readonly [unknown, string]>>,
  of: (member: string) => Said,
) =>
  Object.keys(words).map((member) => ({
    name: `${part}.${member}`,
    of: of(member),
    row: table[member] ?? ['no value', 'no words'],
  }));

const MEMBERS = [
  ...rows('timings', TIMING_WORDS, TIMINGS, (member) => ofPart('timings', member)),
  ...rows('channels', CHANNEL_WORDS, CHANNELS, ofSlack),
  ...rows('security', SECURITY_WORDS, SECURITY, (member) => ofPart('security', member)),
  ...rows('requests', ASKING_WORDS, ASKING, (member) => ofPart('requests', member)),
  ...rows('zone', ZONE_WORDS, ZONE, ofZone),
  ...rows('account', { ...ACCOUNT_WORDS, ...CHANGE_WORDS.account }, ACCOUNT, (member) => ofFirst('accounts', member)),
  ...rows('role', { ...ROLE_WORDS, ...CHANGE_WORDS.role }, ROLE, (member) => ofFirst('roles', member)),
  ...rows('runbook', RUNBOOK_WORDS, RUNBOOK, (member) => ofFirst('runbooks', member)),
  ...rows('team', TEAM_WORDS, TEAM, (member) => ofFirst('teams', member)),
  ...rows('person', PERSON_WORDS, PERSON, (member) => ofFirst('people', member)),
  ...rows('incident', INCIDENT_WORDS, INCIDENT, (member) => ofFirst('incidentList', member)),
];

it.each(MEMBERS)('says in words that $name changed, and nothing else', ({ of, row: [value, words] }) => {
  expect(of(value)).toEqual([expect.stringContaining(words)]);
});

const HTTP = {
  kind: 'http',
  url: 'https://inc.example/api',
  timeoutSeconds: 2,
  cacheSeconds: 15,
  probe: 'INC-1',
} as const;
// biome-ignore format: a table
const WHOLE: { readonly [K in keyof Policy]-?: readonly [value: unknown, words: readonly string[]] } = {
  version: [2, ['The policy is written in version 2 of its format.']],
  organisation: ['Other', ['The organisation is now "Other".']],
  phone: ['112', ['Whom to phone if nobody answers in chat is now "112".']],
  timings: [{ ...before.timings, warnSeconds: 60 }, ['Warning before the end (warnSeconds): 300 → 60 s.']],
  channels: [{ none: before.channels.slack }, ['Chat slack: default channel C0DEFAULT → none; security channel C0SECURITY → none.', 'Chat none: default channel none → C0DEFAULT; security channel none → C0SECURITY.']],
  security: [{ ...before.security, teams: [] }, ['Teams that may freeze, thaw and attest (security.teams): nobody (was security).']],
  requests: [{ maxObjects: 3 }, ['Objects of one person that may stand in an account (requests.maxObjects): 40 → 3.']],
  directory: [HTTP, ['Directory source: this file → inc.example/api (timeout 2 s, kept 15 s, probe INC-1).']],
  incidents: [HTTP, ['Incidents source: this file → inc.example/api (timeout 2 s, kept 15 s, probe INC-1).']],
  zones: [{ ...before.zones, A: { ...before.zones.A, maxMinutes: 45 } }, ['Zone A: cap 60 → 45 min.', 'Role read-logs changed: its zone or account did.']],
  accounts: [[], ['Account 111122223333 removed.']],
  roles: [before.roles.slice(1), ['Role read-logs removed.']],
  runbooks: [[], ['Runbook service-down removed.']],
  teams: [before.teams.slice(1), ['Team product removed.']],
  people: [before.people.slice(1), ['Person riley removed.']],
  onCall: [{ ...before.onCall, platform: [] }, ['On call for platform: nobody (was avery).']],
  incidentList: [[], ['Incident INC-1 removed.']],
};
it.each(Object.entries(WHOLE))('says that %s changed', (key, [value, words]) => {
  expect(policyChanges(before, { ...before, [key]: value } as Policy, DEFINITIONS.clouds)).toEqual(words);
});

it('knows every key that the schema knows', () => {
  const { shape } = policySchema(PRODUCTION_FLOORS, DEFINITIONS);
  expect(Object.keys(WHOLE).sort()).toEqual(Object.keys(shape).sort());
  const written = policySchema(PRODUCTION_FLOORS, DEFINITIONS).parse(policyDocument());
  expect(Object.keys(TIMING_WORDS).sort()).toEqual(Object.keys(written.timings).sort());
});

it('says of a source that only its query changed, and never the query', () => {
  const source = (key: string) => ({ ...before, incidents: { ...HTTP, url: `${HTTP.url}?key=${key}` } });
  expect(policyChanges(source('k3y'), source('n3w'), DEFINITIONS.clouds)).toEqual([
    expect.stringMatching(/^Incidents source: .*, with another query\.$/),
  ]);
  expect(JSON.stringify(policyChanges(source('k3y'), source('n3w'), DEFINITIONS.clouds))).not.toMatch(/k3y|n3w/);
});

it('names what changed where its cloud is not known here, and no value of it', () => {
  const [role] = before.roles;
  if (role === undefined) throw new Error('no role');
  const changed: AwsRole = { ...awsRoleOf(role), name: 'Other', startsCodeAs: ['arn:x'] };
  const after = { ...before, roles: before.roles.map((one) => (one === role ? changed : one)) };
  expect(policyChanges(before, after, {})).toEqual(['Role read-logs changed: name Read logs → Other; startsCodeAs.']);
});
