import type { StoredEvent } from '../core/events.ts';
import type { ChatName } from '../core/policy/directory.ts';
import type { Freeze } from '../core/request/freeze.ts';
import type { Party } from '../core/request/request.ts';
import type { Row } from '../core/request/work.ts';
import type { ChatAccounts } from './chat-accounts.ts';
import type { FreezeChannel, NewsPlace, PolicyChannel } from './news.ts';
import type { Page } from './pager.ts';
import type { ViewOf } from './request-view.ts';

/**
 * What is shown in the chat. Everything is derived from the row and its events, through stored references, and may be
 * called twice: the second call finds what the first one did. Rejects with `Failure` when it should be tried again.
 */
export interface Announce extends ChatAccounts {
  /** The chats that this process has. */
  readonly chats: readonly ChatName[];
  /** Brings every copy of the card in one chat to the row's version, posting those that are missing. */
  draw(row: Row, chat: ChatName, view: ViewOf): Promise<void>;
  /** Tells every event that is not yet told, in order: thread post, channel broadcast, private notes. */
  post(row: Row, chat: ChatName, view: ViewOf): Promise<void>;
  /** Sends the card to each invited approver, each tried by itself. */
  invite(row: Row, view: ViewOf): Promise<{ readonly reached: readonly string[]; readonly missed: readonly string[] }>;
  /**
   * Pages one person by direct message, once for each round of a request (`row`). False when they cannot be reached here,
   * however often it is tried.
   */
  page(page: Page, person: Party, row: Row | undefined): Promise<boolean>;
  /**
   * Tells one channel that openings were frozen, or are to be, or were, let go on; `current` is the freeze as it stands
   * now. False when that channel will not take it, however often it is tried.
   */
  freeze(place: NewsPlace<FreezeChannel>, event: StoredEvent, current: Freeze | undefined): Promise<boolean>;
  /**
   * Tells the security channel of before or of after that a policy was put in force. False when that channel will not
   * take it, however often it is tried.
   */
  policy(place: NewsPlace<PolicyChannel>, event: StoredEvent): Promise<boolean>;
  /**
   * A line for the security channel of each chat. False where one has it and another has not taken it: to be called again,
   * which says it only where it is missing. Rejects where none has taken it.
   */
  alarm(text: string): Promise<boolean>;
}
