import type { ChatKey } from '../core/policy/directory.ts';
import type { ChatAccount } from '../core/request/facts.ts';

/** Looks people up, in the chat that a key names. */
export interface ChatAccounts {
  /** What its chat says of this account now. Rejects when it does not answer, and for a chat that this process does not have. */
  account(key: ChatKey): Promise<ChatAccount>;
}
