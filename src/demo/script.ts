import { verifyLog } from '../broker/verify-log.ts';
import { DEFINITIONS } from '../definitions.ts';
import { makeLogger } from '../logger.ts';
import { openStore } from '../store/open-store.ts';
import { assumeGrant, awaitCard, type Filled, fillForm, use, userOf } from './driver.ts';
import type { Stage } from './stage.ts';

const CHANNEL = 'C0INC2041';
const SERVICE = 'arn:aws:ecs:eu-central-1:111122223333:service/inference/chat-large';

export interface StoryOptions {
  readonly databaseUrl: string;
  readonly say: (line: string) => void;
}

/** A step that did not go as the story says. */
class Wrong extends Error {}

/**
 * One night in two minutes, in real time: refused without an incident, asked, a team mate turned away, approved by
 * somebody outside, opened and used, the window over, the same call refused, the session ended, the log verified.
 * Returns 0, or throws at the first step that went otherwise.
 */
export async function playStory(stage: Stage, { databaseUrl, say }: StoryOptions): Promise<number> {
  const purpose = `Restart inference, night of ${new Date().toISOString().slice(0, 16)}`;
  const form: Filled = {
    incident: 'INC-2041',
    role: 'model-serving-restart',
    minutes: 1,
    reason: 'service_restoration',
    purpose,
    commander: 'kenji',
  };
  const must = (holds: boolean, what: string): void => {
    if (!holds) throw new Wrong(`the story went wrong: ${what}`);
    say(`  ✓ ${what}`);
  };
  const mira = stage.slack.as(userOf(stage, 'mira'));

  say('\nMira asks without an incident that exists');
  await fillForm(stage, 'mira', CHANNEL, { ...form, incident: 'INC-9999' });
  const refused = await mira.submit();
  must(
    Object.keys(refused.errors).some((block) => block.startsWith('incident')),
    `refused on the field: ${Object.values(refused.errors)[0]}`,
  );
  await mira.close();

  say('\nMira asks for one minute of "Restart model serving"');
  await fillForm(stage, 'mira', CHANNEL, form);
  const asked = await mira.submit();
  must(asked.ok, 'the form was taken');
  const card = await awaitCard(stage, CHANNEL, purpose);
  const told = followThread(stage, card.ts, say);

  try {
    say('\nTheo, of the same team, presses Approve');
    const theo = stage.slack.as(userOf(stage, 'theo'));
    const turnedAway = theo.ephemerals().length + theo.dms().length;
    await theo.click(card, 'bg_approve');
    const answer = await theo.sees(
      'why not',
      (person) =>
        [...person.ephemerals(), ...person.dms()].length > turnedAway &&
        [...person.ephemerals(), ...person.dms()].at(-1)?.words,
      10_000,
    );
    must(answer.length > 0, `turned away in private: ${answer.split('\n')[0]}`);

    say('\nSasha, on call in SRE, presses Approve');
    await stage.slack.as(userOf(stage, 'sasha')).click(card, 'bg_approve');
    await awaitWords(stage, card.ts, 'access is open', 30_000);
    const roleName = newestRole(stage);
    const roleArn = `arn:aws:iam::111122223333:role/breakglass/${roleName}`;
    const keys = await assumeGrant(stage, 'mira', roleArn);
    const used = await use(stage, keys, 'ecs:UpdateService', SERVICE);
    must(used.allowed, `Mira restarts the service: ${used.message}`);
    const outside = await use(stage, keys, 's3:GetObject', 'arn:aws:s3:::customers/all');
    must(!outside.allowed, 'and can do nothing else');

    say('\nThe minute passes');
    await stage.slack.until(
      'the window to be over',
      () =>
        stage.aws
          .roles('111122223333')
          .some(({ name, policies }) => name === roleName && '99-revoked' in policies.inline),
      90_000,
    );
    const late = await use(stage, keys, 'ecs:UpdateService', SERVICE);
    must(!late.allowed, `the same call is refused: ${late.code}`);
    await awaitWords(stage, card.ts, 'closed:', 45_000);
    const again = await assumeGrant(stage, 'mira', roleArn).then(
      () => 'opened',
      (error: Error) => error.name,
    );
    must(again !== 'opened', `taking the role on again is refused: ${again}`);
  } finally {
    told.stop();
  }

  const store = openStore({ url: databaseUrl, logger: makeLogger('error'), definitions: DEFINITIONS });
  try {
    const { streams, events, broken } = await verifyLog(store);
    must(broken === undefined, `the log verifies: ${events} events in ${streams} streams`);
  } finally {
    await store.close();
  }
  say('\nThe story is told.');
  return 0;
}

const newestRole = (stage: Stage): string =>
  stage.aws
    .roles('111122223333')
    .filter(({ path }) => path === '/breakglass/')
    .toSorted((a, b) => a.name.localeCompare(b.name))
    .at(-1)?.name ?? '';

const awaitWords = (stage: Stage, ts: string, words: string, timeoutMs: number) =>
  stage.slack.until(
    `the timeline to say "${words}"`,
    () =>
      stage.slack
        .as(userOf(stage, 'mira'))
        .thread(CHANNEL, ts)
        .slice(1)
        .some((message) => message.words.toLowerCase().includes(words)),
    timeoutMs,
  );

/** Prints the thread's messages as they come. */
function followThread(stage: Stage, ts: string, say: (line: string) => void): { stop(): void } {
  const shown = new Set([ts]);
  const look = (): void => {
    for (const message of stage.slack.as(userOf(stage, 'kenji')).thread(CHANNEL, ts)) {
      if (shown.has(message.ts)) continue;
      shown.add(message.ts);
      say(`  │ ${message.clock}  ${message.words.replaceAll('\n', ' ')}`);
    }
  };
  const timer = setInterval(look, 200);
  return {
    stop: () => {
      clearInterval(timer);
      look();
    },
  };
}
