import { Failure } from '../../core/failure.ts';
import { type ChatName, chatOf } from '../../core/policy/directory.ts';
import type { ChatAccounts } from '../../ports/chat-accounts.ts';

/** The chats of this process as one: each key is looked up in the chat that it names. One that is not here answers nothing. */
export function chatAccounts(chats: Readonly<Record<ChatName, ChatAccounts>>): ChatAccounts {
  const byName = new Map(Object.entries(chats));
  return {
    account: async (key) => {
      const chat = byName.get(chatOf(key));
      if (chat === undefined) throw new Failure('CHAT_UNAVAILABLE', `this process has no chat "${chatOf(key)}"`);
      return chat.account(key);
    },
  };
}
