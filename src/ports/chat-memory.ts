/** What a message of ours is. `card` and `copy` show the request and are redrawn; `post` and `note` tell one event. */
export type MessageKind = 'card' | 'copy' | 'post' | 'note';

/**
 * A stored reference to one message. Its key is request, kind, seq and person: there is at most one message for each.
 * `sending` means the outcome of the send is unknown: the chat is read before anything is sent again.
 */
export interface MessageRef {
  readonly requestId: string;
  readonly kind: MessageKind;
  /** The event it tells; 0 for cards and copies. */
  readonly seq: number;
  /** Whose direct message it is; '' for the channel. */
  readonly person: string;
  readonly channel: string;
  readonly ts: string | undefined;
  readonly state: 'sending' | 'sent' | 'gone';
  readonly drawnVersion: number;
  /** What the card shows: the digest of its terms, or of the extension that waits. A click counts for this one only. */
  readonly digest: string;
}

export type MessageKey = Pick<MessageRef, 'requestId' | 'kind' | 'seq' | 'person'>;

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

/** Who the chat says that we are: the workspace, the organisation it belongs to, and our own bot there. */
export interface ChatIdentity {
  readonly team: string;
  readonly enterprise: string | undefined;
  readonly botUser: string;
  readonly bot: string;
}

/** What the chat must remember, in the same database as the rows. */
export interface ChatMemory {
  refs(requestId: string): Promise<readonly MessageRef[]>;
  /**
   * Reserves a message before it is sent. `fresh` is false if it was reserved before: its outcome may be unknown. Where
   * nobody knows yet where it would stand (`channel` undefined), nothing can have been sent: the first reservation that
   * knows is fresh too.
   */
  claim(
    key: MessageKey,
    channel: string | undefined,
    digest: string,
  ): Promise<{ readonly ref: MessageRef; readonly fresh: boolean }>;
  /**
   * Where it stands, and what it shows: a drawing older than the newest known one changes neither version nor digest. The
   * place that is noted first stays; another one of the same message changes nothing, and is a double.
   */
  sent(
    key: MessageKey,
    at: {
      readonly channel: string;
      readonly ts: string;
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
  cardAt(channel: string, ts: string): Promise<MessageRef | undefined>;
  /** All cards of the request show at least this version. */
  drawn(requestId: string, version: number): Promise<void>;
  /** Every event up to this one has been told. */
  posted(requestId: string, seq: number): Promise<void>;
  openForm(form: Omit<Form, 'usedAt'>): Promise<void>;
  form(id: string): Promise<Form | undefined>;
  useForm(id: string): Promise<void>;
  /** Who the chat said last that we are, as this app. */
  identity(app: string): Promise<ChatIdentity | undefined>;
  keepIdentity(app: string, identity: ChatIdentity): Promise<void>;
}
