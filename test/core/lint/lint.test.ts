import { lintPartitions } from '../../../src/clouds/aws/policy/partitions.ts';
import { lintDocuments, lintPolicy, lintSources } from '../../../src/core/lint/lint.ts';
import { fills, fillTable } from '../../../src/core/lint/lint-fill.ts';
import { lintSecurity } from '../../../src/core/lint/lint-security.ts';
import { PRODUCTION_FLOORS, policySchema } from '../../../src/core/policy/policy.ts';
import { DEFINITIONS } from '../../../src/definitions.ts';
import { readPolicy } from '../../../src/policy-file.ts';
import { edited, policyOf, SMALL } from '../../policy-file/small-policy.ts';
import { UNREAD_DOCUMENTS, withAws } from '../../support/definitions.ts';

/** Findings at the line marked with `# <<`, with their severity. */
function marked(text: string): readonly string[] {
  const read = readPolicy(text, 'f.yaml', PRODUCTION_FLOORS, UNREAD_DOCUMENTS);
  const line = text.split('\n').findIndex((one) => one.includes('# <<')) + 1;
  return (read.ok ? read.warnings : read.problems)
    .filter((problem) => problem.line === line)
    .map(({ severity, message }) => `${severity}: ${message}`);
}

const b = '      - { who: group, name: Outside, teams: [sre], assurance: chat }\n';
const c = '      - { who: group, name: Security, teams: [security], assurance: chat }\n';

it('finds nothing in a sound policy but the reminder that zone C asks for no second sign-in (B9)', () => {
  expect(
    lintPolicy(policyOf(), UNREAD_DOCUMENTS, PRODUCTION_FLOORS).map(
      ({ severity, message }) => `${severity}: ${message}`,
    ),
  ).toEqual([
    'warning: clause "Security": no second sign-in is asked in zone C; card and log say so',
    'warning: clause "Sre": no second sign-in is asked in zone C; card and log say so',
  ]);
});

it('tells what the cloud finds wrong with an account once, where the account stands, and in each role what is only there', () => {
  const { clouds } = withAws({ lintRole: () => [{ path: ['account'], message: 'is wrong' }] });
  const good = policyOf();
  const accounts = good.accounts.map((one) => ({ ...one, brokerRole: 'arn:aws:iam::999999999999:role/other' }));
  expect(lintDocuments(good, clouds).map(({ message }) => message)).toEqual(
    good.roles.map(({ id }) => `role "${id}", account: is wrong`),
  );
  const faulty = { ...good, accounts };
  expect(
    lintPolicy(faulty, { ...DEFINITIONS, clouds }, PRODUCTION_FLOORS).some(
      ({ path: [section] }) => section === 'accounts',
    ),
  ).toBe(true);
  expect(lintDocuments(faulty, clouds)).toEqual([]);
});

// biome-ignore format: a table
it.each<[promise: string, passage: string, replacement: string, finding: string, more?: (text: string) => string]>([
  // Names that lead nowhere
  ['an unknown team in a zone', b, '      - { who: group, name: Outside, teams: [sra], assurance: chat } # <<\n', 'error: unknown team "sra": did you mean "sre"?'],
  ['an unknown team that may ask (A11)', 'mayAsk: [serving]', 'mayAsk: [serving, elsewhere] # <<', 'error: unknown team "elsewhere": add it under "teams", or correct the name'],
  ['an unknown team in a clause of a role', 'mayAsk: [serving]', 'approvals: [{ who: group, name: X, teams: [sekurity], assurance: chat }] # <<\n    mayAsk: [serving]', 'error: unknown team "sekurity": did you mean "security"?'],
  ['an unknown account', 'account: "111122223333"', 'account: "999999999999" # <<', 'error: unknown account "999999999999": add it under "accounts"'],
  ['an unknown role of a runbook (A10)', 'role: restart', 'role: restarts # <<', 'error: unknown role "restarts": did you mean "restart"?'],
  ['an unknown parent', '{ id: sre, name: SRE }', '{ id: sre, name: SRE, parent: ops } # <<', 'error: unknown team "ops"'],
  ['an unknown team of a person', 'teams: [sre]\n', 'teams: [sre, opps] # <<\n', 'error: unknown team "opps"'],
  ['an unknown team on call', 'onCall: { sre: [bo] }', 'onCall: { ops: [bo] } # <<', 'error: unknown team "ops"'],
  ['an unknown person on call', 'onCall: { sre: [bo] }', 'onCall: { sre: [boo] } # <<', 'error: unknown person "boo": did you mean "bo"?'],
  // Names given twice
  ['two roles of one id', 'runbooks:\n', '  - { id: restart, name: R, summary: R, zone: B, domain: network, environment: p, provider: aws, account: "111122223333", maxMinutes: 15, mayAsk: [serving], policies: [{ name: p, document: {} }] } # <<\nrunbooks:\n', 'error: two roles have the id "restart": rename or remove one'],
  ['two teams of one id', '  - { id: security', '  - { id: sre, name: Other } # <<\n  - { id: security', 'error: two teams have the id "sre"'],
  ['two people of one id', '  - id: cy', '  - id: bo # <<', 'error: two people have the id "bo", and two are nobody'],
  ['two incidents of one id', 'incidentList:\n', 'incidentList:\n  - { id: INC-1, state: closed }\n', 'error: two incidents have the id "INC-1"', (text) => edited('slack: C0INC } }', 'slack: C0INC } } # <<', text)],
  ['two clauses of one name', c, `${c}      - { who: group, name: Security, teams: [sre], assurance: chat } # <<\n`, 'warning: two clauses are called "Security"'],
  ['a duration offered twice', 'maxMinutes: 60', 'maxMinutes: 60\n    minutesOffered: [15, 15] # <<', 'warning: 15 minutes are offered twice'],
  // Who is who (A2)
  ['one Slack account on two people', 'chats: { slack: [{ workspace: T1, user: U3 }] }', 'chats: { slack: [{ workspace: T1, user: U2 }] } # <<', 'error: "cy" and "bo" share one Slack account: each belongs to one person only'],
  ['one AWS identity on two people', 'user/bo" } }', 'user/ana" } } # <<', 'error: "bo" and "ana" share one AWS identity: each belongs to one person only'],
  ['one AWS source identity on two people', 'user/bo" } }', 'user/bo", sourceIdentity: BG-ana } } # <<', 'error: "bo" and "ana" share one AWS source identity: each belongs to one person only'],
  ['a source identity that AWS does not take', 'user/bo" } }', 'user/bo", sourceIdentity: "bo*" } } # <<', 'error: people[1].clouds.aws.sourceIdentity must be 2 to 64 of letters, digits and _+=,.@-'],
  ['a role as a person', 'iam::123456789012:user/bo" } }', 'iam::123456789012:role/bo" } } # <<', 'error: people[1].clouds.aws.arn: an iam-user is named by arn:aws:iam::<account>:user/<name>: shared identities (root, roles) are refused'],
  ['a permission set as a person', '{ kind: iam-user, arn: "arn:aws:iam::123456789012:user/bo" } }', '{ kind: identity-center-session, arn: "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_x_1/*" } } # <<', 'error: people[1].clouds.aws.arn: an identity-center-session is named by'],
  ['a circle of parents', '{ id: sre, name: SRE }', '{ id: sre, name: SRE, parent: sre } # <<', 'error: the parents of team "sre" go in a circle (sre → sre): remove one parent'],
  ['a person without a team', 'teams: [sre]\n', 'teams: [] # <<\n', 'warning: "bo" is in no team, so can neither ask nor approve'],
  ['somebody on call for a team they are not in', 'onCall: { sre: [bo] }', 'onCall: { sre: [cy] } # <<', 'error: "cy" is on call for "sre" but not in that team'],
  ['a suspended person on call', 'onCall: { sre: [bo] }', 'onCall: { sre: [bo, di] } # <<', 'warning: "di" is suspended and cannot answer', (text) => edited('onCall:', '  - { id: di, name: Di, teams: [serving, sre], chats: { slack: [{ workspace: T1, user: U9 }] }, clouds: { aws: { kind: iam-user, arn: "arn:aws:iam::123456789012:user/di" } }, suspended: true }\nonCall:', text)],
  // Minutes (A5)
  ['durations all above the cap', 'maxMinutes: 60', 'maxMinutes: 60\n    minutesOffered: [90] # <<', 'error: every duration offered is above the cap of zone A (60 min)'],
  ['a runbook above the cap', 'minutes: 15', 'minutes: 45 # <<', 'error: runbook "hangs" wants 45 min, above the cap of 30 min: role "restart" offers 15, 30'],
  ['a runbook that nobody could choose', 'minutes: 15', 'minutes: 20 # <<', 'error: runbook "hangs" wants 20 min, which nobody can choose: role "restart" offers 15, 30'],
  ['a role above its zone', 'maxMinutes: 30\n    mayAsk', 'maxMinutes: 60 # <<\n    mayAsk', 'warning: role "restart" says 60 min, but zone B allows 30, and that holds'],
  ['a total below one request (B8)', 'maxMinutes: 30\n    mayAsk', 'maxMinutes: 30\n    maxTotalMinutes: 20 # <<\n    mayAsk', 'error: role "restart" allows 20 min in all, less than the 30 min of one request'],
  ['a role shorter than anything offered', 'maxMinutes: 30\n    mayAsk', 'maxMinutes: 10 # <<\n    mayAsk', 'error: role "restart" allows 10 min and zone B offers nothing that short'],
  // The approval matrix (B2, B3) and step-up (B9)
  ['zone B approved by the requester alone', `approvals:\n${b}`, 'approvals: # <<\n      - { who: requester, name: Self, assurance: chat }\n', `error: zone B needs one approver outside the requester's team and asks 0`],
  ['zone C approved by one', `approvals:\n${c}`, `approvals: # <<\n      - { who: requester, name: Self, assurance: chat }\n`, `error: zone C needs two approvers outside the requester's team and asks 1`],
  ['a second sign-in, which does not exist yet', c, c.replace('chat', 'stepped_up').replace(' }', ' } # <<'), 'error: clause "Security" wants a second sign-in, which this version cannot ask for yet: write "assurance: chat", or wait for it'],
  ['a second sign-in asked by a role', 'mayAsk: [serving]', 'approvals: [{ who: group, name: X, teams: [security], assurance: stepped_up }] # <<\n    mayAsk: [serving]', 'error: clause "X" wants a second sign-in'],
  ['a clause that nobody could fill (B3)', 'mayAsk: [serving]', 'mayAsk: [serving, sre] # <<', 'error: role "restart", asked by team "sre": nobody could fill "Outside" from outside that team'],
  ['a clause that asks for more than there are', 'mayAsk: [serving]', 'approvals: [{ who: group, name: More, teams: [sre, security], count: 2, assurance: chat }]\n    mayAsk: [serving] # <<', 'error: role "restart", asked by team "serving": "More" lacks 1 while the other clauses are filled (bo, cy could): add people'],
  ['a team that may ask and has nobody who could', 'mayAsk: [serving]', 'mayAsk: [serving, security] # <<', 'warning: role "restart": nobody in team "security" could ask'],
  ['somebody in so many teams that nobody is outside', 'mayAsk: [serving]', 'mayAsk: [serving] # <<', 'warning: role "restart": "di" may ask, but is in so many teams that too few people are outside them', (text) => edited('onCall:', '  - { id: di, name: Di, teams: [serving, sre], chats: { slack: [{ workspace: T1, user: U9 }] }, clouds: { aws: { kind: iam-user, arn: "arn:aws:iam::123456789012:user/di" } } }\nonCall:', text)],
  // Reminders (B6)
  ['a step of escalation out of order', 'accounts:\n', 'timings:\n  escalateSeconds: 200 # <<\naccounts:\n', 'warning: escalateSeconds (200) is not after remindAgainSeconds (300): both steps come at once, make it later'],
  ['a step of escalation that never comes', 'accounts:\n', 'timings:\n  commanderSeconds: 900 # <<\naccounts:\n', 'warning: commanderSeconds is 900 and a request lapses after 900: that step is never made, make it shorter'],
  // The security group (B11)
  ['no security group', 'security: { teams: [security, sre] }', 'security: {} # <<', 'warning: nobody can freeze from the chat, lift a freeze or attest an ending'],
  ['an unknown security team', 'teams: [security, sre] }', 'teams: [securety] } # <<', 'error: unknown team "securety": did you mean "security"?'],
  ['an unknown team to page', 'teams: [security, sre] }', 'teams: [security, sre], page: [nobody] } # <<', 'error: unknown team "nobody"'],
  ['a security group of one', 'teams: [security, sre] }', 'teams: [security] } # <<', 'warning: only one person of the security teams has a chat account here, so nobody can lift a freeze'],
  ['a security group without a chat identity', 'teams: [security, sre] }', 'teams: [security] } # <<', 'warning: nobody of the security teams has a chat account here, so nobody can freeze from the chat', (text) => edited('chats: { slack: [{ workspace: T1, user: U3 }] }', 'chats: { slack: [] }', text)],
  // Accounts (C1, C3)
  ['a broker role of another account', 'iam::111122223333:role/broker', 'iam::999999999999:role/broker # <<', 'error: brokerRole must be a role of account 111122223333'],
  ['a boundary of another account', 'iam::111122223333:policy/guard/b', 'iam::999999999999:policy/guard/b # <<', 'error: the boundary must be a policy of account 111122223333'],
  ['a boundary that the broker could edit', 'policy/guard/c', 'policy/breakglass/c # <<', 'error: the boundary lives under /breakglass/, where the broker could edit it'],
  // Sources
  ['people in the file beside an HTTP directory', 'people:\n', 'people: # <<\n', 'warning: people in this file is not read, since the directory comes over HTTP', (text) => edited('directory: { kind: file }', 'directory: { kind: http, url: https://people.example }', text)],
  ['an HTTP directory: the clauses are not checked', 'directory: { kind: file }', 'directory: # <<\n  kind: http\n  url: https://people.example', 'warning: people come from an HTTP directory: who could fill each clause is not checked here'],
  ['incidents in the file beside an HTTP source', 'incidents: { kind: file }', 'incidents: { kind: http, url: https://incidents.example, probe: INC-1 }', 'warning: incidentList in this file is not read', (text) => edited('incidentList:', 'incidentList: # <<', text)],
  ['credentials in an address', 'incidents: { kind: file }', 'incidents: { kind: http, url: "https://u:p@incidents.example", probe: INC-1 } # <<', 'error: the address holds credentials: take them out, and put a token into INCIDENTS_TOKEN'],
  ['a user alone in an address', 'incidents: { kind: file }', 'incidents: { kind: http, url: "https://u@incidents.example", probe: INC-1 } # <<', 'error: the address holds credentials: take them out, and put a token into INCIDENTS_TOKEN'],
  ['a password alone in an address', 'incidents: { kind: file }', 'incidents: { kind: http, url: "https://:p@incidents.example", probe: INC-1 } # <<', 'error: the address holds credentials: take them out, and put a token into INCIDENTS_TOKEN'],
  ['an address that is not encrypted', 'incidents: { kind: file }', 'incidents: { kind: http, url: "http://incidents.example", probe: INC-1 } # <<', 'warning: answers come unencrypted'],
  ['a fragment', 'incidents: { kind: file }', 'incidents: { kind: http, url: "https://incidents.example/#x", probe: INC-1 } # <<', 'error: the address has a #fragment'],
])('%s', (_promise, passage, replacement, finding, more = (text) => text) => {
  expect(marked(more(edited(passage, replacement))).join('\n')).toContain(finding);
});

describe('who could fill each clause', () => {
  it('names them role by role and team by team, on call or not', () => {
    const text = edited(
      'mayAsk: [serving]',
      'mayAsk: [serving, security]\n    approvals: [{ who: requester, name: Self, assurance: chat }]',
    );
    expect(fillTable(policyOf(text), DEFINITIONS.chats)).toEqual([
      'restart (zone B, production)',
      '  asked by serving',
      '    Outside (1)  bo',
      '    Self (1)     the requester',
      '  asked by security',
      '    Outside (1)  bo',
      '    Self (1)     the requester',
    ]);
  });

  it('leaves out people without a chat identity, suspended people, and everybody of the same team or its parents (B1)', () => {
    const joined = edited('  - { id: serving, name: Serving }', '  - { id: serving, name: Serving, parent: sre }');
    const alone = 'chats: { slack: [{ workspace: T1, user: U2 }] }';
    const peopleOf = (text: string) => {
      const read = readPolicy(text, 'f.yaml', PRODUCTION_FLOORS, UNREAD_DOCUMENTS);
      return read.ok ? 'filled' : read.problems.map(({ message }) => message).join('\n');
    };
    expect(peopleOf(SMALL)).toBe('filled');
    expect(peopleOf(edited(alone, 'chats: { slack: [] }'))).toContain('nobody could fill "Outside"');
    expect(peopleOf(edited(alone, `${alone}\n    suspended: true`))).toContain('nobody could fill "Outside"');
    expect(peopleOf(joined)).toContain('nobody could fill "Outside"');
  });

  it('counts the clause that an unverified incident adds, in each zone that goes on then (A3)', () => {
    const accepting = edited('    unverified_incident: refuse\n', '');
    const messages = (text: string) => {
      const read = readPolicy(text, 'f.yaml', PRODUCTION_FLOORS, UNREAD_DOCUMENTS);
      return read.ok ? [] : read.problems.filter(({ severity }) => severity === 'error').map(({ message }) => message);
    };
    const added = '"Somebody else, as the incident is unverified"';
    const remedy = 'add people or teams to zone B\'s group clauses, or let the zone say "unverified_incident: refuse"';
    // Bo fills the zone's own clause; one person fills one place.
    expect(messages(accepting)).toEqual([
      `role "restart", asked by team "serving": ${added} lacks 1 while the other clauses are filled (bo could): ${remedy}`,
    ]);
    const another = edited(
      'onCall: { sre',
      `  - { id: di, name: Di, teams: [sre], chats: { slack: [{ workspace: T1, user: U4 }] } }\nonCall: { sre`,
      accepting,
    );
    expect(messages(another)).toEqual([]);
    expect(fillTable(policyOf(another), DEFINITIONS.chats)).toContain(
      '    Somebody else, as the incident is unverified (1)  bo, di',
    );
    // Zone A asks for nobody else; unverified, somebody of zone B's teams must be there, and outside the asking team.
    const reading = edited('zone: B', 'zone: A', edited('mayAsk: [serving]', 'mayAsk: [serving, sre]'));
    expect(messages(edited('maxMinutes: 30\n    mayAsk', 'maxMinutes: 60\n    mayAsk', reading))).toEqual([
      `role "restart", asked by team "sre": nobody could fill ${added} from outside that team: ${remedy}`,
    ]);
  });

  it('counts one person for one place only (B3)', () => {
    const text = edited(
      'mayAsk: [serving]',
      'mayAsk: [serving]\n    approvals: [{ who: group, name: Again, teams: [sre], assurance: chat }]',
    );
    const read = readPolicy(text, 'f.yaml', PRODUCTION_FLOORS, UNREAD_DOCUMENTS);
    expect(read.ok ? [] : read.problems.map(({ message }) => message)).toContain(
      'role "restart", asked by team "serving": "Again" lacks 1 while the other clauses are filled (bo could): add people',
    );
  });

  it('is said to be skipped where people come over HTTP', () => {
    const policy = policyOf(
      edited('directory: { kind: file }', 'directory: { kind: http, url: https://people.example }'),
    );
    expect(fills(policy, DEFINITIONS.chats)).toBeUndefined();
    expect(fillTable(policy, DEFINITIONS.chats)).toEqual([
      'Who could approve: not checked, since people come from an HTTP directory.',
    ]);
  });
});

it('has nothing to say of sections that are empty beside sources over HTTP', () => {
  const people = { kind: 'http', url: 'https://people.example' };
  const http = { ...JSON.parse(JSON.stringify(policyOf())), directory: people, teams: [], people: [], onCall: {} };
  const policy = policySchema(PRODUCTION_FLOORS, DEFINITIONS).parse(http);
  const said = lintSources(policy).map(({ message }) => message);
  expect(said).not.toContainEqual(expect.stringContaining('is not read'));
  // Who is of the security teams stands there, and not here.
  expect(lintSecurity(policy, DEFINITIONS.chats)).toEqual([]);
});

it('has nothing to compare partitions with where there is no account', () => {
  expect(lintPartitions({ accounts: [], people: policyOf().people })).toEqual([]);
});
