import type { Client, Seen } from './client.ts';
import type { Entry } from './inputs.ts';
import { fieldsOf } from './json.ts';
import { type SeenMessage, type SeenModal, seeMessage, seeModal } from './screen.ts';
import { PATIENCE_MS, type World } from './world.ts';

/** A message to act on: where it is. Everything that was seen can be passed as it is. */
export interface MessagePlace {
  readonly channel: string;
  readonly ts: string;
}

/**
 * A person at Slack's client, for tests and scripted demos. Whatever they do goes through the same client code as the
 * page: the app gets real, signed requests. Things the client would not let a person do throw `ClientRefusal`.
 */
export class Person {
  readonly id: string;
  readonly #world: World;
  readonly #client: Client;

  constructor(id: string, world: World, client: Client) {
    this.id = id;
    this.#world = world;
    this.#client = client;
  }

  /** Types a slash command in a conversation. */
  command(command: string, text: string, channel: string): Promise<Seen> {
    return this.#client.command(this.id, command, text, channel);
  }

  /** Says something. */
  post(channel: string, text: string, threadTs?: string): SeenMessage {
    return seeMessage(this.#world, this.#client.post(this.id, channel, text, threadTs), this.id);
  }

  /** The modal in front of this person, if there is one. */
  modal(): SeenModal | undefined {
    return seeModal(this.#world, this.id);
  }

  /** Waits for a modal that keeps `check` (any, by default). @throws after `timeoutMs` */
  awaitModal(check: (modal: SeenModal) => boolean = () => true, timeoutMs = PATIENCE_MS): Promise<SeenModal> {
    return this.#world.until(
      `a modal of ${this.id}`,
      () => {
        const modal = this.modal();
        return modal && check(modal) ? modal : undefined;
      },
      timeoutMs,
    );
  }

  /** Fills input blocks of the open modal, by block id, in the order given. Stops at the first that was not taken. */
  async fill(values: Readonly<Record<string, Entry>>): Promise<Seen> {
    let last: Seen = { ok: true, timedOut: false, shown: [], errors: {} };
    for (const [blockId, entry] of Object.entries(values)) {
      last = await this.#client.enter(this.id, this.#actionIn(blockId), entry, blockId);
      if (!last.ok) return last;
    }
    return last;
  }

  /** Picks in a menu (or ticks boxes) of the open modal, by action id. The app hears of it where the menu tells it. */
  choose(actionId: string, entry: Entry): Promise<Seen> {
    return this.#client.enter(this.id, actionId, entry);
  }

  /** Presses a button in the open modal. */
  press(actionId: string): Promise<Seen> {
    return this.#client.press(this.id, actionId);
  }

  /** Submits the open modal. */
  submit(): Promise<Seen> {
    return this.#client.submit(this.id);
  }

  /** Closes the modal in front. */
  close(): Promise<Seen> {
    return this.#client.close(this.id);
  }

  /** Presses a button in a message; `entry` for an overflow or other menu. A confirmation dialog is confirmed. */
  click(at: MessagePlace, actionId: string, entry?: Entry): Promise<Seen> {
    return this.#client.actInMessage(this.id, at, actionId, entry);
  }

  /** What this person sees in a conversation: channel messages, broadcasts and their own ephemerals, oldest first. */
  messages(channel: string): readonly SeenMessage[] {
    const own = this.#world
      .ephemeralsFor(this.id)
      .filter((one) => one.channel === channel && one.threadTs === undefined);
    return [...this.#world.messagesIn(channel).filter((one) => one.threadTs === undefined || one.broadcast), ...own]
      .toSorted((a, b) => Number(a.ts) - Number(b.ts))
      .map((one) => seeMessage(this.#world, one, this.id));
  }

  /** A thread as this person sees it, the message it hangs on first. */
  thread(channel: string, ts: string): readonly SeenMessage[] {
    const own = this.#world.ephemeralsFor(this.id).filter((one) => one.channel === channel && one.threadTs === ts);
    return [...this.#world.thread(channel, ts), ...own]
      .toSorted((a, b) => Number(a.ts) - Number(b.ts))
      .map((one) => seeMessage(this.#world, one, this.id));
  }

  /** Everything that was shown to this person only. */
  ephemerals(channel?: string): readonly SeenMessage[] {
    return this.#world
      .ephemeralsFor(this.id)
      .filter((one) => channel === undefined || one.channel === channel)
      .map((one) => seeMessage(this.#world, one, this.id));
  }

  /** Direct messages between this person and the app, oldest first. */
  dms(): readonly SeenMessage[] {
    const direct = [...this.#world.directs.values()].find(({ user }) => user === this.id);
    return direct ? this.messages(direct.id) : [];
  }

  /** Waits until `look` finds something on this person's screen. @throws after `timeoutMs` */
  sees<T>(what: string, look: (person: this) => T | undefined | false, timeoutMs = PATIENCE_MS): Promise<T> {
    return this.#world.until(`${this.id} to see ${what}`, () => look(this), timeoutMs);
  }

  #actionIn(blockId: string): string {
    const block = this.modal()?.blocks.find((one) => one.block_id === blockId);
    return String(fieldsOf(block?.element ?? block?.accessory).action_id ?? '');
  }
}
