import { droppedAccountsInUse, policyChanges } from '../../../src/core/policy/policy-diff.ts';
import { DEFINITIONS } from '../../../src/definitions.ts';
import { edited, policyOf } from '../../policy-file/small-policy.ts';

const small = policyOf();

it('says nothing of the same policy, however it is written', () => {
  const text = edited(
    'channels: { slack: { default: C0ONE, security: C0TWO } }',
    'channels:\n  slack:\n    security: C0TWO\n    default: C0ONE',
  );
  expect(policyChanges(small, policyOf(text), DEFINITIONS.clouds)).toEqual([]);
});

it('says that only the order of a list changed: it is another policy, with another digest', () => {
  const turned = { ...small, people: small.people.toReversed() };
  expect(policyChanges(small, turned, DEFINITIONS.clouds)).toEqual(['Its order or form changed.']);
});

it('counts what a first policy holds', () => {
  expect(policyChanges(undefined, small, DEFINITIONS.clouds)).toEqual([
    'First policy: 1 roles, 1 accounts, 3 people listed.',
  ]);
});

const second =
  '  - { id: read, name: Read, summary: Reads, zone: A, domain: network, environment: p, provider: aws, account: "111122223333", maxMinutes: 15, mayAsk: [serving], policies: [{ name: p, document: {} }] }\nrunbooks:';

// biome-ignore format: a table
it.each<[promise: string, passage: string, replacement: string, changes: string[]]>([
  ['a role added', 'runbooks:', second, ['Role read added (zone A, network, account 111122223333).']],
  ['a role whose documents changed', 'ecs:UpdateService', 'ecs:StopTask', ['Role restart changed: what it allows.']],
  ['a role whose cap and askers changed', 'maxMinutes: 30\n    mayAsk: [serving]', 'maxMinutes: 15\n    mayAsk: [serving, security]', ['Role restart changed: cap 30 → 15 min; who may ask: serving → serving, security.']],
  ['a zone, and with it the terms of its roles', 'maxMinutes: 30\n    approvals', 'maxMinutes: 20\n    approvals', ['Zone B: cap 30 → 20 min.', 'Role restart changed: its zone or account did.']],
  ['minutes offered in a zone without roles', 'maxMinutes: 60', 'maxMinutes: 60\n    minutesOffered: [15]', ['Zone A: offers 15 min (was 15, 30, 60).']],
  ['approvals of a zone', 'name: Self', 'name: Me', ['Zone A: who must approve changed.']],
  ['what a zone does with unverified incidents', 'maxMinutes: 60', 'maxMinutes: 60\n    unverified_incident: refuse', ['Zone A: nothing is opened for an incident that cannot be verified now.']],
  ['an account', 'externalId: acme-prod', 'externalId: acme-new', ['Account 111122223333 changed: the external id.', 'Role restart changed: its zone or account did.']],
  ['whom to phone, and a channel', 'phone: "+49 30 1"\nchannels: { slack: { default: C0ONE', 'phone: "+49 30 2"\nchannels: { slack: { default: C0NEW', ['Whom to phone if nobody answers in chat is now "+49 30 2".', 'Chat slack: default channel C0ONE → C0NEW.']],
  ['who may freeze and thaw', 'security: { teams: [security, sre] }', 'security: { teams: [sre], page: [security] }', ['Teams that may freeze, thaw and attest (security.teams): sre (was security, sre).', 'Teams whose on-call is paged (security.page): security (was the security teams).']],
  ['how much one person may have standing', 'channels:', 'requests: { maxObjects: 60 }\nchannels:', ['Objects of one person that may stand in an account (requests.maxObjects): 40 → 60.']],
  ['a duration', 'channels:', 'timings: { propagationSeconds: 600 }\nchannels:', ['Time until a removal has reached every session (propagationSeconds): 300 → 600 s.']],
  ['a source, without its query', 'incidents: { kind: file }', 'incidents: { kind: http, url: "https://inc.example/api?key=k3y", probe: INC-1 }', ['Incidents source: this file → inc.example/api (timeout 2 s, kept 15 s, probe INC-1).']],
  ['a runbook', 'minutes: 15', 'minutes: 30', ['Runbook hangs changed: minutes 15 → 30.']],
  ['a person who changed teams', 'teams: [security]\n    chats', 'teams: [sre]\n    chats', ['Person cy changed: teams security → sre.']],
  ['who is on call', 'onCall: { sre: [bo] }', 'onCall: { security: [cy] }', ['On call for sre: nobody (was bo).', 'On call for security: cy (was nobody).']],
  ['an incident', 'id: INC-1', 'id: INC-2', ['Incident INC-2 added.', 'Incident INC-1 removed.']],
])('names %s', (_promise, passage, replacement, changes) => {
  const text = edited(passage, replacement);
  // Changes that leave a clause unfilled would be refused on their own; here only the words matter.
  const spare = text.replace('onCall:', '  - { id: di, name: Di, teams: [security] , chats: { slack: [{ workspace: T1, user: U9 }] } }\nonCall:');
  const base = policyOf(edited('onCall:', '  - { id: di, name: Di, teams: [security] , chats: { slack: [{ workspace: T1, user: U9 }] } }\nonCall:'));
  expect(policyChanges(base, policyOf(spare), DEFINITIONS.clouds)).toEqual(changes);
});

it('names the accounts with an open grant that a policy drops (such a policy is refused)', () => {
  const inAws = (...accounts: readonly string[]) => accounts.map((account) => ({ provider: 'aws', account }));
  expect(droppedAccountsInUse(small, inAws('111122223333'))).toEqual([]);
  // Another cloud's, though it is called the same.
  expect(droppedAccountsInUse(small, [{ provider: 'echo', account: '111122223333' }])).toEqual(['111122223333']);
  expect(droppedAccountsInUse(small, inAws('444455556666', '111122223333', '222233334444', '444455556666'))).toEqual([
    '222233334444',
    '444455556666',
  ]);
});
