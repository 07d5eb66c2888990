import { bareWords } from '../../../src/chat/deliver/bare-words.ts';
import type { Content, RequestChat } from '../../../src/chat/words/content.ts';
import { Failure } from '../../../src/core/failure.ts';
import type { MessageAt, Tag, Target } from '../../../src/ports/chat.ts';

/** How access is used, where nobody looks at it. */
export const NO_USE = { say: 'Use it:', link: undefined, snippet: '' };

/** A message as it stands in the small chat. */
export interface SmallMessage extends MessageAt {
  readonly thread: string | undefined;
  readonly tag: Tag | undefined;
  readonly byUs: boolean;
  words: string;
  kind: Content['kind'];
}

/** What becomes of a send: its answer is lost before or after the effect, or it is surely not done. */
export type Fault = 'lost before' | 'lost after' | 'undone';

/** A send that waits. */
export interface Held {
  /** Resolves when it has come. */
  readonly reached: Promise<void>;
  readonly letGo: () => void;
}

export interface SmallChat extends RequestChat {
  readonly messages: SmallMessage[];
  /** The next sends, in order. */
  readonly faults: Fault[];
  /** While it is set nothing is done: it says so, or does not answer at all. */
  down: false | 'refusing' | 'hanging';
  /** Holds the next send that nothing holds yet until it is let go. */
  holdNext(): Held;
  /** A message of somebody else's. */
  write(at: Omit<MessageAt, 'chat'>): MessageAt;
}

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** Ids are never used twice: the database is asked about several chats of one name. */
let sent = 0;

/** A chat in memory that shows bare words. It knows everybody whose key is of this chat. */
export function smallChat(name: string, { search = false } = {}): SmallChat {
  const messages: SmallMessage[] = [];
  const faults: Fault[] = [];
  const holds: { readonly reached: () => void; readonly letGo: Promise<void> }[] = [];
  const away = (outcome?: string) =>
    new Failure('CHAT_UNAVAILABLE', `${name} does not answer`, outcome === undefined ? {} : { detail: { outcome } });
  const at = ({ place, message }: MessageAt) => messages.find((one) => one.place === place && one.message === message);
  const answering = async (): Promise<void> => {
    if (chat.down === 'hanging') await new Promise(() => undefined);
    if (chat.down === 'refusing') throw away('undone');
  };
  const add = (to: Target, byUs: boolean, tag: Tag | undefined, words: string, kind: Content['kind']): MessageAt => {
    sent += 1;
    const where = { chat: name, place: to.place, message: `m${sent}` };
    messages.push({ ...where, thread: to.thread, tag, byUs, words, kind });
    return where;
  };
  const chat: SmallChat = {
    name,
    can: { search, privateInChannel: false },
    callMs: 50,
    messages,
    faults,
    down: false,
    holdNext: () => {
      const [reached, letGo] = [gate(), gate()];
      holds.push({ reached: reached.open, letGo: letGo.opened });
      return { reached: reached.opened, letGo: letGo.open };
    },
    write: ({ place, message }) => {
      messages.push({
        chat: name,
        place,
        message,
        thread: undefined,
        tag: undefined,
        byUs: false,
        words: '',
        kind: 'bare',
      });
      return { chat: name, place, message };
    },
    send: async (to, content, tag) => {
      await answering();
      const held = holds.shift();
      held?.reached();
      await held?.letGo;
      const fault = faults.shift();
      if (fault === 'undone') throw away('undone');
      if (fault === 'lost before') throw away();
      const sent = add(to, true, tag, bareWords(content), content.kind);
      if (fault === 'lost after') throw away();
      return sent;
    },
    edit: async (where, content) => {
      await answering();
      const found = at(where);
      if (found?.byUs !== true) return { no: 'lost', why: 'it is not ours' };
      found.words = bareWords(content);
      return undefined;
    },
    remove: async (where) => {
      await answering();
      const index = messages.findIndex((one) => one.place === where.place && one.message === where.message);
      if (index >= 0) messages.splice(index, 1);
      return undefined;
    },
    find: async (place, wanted) => {
      await answering();
      return messages.flatMap((one) => {
        const fits =
          one.byUs && one.place === place.place && (place.thread === undefined || one.thread === place.thread);
        const { tag } = one;
        const carries = Object.entries(wanted.of).every(([key, value]) => tag?.of[key] === value);
        return fits && tag !== undefined && tag.type === wanted.type && carries ? [{ ...one, tag }] : [];
      });
    },
    look: async (where) => {
      await answering();
      const found = at(where);
      return found?.byUs && found.tag ? { ...where, tag: found.tag } : undefined;
    },
    direct: async ({ keys }) => {
      await answering();
      const key = keys.find((one) => one.startsWith(`${name}:`));
      return key && { chat: name, place: `direct/${key}` };
    },
    link: async ({ place, message }) => `https://${name}.example/${place}/${message}`,
    isDirect: ({ place }) => place.startsWith('direct/'),
  };
  return chat;
}
