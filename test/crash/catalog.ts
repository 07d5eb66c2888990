import { parse } from 'yaml';
import { digestOf, type Json } from '../../src/core/canonical.ts';
import { demoPolicy } from '../../src/demo/stage.ts';
import { accountEntry } from '../support/account-entry.ts';

/** How many lives can be told apart at once: each has an account, and so a role of the catalog, of its own. */
export const LANES = 14;

export const accountOf = (lane: number): string => String(200_000_000_001 + lane);
export const roleOf = (lane: number): string => `restart-${lane}`;
/** Mira, and two like her: one person may have only a few requests that wait at once. */
export const requesterOf = (lane: number): string => REQUESTERS[lane % REQUESTERS.length] ?? 'mira';
const REQUESTERS = ['mira', 'mira-2', 'mira-3'];
export const laneOf = (account: string): number => Number(account) - 200_000_000_001;

/** Something that a lane's access allows, for the human who tries it. */
export const allowedIn = (lane: number) =>
  ({
    action: 'ecs:UpdateService',
    resource: `arn:aws:ecs:eu-central-1:${accountOf(lane)}:service/inference/chat`,
  }) as const;

const accountIn = (lane: number) =>
  accountEntry({ id: accountOf(lane), name: `Lane ${lane}`, externalId: `crash-test-external-id-${lane}` });

const allow = (action: readonly string[], resource: string): Json => ({
  Version: '2012-10-17',
  Statement: [{ Sid: 'Allowed', Effect: 'Allow', Action: action, Resource: resource }],
});

/** One inline and one managed policy, so that an opening makes every kind of write. */
function roleEntry(lane: number) {
  const id = accountOf(lane);
  const looks = allow(['ecs:DescribeClusters'], `arn:aws:ecs:eu-central-1:${id}:cluster/inference`);
  return {
    id: roleOf(lane),
    name: `Restart in lane ${lane}`,
    summary: 'Restarts the inference service of one lane.',
    zone: 'B',
    domain: 'production',
    environment: 'production',
    provider: 'aws',
    account: id,
    maxMinutes: 30,
    mayAsk: ['model-serving'],
    startsCodeAs: [`arn:aws:iam::${id}:role/service/inference-task`],
    policies: [
      { name: 'restart', document: allow([allowedIn(lane).action], allowedIn(lane).resource) },
      { arn: `arn:aws:iam::${id}:policy/breakglass/look`, sha256: digestOf(looks), document: looks },
    ],
  };
}

interface DemoPerson {
  readonly id: string;
  readonly chats: { readonly slack: readonly { readonly workspace: string; readonly user: string }[] };
  readonly clouds: { readonly aws: { readonly userId: string } };
}

/** The demo's policy with a lane for each life; JSON, which is YAML too. */
export async function lanesPolicy(): Promise<string> {
  const policy: { accounts: object[]; roles: object[]; people: DemoPerson[]; requests?: object } = parse(
    await demoPolicy(),
  );
  const mira = policy.people.find(({ id }) => id === 'mira');
  if (mira === undefined) throw new Error('the demo has no Mira');
  for (const [index, id] of REQUESTERS.slice(1).entries()) {
    const slack = mira.chats.slack.map(({ workspace }) => ({ workspace, user: `U0LIKEMIRA${index}` }));
    policy.people.push({
      ...mira,
      id,
      chats: { slack },
      clouds: { aws: { ...mira.clouds.aws, userId: `${mira.clouds.aws.userId.slice(0, -2)}f${index}` } },
    });
  }
  // One lane is lived in more often here in minutes than by one person in a day.
  policy.requests = { maxObjects: 1000 };
  const lanes = Array.from({ length: LANES }, (_, lane) => lane);
  policy.accounts.push(...lanes.map(accountIn));
  policy.roles.push(...lanes.map(roleEntry));
  return JSON.stringify(policy);
}
