import type { ChatName } from '../core/policy/directory.ts';
import type { MessageAt } from './chat.ts';

/** What a message of ours is. `card` and `copy` show the request and are redrawn; `post` and `note` tell one event. */
export type MessageKind = 'card' | 'copy' | 'post' | 'note';

/**
 * A stored reference to one message. Its key is request, chat, kind, seq and person: there is at most one message for each.
 * `sending` means the outcome of the send is unknown: the chat is read before anything is sent again, where it can be.
 */
export interface MessageRef {
  readonly requestId: string;
  readonly chat: ChatName;
  readonly kind: MessageKind;
  /** The event it tells; 0 for cards and copies. */
  readonly seq: number;
  /** Whose direct message it is; '' for the channel. */
  readonly person: string;
  /** The chat's own ids: of the channel or conversation, and of the message once it stands there. */
  readonly place: string;
  readonly message: string | undefined;
  readonly state: 'sending' | 'sent' | 'gone';
  /** How often a reservation of it was fresh: who looks twice learns whether it was taken up anew. */
  readonly tries: number;
  readonly drawnVersion: number;
  /** What the card shows: the digest of its terms, or of the extension that waits. A click counts for this one only. */
  readonly digest: string;
}

/** What there is at most one message for. */
export type MessageKey = Pick<MessageRef, 'requestId' | 'chat' | 'kind' | 'seq' | 'person'>;

/** A form somebody has open. Its id is all that `private_metadata` holds. */
export interface Form {
  readonly id: string;
  readonly kind: 'request' | 'approve' | 'deny' | 'end' | 'attest' | 'extend' | 'freeze' | 'thaw';
  /** Chat key of the person it was opened for: nobody else's submission counts. */
  readonly key: string;
  /** The request it is about; for `request` the id that the request will get, so one view makes at most one. */
  readonly requestId: string;
  /** What it was drawn for; of a freeze, when that began. */
  readonly digest: string;
  /** Where the command was typed. */
  readonly channel: string;
  readonly usedAt: Date | undefined;
}

/** Who a chat says that we are, in its own words: only its adapter reads them. */
export type OwnIdentity = Readonly<Record<string, string>>;

/** What the chat must remember, in the same database as the rows. */
export interface ChatMemory {
  /** Of one chat, or of all. */
  refs(requestId: string, chat?: ChatName): Promise<readonly MessageRef[]>;
  /**
   * Reserves a message before it is sent. `fresh` is false if it was reserved before: its outcome may be unknown. Where
   * nobody knows yet where it would stand (`place` undefined), nothing can have been sent: the first reservation that
   * knows is fresh too.
   */
  claim(
    key: MessageKey,
    place: string | undefined,
    digest: string,
  ): Promise<{ readonly ref: MessageRef; readonly fresh: boolean }>;
  /**
   * Where it stands, and what it shows: a drawing older than the newest known one changes neither version nor digest. The
   * place that is noted first stays; another one of the same message changes nothing, and is a double.
   */
  sent(
    key: MessageKey,
    at: {
      readonly place: string;
      readonly message: string;
      readonly drawnVersion: number;
      /** Left out where it is not known what the message shows. */
      readonly digest?: string | undefined;
    },
  ): Promise<void>;
  /**
   * The chat answered a sending at this time with what nobody knows the meaning of. Gives since when it does so for this
   * message: `at` itself the first time.
   */
  unclear(key: MessageKey, at: Date): Promise<Date>;
  /** Surely nothing was sent: the next reservation is fresh again. Changes nothing once the message stands or is given up. */
  release(key: MessageKey): Promise<void>;
  /** The message can never be shown (channel gone, person gone). It is not tried again. */
  gone(key: MessageKey, why: string): Promise<void>;
  /** The request whose card or copy stands at this place, if it is one of ours. */
  cardAt(at: MessageAt): Promise<MessageRef | undefined>;
  /** Is this the place of any message of ours that is kept here, of whatever request? */
  isNoted(at: MessageAt): Promise<boolean>;
  /** All cards of the request in this chat show at least this version. Says nothing of any other chat. */
  drawn(requestId: string, chat: ChatName, version: number): Promise<void>;
  /** Every event up to this one is in this chat. Says nothing of any other chat. */
  posted(requestId: string, chat: ChatName, seq: number): Promise<void>;
  openForm(form: Omit<Form, 'usedAt'>): Promise<void>;
  form(id: string): Promise<Form | undefined>;
  useForm(id: string): Promise<void>;
  /** Who the chat said last that we are, as this app. */
  identity(chat: ChatName, app: string): Promise<OwnIdentity | undefined>;
  keepIdentity(chat: ChatName, app: string, identity: OwnIdentity): Promise<void>;
}
