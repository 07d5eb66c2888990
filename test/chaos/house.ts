import { setTimeout as wait } from 'node:timers/promises';
import { definitionsOf } from '../../src/adapters.ts';
import type { MessageRef } from '../../src/ports/chat-memory.ts';
import { PLAIN_PATH } from '../adapters/plain-chat/app.ts';
import { HALL, VAULT, withPlain } from '../adapters/plain-chat/installed.ts';
import { type PlainMessage, PlainServer } from '../adapters/plain-chat/server.ts';
import { until } from '../support/until.ts';
import { everybody, incidentOf, memberOf, slackOf } from './catalog.ts';
import type { Deliveries } from './deliveries.ts';
import type { Case } from './judge.ts';
import type { Button } from './lane.ts';

/** How long somebody waits for a form. */
const FORM_MS = 4_000;

export const roomOf = (lane: number): string => `room-${incidentOf(lane).toLowerCase()}`;

/** The second chat, in which the same people may act: it cannot be searched. */
export class House {
  readonly server: PlainServer;
  readonly #deliveries: Deliveries;

  constructor(lanes: number, deliveries: Deliveries) {
    this.#deliveries = deliveries;
    this.server = new PlainServer({
      members: everybody(lanes).map(({ id }) => ({ id: memberOf(id) })),
      rooms: [HALL, VAULT, ...Array.from({ length: lanes }, (_, lane) => roomOf(lane))],
    });
  }

  get definitions() {
    return definitionsOf(withPlain(this.server));
  }

  /** Who answers from now on; nobody, when undefined. */
  aim(url: string | undefined): void {
    this.server.connectApp(url === undefined ? undefined : `${url}${PLAIN_PATH}`);
  }

  /** The same policy, with the rooms of this house. */
  inPolicy(text: string): string {
    const policy = JSON.parse(text);
    policy.channels.plain = { default: HALL, security: VAULT };
    for (const [lane, incident] of policy.incidentList.entries()) incident.channels.plain = roomOf(lane);
    return JSON.stringify(policy);
  }

  /** The card of a request, where it stands in the incident's room. */
  card(lane: number, requestId: string): PlainMessage | undefined {
    return this.server
      .in(roomOf(lane))
      .findLast(({ by, under, text }) => by === 'm-bot' && under === undefined && text.includes(requestId));
  }

  /** Somebody answers the card. False where it has no such line, or the app took nothing. */
  async press(person: string, lane: number, requestId: string, button: Button): Promise<boolean> {
    const card = this.card(lane, requestId);
    const line = new RegExp(`^Answer here: (${button.replace('bg_', '')} \\S+ \\S+)`, 'm').exec(card?.text ?? '')?.[1];
    if (card === undefined || line === undefined) return false;
    const member = memberOf(person);
    const before = this.server.told(member).length;
    this.#note(person, button, requestId);
    if ((await this.server.say(member, card.room, line, card.id)) !== 200) return false;
    if (button === 'bg_approve') void this.#sendForm(person, before);
    return true;
  }

  /** Zone C asks again by a form: whoever is given one sends it. */
  async #sendForm(person: string, before: number): Promise<void> {
    const member = memberOf(person);
    const forms = () =>
      this.server
        .told(member)
        .slice(before)
        .filter((text) => /^form approve/m.test(text));
    await until(() => forms().length > 0, 'a form', FORM_MS).catch(() => undefined);
    if (forms().length === 0) return;
    this.#note(person, 'bg_form_approve', '');
    await this.server.fill(member, {});
  }

  #note(person: string, what: string, about: string): void {
    this.#deliveries.arrived.push({ at: Date.now(), user: slackOf(person), what, about, accepted: false });
  }

  /** Lets what is under way come to its end. */
  async close(): Promise<void> {
    await wait(FORM_MS);
    await this.server.close();
  }

  /**
   * What does not hold of a request here: each line is there once, and in order. A line or card whose sending came to an
   * unknown end may be missing, or stand without being known, since nobody can look for it; it is never sent again.
   */
  problems({ lane, row, events }: Case, refs: readonly MessageRef[]): readonly string[] {
    const { version, seq, chats } = row;
    const card = refs.find(({ kind }) => kind === 'card');
    const posts = refs.filter(({ kind }) => kind === 'post').toSorted((a, b) => a.seq - b.seq);
    const unknown = refs.filter(({ message }) => message === undefined);
    const isOpen = unknown.some(({ kind, state }) => state === 'sending' && (kind === 'card' || kind === 'copy'));
    const lines = this.server.in(roomOf(lane)).filter(({ by, under }) => by === 'm-bot' && under === card?.message);
    const ids = lines.map(({ id }) => id);
    const known = posts.flatMap(({ message }) => (message === undefined ? [] : [message]));
    const strangers = card?.message === undefined ? [] : ids.filter((id) => !known.includes(id));
    const lost = posts.filter(({ message }) => message === undefined).length;
    const inOrder = ids.filter((id) => known.includes(id));
    const told = events.filter(({ type }) => type !== 'action_refused');
    return [
      ...(chats.plain?.postedSeq === seq ? [] : [`plain was told ${chats.plain?.postedSeq} of ${seq} events`]),
      ...(chats.plain?.drawnVersion === version || isOpen
        ? []
        : [`the plain card shows version ${chats.plain?.drawnVersion} of ${version}`]),
      ...(strangers.length > lost ? [`plain was told ${strangers.length - lost} times too often`] : []),
      ...(card?.message !== undefined && inOrder.join() !== known.filter((id) => ids.includes(id)).join()
        ? ['plain was told in another order']
        : []),
      ...(card?.message === undefined ? [] : known.filter((id) => !ids.includes(id))).map(
        (id) => `plain lacks the line ${id}`,
      ),
      ...told
        .filter((event) => !posts.some((ref) => ref.seq === event.seq))
        .map(({ seq: missing, type }) => `event ${missing} (${type}) was never sent to plain`),
    ];
  }
}
