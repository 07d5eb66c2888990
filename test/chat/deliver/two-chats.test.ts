import { setTimeout as wait } from 'node:timers/promises';
import { ulid } from 'ulid';
import { broker as openBroker } from '../../../src/broker/broker.ts';
import { type Delivery, delivery } from '../../../src/chat/deliver/delivery.ts';
import { Failure } from '../../../src/core/failure.ts';
import { cloudWordsOf } from '../../../src/core/policy/cloud.ts';
import { type Row, workFor } from '../../../src/core/request/work.ts';
import { DEFINITIONS } from '../../../src/definitions.ts';
import { applyPolicy } from '../../../src/policy-in-force.ts';
import { type Desk, openDesk } from '../../support/desk.ts';
import { aDirectory } from '../../support/requests.ts';
import { NO_USE, type SmallChat, smallChat } from './small-chat.ts';

let desk: Desk;
let shown: Delivery;
let now = 0;
let broker: ReturnType<typeof openBroker>;
const first = smallChat('slack', { search: true });
const second = smallChat('plain');

beforeAll(async () => {
  desk = await openDesk();
  const { store, logger } = desk;
  const before = await store.policyInForce();
  if (before === undefined) throw new Error('no policy');
  // Everybody has an account in both chats, and the policy channels in both.
  const people = before.policy.people.map((one) => ({
    ...one,
    chats: { ...one.chats, plain: [{ tenant: 'T1', user: one.id }] },
  }));
  const channels = { ...before.policy.channels, plain: { default: 'hall', security: 'vault' } };
  const policy = { ...before.policy, people, channels };
  await applyPolicy(store, policy, '', 'operator:test', before);
  desk.dials.directory = aDirectory(policy);
  shown = delivery({
    chats: [first, second],
    account: async () => 'member',
    store,
    usage: () => NO_USE,
    words: (cloud) => cloudWordsOf(DEFINITIONS.clouds, cloud),
    logger,
    unknownAfterMs: 60,
    othersMs: 200,
    now: () => now,
  });
  broker = openBroker({ ...desk.deps, announce: shown });
});
afterEach(() => {
  for (const chat of [first, second]) {
    chat.down = false;
    chat.messages.length = 0;
  }
});
afterAll(() => desk.close());

/** A request of Riley's, in both chats. */
async function asked(): Promise<string> {
  const id = ulid().toLowerCase();
  await desk.ask(id);
  return id;
}

/** What is owed to the chats, each job by itself; gives those that failed. */
async function work(id: string, names: readonly string[] = ['draw', 'post']): Promise<readonly string[]> {
  const owed = workFor(await desk.row(id)).filter(({ name }) => names.includes(name));
  const tried = await Promise.allSettled(owed.map((one) => broker.perform(one, AbortSignal.timeout(20_000))));
  return owed.flatMap(({ name, chat }, index) => (tried[index]?.status === 'rejected' ? [`${name} ${chat}`] : []));
}

const lines = ({ messages }: SmallChat, id: string) =>
  messages
    .filter(({ tag }) => tag?.type === 'event' && tag.of.id?.startsWith(`request/${id}/`))
    .map(({ tag }) => tag?.of.id);
const cards = ({ messages }: SmallChat, id: string) => messages.filter(({ tag }) => tag?.of.request === id);
const far = ({ version, seq }: Row) => ({ drawnVersion: version, postedSeq: seq });
const withdraw = (id: string) => desk.broker.withdraw(id, { type: 'person', key: 'slack:T0BREAK:U0RILEY' });

it('a chat that a policy names for the first time hears of that one, and of nothing before it', async () => {
  const owed = await desk.store.policyNews.pendingNotifications({ chat: 'plain', channel: 'policy_after' });
  expect(owed.map(({ data }) => data.number)).toEqual([2]);
});

describe('a request that two chats show', () => {
  it('stands in both, with each line once, in order; what one has shown hides nothing that the other owes (E1)', async () => {
    const id = await asked();
    second.down = 'refusing';
    expect(await work(id)).toEqual(['draw plain', 'post plain']);
    expect(await work(id)).toEqual(['draw plain', 'post plain']);
    const row = await desk.row(id);
    expect(row.chats).toEqual({ slack: far(row), plain: { drawnVersion: 0, postedSeq: 0 } });
    expect([row.drawnVersion, row.postedSeq]).toEqual([0, 0]);
    await withdraw(id);
    second.down = false;
    while ((await work(id)).length > 0);
    const done = await desk.row(id);
    expect(done.chats).toEqual({ slack: far(done), plain: far(done) });
    for (const chat of [first, second]) {
      expect(cards(chat, id).filter(({ tag }) => tag?.of.kind === 'card')).toHaveLength(1);
      expect(cards(chat, id)[0]?.words).toMatch(/^Withdrawn/);
      expect(lines(chat, id)).toEqual((await desk.store.events(`request/${id}`)).map((event) => event.id));
    }
  });

  it.each(['refusing', 'hanging'] as const)(
    'reaches approvers and pages through one while the other is %s (B5, D6)',
    async (down) => {
      const id = await asked();
      const row = await desk.row(id);
      second.down = down;
      const { invite } = row.request.details;
      expect(await shown.invite(row, broker.view)).toEqual({ reached: invite, missed: [] });
      const page = { key: 'k', round: 1, summary: 'It fails', details: [], commands: [], at: new Date() };
      expect(await shown.page(page, row.request.details.requester, row)).toBe(true);
      expect(await shown.page(page, row.request.details.requester, undefined)).toBe(true);
      first.down = 'refusing';
      if (down === 'refusing')
        await expect(shown.page(page, row.request.details.commander, row)).rejects.toThrow(Failure);
      await withdraw(id);
    },
  );

  it('misses only whom neither reaches', async () => {
    const id = await asked();
    const row = await desk.row(id);
    const { direct } = first;
    first.direct = async () => undefined;
    expect((await shown.invite(row, broker.view)).missed).toEqual([]);
    second.messages.length = 0;
    const other = await asked();
    second.down = 'refusing';
    expect((await shown.invite(await desk.row(other), broker.view)).reached).toEqual([]);
    first.direct = direct;
    await withdraw(id);
    await withdraw(other);
  });

  it('waits for the one that is slow where the other has no way to anybody (B5)', async () => {
    const id = await asked();
    const row = await desk.row(id);
    const { invite } = row.request.details;
    const [{ direct }, { send }] = [second, first];
    second.direct = async () => undefined;
    first.send = async (...sent) => {
      await wait(600);
      return send(...sent);
    };
    expect(await shown.invite(row, broker.view)).toEqual({ reached: invite, missed: [] });
    Object.assign(second, { direct });
    Object.assign(first, { send });
    await withdraw(id);
  });

  it('in a process that has only one of them is passed over in the other, loudly, and is done with', async () => {
    const id = await asked();
    const { store, logger } = desk;
    const alone = delivery({
      chats: [first],
      account: async () => 'member',
      store,
      usage: () => NO_USE,
      words: (cloud) => cloudWordsOf(DEFINITIONS.clouds, cloud),
      logger,
    });
    const by = openBroker({ ...desk.deps, announce: alone });
    for (const one of workFor(await desk.row(id)).filter(({ chat }) => chat !== undefined)) {
      await by.perform(one, AbortSignal.timeout(20_000));
    }
    expect(workFor(await desk.row(id)).filter(({ chat }) => chat !== undefined)).toEqual([]);
    expect(logger.lines.filter(({ message }) => message.includes('that this process does not have'))).not.toEqual([]);
    await withdraw(id);
  });

  it('says an alarm in the one that answers once, and in the other when it does', async () => {
    second.down = 'refusing';
    expect(await shown.alarm('A role is gone')).toBe(false);
    expect(await shown.alarm('A role is gone')).toBe(false);
    expect(first.messages.map(({ place, words }) => [place, words])).toEqual([['C0SECURITY', '🔴 A role is gone']]);
    second.down = false;
    expect(await shown.alarm('A role is gone')).toBe(true);
    expect(first.messages).toHaveLength(1);
    expect(second.messages.map(({ place, words }) => [place, words])).toEqual([['vault', '🔴 A role is gone']]);
  });

  it('says an alarm again when it comes again later, whatever the other one still owes', async () => {
    second.down = 'refusing';
    for (const minutes of [0, 59, 61]) {
      now = minutes * 60_000;
      await shown.alarm('The source is down');
    }
    expect(first.messages.map(({ words }) => words)).toEqual(['🔴 The source is down', '🔴 The source is down']);
  });

  it('has said no alarm where neither takes it, and is done with a channel that never will', async () => {
    first.down = 'refusing';
    second.down = 'refusing';
    await expect(shown.alarm('A role is back')).rejects.toThrow(Failure);
    first.down = false;
    second.down = false;
    const { send } = second;
    second.send = async () => ({ no: 'place_gone', why: 'archived' });
    expect(await shown.alarm('A role is back')).toBe(true);
    second.send = send;
    expect(first.messages).toHaveLength(1);
  });

  it('tells each channel of each chat of a freeze, once, however long the other chat is away (B11)', async () => {
    await broker.notifyAgain();
    second.down = 'refusing';
    await broker.freeze({ type: 'operator', name: 'ana' }, { all: false, reason: 'a leak' });
    await broker.notifyAgain().catch(() => undefined);
    await broker.notifyAgain().catch(() => undefined);
    const told = ({ messages }: SmallChat) =>
      messages
        .filter(({ words }) => words.startsWith('⛔'))
        .map(({ place }) => place)
        .sort();
    expect(told(first)).toEqual(['C0DEFAULT', 'C0SECURITY']);
    expect(told(second)).toEqual([]);
    second.down = false;
    await broker.notifyAgain();
    await broker.notifyAgain();
    expect(told(first)).toEqual(['C0DEFAULT', 'C0SECURITY']);
    expect(told(second)).toEqual(['hall', 'vault']);
  });
});
