import { setTimeout as wait } from 'node:timers/promises';
import { ulid } from 'ulid';
import { DEFINITIONS } from '../../../src/adapters.ts';
import { adoptClicked } from '../../../src/chat/deliver/adopt.ts';
import { type Delivery, delivery } from '../../../src/chat/deliver/delivery.ts';
import { cloudWordsOf } from '../../../src/core/policy/cloud.ts';
import type { Cloud } from '../../../src/core/policy/directory.ts';
import { digestShown } from '../../../src/core/request/extension.ts';
import type { Row } from '../../../src/core/request/work.ts';
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
  /** The click of Avery, who may approve. */
  click(at: { readonly place: string; readonly message: string }): ReturnType<typeof adoptClicked>;
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
  const view = broker.view;
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
    click: ({ place, message }) =>
      adoptClicked({ chat, store, view }, KEYS.avery, id, { chat: chat.name, place, message }),
    cards: () => chat.messages.filter(({ kind }) => kind === 'card'),
    lines: () => chat.messages.filter(({ kind }) => kind === 'entry').map(({ words }) => words),
  };
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

  it('it is adopted by the first click on it, shows what is true then, and is kept up to date from then on', async () => {
    const on = await showing();
    on.chat.faults.push('lost after');
    await expect(on.draw()).rejects.toEqual(failed);
    const [card] = on.cards();
    if (card === undefined) throw new Error('the card does not stand');
    const { words } = card;
    const row = await desk.row(on.id);
    expect(await on.click(card)).toMatchObject({ kind: 'card', digest: digestShown(row.request), state: 'sent' });
    await desk.broker.withdraw(on.id, { type: 'person', key: KEYS.riley });
    await on.draw();
    expect(on.cards()).toHaveLength(1);
    expect(on.cards()[0]?.words).not.toBe(words);
  });

  it('a message of somebody else, or in another place, is never adopted: its click counts for nothing (A1)', async () => {
    const on = await showing();
    on.chat.faults.push('lost before');
    await expect(on.draw()).rejects.toEqual(failed);
    const { channels } = (await desk.row(on.id)).request.details;
    const forged = on.chat.write({ place: channels.slack ?? '', message: 'forged' });
    expect(await on.click(forged)).toBeUndefined();
    const elsewhere = await on.chat.send({ chat: on.chat.name, place: 'elsewhere' }, { kind: 'bare', words: 'card' });
    if ('no' in elsewhere) throw new Error('it was not sent');
    expect(await on.click(elsewhere)).toBeUndefined();
  });

  it('an approver whose copy was lost counts as missed, and is reached by a click on it', async () => {
    const on = await showing();
    await on.draw();
    on.chat.faults.push(...Array<'lost after'>(9).fill('lost after'));
    const { reached, missed } = await on.invite();
    expect([reached, missed]).toEqual([[], (await desk.row(on.id)).request.details.invite]);
    on.chat.faults.length = 0;
    const copy = on.cards().find(({ place }) => place === `direct/${KEYS.avery}`);
    if (copy === undefined) throw new Error('the copy does not stand');
    expect(await on.click(copy)).toMatchObject({ kind: 'copy', state: 'sent' });
    expect(on.cards().filter(({ place }) => place === copy.place)).toHaveLength(1);
  });
});
