import type { RequestChat } from '../../../src/chat/words/content.ts';
import type { ChatKey } from '../../../src/core/policy/directory.ts';
import type { ChatAccount } from '../../../src/core/request/facts.ts';
import type { ChatNo, Place } from '../../../src/ports/chat.ts';
import { CALL_MS, call, type PlainSettings, unexpected } from './api.ts';
import { PLAIN } from './definition.ts';
import { textOf } from './render.ts';
import { memberOf } from './text.ts';
import type { Member } from './wire.ts';

const NOS: Readonly<Record<string, ChatNo['no']>> = {
  no_such_room: 'place_gone',
  not_in_room: 'place_gone',
  room_closed: 'place_gone',
  too_long: 'miswritten',
  unknown_parameter: 'miswritten',
  bad_text: 'miswritten',
  no_such_message: 'lost',
  not_yours: 'lost',
};

/** Conversations with one member alone. */
const DIRECT = 'with-';

/** The plain chat as a place where requests are shown. It can neither be searched, nor answer in a room one person alone. */
export function plainChat(settings: PlainSettings): RequestChat {
  const { house } = settings;
  const refusable = async <T>(method: string, args: object, done: (answer: Readonly<Record<string, unknown>>) => T) => {
    const answer = await call(settings, method, args);
    if (answer.ok) return done(answer);
    const no = NOS[answer.why];
    if (no === undefined) throw unexpected(method, answer.why);
    return { no, why: answer.why };
  };
  return {
    name: PLAIN,
    can: { search: false, privateInChannel: false },
    callMs: CALL_MS,
    send: ({ place, thread }, content) =>
      refusable(
        'say',
        { room: place, text: textOf(content, house), ...(thread === undefined ? {} : { under: thread }) },
        ({ id }) => ({ chat: PLAIN, place, message: String(id) }),
      ),
    edit: ({ place, message }, content) =>
      refusable('change', { room: place, id: message, text: textOf(content, house) }, () => undefined),
    remove: async ({ place, message }) => {
      const no = await refusable('take_back', { room: place, id: message }, () => undefined);
      return no?.why === 'no_such_message' ? undefined : no;
    },
    find: async () => [],
    look: async () => undefined,
    direct: ({ keys }) => directWith(settings, keys),
    link: async () => undefined,
    isDirect: ({ place }) => place.startsWith(DIRECT),
  };
}

/** The conversation with whoever has one of these keys; undefined where the chat has none to give. */
async function directWith(settings: PlainSettings, keys: readonly ChatKey[]): Promise<Place | undefined> {
  const member = memberOf(keys, settings.house);
  if (member === undefined) return undefined;
  const answer = await call(settings, 'talk', { member });
  if (answer.ok) return { chat: PLAIN, place: String(answer.room) };
  if (answer.why === 'no_such_member' || answer.why === 'not_reachable') return undefined;
  throw unexpected('talk', answer.why);
}

/** What the chat says of an account now. One that is switched off is as good as deleted. */
export async function accountOf(settings: PlainSettings, key: ChatKey): Promise<ChatAccount> {
  const member = memberOf([key], settings.house);
  if (member === undefined) return 'stranger';
  const answer = await call(settings, 'member', { member });
  if (!answer.ok) {
    if (answer.why === 'no_such_member') return 'stranger';
    throw unexpected('member', answer.why);
  }
  const { house, kind, state } = answer.member as Member;
  if (state !== 'active') return 'deleted';
  return house === settings.house ? kind : 'stranger';
}
