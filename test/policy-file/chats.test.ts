import { PRODUCTION_FLOORS } from '../../src/core/policy/policy.ts';
import { policyChanges } from '../../src/core/policy/policy-diff.ts';
import { readPolicy } from '../../src/policy-file.ts';
import { UNREAD_DOCUMENTS } from '../support/definitions.ts';
import { edited, policyOf, SMALL } from './small-policy.ts';

/* What a policy file may say of chats, and what is said where it says something else. */

const TENANT = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
const USER = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';
const CHANNEL = '19:abc_DEF-123@thread.tacv2';

function said(text: string, severity: 'error' | 'warning'): readonly string[] {
  const read = readPolicy(text, 'f.yaml', PRODUCTION_FLOORS, UNREAD_DOCUMENTS);
  const problems = read.ok ? read.warnings : read.problems;
  return problems.filter((one) => one.severity === severity).map(({ line, message }) => `${line}: ${message}`);
}

const bo = 'chats: { slack: [{ workspace: T1, user: U2 }] }';
const channels = 'channels: { slack: { default: C0ONE, security: C0TWO } }';
const cy = 'chats: { slack: [{ workspace: T1, user: U3 }] }';

// biome-ignore format: a table
it.each<[what: string, passage: string, replacement: string, words: string]>([
  ['a chat that nobody has heard of', channels, 'channels: { slak: { default: C0ONE, security: C0TWO } }', '4: unknown key "slak" in channels: did you mean "slack"?'],
  ['a chat like no other', channels, 'channels: { pigeon: { default: C0ONE, security: C0TWO } }', '4: unknown key "pigeon" in channels: remove it, or use one of: slack, msteams'],
  ['a person’s account in such a chat', bo, 'chats: { pigeon: [{ loft: L1, user: U2 }] }', 'unknown key "pigeon" in people[1].chats: remove it, or use one of: slack, msteams'],
  ['an incident’s channel in such a chat', 'channels: { slack: C0INC }', 'channels: { pigeon: L1 }', 'unknown key "pigeon" in incidentList[0].channels: remove it, or use one of: slack, msteams'],
  ['no chat at all', channels, 'channels: {}', '4: channels: names no chat: add the channels of at least one, or nobody sees a request'],
  ['a chat with one channel', channels, 'channels: { slack: { default: C0ONE } }', '4: channels.slack.security is missing: add it (a text)'],
  ['a channel’s name', channels, 'channels: { slack: { default: incidents, security: C0TWO } }', '4: channels.slack.default must be a channel id such as C0123ABCD, not its name'],
  ['a channel of another chat', channels, `channels: { slack: { default: "${CHANNEL}", security: C0TWO } }`, '4: channels.slack.default must be a channel id such as C0123ABCD, not its name'],
  ['the name of a channel in Teams', channels, 'channels: { msteams: { default: General, security: General } }', '4: channels.msteams.default must be a channel id such as 19:abc123@thread.tacv2'],
  ['an incident’s channel by its name', 'channels: { slack: C0INC }', 'channels: { slack: "#inc" }', 'incidentList[0].channels.slack must be a channel id such as C0123ABCD, not its name'],
  ['a member name', bo, 'chats: { slack: [{ workspace: T1, user: bo }] }', 'people[1].chats.slack[0].user must be a member id such as U0123ABCD, not a name'],
  ['an upper-case UUID', bo, `chats: { msteams: [{ tenant: ${TENANT}, user: ${USER.toUpperCase()} }] }`, "people[1].chats.msteams[0].user must be a user's object id: a UUID in lower-case, as Entra shows it"],
  ['a Teams account of no tenant', bo, `chats: { msteams: [{ user: ${USER} }] }`, 'people[1].chats.msteams[0].tenant is missing: add it (a text)'],
  ['the old place of accounts', bo, 'slack: [{ workspace: T1, user: U2 }]', 'unknown key "slack" in people[1]: remove it, or use one of: id, name, teams, chats'],
  ['one account on two people', cy, bo, '"cy" and "bo" share one Slack account: each belongs to one person only'],
  ['one Teams account on two people, listed besides others', cy, `chats: { msteams: [{ tenant: ${USER}, user: ${TENANT} }, { tenant: ${TENANT}, user: ${USER} }] }\n  - { id: di, name: Di, teams: [sre], chats: { slack: [{ workspace: T1, user: U9 }], msteams: [{ user: ${USER}, tenant: ${TENANT} }] } }`, '"di" and "cy" share one Microsoft Teams account: each belongs to one person only'],
  ['one e-mail on two people, whatever its letter case and the space around it', cy, `${cy}\n    email: " BO@example.com "\n  - { id: di, name: Di, teams: [sre], email: bo@Example.com }`, '"di" and "cy" have one e-mail: make one entry of them, with all its accounts, or correct it'],
])('refuses %s, in words', (_what, passage, replacement, words) => {
  expect(said(edited(passage, replacement), 'error')).toContainEqual(expect.stringContaining(words));
});

it('takes people of several chats, with an e-mail each', () => {
  const text = edited(
    bo,
    `chats: { slack: [{ workspace: T1, user: U2 }], msteams: [{ tenant: ${TENANT}, user: ${USER} }] }\n    email: bo@example.com`,
  );
  expect(policyOf(text).people[1]).toMatchObject({
    chats: { slack: [{ workspace: 'T1', user: 'U2' }], msteams: [{ tenant: TENANT, user: USER }] },
    email: 'bo@example.com',
  });
});

it('a chat that this version cannot talk to neither asks nor approves, which is a warning, and counts nobody', () => {
  const named = edited(
    channels,
    `channels: { slack: { default: C0ONE, security: C0TWO }, msteams: { default: "${CHANNEL}", security: "${CHANNEL}" } }`,
  );
  const words =
    'nobody can ask or approve in Microsoft Teams: this version has no adapter for it; list another account of each person too';
  expect(said(named, 'warning')).toContain(`4: ${words}`);
  expect(said(named, 'error')).toEqual([]);
  const there = edited(bo, `chats: { msteams: [{ tenant: ${TENANT}, user: ${USER} }] }`);
  expect(said(there, 'warning')).toContainEqual(expect.stringContaining(words));
  expect(said(there, 'error')).toContainEqual(expect.stringContaining('nobody could fill "Outside"'));
  expect(said(SMALL, 'warning').join()).not.toContain('Teams');
});

it('a chat whose people could act, but in which no channel is named, is a warning', () => {
  const elsewhere = edited(channels, `channels: { msteams: { default: "${CHANNEL}", security: "${CHANNEL}" } }`);
  expect(said(elsewhere, 'warning')).toContain(
    '4: people here have Slack accounts, but no channel in Slack is named, so requests are shown in none there: add "slack"',
  );
  expect(said(SMALL, 'warning').join()).not.toContain('no channel');
});

it('names the chat of a channel that changed, came or went', () => {
  const other = policyOf(
    edited(
      channels,
      `channels: { slack: { default: C0ONE, security: C0NEW }, msteams: { default: "${CHANNEL}", security: "${CHANNEL}" } }`,
    ),
  );
  expect(policyChanges(policyOf(), other, {})).toEqual([
    'Chat slack: security channel C0TWO → C0NEW.',
    `Chat msteams: default channel none → ${CHANNEL}; security channel none → ${CHANNEL}.`,
  ]);
  expect(policyChanges(other, policyOf(), {})).toContainEqual(
    expect.stringContaining(`security channel ${CHANNEL} → none.`),
  );
});
