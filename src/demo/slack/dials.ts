import type { Api, ApiCall } from './api.ts';
import type { Delivery, ResendChange, SentRequest } from './delivery.ts';
import type { FailureShape, Faults } from './faults.ts';
import type { LocalPerson } from './model.ts';
import type { SocketLine } from './socket-line.ts';
import type { Triggers } from './tickets.ts';
import { wireUser } from './wire.ts';
import type { World } from './world.ts';

/** Everything a test or a demo can turn to make the workspace misbehave, or change under the app's feet. */
export class Dials {
  readonly #world: World;
  readonly #faults: Faults;
  readonly #api: Api;
  readonly #delivery: Delivery;
  readonly #triggers: Triggers;
  readonly #line: SocketLine;

  constructor(parts: {
    readonly world: World;
    readonly faults: Faults;
    readonly api: Api;
    readonly delivery: Delivery;
    readonly triggers: Triggers;
    readonly line: SocketLine;
  }) {
    this.#world = parts.world;
    this.#faults = parts.faults;
    this.#api = parts.api;
    this.#delivery = parts.delivery;
    this.#triggers = parts.triggers;
    this.#line = parts.line;
  }

  /** The next `times` calls of a method (`*`: of any) answer 429 with `Retry-After`. */
  rateLimit(method: string, times = 1, retryAfterSeconds = 1): void {
    this.#faults.rateLimit(method, times, retryAfterSeconds);
  }

  /** From now on calls beyond Slack's published limits answer 429 with `Retry-After`. */
  limitAsSlack(on = true): void {
    this.#api.limits.on = on;
  }

  /** How many calls were answered since the start, and how many of them with 429. */
  answered(): { readonly calls: number; readonly limited: number } {
    return this.#api.answered();
  }

  /** The next `times` calls of a method wait `ms` before anything is done. */
  delay(method: string, ms: number, times = 1): void {
    this.#faults.delay(method, ms, times);
  }

  /** The next `times` calls of a method fail: `before` the work, or `after` it was done. */
  fail(method: string, when: 'before' | 'after', shape: FailureShape, times = 1): void {
    this.#faults.fail(method, when, shape, times);
  }

  /** Takes every delay and failure back. */
  clearFaults(): void {
    this.#faults.clear();
  }

  /** While on, events are lost on the way to the app. */
  dropEvents(on = true): void {
    this.#delivery.dropEvents = on;
  }

  /** Archives a channel, or brings it back. */
  archive(channel: string, on = true): void {
    this.#channel(channel, { archived: on });
  }

  /** Takes a member out of a channel; the app's bot when nobody is named. */
  removeFrom(channel: string, member = this.#world.app.botUserId): void {
    this.#channel(channel, { members: this.#world.membersOf(channel).filter((one) => one !== member) });
  }

  /** Brings a member into a channel; the app's bot when nobody is named. */
  inviteTo(channel: string, member = this.#world.app.botUserId): void {
    this.#channel(channel, { members: [...new Set([...this.#world.membersOf(channel), member])] });
  }

  /** Changes a person (deactivated, guest, bot, of another organisation …) and tells the app by `user_change`. */
  async changePerson(id: string, change: Partial<Omit<LocalPerson, 'id'>>): Promise<void> {
    const person = this.#world.people.get(id);
    if (!person) throw new Error(`There is nobody with the id ${id}.`);
    const next = { ...person, ...change };
    this.#world.people.set(id, next);
    if (next.deleted) this.#world.closeAll(id);
    this.#world.touch();
    const user = wireUser(this.#world, next);
    await this.#delivery.event({ type: 'user_change', user, cache_ts: Math.floor(this.#world.now() / 1000) });
  }

  /** Every trigger id given out so far is expired from now on. */
  expireTriggers(): void {
    this.#triggers.expireAll();
  }

  /** How many Socket Mode connections stand. */
  sockets(): number {
    return this.#line.count();
  }

  /** Sends this over every Socket Mode connection, whatever it is. */
  sendOverSockets(text: string): void {
    this.#line.sendRaw(text);
  }

  /** Asks Socket Mode connections to come back, as Slack does from time to time. */
  recycleSockets(): void {
    this.#line.recycle();
  }

  /** Web API calls so far, oldest first; of one method when it is named. */
  calls(method?: string): readonly ApiCall[] {
    return this.#api.calls(method);
  }

  /** Requests sent to the app so far, with what came back. */
  sent(): readonly SentRequest[] {
    return this.#delivery.sent();
  }

  /** The body of a request that was sent. */
  bodyOf(number: number): string {
    return this.#delivery.bodyOf(number);
  }

  /** Sends a request of the past again: as it was, altered under its old signature, or with an old timestamp. */
  resend(number: number, change: ResendChange = {}): Promise<{ readonly status: number; readonly body: string }> {
    return this.#delivery.resend(number, change);
  }

  #channel(id: string, change: { readonly archived?: boolean; readonly members?: readonly string[] }): void {
    const channel = this.#world.channels.get(id);
    if (!channel) throw new Error(`There is no channel ${id}.`);
    this.#world.channels.set(id, { ...channel, ...change });
    this.#world.touch();
  }
}
