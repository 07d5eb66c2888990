import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { SigningKeys } from './aws/sigv4.ts';
import type { Simulated } from './aws/simulate.ts';
import { simulate } from './aws/simulate.ts';
import type { Seen } from './slack/client.ts';
import type { SeenMessage } from './slack/screen.ts';
import type { Stage } from './stage.ts';

/** What somebody fills into the form of `/breakglass`. */
export interface Filled {
  readonly incident: string;
  readonly role: string;
  readonly minutes: number;
  readonly reason: string;
  readonly purpose: string;
  /** Person id. */
  readonly commander: string;
}

/** The Slack user of a person of the policy. */
export function userOf({ policy }: Stage, person: string): string {
  const found = policy.people.find(({ id }) => id === person)?.chats.slack?.[0]?.user;
  if (found === undefined) throw new Error(`${person} has no Slack account in the demo's policy`);
  return found;
}

/** Types `/breakglass` and fills the form, as a person would: role first, since the form changes with it. */
export async function fillForm(stage: Stage, person: string, channel: string, filled: Filled): Promise<Seen> {
  const somebody = stage.slack.as(userOf(stage, person));
  const typed = await somebody.command('/breakglass', '', channel);
  if (!typed.ok) return typed;
  const block = (field: string): string => {
    const id = somebody
      .modal()
      ?.blocks.map((one) => String(one.block_id))
      .find((one) => one.split('/')[0] === field);
    if (id === undefined) throw new Error(`the form has no field "${field}"`);
    return id;
  };
  await somebody.awaitModal((modal) => modal.blocks.some(({ block_id }) => String(block_id).startsWith('role/')));
  await somebody.fill({ [block('role')]: filled.role });
  // The form is drawn anew for the role; until it says so, its fields are those of before.
  await somebody.awaitModal((modal) =>
    modal.blocks.some(({ block_id }) => String(block_id).startsWith(`minutes/${filled.role}/`)),
  );
  return somebody.fill({
    [block('incident')]: filled.incident,
    [block('reason')]: filled.reason,
    [block('purpose')]: filled.purpose,
    [block('minutes')]: String(filled.minutes),
    [block('commander')]: userOf(stage, filled.commander),
  });
}

/** Waits for a request's card in a channel: the newest message of the bot that has buttons and holds `words`. */
export const awaitCard = (stage: Stage, channel: string, words: string, timeoutMs = 30_000): Promise<SeenMessage> =>
  stage.slack.until(
    `a card with "${words}"`,
    () =>
      stage.slack
        .as(userOf(stage, 'mira'))
        .messages(channel)
        .findLast((message) => message.byApp && message.threadTs === undefined && message.words.includes(words)),
    timeoutMs,
  );

/** Takes on a grant's role for real: signs in as the person and calls AssumeRole through the SDK. */
export async function assumeGrant(stage: Stage, person: string, roleArn: string): Promise<SigningKeys> {
  const arn = stage.signInArns.get(person);
  if (arn === undefined) throw new Error(`${person} has no cloud identity`);
  const client = new STSClient({
    endpoint: stage.aws.url,
    region: 'us-east-1',
    credentials: stage.aws.signInAs(arn, { mfa: true }),
  });
  try {
    const sessionName = `bg-${person}`;
    const { Credentials } = await client.send(
      new AssumeRoleCommand({
        RoleArn: roleArn,
        RoleSessionName: sessionName,
        SourceIdentity: sessionName,
        DurationSeconds: 900,
      }),
    );
    if (!Credentials?.AccessKeyId || !Credentials.SecretAccessKey) throw new Error('no credentials came back');
    return {
      accessKeyId: Credentials.AccessKeyId,
      secretAccessKey: Credentials.SecretAccessKey,
      ...(Credentials.SessionToken === undefined ? {} : { sessionToken: Credentials.SessionToken }),
    };
  } finally {
    client.destroy();
  }
}

/** Uses a session: one signed call, judged by everything that bounds it now. */
export const use = (stage: Stage, keys: SigningKeys, action: string, resource: string): Promise<Simulated> =>
  simulate(stage.aws.url, keys, { action, resource, at: stage.aws.now() });
