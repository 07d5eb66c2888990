import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Definitions } from '../core/policy/definitions.ts';
import type { Floors, Policy } from '../core/policy/policy.ts';
import { policySchema } from '../core/policy/policy.ts';
import { DEFINITIONS } from '../definitions.ts';
import { accountsOfPolicy, BROKER_HOME } from './aws/accounts-of-policy.ts';
import { type LocalAws, startLocalAws } from './aws/local-aws.ts';
import { DEMO_FLOORS, demoPolicyText } from './overlay.ts';
import { type LocalSlack, startLocalSlack } from './slack/local-slack.ts';

const BOT_USER = 'U0DEMOBOT';
const ZONES_OF_CAST: Readonly<Record<string, string>> = { noor: 'America/New_York', kenji: 'Asia/Tokyo' };

export interface Stage {
  readonly policy: Policy;
  readonly policyText: string;
  readonly slack: LocalSlack;
  readonly aws: LocalAws;
  /** As whom each person signs in to the local AWS. */
  readonly signInArns: ReadonlyMap<string, string>;
  /** The environment that the product needs to run against this stage. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export interface StageOptions {
  /** Where the workspace and the cloud are kept between two starts; without it nothing is kept. */
  readonly dir?: string;
  /** Replaces the demo's own policy. */
  readonly policyText?: string;
  /** The floors that this policy keeps; the demo's unless told. */
  readonly floors?: Floors;
  /** What it is composed of, where a test knows more than there is. */
  readonly definitions?: Definitions;
  readonly slackPort?: number;
}

/** The example configuration as the demo runs it. */
export async function demoPolicy(): Promise<string> {
  const example = fileURLToPath(new URL('../../breakglass.example.yaml', import.meta.url));
  return demoPolicyText(await readFile(example, 'utf8'));
}

/** Starts a Slack workspace and an AWS on this machine, in which the demo's policy is at home. */
export async function openStage({
  dir,
  policyText,
  floors = DEMO_FLOORS,
  definitions = DEFINITIONS,
  slackPort,
}: StageOptions = {}): Promise<Stage> {
  const text = policyText ?? (await demoPolicy());
  const policy = policySchema(floors, definitions).parse(parse(text));
  const { partition, accounts, signInArns } = accountsOfPolicy(policy);
  const aws = await startLocalAws({ partition, accounts, ...(dir ? { stateFile: `${dir}/aws.json` } : {}) });
  const slack = await openWorkspace(policy, dir, slackPort);
  const keys = aws.keysOf(BROKER_HOME.account, BROKER_HOME.user);
  return {
    policy,
    policyText: text,
    slack,
    aws,
    signInArns,
    env: {
      SLACK_BOT_TOKEN: slack.app.botToken,
      SLACK_SIGNING_SECRET: slack.app.signingSecret,
      SLACK_APP_ID: slack.app.id,
      SLACK_API_URL: slack.apiUrl,
      AWS_ENDPOINT_URL: aws.url,
      AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'false',
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      HOST: '127.0.0.1',
    },
    close: async () => {
      await Promise.all([slack.close(), aws.close()]);
    },
  };
}

/** The app as its manifest says: the same name, commands, scopes and events that an operator installs. */
async function installed() {
  const file = fileURLToPath(new URL('../../manifests/slack.yaml', import.meta.url));
  const read = MANIFEST.parse(parse(await readFile(file, 'utf8')));
  return {
    name: read.features.bot_user.display_name,
    commands: read.features.slash_commands.map(({ command }) => command),
    scopes: read.oauth_config.scopes.bot,
    events: read.settings.event_subscriptions.bot_events,
  };
}

const MANIFEST = z.object({
  features: z.object({
    bot_user: z.object({ display_name: z.string() }),
    slash_commands: z.array(z.object({ command: z.string() })),
  }),
  oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()) }) }),
  settings: z.object({ event_subscriptions: z.object({ bot_events: z.array(z.string()) }) }),
});

async function openWorkspace(policy: Policy, dir: string | undefined, port: number | undefined): Promise<LocalSlack> {
  const teams = new Map(policy.teams.map(({ id, name }) => [id, name]));
  const people = policy.people.flatMap((person) =>
    (person.chats.slack ?? []).map(({ user }) => ({
      id: user,
      name: person.id,
      realName: person.name,
      tz: ZONES_OF_CAST[person.id] ?? 'Europe/Berlin',
      team: person.teams.map((id) => teams.get(id) ?? id).join(', '),
    })),
  );
  const named = policy.channels.slack;
  if (named === undefined) throw new Error('this policy names no channels in Slack');
  const everybody = [BOT_USER, ...people.map(({ id }) => id)];
  const incidents = policy.incidentList.flatMap(({ id, title, channels }) =>
    channels?.slack === undefined
      ? []
      : [{ id: channels.slack, name: id.toLowerCase(), topic: title, members: everybody }],
  );
  return startLocalSlack({
    team: { id: policy.people[0]?.chats.slack?.[0]?.workspace ?? 'T0DEMO0001', name: policy.organisation },
    app: { ...(await installed()), id: 'A0DEMO0001', botUserId: BOT_USER },
    people,
    channels: [
      ...incidents,
      { id: named.default, name: 'incidents', members: everybody },
      { id: named.security, name: 'security', members: everybody },
    ],
    ...(port === undefined ? {} : { port }),
    ...(dir === undefined ? {} : { stateFile: `${dir}/slack.json` }),
  });
}
