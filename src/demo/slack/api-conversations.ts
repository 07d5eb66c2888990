import { type ApiMethod, ApiRefusal, type Arguments, conversation, joined, scopeByKind } from './api-call.ts';
import type { Fields } from './json.ts';
import type { StoredMessage } from './model.ts';
import { wireChannel, wireMessage } from './wire.ts';
import type { World } from './world.ts';

/** A page of a longer list; Slack's cursors are opaque, ours hold the offset in base64. @throws ApiRefusal */
function page<T>(
  all: readonly T[],
  args: Arguments,
  otherwise: number,
): { readonly part: readonly T[]; readonly next: string } {
  const limit = args.limit('limit', otherwise, 1000);
  const cursor = args.text('cursor');
  const decoded = cursor === '' ? '0' : Buffer.from(cursor, 'base64url').toString();
  if (!/^\d+$/.test(decoded)) throw new ApiRefusal('invalid_cursor');
  const from = Number(decoded);
  const next = from + limit < all.length ? Buffer.from(String(from + limit)).toString('base64url') : '';
  return { part: all.slice(from, from + limit), next };
}

const HISTORY_ARGUMENTS = ['cursor', 'include_all_metadata', 'inclusive', 'latest', 'limit', 'oldest'];

/** The messages between `oldest` and `latest`, ends included when `inclusive`. */
function within(messages: readonly StoredMessage[], args: Arguments): readonly StoredMessage[] {
  const oldest = args.has('oldest') ? Number(args.text('oldest')) : Number.NEGATIVE_INFINITY;
  const latest = args.has('latest') ? Number(args.text('latest')) : Number.POSITIVE_INFINITY;
  const inclusive = args.flag('inclusive');
  return messages.filter(({ ts }) => {
    const at = Number(ts);
    return inclusive ? at >= oldest && at <= latest : at > oldest && at < latest;
  });
}

function listing(world: World, messages: readonly StoredMessage[], args: Arguments): Fields {
  const { part, next } = page(messages, args, 100);
  return {
    messages: part.map((message) => wireMessage(world, message, args.flag('include_all_metadata'))),
    has_more: next !== '',
    response_metadata: { next_cursor: next },
  };
}

const history: ApiMethod = {
  needs: ['channel'],
  may: HISTORY_ARGUMENTS,
  scope: scopeByKind('history'),
  run: (args, { world }) => {
    const channel = args.text('channel');
    joined(world, channel);
    const shown = world.messagesIn(channel).filter((one) => one.threadTs === undefined || one.broadcast);
    return listing(world, within(shown, args).toReversed(), args);
  },
};

const replies: ApiMethod = {
  needs: ['channel', 'ts'],
  may: HISTORY_ARGUMENTS,
  scope: scopeByKind('history'),
  run: (args, { world }) => {
    const channel = args.text('channel');
    joined(world, channel);
    const thread = world.thread(channel, args.text('ts'));
    const [head, ...rest] = thread;
    if (!head) throw new ApiRefusal('thread_not_found');
    return listing(world, head.ts === args.text('ts') ? [head, ...within(rest, args)] : thread, args);
  },
};

const info: ApiMethod = {
  needs: ['channel'],
  may: ['include_locale', 'include_num_members'],
  scope: scopeByKind('read'),
  run: (args, { world }) => {
    conversation(world, args.text('channel'));
    return { channel: wireChannel(world, args.text('channel')) };
  },
};

const KINDS: Readonly<Record<string, string>> = { public_channel: 'channels', private_channel: 'groups', im: 'im' };

const kindsOf = (args: Arguments): readonly string[] =>
  (args.text('types') || 'public_channel').split(',').map((kind) => KINDS[kind.trim()] ?? '');

const listAll: ApiMethod = {
  needs: [],
  may: ['cursor', 'exclude_archived', 'limit', 'team_id', 'types'],
  scope: (args) =>
    kindsOf(args)
      .filter(Boolean)
      .map((kind) => `${kind}:read`),
  run: (args, { world }) => {
    const kinds = kindsOf(args);
    if (kinds.includes('')) throw new ApiRefusal('invalid_types');
    const ids = [...world.channels.keys(), ...world.directs.keys()].filter((id) => {
      const kind = world.kindOf(id) ?? '';
      const hidden = kind === 'groups' && !world.membersOf(id).includes(world.app.botUserId);
      return kinds.includes(kind) && !hidden && !(args.flag('exclude_archived') && world.channels.get(id)?.archived);
    });
    const { part, next } = page(ids, args, 100);
    return { channels: part.map((id) => wireChannel(world, id)), response_metadata: { next_cursor: next } };
  },
};

const members: ApiMethod = {
  needs: ['channel'],
  may: ['cursor', 'limit'],
  scope: scopeByKind('read'),
  run: (args, { world }) => {
    conversation(world, args.text('channel'));
    const { part, next } = page(world.membersOf(args.text('channel')), args, 100);
    return { members: part, response_metadata: { next_cursor: next } };
  },
};

const open: ApiMethod = {
  needs: [],
  may: ['channel', 'users', 'return_im', 'prevent_creation'],
  scope: () => 'im:write',
  run: (args, { world }) => {
    if (args.has('channel')) {
      const channel = args.text('channel');
      if (!world.directs.has(channel)) throw new ApiRefusal('channel_not_found');
      return { channel: { id: channel } };
    }
    const users = args.text('users').split(',').filter(Boolean);
    const [user = ''] = users;
    if (users.length === 0) throw new ApiRefusal('users_list_not_supplied');
    if (users.length > 1) throw new ApiRefusal('missing_scope', { needed: 'mpim:write', provided: 'im:write' });
    const person = world.people.get(user);
    if (!person) throw new ApiRefusal('user_not_found');
    if (person.bot) throw new ApiRefusal('cannot_dm_bot');
    if (person.deleted) throw new ApiRefusal('user_disabled');
    const { id } = world.directWith(user);
    return { channel: args.flag('return_im') ? wireChannel(world, id) : { id } };
  },
};

/** The `conversations.*` methods. */
export const CONVERSATION_METHODS: Readonly<Record<string, ApiMethod>> = {
  'conversations.history': history,
  'conversations.replies': replies,
  'conversations.info': info,
  'conversations.list': listAll,
  'conversations.members': members,
  'conversations.open': open,
};
