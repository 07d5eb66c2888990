import { cut } from '../../core/cut.ts';
import type { ChatNo, MessageAt, Tag, Tagged, Target } from '../../ports/chat.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Content, RequestChat } from '../words/content.ts';
import { isLost, isMiswritten, isPlaceTrouble } from './final-answers.ts';
import { type Carrying, messageAt, messagesOfOurs } from './find.ts';
import { METADATA } from './ids.ts';
import { cardMessage, type Message, noteMessage, postMessage } from './render.ts';
import { inert, keyAt, userOf } from './text.ts';
import { CALL_MS, chatFailure, refusalOf, UnclearAnswer } from './web.ts';
import { homesOf, type SlackWorkspace } from './workspace.ts';

export const SLACK = 'slack';

/** Longest bare words. https://docs.slack.dev/reference/methods/chat.postMessage */
const WORDS_MAX = 3000;

/** Slack as a place where requests are shown. */
export function slackChat(workspace: SlackWorkspace, logger: Logger): RequestChat {
  const { client, home } = workspace;
  const homes = async (): Promise<readonly string[]> => homesOf(await home());
  return {
    name: SLACK,
    can: { search: true, privateInChannel: true },
    callMs: CALL_MS,
    send: async (to, content, tag) => {
      const message = await messageOf(content, homes);
      return refusable('sending a message', async () => {
        const answer = await client.chat.postMessage(withTarget(to, { ...message, ...metadataOf(tag), ...BARE_LINKS }));
        // Without it nobody could find the message again but by its tag.
        if (!answer.ts) throw new UnclearAnswer('chat.postMessage', 'a yes without a `ts`');
        return { chat: SLACK, place: answer.channel ?? to.place, message: answer.ts };
      });
    },
    edit: async ({ place, message: ts }, content) => {
      const { text, blocks = [] } = await messageOf(content, homes);
      return refusable('changing a message', async () => {
        await client.chat.update({ channel: place, ts, text, blocks });
        return undefined;
      });
    },
    remove: async ({ place, message: ts }) => {
      try {
        await client.chat.delete({ channel: place, ts });
        return undefined;
      } catch (error) {
        const why = refusalOf(error);
        if (why === undefined) throw chatFailure('deleting a message', error);
        return why === 'message_not_found' ? undefined : { no: 'lost', why };
      }
    },
    find: async (place, wanted, since) => {
      const there = { channel: place.place, threadTs: place.thread };
      const found = await messagesOfOurs(workspace, there, writtenOf(wanted), since);
      return found.map((one) => taggedOf(one, wanted.type));
    },
    look: async ({ place, message }) => {
      try {
        const found = await messageAt(workspace, { channel: place, ts: message });
        const type = found && typeOf(found.tag.type);
        return found && type && taggedOf(found, type);
      } catch (error) {
        if (refusalOf(error) !== undefined) return undefined;
        throw chatFailure('looking at a message', error);
      }
    },
    direct: async ({ keys }) => {
      const key = keyAt(keys, await homes());
      return key && directWith(workspace, logger, userOf(key));
    },
    link: async ({ place, message }) => {
      try {
        const { permalink } = await client.chat.getPermalink({ channel: place, message_ts: message });
        return permalink;
      } catch (error) {
        throw chatFailure('asking for the address of a message', error);
      }
    },
    isDirect: ({ place }) => place.startsWith('D'),
  };
}

/** The direct message channel with somebody by Slack's id, or undefined when Slack has none to give: unknown, deactivated, a bot. */
export async function directWith(
  { client }: Pick<SlackWorkspace, 'client'>,
  logger: Logger,
  user: string,
): Promise<{ readonly chat: string; readonly place: string } | undefined> {
  try {
    const { channel } = await client.conversations.open({ users: user });
    if (!channel?.id) throw new UnclearAnswer('conversations.open', 'a yes without a channel');
    return { chat: SLACK, place: channel.id };
  } catch (error) {
    const code = refusalOf(error);
    if (code === undefined) throw chatFailure('opening a direct message', error);
    logger.warn({ why: code }, 'somebody cannot be written to');
    return undefined;
  }
}

/** What we write is not for Slack to make previews of. */
const BARE_LINKS = { unfurl_links: false, unfurl_media: false };

type Drawn = Pick<Message, 'text'> & Partial<Message>;

/** A message's content as Slack shows it. `homes` asks for the ids of this organisation, where people may be mentioned. */
async function messageOf(content: Content, homes: () => Promise<readonly string[]>): Promise<Drawn> {
  switch (content.kind) {
    case 'card':
      return cardMessage(content.card, await homes());
    case 'entry':
      return postMessage(content.entry, await homes(), content.entry.manualCommands);
    case 'note':
      return noteMessage(content.note, await homes());
    case 'lines':
      return { text: content.lines.map(inert).join('\n') };
    case 'bare':
      return { text: cut(inert(content.words), WORDS_MAX) };
  }
}

/** The same with where it goes. https://docs.slack.dev/reference/methods/chat.postMessage */
function withTarget<T>({ place: channel, thread, broadcast }: Target, message: T) {
  if (thread === undefined) return { ...message, channel };
  return broadcast
    ? { ...message, channel, thread_ts: thread, reply_broadcast: true as const }
    : { ...message, channel, thread_ts: thread };
}

const writtenOf = ({ type, of }: Tag) => ({ type: METADATA[type], payload: of });

const metadataOf = (tag: Tag | undefined) =>
  tag === undefined ? {} : { metadata: { event_type: METADATA[tag.type], event_payload: { ...tag.of } } };

const typeOf = (written: string): Tag['type'] | undefined =>
  (['card', 'event', 'note'] as const).find((one) => METADATA[one] === written);

const taggedOf = ({ channel, ts, tag }: Carrying, type: Tag['type']): Tagged => ({
  chat: SLACK,
  place: channel,
  message: ts,
  tag: { type, of: tag.payload },
});

/** A call whose final refusals are an answer. Everything else that goes wrong is a `Failure`. */
async function refusable<T extends MessageAt | undefined>(doing: string, call: () => Promise<T>): Promise<T | ChatNo> {
  try {
    return await call();
  } catch (error) {
    const why = refusalOf(error);
    if (isPlaceTrouble(why)) return { no: 'place_gone', why: String(why) };
    if (isMiswritten(why)) return { no: 'miswritten', why: String(why) };
    if (isLost(why)) return { no: 'lost', why: String(why) };
    throw chatFailure(doing, error);
  }
}
