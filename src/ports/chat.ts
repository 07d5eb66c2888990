import type { ChatName } from '../core/policy/directory.ts';
import type { Party } from '../core/request/request.ts';

/** Where a message may stand. `place` is the chat's own id of a channel or a conversation, which nobody else reads. */
export interface Place {
  readonly chat: ChatName;
  readonly place: string;
}

/** Where a message is to stand: in a place, or under a message there. */
export interface Target extends Place {
  /** The message that it answers: the chat's own id. */
  readonly thread?: string | undefined;
  /** An answer that the whole place sees too. */
  readonly broadcast?: boolean | undefined;
}

/** Where a message stands. `message` is the chat's own id of it, unique in its place. */
export interface MessageAt extends Place {
  readonly message: string;
}

/**
 * What a message of ours is about: what it carries, unseen, so that it is known again where the answer of its sending was
 * lost. Of a tag to look for, every entry of `of` must be there and equal; the message may carry more.
 */
export interface Tag {
  readonly type: 'card' | 'event' | 'note';
  readonly of: Readonly<Record<string, string>>;
}

/** A message of ours that was found in the chat. */
export interface Tagged extends MessageAt {
  readonly tag: Tag;
}

/**
 * A no that the chat gives again however often it is asked. `place_gone`: nothing of ours is taken there, another place
 * may take it. `miswritten`: not as it is written. `lost`: this message can never be changed. `why` is the chat's word.
 */
export interface ChatNo {
  readonly no: 'place_gone' | 'miswritten' | 'lost';
  readonly why: string;
}

/**
 * One chat, as whoever shows requests needs it; it decides nothing. `Content` is what a message says, without any chat's
 * markup: the chat draws it.
 *
 * Every method rejects with `Failure` `CHAT_UNAVAILABLE` where it is to be tried again, and with nothing else.
 * `detail.outcome` says what is known of the call then: `undone` where surely nothing was done, `unclear` where it was
 * answered with what nobody understands; left out, no answer came, and it may have been done. No method tries a send again
 * by itself.
 */
export interface Chat<Content> {
  readonly name: ChatName;
  readonly can: {
    /** Its messages can be looked through for ours (`find`, `look`). Where not, what was sent to an unknown end stays so. */
    readonly search: boolean;
    /** One person can be answered in a channel so that nobody else sees it. */
    readonly privateInChannel: boolean;
  };
  /** The longest that one call may take, in milliseconds: past it whoever sent it has given up. */
  readonly callMs: number;
  /** Sends one message. `tag` is left out for what is sent without being remembered. */
  send(to: Target, content: Content, tag?: Tag): Promise<MessageAt | ChatNo>;
  /** Draws a message of ours anew. It never changes what somebody else wrote: that is `lost`. Undefined: done. */
  edit(at: MessageAt, content: Content): Promise<ChatNo | undefined>;
  /** Takes a message of ours away; one that is gone already is as good. Undefined: done. */
  remove(at: MessageAt): Promise<ChatNo | undefined>;
  /**
   * Our own messages in a place or a thread that carry this tag, oldest first, none older than `since`. What others wrote
   * never counts, whatever it carries. A place that cannot be read holds none. Only where `can.search`.
   */
  find(place: Target, wanted: Tag, since: Date): Promise<readonly Tagged[]>;
  /** The message at this place, if we wrote it and it carries a tag. Only where `can.search`. */
  look(at: MessageAt): Promise<Tagged | undefined>;
  /** The conversation with this person alone; undefined where they are nobody of this chat, or it has no way to them. */
  direct(party: Pick<Party, 'keys'>): Promise<Place | undefined>;
  /** The address of a message for whoever can see it; undefined where the chat has none. */
  link(at: MessageAt): Promise<string | undefined>;
  /** Is this the conversation with one person alone? */
  isDirect(place: Place): boolean;
}
