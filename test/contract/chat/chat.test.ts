import { setTimeout as wait } from 'node:timers/promises';
import { requestStream } from '../../../src/core/events.ts';
import type { Row } from '../../../src/core/request/work.ts';
import { until } from '../../support/until.ts';
import { type Heard, hear } from './installation.ts';
import type { SeenMessage, Who } from './rig.ts';
import { RIGS } from './rigs.ts';

describe.each(RIGS.map((rig) => [rig.name, rig] as const))('%s keeps the contract of a chat:', (_name, rig) => {
  let heard: Heard;
  beforeAll(async () => {
    heard = await hear(rig);
  });
  afterAll(() => heard?.close());
  afterEach(async () => {
    // Nobody may have many that wait.
    for (const { request } of await heard.store.list({ states: ['pending', 'granting', 'active'], limit: 20 })) {
      const word = request.state === 'pending' ? 'deny' : 'end';
      const who = word === 'deny' ? 'avery' : 'riley';
      await heard.stage.command(who, `${word} ${request.details.id} over`);
      await until(async () => (await heard.row(request.details.id)).request.state !== request.state, 'it to be over');
    }
    await heard.workThrough();
  });

  const NO_INCIDENT = /knows no such incident/;
  let asked = 0;
  /** Riley asks as people do, by the form; gives the request before anything of it is shown. */
  async function ask(purpose = ''): Promise<Row> {
    asked += 1;
    const { stage } = heard;
    await told('riley', () => stage.command('riley', `INC-1.${asked}`), /Incident/);
    await stage.choose('riley', 'role', 'restart-service');
    const unique = `Because of ${asked}. ${purpose}`;
    await stage.send('riley', { reason: 'recovery', purpose: unique, commander: 'casey' });
    const find = async () => (await heard.newest())?.request.details.purpose === unique.trim();
    await until(find, 'the request to be there');
    const row = await heard.newest();
    if (row === undefined) throw new Error('nothing was asked');
    return row;
  }
  /** The same, shown. */
  async function shown(purpose?: string): Promise<{ id: string; card: SeenMessage }> {
    const { details } = (await ask(purpose)).request;
    await heard.workThrough();
    return { id: details.id, card: cardOf(details.id) };
  }
  const isOf = (id: string) => {
    const number = asked;
    return ({ words }: SeenMessage) => words.includes(`Because of ${number}.`) || words.includes(id);
  };
  function cardOf(id: string): SeenMessage {
    const cards = heard.stage.cards('incident').filter(isOf(id));
    expect(cards).toHaveLength(1);
    const [card] = cards;
    if (card === undefined) throw new Error('there is no card');
    return card;
  }
  /** What somebody is told, alone, of what is done. */
  async function told(who: Who, doing: () => Promise<unknown>, words: RegExp): Promise<string> {
    const before = heard.stage.told(who);
    await doing();
    const found = () => heard.stage.told(who).find((text, at) => words.test(text) && text !== before[at]);
    await until(() => found() !== undefined, `${who} to be told ${words}, not ${heard.stage.told(who).at(-1)}`, 20_000);
    return found() ?? '';
  }
  const reaches = async (id: string, state: string): Promise<void> => {
    await until(async () => (await heard.row(id)).request.state === state, `it to be ${state}`, 20_000);
  };
  /** Every event that is told stands under the card once, in order. */
  async function expectTimeline(id: string, card: SeenMessage): Promise<void> {
    const told = (await heard.store.events(requestStream(id))).filter(({ type }) => type !== 'action_refused');
    const refs = (await heard.store.chat.refs(id)).filter(({ kind }) => kind === 'post');
    const stored = refs.toSorted((a, b) => a.seq - b.seq).map(({ message }) => message);
    expect(heard.stage.timeline(card).map(({ message }) => message)).toEqual(stored);
    expect(stored).toHaveLength(told.length);
    const row = await heard.row(id);
    expect(row).toMatchObject({ postedSeq: row.seq, drawnVersion: row.version });
  }

  it('a card is drawn once, changed in place after every change, with its timeline in order (A1, B10, E1)', async () => {
    const { id, card } = await shown();
    expect(card.words).toContain('Access wanted: Restart a service');
    await heard.stage.press('avery', card, 'approve');
    await reaches(id, 'granting');
    await heard.workThrough();
    expect(cardOf(id)).toMatchObject({ message: card.message, words: expect.stringContaining('Access open') });
    // How it is used is for the requester alone.
    expect(heard.stage.told('riley').some((words) => words.includes('role_arn'))).toBe(true);
    expect(heard.stage.timeline(card).some(({ words }) => words.includes('role_arn'))).toBe(false);
    await heard.stage.press('riley', cardOf(id), 'end');
    await reaches(id, 'revoking');
    await heard.workThrough();
    expect(cardOf(id)).toMatchObject({ message: card.message, words: expect.stringContaining('Access removed') });
    await expectTimeline(id, card);
  });

  it('a form is opened, drawn anew by a choice, refused beside its field, and sent', async () => {
    const { stage } = heard;
    const before = (await heard.newest())?.request.details.id;
    asked += 1;
    await told('riley', () => stage.command('riley', `INC-1.${asked}`), /Incident/);
    expect(stage.told('riley').at(-1)).not.toContain('1 × Platform');
    await stage.choose('riley', 'role', 'restart-service');
    await until(() => stage.told('riley').some((words) => words.includes('1 × Platform')), 'the role to be explained');
    const filled = { reason: 'recovery', purpose: 'A form with a fault', commander: 'casey' };
    await told('riley', () => stage.send('riley', { ...filled, incident: 'INC-404' }), NO_INCIDENT);
    expect((await heard.newest())?.request.details.id).toBe(before);
    await stage.send('riley', { incident: `INC-1.${asked}`, ...filled });
    await until(async () => (await heard.newest())?.request.details.id !== before, 'the request to be there');
  });

  it('a form that arrives twice makes one request, and a press that does counts once (B7)', async () => {
    const { id } = (await ask()).request.details;
    await heard.stage.again('as it was');
    await heard.workThrough();
    const [newest, older] = await heard.store.list({ limit: 2 });
    expect(newest?.request.details.id).toBe(id);
    expect(older?.request.details.purpose).not.toBe(newest?.request.details.purpose);
    await heard.stage.press('avery', cardOf(id), 'approve');
    await reaches(id, 'granting');
    await heard.stage.again('as it was');
    await heard.workThrough();
    const types = (await heard.store.events(requestStream(id))).map(({ type }) => type);
    expect(types.filter((type) => type === 'approval_recorded')).toHaveLength(1);
  });

  it('a refusal is said in words, to whoever acted and nobody else', async () => {
    const { id, card } = await shown();
    const words = 'You asked for this, so you cannot approve it.';
    await told('riley', () => heard.stage.press('riley', card, 'approve'), new RegExp(words));
    const everybody = [...heard.stage.cards('incident'), ...heard.stage.timeline(card)];
    expect(everybody.filter((one) => one.words.includes(words))).toEqual([]);
    expect((await heard.row(id)).request.approvals).toEqual([]);
  });

  it('a throttled card is sent later, once', async () => {
    const { id } = (await ask()).request.details;
    heard.stage.trouble('throttled');
    // An adapter may wait and try again by itself.
    await heard.work(['draw']).catch(() => undefined);
    await heard.workThrough();
    await expectTimeline(id, cardOf(id));
  });

  it('a card whose answer was lost is never there twice, and a click counts where it can be told from others (E1)', async () => {
    const { id } = (await ask()).request.details;
    heard.stage.trouble('answer lost');
    await expect(heard.work(['draw'])).rejects.toMatchObject({ code: 'CHAT_UNAVAILABLE' });
    if (!heard.chat.chat.can.search) {
      await heard.work(['draw']).catch(() => undefined);
      const { words } = cardOf(id);
      await told('avery', () => heard.stage.press('avery', cardOf(id), 'approve'), /not a card of this request/);
      expect(cardOf(id).words).toBe(words);
      // As after 15 minutes: until then it is asked after by every drawing.
      const card = { requestId: id, chat: heard.chat.chat.name, kind: 'card', seq: 0, person: '' } as const;
      await heard.store.chat.gone(card, 'given up');
      return;
    }
    await heard.workThrough();
    await heard.stage.press('avery', cardOf(id), 'approve');
    await reaches(id, 'granting');
    await heard.workThrough();
    expect(cardOf(id).words).toContain('Access open');
  });

  it('a line whose answer was lost is never there twice, and holds up none after it (E1)', async () => {
    const { id } = (await ask()).request.details;
    await heard.workThrough(['invite', 'draw']);
    const card = cardOf(id);
    heard.stage.trouble('answer lost');
    await expect(heard.work(['post'])).rejects.toMatchObject({ code: 'CHAT_UNAVAILABLE' });
    await heard.workThrough();
    const told = (await heard.store.events(requestStream(id))).filter(({ type }) => type !== 'action_refused');
    const lines = heard.stage.timeline(card).map(({ words }) => words);
    expect(lines).toHaveLength(told.length);
    expect(new Set(lines).size).toBe(lines.length);
  });

  it('a place that takes nothing makes way for another one, in which the click counts', async () => {
    heard.stage.gone(true);
    try {
      const { id } = (await ask()).request.details;
      await heard.workThrough();
      const card = heard.stage.cards('default').find(isOf(id));
      if (card === undefined) throw new Error('there is no card');
      await heard.stage.press('avery', card, 'approve');
      await reaches(id, 'granting');
    } finally {
      heard.stage.gone(false);
    }
  });

  it('a message that is refused as it is written is sent as bare words', async () => {
    const { id } = (await ask()).request.details;
    heard.stage.trouble('miswritten');
    await heard.workThrough(['draw']);
    const [card] = (await heard.store.chat.refs(id)).filter(({ kind }) => kind === 'card');
    const stands = heard.stage.cards('incident').find(({ message }) => message === card?.message);
    expect(stands?.words).toContain('Restart a service');
    expect(heard.logs.some((line) => line.includes('refuses how a message is written'))).toBe(true);
  });

  it('what people type is inert, however long it is: it calls nobody and links nowhere', async () => {
    const typed = '<!channel> <@U0CASEY> @[m-casey] @[everyone] <https://evil.example|approved> *bold* & 😀';
    const { id, card } = await shown(`${typed} ${'long '.repeat(150)}`);
    for (const { markup } of [card, ...heard.stage.timeline(card)]) {
      expect(markup.join(' ')).not.toMatch(/everyone|channel|evil|bold/);
    }
    expect(card.words).toContain('evil.example');
    await heard.stage.press('avery', card, 'approve');
    await reaches(id, 'granting');
  });

  it('a caller that nobody vouches for, or of another organisation, opens nothing', async () => {
    const { id, card } = await shown();
    // What would count, had the directory answered.
    heard.levers.directoryDown = true;
    await told('avery', () => heard.stage.press('avery', card, 'approve'), /directory/);
    heard.levers.directoryDown = false;
    expect(await heard.stage.again('forged')).toBe(401);
    await heard.stage.again('foreign');
    await heard.stage.press('avery', { ...card, message: `${card.message}9` }, 'approve').catch(() => undefined);
    await wait(300);
    expect((await heard.row(id)).request).toMatchObject({ state: 'pending', approvals: [] });
    await heard.stage.press('avery', card, 'approve');
    await reaches(id, 'granting');
  });

  it('a click that comes too late is refused in words, and changes nothing', async () => {
    const { id, card } = await shown();
    await heard.stage.command('avery', `deny ${id} Not now`);
    await reaches(id, 'closed');
    await told('avery', () => heard.stage.press('avery', card, 'approve'), /over|closed|changed|not possible/i);
    expect((await heard.row(id)).request.approvals).toEqual([]);
  });

  it.each(['guest', 'deleted', 'bot'] as const)(
    'an account that is %s is called so, and opens nothing (B6)',
    async (is) => {
      const { id, card } = await shown();
      await heard.stage.account('avery', is);
      try {
        expect(await heard.chat.accounts.account(heard.stage.key('avery'))).toBe(is);
        await heard.stage.press('avery', card, 'approve').catch(() => undefined);
        await heard.workThrough();
        expect((await heard.row(id)).request).toMatchObject({ state: 'pending', approvals: [] });
      } finally {
        await heard.stage.account('avery', 'member');
      }
      expect(await heard.chat.accounts.account(heard.stage.key('avery'))).toBe('member');
    },
  );

  it('nobody of another organisation is one of ours', async () => {
    const [chat = '', , user = ''] = heard.stage.key('avery').split(':');
    expect(await heard.chat.accounts.account(`${chat}:ELSEWHERE:${user}`)).toBe('stranger');
    expect(await heard.chat.accounts.account(`${heard.stage.key('avery')}X`)).toBe('stranger');
  });
});
