import { parse } from 'yaml';
import { demoPolicy } from '../../src/demo/stage.ts';
import { accountEntry } from '../support/account-entry.ts';

/** Who plays in each lane: the requester, a team mate who could approve for others, and one approver of each kind. */
export const CAST = ['requester', 'mate', 'sre', 'security'] as const;
export type Cast = (typeof CAST)[number];
/** Shared by all lanes: leads every incident; is in no approving team. */
export const COMMANDER = 'kenji';
export const STRANGER = 'nadia';
/** The security group, who freeze and thaw; they approve nothing. */
export const WARDENS = ['warden1', 'warden2'] as const;

export const WORKSPACE = 'T0DEMO0001';
/** Windows that can be asked for, in seconds. */
export const WINDOWS = [3, 6, 12] as const;
/** In seconds: how long a request waits for its approvals, and how long an opening may take. */
const DECISION = 25;
const TIMINGS = {
  decisionSeconds: DECISION,
  openingAllowanceSeconds: 10,
  propagationSeconds: 1,
  warnSeconds: 2,
  extendUntilSeconds: 1,
};
const PEOPLE_ACCOUNT = '123456789012';

const two = (lane: number): string => String(lane).padStart(2, '0');
export const personOf = (lane: number, cast: Cast): string => `${cast}${two(lane)}`;
export const teamOf = (lane: number): string => `product${two(lane)}`;
export const accountOf = (lane: number): string => String(200_000_000_001 + lane);
export const roleOf = (lane: number, zone: string): string => `${zone.toLowerCase()}${two(lane)}`;
export const incidentOf = (lane: number): string => `INC-30${two(lane)}`;
/** Each incident has its own: a channel takes about one message a second. */
export const channelOf = (lane: number): string => `C0LANE${two(lane)}`;
/** The Slack user of a person. */
export const slackOf = (person: string): string => `U0${person.toUpperCase()}`;
export const keyOf = (person: string): string => `slack:${WORKSPACE}:${slackOf(person)}`;
/** The same person's account in the second chat. */
export const HOUSE = 'H0HOME';
export const memberOf = (person: string): string => `m-${person}`;
export const personOfMember = (member: string): string => member.replace(/^m-/, '');
export const plainKeyOf = (person: string): string => `plain:${HOUSE}:${memberOf(person)}`;
/** What a role of this zone lets its holder do, and on what. */
export const actionIn = (zone: string): string => (zone === 'A' ? 'ecs:DescribeServices' : 'ecs:UpdateService');
export const resourceIn = (lane: number): string =>
  `arn:aws:ecs:eu-central-1:${accountOf(lane)}:service/inference/chat`;

const HOME_TEAMS: Readonly<Record<Cast, (lane: number) => readonly string[]>> = {
  requester: (lane) => [teamOf(lane)],
  mate: (lane) => [teamOf(lane), 'sre'],
  sre: () => ['sre'],
  security: () => ['security'],
};

/** A person as a directory lists them. */
export interface Listed {
  readonly id: string;
  readonly name: string;
  readonly teams: readonly string[];
  readonly chats: { readonly slack: readonly { readonly workspace: string; readonly user: string }[] };
  readonly clouds: Readonly<Record<string, { readonly kind: 'iam-user'; readonly arn: string }>>;
  readonly suspended: boolean;
}

const listed = (id: string, teams: readonly string[]): Listed => ({
  id,
  name: `Person ${id}`,
  teams,
  chats: { slack: [{ workspace: WORKSPACE, user: slackOf(id) }] },
  clouds: { aws: { kind: 'iam-user', arn: `arn:aws:iam::${PEOPLE_ACCOUNT}:user/${id}` } },
  suspended: false,
});

/** Everybody as they are when nothing was changed. */
export const everybody = (lanes: number): readonly Listed[] => [
  ...Array.from({ length: lanes }, (_, lane) =>
    CAST.map((cast) => listed(personOf(lane, cast), HOME_TEAMS[cast](lane))),
  ).flat(),
  listed(COMMANDER, ['incident-command']),
  listed(STRANGER, ['network']),
  ...WARDENS.map((id) => listed(id, ['wardens'])),
];

export const teams = (lanes: number): readonly { readonly id: string; readonly name: string }[] => [
  ...['sre', 'security', 'incident-command', 'network', 'wardens'].map((id) => ({ id, name: id })),
  ...Array.from({ length: lanes }, (_, lane) => ({ id: teamOf(lane), name: `Product ${lane}` })),
];

const clause = (name: string, members: readonly string[]) =>
  ({ who: 'group', name, teams: members, count: 1, assurance: 'chat' }) as const;
/** All approvals that a zone wants. The oracle has its own idea of them: see `eligible.ts`. */
const APPROVALS = {
  A: [{ who: 'requester', name: 'Requester', assurance: 'chat' }],
  B: [clause('Outside approver', ['sre', 'security'])],
  C: [clause('Security approver', ['security']), clause('SRE approver', ['sre'])],
} as const;
const minutes = (seconds: number): number => seconds / 60;

const accountIn = (lane: number) =>
  accountEntry({ id: accountOf(lane), name: `Lane ${lane}`, externalId: `chaos-external-id-${lane}` });

function roleEntry(lane: number, zone: string) {
  const document = {
    Version: '2012-10-17',
    Statement: [{ Sid: 'Allowed', Effect: 'Allow', Action: [actionIn(zone)], Resource: resourceIn(lane) }],
  };
  return {
    id: roleOf(lane, zone),
    name: `Zone ${zone} of lane ${lane}`,
    summary: 'Something that a lane needs.',
    zone,
    domain: 'production',
    environment: 'production',
    provider: 'aws',
    account: accountOf(lane),
    maxMinutes: minutes(12),
    maxTotalMinutes: minutes(24),
    mayAsk: [teamOf(lane)],
    startsCodeAs: zone === 'A' ? [] : [`arn:aws:iam::${accountOf(lane)}:role/service/inference-task`],
    policies: [{ name: 'access', document }],
  };
}

/** The policy with everybody in it, for the workspace and the clouds; and as the product reads it, from a directory over HTTP. */
export async function policies(lanes: number, directoryUrl: string): Promise<{ stage: string; product: string }> {
  const base: Record<string, unknown> = parse(await demoPolicy());
  const every = Array.from({ length: lanes }, (_, lane) => lane);
  const zones = Object.fromEntries(
    Object.entries(APPROVALS).map(([zone, approvals]) => [
      zone,
      { maxMinutes: minutes(12), minutesOffered: WINDOWS.map(minutes), approvals },
    ]),
  );
  const common = {
    ...base,
    timings: TIMINGS,
    zones,
    security: { teams: ['wardens'] },
    // One requester a lane lives more lives here in an hour than anybody in a day.
    requests: { maxObjects: 1000 },
    accounts: every.map(accountIn),
    roles: every.flatMap((lane) => ['A', 'B', 'C'].map((zone) => roleEntry(lane, zone))),
    runbooks: [],
    incidentList: every.map((lane) => ({
      id: incidentOf(lane),
      title: `Lane ${lane} is down`,
      state: 'open',
      channels: { slack: channelOf(lane) },
    })),
  };
  const http = { kind: 'http', url: directoryUrl, timeoutSeconds: 2, cacheSeconds: 0 };
  const empty = { people: [], teams: [], onCall: {} };
  return {
    stage: JSON.stringify({ ...common, people: everybody(lanes), teams: teams(lanes), onCall: {} }),
    product: JSON.stringify({ ...common, directory: http, ...empty }),
  };
}
