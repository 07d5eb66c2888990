import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import type { LocalApp, LocalChannel, LocalPerson, LocalTeam, OpenView, StoredMessage } from './model.ts';

/** A direct message channel between the app's bot and one person. */
export interface DirectChannel {
  readonly id: string;
  readonly user: string;
}

/** What is kept between two starts of the demo. */
export interface WorldRecord {
  readonly channels: readonly LocalChannel[];
  readonly directs: readonly DirectChannel[];
  readonly messages: readonly StoredMessage[];
}

/** The word for a conversation as the API tells them apart. */
export type ConversationKind = 'channels' | 'groups' | 'im';

/** How long is waited for something on a screen, where nobody says otherwise: a busy machine takes its time. */
export const PATIENCE_MS = 20_000;

/**
 * Everything the workspace knows: people, conversations, messages, open modals. It keeps facts and makes ids; it
 * refuses nothing. What Slack refuses is refused at the doors (the Web API, the person driver).
 */
export class World {
  readonly team: LocalTeam;
  readonly now: () => number;
  app: LocalApp;
  readonly people = new Map<string, LocalPerson>();
  readonly channels = new Map<string, LocalChannel>();
  readonly directs = new Map<string, DirectChannel>();
  readonly views = new Map<string, OpenView>();
  #messages: StoredMessage[] = [];
  #lastMicros = 0;
  readonly #changes = new EventEmitter();

  constructor(start: {
    readonly team: LocalTeam;
    readonly app: LocalApp;
    readonly people: readonly LocalPerson[];
    readonly channels: readonly LocalChannel[];
    readonly now: () => number;
    readonly saved?: WorldRecord;
  }) {
    this.team = start.team;
    this.app = start.app;
    this.now = start.now;
    this.#changes.setMaxListeners(0);
    const { app } = start;
    this.people.set(app.botUserId, { id: app.botUserId, name: app.name.toLowerCase(), realName: app.name, bot: true });
    for (const person of start.people) this.people.set(person.id, person);
    for (const channel of [...start.channels, ...(start.saved?.channels ?? [])]) this.channels.set(channel.id, channel);
    for (const direct of start.saved?.directs ?? []) this.directs.set(direct.id, direct);
    this.#messages = [...(start.saved?.messages ?? [])];
    this.#lastMicros = Math.max(0, ...this.#messages.map(({ ts }) => Math.round(Number(ts) * 1e6)));
  }

  /** What {@link WorldRecord} keeps; ephemeral messages are gone after a restart, as in Slack. */
  record(): WorldRecord {
    return {
      channels: [...this.channels.values()],
      directs: [...this.directs.values()],
      messages: this.#messages.filter(({ onlyFor }) => onlyFor === undefined),
    };
  }

  /** Tells everybody who listens that something is different now. */
  touch(): void {
    this.#changes.emit('change');
  }

  /** Calls `listener` after every change until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#changes.on('change', listener);
    return () => this.#changes.off('change', listener);
  }

  /**
   * Waits until `check` gives something, asking again after every change of the workspace.
   * @throws when nothing came within `timeoutMs` of real time.
   */
  async until<T>(what: string, check: () => T | undefined | false, timeoutMs = PATIENCE_MS): Promise<T> {
    const signal = AbortSignal.timeout(timeoutMs);
    for (;;) {
      const found = check();
      if (found !== undefined && found !== false) return found;
      await once(this.#changes, 'change', { signal }).catch(() => {
        throw new Error(`Waited ${timeoutMs} ms for ${what}, and it did not come.`);
      });
    }
  }

  /** A fresh id in Slack's style: a letter and ten capitals or digits. */
  id(letter: string): string {
    const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZ0123456789';
    return letter + [...randomBytes(10)].map((byte) => alphabet[byte % alphabet.length] ?? '0').join('');
  }

  /** A fresh message ts: seconds with six decimals, greater than every one before. */
  ts(): string {
    this.#lastMicros = Math.max(this.#lastMicros + 1, Math.round(this.now() * 1000));
    const seconds = Math.floor(this.#lastMicros / 1e6);
    return `${seconds}.${String(this.#lastMicros % 1e6).padStart(6, '0')}`;
  }

  /** Ids of the people in a conversation, the bot included. Empty for one that does not exist. */
  membersOf(channelId: string): readonly string[] {
    const direct = this.directs.get(channelId);
    return direct ? [direct.user, this.app.botUserId] : (this.channels.get(channelId)?.members ?? []);
  }

  /** Which of the API's families a conversation belongs to; undefined when it does not exist. */
  kindOf(channelId: string): ConversationKind | undefined {
    if (this.directs.has(channelId)) return 'im';
    const channel = this.channels.get(channelId);
    return channel && (channel.private ? 'groups' : 'channels');
  }

  /** The direct message channel with a person, made if there is none yet. */
  directWith(user: string): DirectChannel {
    const known = [...this.directs.values()].find((direct) => direct.user === user);
    if (known) return known;
    const direct = { id: this.id('D'), user };
    this.directs.set(direct.id, direct);
    this.touch();
    return direct;
  }

  /** Stores a new message and gives it its ts. */
  post(message: Omit<StoredMessage, 'ts'>): StoredMessage {
    const stored = { ...message, ts: this.ts() };
    this.#messages.push(stored);
    this.touch();
    return stored;
  }

  /** The message with this ts in this channel, ephemeral ones included. */
  message(channel: string, ts: string): StoredMessage | undefined {
    return this.#messages.find((one) => one.channel === channel && one.ts === ts);
  }

  /** Messages of a channel, oldest first. Ephemeral ones are left out. */
  messagesIn(channel: string): readonly StoredMessage[] {
    return this.#messages.filter((one) => one.channel === channel && one.onlyFor === undefined);
  }

  /** A thread, the message it hangs on first. Empty when there is no such message. */
  thread(channel: string, ts: string): readonly StoredMessage[] {
    return this.messagesIn(channel).filter((one) => one.ts === ts || one.threadTs === ts);
  }

  /** Ephemeral messages one person has been shown, oldest first. */
  ephemeralsFor(user: string): readonly StoredMessage[] {
    return this.#messages.filter((one) => one.onlyFor === user);
  }

  /** Puts a changed message in the place of the one with the same channel and ts. */
  replace(message: StoredMessage): void {
    this.#messages = this.#messages.map((one) =>
      one.channel === message.channel && one.ts === message.ts ? message : one,
    );
    this.touch();
  }

  /** Takes a message away. */
  remove(channel: string, ts: string): void {
    this.#messages = this.#messages.filter((one) => one.channel !== channel || one.ts !== ts);
    this.touch();
  }

  /** The modal a person sees now: the newest of their stack. */
  topView(owner: string): OpenView | undefined {
    return [...this.views.values()].filter((view) => view.owner === owner).at(-1);
  }

  /** Closes every modal of one person. */
  closeAll(owner: string): void {
    for (const view of [...this.views.values()]) if (view.owner === owner) this.views.delete(view.id);
    this.touch();
  }
}
