import type { Definitions } from '../../../src/core/policy/definitions.ts';
import type { ChatKey } from '../../../src/core/policy/directory.ts';
import type { Policy } from '../../../src/core/policy/policy.ts';
import type { Action } from '../../../src/core/request/actions.ts';
import type { ChatAccount } from '../../../src/core/request/facts.ts';
import type { OpenChat } from '../../../src/open-chats.ts';
import type { Logger } from '../../../src/ports/logger.ts';

export type Who = 'riley' | 'casey' | 'avery' | 'blake';

/** A message as people see it. */
export interface SeenMessage {
  /** The chat's own id of it. */
  readonly message: string;
  readonly place: string;
  readonly words: string;
  /** Whom it calls, in the chat's own names, and whatever else its reader could follow. */
  readonly markup: readonly string[];
}

/** What somebody fills in, by name of the field; a commander is a person. */
export type Filled = Readonly<Record<string, string>>;

/** What happens to the next message that is sent. */
export type Trouble = 'throttled' | 'answer lost' | 'miswritten';

/** One platform on this machine, with people at it. Places are the incident's and the default one. */
export interface Stage {
  readonly definitions: Definitions;
  /** Everybody has an account here, and INC-1 a place. */
  readonly policy: Policy;
  open(logger: Logger): OpenChat;
  /** Where the receiver listens, without a path. */
  connect(url: string): void;
  key(who: Who): ChatKey;
  command(who: Who, text: string): Promise<unknown>;
  /** Chooses in the form that stands before somebody; resolves when it is drawn anew. */
  choose(who: Who, field: string, value: string): Promise<unknown>;
  /** Fills in the form that stands before somebody, and sends it. */
  send(who: Who, filled: Filled): Promise<unknown>;
  /** What stands before somebody or was told to them alone, oldest first. */
  told(who: Who): readonly string[];
  /** Messages of ours in the incident's place or the default one, but no answers to others. */
  cards(place: 'incident' | 'default'): readonly SeenMessage[];
  timeline(card: SeenMessage): readonly SeenMessage[];
  press(who: Who, card: SeenMessage, action: Action): Promise<unknown>;
  trouble(what: Trouble): void;
  /** The incident's place takes nothing from us, or does again. */
  gone(is: boolean): void;
  account(who: Who, is: Exclude<ChatAccount, 'stranger'>): Promise<unknown>;
  /** The last thing that somebody did arrives once more: as it was, with another signature, or of another organisation. */
  again(how: 'as it was' | 'forged' | 'foreign'): Promise<number | undefined>;
  close(): Promise<void>;
}

/** A chat that keeps the contract. */
export interface Rig {
  readonly name: string;
  start(): Promise<Stage>;
}
