import { messageProblems, withIds } from './blocks.ts';
import { fieldsOf, isFields, listOf, stringOf } from './json.ts';
import type { StoredMessage } from './model.ts';
import type { ReplyPlace } from './tickets.ts';
import type { World } from './world.ts';

/** Slackbot's user id, the author of what Slack itself says to one person. */
export const SLACKBOT = 'USLACKBOT';

const KNOWN = [
  'text',
  'blocks',
  'response_type',
  'replace_original',
  'delete_original',
  'thread_ts',
  'metadata',
  'mrkdwn',
];

/** What became of an answer: the message it made (none when it removed one), or Slack's error code and the places. */
export type Replied =
  | { readonly ok: true; readonly message?: StoredMessage }
  | { readonly ok: false; readonly error: string; readonly messages?: readonly string[] };

/**
 * Puts the app's answer to a command or through a `response_url` where it belongs: only for the person, or with
 * `in_channel` for everybody; in the place of the original, or instead of it.
 * https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
 */
export function reply(world: World, place: ReplyPlace, answer: unknown): Replied {
  const body = typeof answer === 'string' ? { text: answer } : fieldsOf(answer);
  const unknown = Object.keys(body).filter((name) => !KNOWN.includes(name));
  if (unknown.length > 0)
    return { ok: false, error: 'invalid_payload', messages: unknown.map((name) => `unknown field: ${name}`) };
  if (body.delete_original === true) {
    if (place.ts !== undefined) world.remove(place.channel, place.ts);
    return { ok: true };
  }
  const problems = body.blocks === undefined ? [] : messageProblems(body.blocks);
  if (problems.length > 0) return { ok: false, error: 'invalid_blocks', messages: problems };
  const text = stringOf(body.text) ?? '';
  const blocks = listOf(body.blocks).filter(isFields);
  if (text === '' && blocks.length === 0) return { ok: false, error: 'no_text' };
  const said = { text, ...(blocks.length > 0 ? { blocks: withIds(blocks, () => world.id('B').slice(0, 6)) } : {}) };
  const original = place.ts === undefined ? undefined : world.message(place.channel, place.ts);
  if (body.replace_original === true && original) {
    const { blocks: _old, ...kept } = original;
    const message = { ...kept, ...said, editedTs: world.ts() };
    world.replace(message);
    return { ok: true, message };
  }
  const threadTs = stringOf(body.thread_ts) ?? place.threadTs;
  const message = world.post({
    channel: place.channel,
    author: world.app.botUserId,
    ...said,
    ...(body.response_type === 'in_channel' ? {} : { onlyFor: place.user }),
    ...(threadTs === undefined ? {} : { threadTs }),
  });
  return { ok: true, message };
}

/** Something Slack itself tells one person. */
export function slackbotSays(world: World, user: string, channel: string, text: string): void {
  world.post({ channel, author: SLACKBOT, onlyFor: user, text });
}

/** A body of an answer that means "nothing to say". */
export const isSilent = (body: unknown): boolean =>
  body === '' || body === undefined || (isFields(body) && Object.keys(body).length === 0);
