import { definitionsOf } from '../../src/adapters.ts';
import { verifyLog } from '../../src/broker/verify-log.ts';
import { requestStream } from '../../src/core/events.ts';
import type { Row } from '../../src/core/request/work.ts';
import { awaitCard, fillForm, userOf } from '../../src/demo/driver.ts';
import type { Store } from '../../src/ports/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { PLAIN_PATH } from '../adapters/plain-chat/app.ts';
import { alsoPlain, HALL, memberId, openHouse, roomOf, VAULT, withPlain } from '../adapters/plain-chat/installed.ts';
import { mentionsIn, type PlainMessage, type PlainServer } from '../adapters/plain-chat/server.ts';
import { openProduct, type Product } from '../support/product.ts';
import { until } from '../support/until.ts';

const PEOPLE = ['mira', 'theo', 'sasha', 'noor', 'kenji', 'lukas', 'amara', 'priya'];
const INCIDENT = 'INC-2041';
const CHANNEL = 'C0INC2041';
const ROOM = roomOf(INCIDENT);
const FORM = {
  incident: INCIDENT,
  role: 'model-serving-restart',
  minutes: 1,
  reason: 'service_restoration',
  commander: 'kenji',
} as const;
const silent = { info: () => {}, warn: () => {}, error: () => {} };

let house: PlainServer;
let product: Product;
let store: Store;
beforeAll(async () => {
  house = await openHouse(PEOPLE, [INCIDENT]);
  const adapters = withPlain(house);
  product = await openProduct({
    more: {
      adapters,
      policy: (document) => {
        alsoPlain(document, house.settings.house);
        // One person of both groups that a request of zone C needs.
        const people = document.people as { id: string; teams: string[] }[];
        for (const one of people) if (one.id === 'noor') one.teams = ['security', 'sre'];
      },
    },
    lowered: { sweepMs: 1_000 },
  });
  house.connectApp(`${product.running.url}${PLAIN_PATH}`);
  store = openStore({ definitions: definitionsOf(adapters), url: product.database.appUrl, logger: silent });
});
afterAll(async () => {
  await store?.close();
  await product?.close();
  await house?.close();
});

const isForm = (text: string): boolean => /^form request/m.test(text);

let asked = 0;
const aPurpose = (): string => {
  asked += 1;
  return `To be seen in two chats, ${asked}`;
};
const inSlack = (person: string) => product.stage.slack.as(userOf(product.stage, person));

/** The newest request with this purpose, once there is one. */
async function rowOf(purpose: string, holds: (row: Row) => boolean = () => true): Promise<Row> {
  const find = async () =>
    (await store.list({ limit: 20 })).find((row) => row.request.details.purpose === purpose && holds(row));
  await until(async () => (await find()) !== undefined, `${purpose} to be so`);
  const row = await find();
  if (row === undefined) throw new Error(`nobody asked: ${purpose}`);
  return row;
}

const isState = (state: string) => (row: Row) => row.request.state === state;

async function askInSlack(purpose: string, change: Partial<typeof FORM> | { role: string } = {}, who = 'mira') {
  await fillForm(product.stage, who, CHANNEL, { ...FORM, ...change, purpose });
  expect(await inSlack(who).submit()).toMatchObject({ ok: true });
  return rowOf(purpose);
}

async function askInPlain(purpose: string, role: string = FORM.role, who = 'mira') {
  const member = memberId(who);
  await house.answer(member, () => house.say(member, ROOM, `/breakglass ${INCIDENT} ${role}`), isForm);
  const commander = `@[${memberId(FORM.commander)}]`;
  await house.answer(
    member,
    () => house.fill(member, { purpose, reason: FORM.reason, minutes: '1', commander }),
    (text) => text.startsWith('Recorded: your request'),
  );
  return rowOf(purpose);
}

/** The card of a request in the incident's room; by the mark of one who looks for it there. */
async function cardInRoom(purpose: string, room = ROOM): Promise<PlainMessage> {
  const find = () => house.in(room).findLast(({ under, text }) => under === undefined && text.includes(purpose));
  await until(() => find() !== undefined, `a card of ${purpose} in ${room}`);
  const card = find();
  if (card === undefined) throw new Error('there is no card');
  return card;
}

/** The line under a card that does this, as it stands there. */
const lineOf = ({ text }: PlainMessage, action: string): string => {
  const line = new RegExp(`^Answer here: (${action} \\S+ \\S+)`, 'm').exec(text)?.[1];
  if (line === undefined) throw new Error(`the card has no line to ${action}: ${text}`);
  return line;
};

/** Answers the card in the room so; gives nothing back. */
const press = (person: string, card: PlainMessage, action: string): Promise<number | undefined> =>
  house.say(memberId(person), card.room, lineOf(card, action), card.id);

/** Everything of this request stands in both chats once, in order, and nothing besides. */
async function expectShown(purpose: string): Promise<void> {
  const row = await rowOf(purpose, ({ version, seq, chats }) =>
    ['slack', 'plain'].every((chat) => chats[chat]?.drawnVersion === version && chats[chat]?.postedSeq === seq),
  );
  const { id } = row.request.details;
  const events = await store.events(requestStream(id));
  // A refused click is told to whoever clicked, and to nobody else.
  const told = events.filter(({ type }) => type !== 'action_refused');
  const slackCard = await awaitCard(product.stage, CHANNEL, purpose);
  const plainCard = await cardInRoom(purpose);
  const shown = {
    slack: inSlack('mira')
      .thread(CHANNEL, slackCard.ts)
      .slice(1)
      .filter(({ ephemeral }) => !ephemeral)
      .map(({ ts }) => ts),
    plain: house.in(ROOM, plainCard.id).flatMap((one) => (one.by === 'm-bot' ? [one.id] : [])),
  };
  for (const chat of ['slack', 'plain'] as const) {
    const refs = (await store.chat.refs(id, chat)).filter(({ kind }) => kind === 'post');
    expect(refs.toSorted((a, b) => a.seq - b.seq).map(({ message }) => message)).toEqual(shown[chat]);
    expect(shown[chat]).toHaveLength(told.length);
  }
  expect(house.in(ROOM).filter(({ under, text }) => under === undefined && text.includes(purpose))).toHaveLength(1);
}

describe('one request in two chats', () => {
  it('is asked in Slack, approved in the other, and both show it to the end (A1, B10, D5, E1)', async () => {
    const purpose = aPurpose();
    const { request } = await askInSlack(purpose);
    expect(request.details.channels).toEqual({ slack: CHANNEL, plain: ROOM });
    const card = await cardInRoom(purpose);
    await press('sasha', card, 'approve');
    await rowOf(purpose, isState('active'));
    await until(() => card.text.startsWith('[open] Access open'), 'the plain card to say so');
    await until(
      async () => (await awaitCard(product.stage, CHANNEL, purpose)).words.includes('Access open'),
      "Slack's card to say so",
    );
    // Who was asked directly has a copy in each chat, and the requester is told in each how to use it.
    const told = (person: string, words: string) =>
      until(
        () => house.told(memberId(person)).some((text) => text.includes(purpose) && text.includes(words)),
        `${person} to be told`,
      );
    await told('sasha', 'Access open');
    await until(() => house.told(memberId('mira')).some((text) => /Access is open/.test(text)), 'mira to be told');
    await inSlack('mira').click(await awaitCard(product.stage, CHANNEL, purpose), 'bg_end');
    await rowOf(purpose, isState('closed'));
    await expectShown(purpose);
    expect(card).toMatchObject({ text: expect.stringContaining('both were proven'), changes: expect.any(Number) });
    const events = await store.events(requestStream(request.details.id));
    expect(events.find(({ type }) => type === 'approval_recorded')?.actor).toBe('plain:H0HOME:m-sasha');
  });

  it('is asked in the other, approved in Slack, and withdrawn or ended from where it was asked', async () => {
    const purpose = aPurpose();
    await askInPlain(purpose);
    const card = await awaitCard(product.stage, CHANNEL, purpose);
    await inSlack('sasha').click(card, 'bg_approve');
    await rowOf(purpose, isState('active'));
    const plain = await cardInRoom(purpose);
    await until(() => plain.text.includes('Answer here: end'), 'the card to offer the end');
    await press('mira', plain, 'end');
    await rowOf(purpose, isState('closed'));
    await expectShown(purpose);
  });

  it('comes to one outcome when two chats decide at once (B7)', async () => {
    const purpose = aPurpose();
    const { request } = await askInSlack(purpose);
    const card = await cardInRoom(purpose);
    const slackCard = await awaitCard(product.stage, CHANNEL, purpose);
    await Promise.all([
      press('sasha', card, 'approve'),
      inSlack('kenji').click(slackCard, 'bg_approve'),
      house.say(memberId('lukas'), ROOM, `/breakglass deny ${request.details.id} Not now`),
      inSlack('mira').click(slackCard, 'bg_withdraw'),
    ]);
    await rowOf(purpose, ({ request: { state } }) => state !== 'pending');
    const now = await rowOf(purpose);
    if (now.request.state !== 'closed') {
      await house.say(memberId('mira'), ROOM, `/breakglass end ${request.details.id}`);
    }
    await rowOf(purpose, isState('closed'));
    await expectShown(purpose);
    const types = (await store.events(requestStream(request.details.id))).map(({ type }) => type);
    const decided = types.filter((type) => ['access_planned', 'request_denied', 'request_withdrawn'].includes(type));
    expect(decided).toHaveLength(1);
  });
});

describe('one person with two accounts', () => {
  it('does not approve themselves through the other one (B1)', async () => {
    const purpose = aPurpose();
    const { request } = await askInSlack(purpose);
    const card = await cardInRoom(purpose);
    await house.answer(
      memberId('mira'),
      () => press('mira', card, 'approve'),
      (text) => text.startsWith('You asked for this, so you cannot approve it.'),
    );
    expect((await rowOf(purpose)).request).toMatchObject({ state: 'pending', approvals: [] });
    // Both of their accounts are theirs: what they asked in Slack they take back here.
    await press('mira', card, 'withdraw');
    await rowOf(purpose, isState('closed'));
    expect((await store.events(requestStream(request.details.id))).at(-1)?.type).toBe('request_closed');
  });

  it('fills one place only of a request that needs two people (B2)', async () => {
    const purpose = aPurpose();
    await askInPlain(purpose, 'orchestration-queue-purge', 'priya');
    const card = await cardInRoom(purpose);
    const noor = memberId('noor');
    await house.answer(
      noor,
      () => press('noor', card, 'approve'),
      (text) => /^form approve/m.test(text),
    );
    expect(await house.answer(noor, () => house.fill(noor, {}))).toBe('Your approval is recorded.');
    const slackCard = await awaitCard(product.stage, CHANNEL, purpose);
    await inSlack('noor').click(slackCard, 'bg_approve');
    const modal = await inSlack('noor').awaitModal();
    expect(modal.callbackId).toBe('bg_form_approve');
    await inSlack('noor').submit();
    const said = () => [inSlack('noor').modal(), ...inSlack('noor').ephemerals(), ...inSlack('noor').dms()];
    await until(() => said().some((one) => /already/.test(one?.words ?? '')), 'noor to be told');
    const { request } = await rowOf(purpose);
    expect(request.approvals.map(({ by }) => by.id)).toEqual(['noor']);
    expect(request.state).toBe('pending');
    await press('priya', card, 'withdraw');
    await rowOf(purpose, isState('closed'));
  });

  it('cannot send from one chat the form that was opened in the other (A7)', async () => {
    const before = (await store.list({ limit: 1 }))[0]?.request.details.id;
    await inSlack('theo').command('/breakglass', `${INCIDENT} ${FORM.role}`, CHANNEL);
    const modal = await inSlack('theo').awaitModal();
    const member = memberId('theo');
    const [template] = [await house.answer(member, () => house.direct(member, `/breakglass ${INCIDENT} ${FORM.role}`))];
    const lines = template
      .slice(template.search(/^form /m))
      .replace(/^form request \S+/, `form request ${modal.privateMetadata}`);
    expect(await house.answer(member, () => house.direct(member, lines))).toMatch(/not yours|somebody else/i);
    expect((await store.list({ limit: 1 }))[0]?.request.details.id).toBe(before);
    await inSlack('theo').close();
  });

  it('whose account in one chat is deleted acts in no chat, and loses what is open (B6, D4)', async () => {
    const purpose = aPurpose();
    await askInSlack(purpose);
    const slackCard = await awaitCard(product.stage, CHANNEL, purpose);
    await house.changeMember(memberId('sasha'), { state: 'deleted' });
    await inSlack('sasha').click(slackCard, 'bg_approve');
    await inSlack('sasha').sees('why not', (sasha) => [...sasha.ephemerals(), ...sasha.dms()].at(-1)?.words);
    expect((await rowOf(purpose)).request).toMatchObject({ state: 'pending', approvals: [] });
    await house.changeMember(memberId('sasha'), { state: 'active' });
    await inSlack('sasha').click(slackCard, 'bg_approve');
    await rowOf(purpose, isState('active'));
    await house.changeMember(memberId('mira'), { state: 'disabled' });
    await rowOf(purpose, isState('closed'));
    await house.changeMember(memberId('mira'), { state: 'active' });
    await expectShown(purpose);
  });
});

describe('a chat that is away', () => {
  it('for a whole life blocks only itself, and shows everything once when it is back (A4, E1)', async () => {
    const purpose = aPurpose();
    house.levers.down = 'refusing';
    try {
      await askInSlack(purpose);
      const card = await awaitCard(product.stage, CHANNEL, purpose);
      await inSlack('sasha').click(card, 'bg_approve');
      await rowOf(purpose, isState('active'));
      await inSlack('mira').click(await awaitCard(product.stage, CHANNEL, purpose), 'bg_end');
      const row = await rowOf(
        purpose,
        ({ request, chats, version, seq }) =>
          request.state === 'closed' && chats.slack?.drawnVersion === version && chats.slack.postedSeq === seq,
      );
      expect(row.chats.plain).toEqual({ drawnVersion: 0, postedSeq: 0 });
    } finally {
      house.levers.down = false;
    }
    await expectShown(purpose);
    expect((await cardInRoom(purpose)).text).toContain('both were proven');
  });
});

describe('what is told to everybody', () => {
  it('a freeze and its end reach both chats, and one may lift it from each (B11)', async () => {
    const noor = memberId('noor');
    expect(await house.answer(noor, () => house.say(noor, HALL, '/breakglass freeze looks bad'))).toMatch(
      /^Openings are frozen/,
    );
    await until(
      () => house.in(HALL).some(({ by, text }) => by === 'm-bot' && /frozen/i.test(text)),
      'the hall to hear',
    );
    await until(() => house.in(VAULT).some(({ text }) => /frozen/i.test(text)), 'the vault to hear');
    await until(
      () =>
        inSlack('mira')
          .messages('C0INCIDENT')
          .some(({ words }) => /frozen/i.test(words)),
      'Slack to hear',
    );
    await house.answer(noor, () => house.say(noor, HALL, '/breakglass thaw'));
    await inSlack('amara').command('/breakglass', 'thaw', CHANNEL);
    await until(async () => (await store.freeze()) === undefined, 'openings to go on');
    await until(
      () => house.in(HALL).some(({ text }) => /not frozen any more|go on|lifted/i.test(text)),
      'the hall to hear',
    );
  });
});

it('nothing that people typed mentions anybody, and the log explains every row', async () => {
  expect(house.messages.filter(({ by }) => by === 'm-bot').flatMap(({ text }) => mentionsIn(text))).not.toContain(
    'everyone',
  );
  expect(await verifyLog(store)).toMatchObject({ broken: undefined, unexplained: [] });
});
