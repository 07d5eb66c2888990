import { setTimeout as wait } from 'node:timers/promises';
import { ClientRefusal } from '../../src/demo/slack/client-actions.ts';
import type { Person } from '../../src/demo/slack/person.ts';
import type { Stage } from '../../src/demo/stage.ts';
import { type Cast, COMMANDER, channelOf, personOf, roleOf, STRANGER, slackOf } from './catalog.ts';
import type { Counts } from './counts.ts';
import type { Deliveries } from './deliveries.ts';
import { FORM_MS, fillAndSend } from './form.ts';
import type { Holdings } from './holdings.ts';
import type { House } from './house.ts';
import { People } from './people.ts';
import type { Random } from './random.ts';
import type { Records, RequestSeen } from './records.ts';

/** Everything that players share. */
export interface Playground {
  readonly stage: Stage;
  readonly people: People;
  readonly deliveries: Deliveries;
  readonly records: Records;
  readonly holdings: Holdings;
  readonly counts: Counts;
  /** The second chat. */
  readonly house: House;
  readonly say: (line: string) => void;
}

export type Player = Cast | 'commander' | 'stranger';
export type Button = 'bg_approve' | 'bg_deny' | 'bg_withdraw' | 'bg_end';

/** Somebody whose press did not arrive presses again, as people do. */
const PRESSES = 3;
const ASKS = 6;
const APPROVALS = 6;
/** How long somebody waits for the card of what they sent; and for one of which Slack told them that it failed. */
const CARD_MS = 15_000;
const UNSENT_MS = 3_000;
const BETWEEN_MS = 250;
/** How many presses are made in the second chat. */
const IN_HOUSE = 0.4;
/** How long somebody looks at a card that does not change. */
const DECIDED_MS = 2_000;
/** How many of those who were not approved take it back, instead of letting it lapse. */
const GIVEN_UP = 0.7;
/** A request that is not over by then is the judge's business. */
const OVER_MS = 150_000;

/** One lane of the playground while one cycle is played in it: the people of the lane, at their clients. */
export class Lane {
  readonly number: number;
  readonly cycle: number;
  /** Purposes of everything that was asked in this cycle: how its requests are found again. */
  readonly purposes: string[] = [];
  zone = 'B';
  readonly #ground: Playground;
  readonly #random: Random;

  constructor(ground: Playground, { number, cycle, random }: { number: number; cycle: number; random: Random }) {
    this.#ground = ground;
    this.number = number;
    this.cycle = cycle;
    this.#random = random;
  }

  /** The person's id in the directory. */
  idOf(player: Player): string {
    if (player === 'commander') return COMMANDER;
    return player === 'stranger' ? STRANGER : personOf(this.number, player);
  }

  /** The newest request of this cycle that anybody has heard of. */
  get newest(): RequestSeen | undefined {
    return this.purposes.flatMap((purpose) => this.#ground.records.about(purpose)).at(-1);
  }

  get requests(): readonly RequestSeen[] {
    return this.purposes.flatMap((purpose) => this.#ground.records.about(purpose));
  }

  /** The requester fills the form in and sends it, again if it was not taken. */
  async ask(zone: string, seconds: number, shortcut: boolean): Promise<void> {
    this.zone = zone;
    const requester = this.#as('requester');
    const role = roleOf(this.number, zone);
    for (let press = 1; press <= ASKS; press += 1) {
      const purpose = `Cycle ${this.cycle}, try ${this.purposes.length + 1}.`;
      this.purposes.push(purpose);
      const sent = await this.#patiently(() =>
        fillAndSend(requester, { lane: this.number, role, seconds, shortcut, purpose }),
      );
      // The one that they asked for before, here or in an earlier cycle, still waits or is open.
      const already = requester.modal()?.words.includes('for this incident already') ?? false;
      await this.#closeForms(requester);
      if (already) return;
      const { records } = this.#ground;
      const found = await records.until(() => records.about(purpose)[0], sent ? CARD_MS : UNSENT_MS);
      if (found !== undefined) await records.until(() => records.about(purpose)[0]?.cardTs, CARD_MS);
      if (found !== undefined) return;
    }
  }

  /** Somebody presses a button of the card; behind some there is a form. */
  async press(player: Player, button: Button): Promise<void> {
    if (await this.#pressInHouse(player, button)) return;
    const person = this.#as(player);
    for (let press = 1; press <= PRESSES; press += 1) {
      const ts = this.newest?.cardTs;
      if (ts === undefined) return;
      const seen = await this.#patiently(() => person.click({ channel: channelOf(this.number), ts }, button));
      if (seen === undefined) return;
      const form = button === 'bg_deny' || (button === 'bg_approve' && this.zone === 'C');
      if (form && seen.ok) await this.#sendForm(person, button === 'bg_deny' ? 'bg_form_deny' : 'bg_form_approve');
      if (seen.ok) return;
      await wait(BETWEEN_MS);
    }
  }

  /** Some press in the second chat: who gets no answer there does it in Slack. */
  async #pressInHouse(player: Player, button: Button): Promise<boolean> {
    const id = this.newest?.id;
    // A denial needs a form whose words the oracles look for in Slack.
    if (id === undefined || button === 'bg_deny' || this.#random.next() > IN_HOUSE) return false;
    const { house, counts } = this.#ground;
    const taken = await house.press(this.idOf(player), this.number, id, button).catch(() => false);
    if (taken) counts.add('plain_press');
    return taken;
  }

  /** Each of them presses Approve, one after the other; whoever sees the card wait all the same presses again. */
  async approve(players: readonly Player[]): Promise<void> {
    const decided = () => (this.newest?.state === 'pending' ? undefined : true);
    for (let press = 1; press <= APPROVALS; press += 1) {
      for (const player of players) await this.press(player, 'bg_approve');
      if ((await this.#ground.records.until(decided, DECIDED_MS)) !== undefined) return;
    }
  }

  /** Somebody types `/breakglass` and this about the newest request. */
  async type(player: Player, verb: string): Promise<void> {
    const id = this.newest?.id;
    if (id === undefined) return;
    for (let press = 1; press <= PRESSES; press += 1) {
      const seen = await this.#patiently(() =>
        this.#as(player).command('/breakglass', `${verb} ${id}`, channelOf(this.number)),
      );
      if (seen === undefined || seen.ok) return;
      await wait(BETWEEN_MS);
    }
  }

  /** The requester wants more time, by the command and the form behind it. */
  async extend(): Promise<void> {
    if (this.newest?.state !== 'active') return;
    await this.type('requester', 'extend');
    await this.#sendForm(this.#as('requester'), 'bg_form_extend');
  }

  /** Something that this person did before arrives once more. */
  async replay(player: Player): Promise<void> {
    if (await this.#ground.deliveries.replay(slackOf(this.idOf(player)), this.#random))
      this.#ground.counts.add('replayed');
  }

  /** Waits until the access is open, but not for ever, and uses it. */
  async use(): Promise<void> {
    const { records, holdings } = this.#ground;
    const open = await records.until(() => {
      const { newest } = this;
      if (newest === undefined || newest.state === 'closed' || newest.state === 'pending') return 'never';
      return newest.state === 'active' ? newest : undefined;
    }, 15_000);
    if (open === undefined || open === 'never') return;
    await holdings.take(this.number, this.zone, open);
    const holding = holdings.all.findLast(({ requestId }) => requestId === open.id);
    if (holding !== undefined) await holdings.works(holding);
  }

  /** The directory, or the chat, says something else of this person from now on. */
  async change(player: Cast, how: 'joins' | 'leaves' | 'suspended' | 'vanished' | 'deactivated' | 'restored') {
    const { people, counts } = this.#ground;
    const id = this.idOf(player);
    const [team = ''] = people.at(this.idOf('requester'), 0).teams;
    counts.add(`person_${how}`);
    switch (how) {
      case 'joins':
        return people.change(id, { teams: [...new Set([...people.now(id).teams, team])] });
      case 'leaves':
        return people.change(id, { teams: ['network'] });
      case 'suspended':
        return people.change(id, { suspended: true });
      case 'vanished':
        return people.change(id, { known: false });
      case 'deactivated':
        people.change(id, { inChat: false });
        return this.#setInChat(id, false);
      default:
        return this.#restore(id);
    }
  }

  /** Lets what is left run out, and everybody be as they were. Resolves when every request of the cycle is over. */
  async finish(): Promise<void> {
    if (this.newest?.state === 'pending' && this.#random.next() < GIVEN_UP)
      await this.press('requester', 'bg_withdraw');
    const over = () => this.requests.every(({ state }) => state === 'closed') || undefined;
    if ((await this.#ground.records.until(over, OVER_MS)) === undefined) {
      const waiting = this.requests.filter(({ state }) => state !== 'closed');
      for (const { id, state } of waiting) this.#ground.say(`request ${id} is still ${state}`);
    }
    for (const id of People.of(this.number)) this.#restore(id);
  }

  #restore(id: string): void {
    const { people } = this.#ground;
    const { inChat } = people.now(id);
    people.restore(id);
    if (!inChat) this.#setInChat(id, true);
  }

  /** It counts at once. Slack tells the app of it, again after minutes where nobody listened: not waited for. */
  #setInChat(id: string, inChat: boolean): void {
    void this.#ground.stage.slack.dials.changePerson(slackOf(id), { deleted: !inChat }).catch(() => undefined);
  }

  async #sendForm(person: Person, callback: string): Promise<void> {
    await this.#patiently(async () => {
      const modal = await person.awaitModal(({ callbackId }) => callbackId === callback, FORM_MS);
      const reason = modal.blocks.find(({ type, element }) => type === 'input' && element !== undefined);
      if (callback === 'bg_form_deny' && reason !== undefined)
        await person.fill({ [String(reason.block_id)]: 'Not now.' });
      await person.submit();
    });
    await this.#closeForms(person);
  }

  async #closeForms(person: Person): Promise<void> {
    while (person.modal() !== undefined) {
      if ((await this.#patiently(() => person.close())) === undefined) return;
    }
  }

  #as(player: Player): Person {
    return this.#ground.stage.slack.as(slackOf(this.idOf(player)));
  }

  /** What a client does not let a person do, and what does not come in time, is nothing that happened. */
  async #patiently<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      const expected =
        error instanceof ClientRefusal || (error instanceof Error && error.message.startsWith('Waited '));
      if (!expected) throw error;
      return undefined;
    }
  }
}
