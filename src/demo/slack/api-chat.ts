import { type ApiContext, type ApiMethod, ApiRefusal, type Arguments, joined, refuseArguments } from './api-call.ts';
import { messageProblems, withIds } from './blocks.ts';
import { type Fields, isFields, listOf } from './json.ts';
import type { MessageMetadata, StoredMessage } from './model.ts';
import { wireMessage } from './wire.ts';
import type { World } from './world.ts';

/** Longest `text` of a message. https://docs.slack.dev/reference/methods/chat.postMessage */
export const TEXT_MAX = 40_000;
/** Longest `text` of a changed message. https://docs.slack.dev/reference/methods/chat.update */
export const UPDATE_TEXT_MAX = 4000;
/** All text of a message's blocks together; Slack documents no number, this one was met in practice (bolt-js #2509). */
export const BLOCKS_TEXT_MAX = 13_200;
/** Largest metadata, in bytes of JSON. Slack documents none for the API; its message server takes 16 kB in all. */
export const METADATA_BYTES_MAX = 16_000;

const writes = (): string => 'chat:write';

/** The channel a message goes to: a conversation id, or a person's id, which means their direct message. */
function destination(args: Arguments, world: World): string {
  const to = args.text('channel');
  const person = world.people.get(to);
  if (person?.bot) throw new ApiRefusal('cannot_dm_bot');
  const id = person ? world.directWith(person.id).id : to;
  joined(world, id);
  if (world.channels.get(id)?.archived) throw new ApiRefusal('is_archived');
  return id;
}

/** What a message says, checked. @throws ApiRefusal */
function content(
  args: Arguments,
): Pick<StoredMessage, 'text'> & { blocks?: readonly Fields[]; metadata?: MessageMetadata } {
  const blocks = args.has('blocks') ? readBlocks(args) : undefined;
  const text = args.text('text');
  if (text.length > TEXT_MAX) throw new ApiRefusal('msg_too_long');
  const metadata = args.has('metadata') ? readMetadata(args) : undefined;
  return { text, ...(blocks ? { blocks } : {}), ...(metadata ? { metadata } : {}) };
}

function readBlocks(args: Arguments): readonly Fields[] {
  const blocks = args.json('blocks', 'invalid_blocks_format');
  if (!Array.isArray(blocks)) throw new ApiRefusal('invalid_blocks_format');
  const problems = messageProblems(blocks);
  if (problems.length > 0) throw refuseArguments('invalid_blocks', problems);
  if (JSON.stringify(blocks).length > BLOCKS_TEXT_MAX * 2 || lengthOfText(blocks) > BLOCKS_TEXT_MAX)
    throw new ApiRefusal('msg_blocks_too_long');
  return listOf(blocks).filter(isFields);
}

const lengthOfText = (value: unknown): number => {
  if (Array.isArray(value)) return value.reduce((sum: number, one: unknown) => sum + lengthOfText(one), 0);
  if (!isFields(value)) return 0;
  return Object.entries(value).reduce(
    (sum, [name, one]) => sum + (name === 'text' && typeof one === 'string' ? one.length : lengthOfText(one)),
    0,
  );
};

function readMetadata(args: Arguments): MessageMetadata | undefined {
  const metadata = args.json('metadata', 'invalid_metadata_format');
  if (isFields(metadata) && Object.keys(metadata).length === 0) return undefined;
  if (!isFields(metadata) || typeof metadata.event_type !== 'string' || !isFields(metadata.event_payload))
    throw new ApiRefusal('invalid_metadata_format');
  if (Buffer.byteLength(JSON.stringify(metadata)) > METADATA_BYTES_MAX) throw new ApiRefusal('metadata_too_large');
  return { event_type: metadata.event_type, event_payload: metadata.event_payload };
}

function refuseEmpty({ text, blocks }: { readonly text: string; readonly blocks?: readonly Fields[] }): void {
  if (text === '' && (blocks ?? []).length === 0) throw new ApiRefusal('no_text');
}

/** A message of the app's own, to be changed or removed. @throws ApiRefusal */
function ownMessage(args: Arguments, world: World, otherwise: string): StoredMessage {
  const channel = args.text('channel');
  joined(world, channel);
  const message = world.message(channel, args.text('ts'));
  if (!message || message.onlyFor !== undefined) throw new ApiRefusal('message_not_found');
  if (message.author !== world.app.botUserId) throw new ApiRefusal(otherwise);
  if (world.channels.get(channel)?.archived) throw new ApiRefusal('is_archived');
  return message;
}

const fresh = (): string => Math.random().toString(36).slice(2, 7);

const postMessage: ApiMethod = {
  needs: ['channel'],
  may: [
    'text',
    'blocks',
    'thread_ts',
    'reply_broadcast',
    'metadata',
    'unfurl_links',
    'unfurl_media',
    'mrkdwn',
    'parse',
    'link_names',
  ],
  scope: writes,
  run: (args, { world }) => {
    const channel = destination(args, world);
    const said = content(args);
    refuseEmpty(said);
    const threadTs = args.text('thread_ts');
    if (threadTs !== '' && !world.messagesIn(channel).some((one) => one.ts === threadTs && one.threadTs === undefined))
      throw new ApiRefusal('thread_not_found');
    const message = world.post({
      channel,
      author: world.app.botUserId,
      ...said,
      ...(said.blocks ? { blocks: withIds(said.blocks, fresh) } : {}),
      ...(threadTs === '' ? {} : { threadTs, broadcast: args.flag('reply_broadcast') }),
    });
    return { channel, ts: message.ts, message: wireMessage(world, message, true) };
  },
};

const update: ApiMethod = {
  needs: ['channel', 'ts'],
  may: ['text', 'blocks', 'metadata', 'parse', 'link_names', 'reply_broadcast'],
  scope: writes,
  run: (args, { world }) => {
    const before = ownMessage(args, world, 'cant_update_message');
    const said = content(args);
    if (said.text.length > UPDATE_TEXT_MAX) throw new ApiRefusal('msg_too_long');
    if (!args.has('text') && !args.has('blocks')) throw new ApiRefusal('no_text');
    const { metadata: _old, ...kept } = before;
    const metadata = args.has('metadata') ? said.metadata : before.metadata;
    const after: StoredMessage = {
      ...kept,
      text: args.has('text') ? said.text : before.text,
      ...(said.blocks ? { blocks: withIds(said.blocks, fresh) } : {}),
      ...(metadata ? { metadata } : {}),
      editedTs: world.ts(),
      ...(args.has('reply_broadcast') ? { broadcast: args.flag('reply_broadcast') } : {}),
    };
    refuseEmpty(after);
    world.replace(after);
    return { channel: after.channel, ts: after.ts, text: after.text, message: wireMessage(world, after, true) };
  },
};

const remove: ApiMethod = {
  needs: ['channel', 'ts'],
  scope: writes,
  run: (args, { world }) => {
    const { channel, ts } = ownMessage(args, world, 'cant_delete_message');
    world.remove(channel, ts);
    return { channel, ts };
  },
};

const postEphemeral: ApiMethod = {
  needs: ['channel', 'user'],
  may: ['text', 'blocks', 'thread_ts', 'parse', 'link_names'],
  scope: writes,
  run: (args, { world }) => {
    const channel = destination(args, world);
    const user = args.text('user');
    if (!world.people.has(user)) throw new ApiRefusal('user_not_found');
    if (!world.membersOf(channel).includes(user)) throw new ApiRefusal('user_not_in_channel');
    const said = content(args);
    refuseEmpty(said);
    const message = world.post({
      channel,
      author: world.app.botUserId,
      onlyFor: user,
      text: said.text,
      ...(said.blocks ? { blocks: withIds(said.blocks, fresh) } : {}),
      ...(args.has('thread_ts') ? { threadTs: args.text('thread_ts') } : {}),
    });
    return { message_ts: message.ts };
  },
};

const getPermalink: ApiMethod = {
  needs: ['channel', 'message_ts'],
  run: (args, { world, origin }: ApiContext) => {
    const channel = args.text('channel');
    joined(world, channel);
    const ts = args.text('message_ts');
    if (!world.message(channel, ts)) throw new ApiRefusal('message_not_found');
    return { channel, permalink: `${origin()}/archives/${channel}/p${ts.replace('.', '')}` };
  },
};

/** The `chat.*` methods. */
export const CHAT_METHODS: Readonly<Record<string, ApiMethod>> = {
  'chat.postMessage': postMessage,
  'chat.update': update,
  'chat.delete': remove,
  'chat.postEphemeral': postEphemeral,
  'chat.getPermalink': getPermalink,
};
