import { setTimeout as wait } from 'node:timers/promises';
import { ulid } from 'ulid';
import { adoptClicked } from '../../../src/chat/deliver/adopt.ts';
import { type Delivery, delivery } from '../../../src/chat/deliver/delivery.ts';
import { cloudWordsOf } from '../../../src/core/policy/cloud.ts';
import type { ChatKey, Cloud } from '../../../src/core/policy/directory.ts';
import { digestShown } from '../../../src/core/request/extension.ts';
import type { Row } from '../../../src/core/request/work.ts';
import { DEFINITIONS } from '../../../src/definitions.ts';
import { type Desk, openDesk } from '../../support/desk.ts';
import { KEYS } from '../../support/requests.ts';
import { NO_USE, type SmallChat, smallChat } from './small-chat.ts';

const HALF_AN_HOUR_MS = 30 * 60_000;
/** Long enough that a busy machine gets its answers into it. */
const TIME_OF_A_CALL_MS = 2_000;

let desk: Desk;
const asked: string[] = [];
beforeAll(async () => {
  desk = await openDesk();
});
// Nobody may have many that wait.
afterEach(async () => {
  for (const id of asked.splice(0)) await desk.broker.withdraw(id, { type: 'person', key: KEYS.riley });
});
afterAll(() => desk.close());

interface Showing {
  readonly chat: SmallChat;
  readonly id: string;
  draw(): Promise<void>;
  post(): Promise<void>;
  invite(): ReturnType<Delivery['invite']>;
  /** The click of Avery, who may approve, or of somebody else. */
  click(at: { readonly place: string; readonly message: string }, who?: ChatKey): ReturnType<typeof adoptClicked>;
  alarm(words: string): Promise<unknown>;
  cards(): SmallChat['messages'];
  lines(): readonly string[];
}

/** A request of Riley's that one chat shows, which cannot be searched. */
async function showing(unknownAfterMs = 60): Promise<Showing> {
  const chat = smallChat('slack');
  const { store, broker, logger } = desk;
  const words = (cloud: Cloud) => cloudWordsOf(DEFINITIONS.clouds, cloud);
  const shown = delivery({
    chats: [chat],
    account: async () => 'member',
    store,
    usage: () => NO_USE,
    words,
    logger,
    unknownAfterMs,
  });
  const { view, whyNotRead } = broker;
  const id = ulid().toLowerCase();
  await desk.ask(id);
  asked.push(id);
  const row = (): Promise<Row> => desk.row(id);
  return {
    chat,
    id,
    draw: async () => shown.draw(await row(), chat.name, view),
    post: async () => shown.post(await row(), chat.name, view),
    invite: async () => shown.invite(await row(), view),
    click: ({ place, message }, who = KEYS.avery) =>
      adoptClicked({ chat, store, view, whyNotRead }, who, id, { chat: chat.name, place, message }),
    alarm: (words) => shown.alarm(words),
    cards: () => chat.messages.filter(({ kind }) => kind === 'card'),
    lines: () => chat.messages.filter(({ kind }) => kind === 'entry').map(({ words }) => words),
  };
}

/** Avery's copy, and what the invitation said, where every copy's answer was lost. */
async function lostCopy(on: Showing) {
  await on.draw();
  on.chat.faults.push(...Array<'lost after'>(9).fill('lost after'));
  const told = await on.invite();
  on.chat.faults.length = 0;
  const copy = on.cards().find(({ place }) => place === `direct/${KEYS.avery}`);
  if (copy === undefined) throw new Error('the copy does not stand');
  return { copy, told };
}

const failed = expect.objectContaining({ code: 'CHAT_UNAVAILABLE' });
const logged = (message: RegExp) => desk.logger.lines.filter((line) => message.test(line.message));

describe('in a chat that cannot be searched', () => {
  it('a line whose answer was lost is not sent twice, and the lines after it are told (E1)', async () => {
    const on = await showing();
    await on.draw();
    on.chat.faults.push('lost after');
    await expect(on.post()).rejects.toEqual(failed);
    await desk.broker.withdraw(on.id, { type: 'person', key: KEYS.riley });
    await on.post();
    expect(on.lines()).toHaveLength((await desk.eventsOf(on.id)).length);
    expect(new Set(on.lines()).size).toBe(on.lines().length);
    expect((await desk.row(on.id)).postedSeq).toBe((await desk.row(on.id)).seq);
    expect(logged(/cannot be searched; it is not sent again/)).not.toEqual([]);
  });

  it('what surely was not sent is sent again, once (E1)', async () => {
    const on = await showing();
    on.chat.faults.push('undone');
    await expect(on.draw()).rejects.toEqual(failed);
    on.chat.faults.push('undone', 'undone');
    await expect(on.draw()).rejects.toEqual(failed);
    on.chat.faults.length = 0;
    await on.draw();
    await on.draw();
    expect(on.cards()).toHaveLength(1);
  });

  it('what somebody took up anew meanwhile is waited for anew: it is not taken for lost, and lines stand under it', async () => {
    const on = await showing(TIME_OF_A_CALL_MS);
    const [first, second] = [on.chat.holdNext(), on.chat.holdNext()];
    on.chat.faults.push('undone');
    const drawn = on.draw().catch(() => on.draw());
    await first.reached;
    // Waits for the first, which is told that nothing was sent while the second takes it up.
    const posted = on.post();
    await wait(TIME_OF_A_CALL_MS / 4);
    first.letGo();
    await second.reached;
    await wait(TIME_OF_A_CALL_MS);
    second.letGo();
    await Promise.all([drawn, posted]);
    const [card] = on.cards();
    const lines = on.chat.messages.filter(({ kind }) => kind === 'entry');
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.map(({ thread }) => thread)).toEqual(lines.map(() => card?.message));
    expect(on.cards()).toHaveLength(1);
  });

  it.each(['lost before', 'lost after'] as const)(
    'a card whose answer was %s holds up no line, is never sent twice, and is given up after 15 minutes',
    async (fault) => {
      const on = await showing();
      on.chat.faults.push(fault);
      await expect(on.draw()).rejects.toEqual(failed);
      await on.post();
      expect(on.lines().length).toBeGreaterThan(0);
      await expect(on.draw()).rejects.toEqual(failed);
      const before = logged(/cannot be searched; it is not sent again/).length;
      desk.wait(HALF_AN_HOUR_MS);
      await on.draw();
      expect(on.cards()).toHaveLength(fault === 'lost after' ? 1 : 0);
      expect(logged(/cannot be searched; it is not sent again/)).toHaveLength(before + 1);
      expect((await desk.row(on.id)).drawnVersion).toBe((await desk.row(on.id)).version);
    },
  );

  it('a click draws no message of a channel anew: no notice, no line, no card, of this request or of another (A1)', async () => {
    const [on, other] = [await showing(), await showing()];
    for (const one of [on, other]) {
      one.chat.faults.push('lost after');
      await expect(one.draw()).rejects.toEqual(failed);
    }
    await on.alarm('Openings are frozen.');
    await on.post();
    // As if both requests stood in one chat.
    on.chat.messages.push(...other.chat.messages);
    const before = on.chat.messages.map(({ words }) => words);
    expect(new Set(on.chat.messages.map(({ kind }) => kind)).size).toBeGreaterThan(1);
    for (const message of on.chat.messages) {
      for (const who of [KEYS.avery, KEYS.riley]) expect(await on.click(message, who)).toBeUndefined();
    }
    expect(on.chat.messages.map(({ words }) => words)).toEqual(before);
  });

  it('a lost copy is adopted by its reader’s click, shows what is true then, and is kept up to date from then on', async () => {
    const on = await showing();
    const { copy } = await lostCopy(on);
    const { words } = copy;
    const row = await desk.row(on.id);
    expect(await on.click(copy)).toMatchObject({ kind: 'copy', digest: digestShown(row.request), state: 'sent' });
    const standing = on.cards().length;
    await desk.broker.withdraw(on.id, { type: 'person', key: KEYS.riley });
    await on.draw();
    expect(on.cards()).toHaveLength(standing);
    expect(copy.words).not.toBe(words);
  });

  it('a copy is not adopted by anybody else’s click, by a guest’s, or where another message of ours is noted', async () => {
    const on = await showing();
    const { copy } = await lostCopy(on);
    const { words } = copy;
    expect(await on.click(copy, KEYS.blake)).toBeUndefined();
    desk.dials.accounts[KEYS.avery] = 'guest';
    expect(await on.click(copy)).toBeUndefined();
    desk.dials.accounts[KEYS.avery] = 'member';
    const at = { place: copy.place, message: copy.message };
    const note = { requestId: on.id, chat: on.chat.name, kind: 'note', seq: 1, person: 'avery' } as const;
    await desk.store.chat.claim(note, at.place, '');
    await desk.store.chat.sent(note, { ...at, drawnVersion: 0 });
    expect(await on.click(copy)).toBeUndefined();
    expect(copy.words).toBe(words);
  });

  it('a message of somebody else, or in another place, is never adopted: its click counts for nothing (A1)', async () => {
    const on = await showing();
    const { copy } = await lostCopy(on);
    const forged = on.chat.write({ place: copy.place, message: `forged-${on.id}` });
    expect(await on.click(forged)).toBeUndefined();
    const elsewhere = await on.chat.send({ chat: on.chat.name, place: 'elsewhere' }, { kind: 'bare', words: 'card' });
    if ('no' in elsewhere) throw new Error('it was not sent');
    expect(await on.click(elsewhere)).toBeUndefined();
  });

  it('an approver whose copy was lost counts as missed, and is reached by a click on it', async () => {
    const on = await showing();
    const { copy, told } = await lostCopy(on);
    expect([told.reached, told.missed]).toEqual([[], (await desk.row(on.id)).request.details.invite]);
    expect(await on.click(copy)).toMatchObject({ kind: 'copy', state: 'sent' });
    expect(on.cards().filter(({ place }) => place === copy.place)).toHaveLength(1);
  });
});
