import type { Chat } from '../../ports/chat.ts';
import type { CardView, ManualCommands } from './card.ts';
import type { Phrase } from './phrase.ts';

/** Something told to one person. `snippets` are copied by hand, so they are shown as they are. */
export interface PrivateNote {
  readonly said: Phrase;
  readonly link?: { readonly url: string; readonly label: string } | undefined;
  readonly snippets?: readonly string[] | undefined;
  /** Stands before them. */
  readonly before?: string | undefined;
  /** The request that "Ask again" starts from. */
  readonly askAgain?: string | undefined;
}

/** One line of a timeline, with what somebody typed apart from ours, and what can be run to end access. */
export interface Entry {
  readonly said: Phrase;
  readonly quote?: string | undefined;
  readonly manualCommands?: ManualCommands | undefined;
}

/**
 * What one message says, without any chat's markup. A chat draws it, and makes inert what somebody typed. `bare` is what
 * is left where a chat refuses how a message is written: words, cut to what it takes.
 */
export type Content =
  | { readonly kind: 'card'; readonly card: CardView }
  | { readonly kind: 'entry'; readonly entry: Entry }
  | { readonly kind: 'note'; readonly note: PrivateNote }
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  | { readonly kind: 'bare'; readonly words: string };

/** A chat that shows requests. */
export type RequestChat = Chat<Content>;
