import { DEFINITIONS } from '../../src/definitions.ts';
import type { MessageKey } from '../../src/ports/chat-memory.ts';
import type { Store } from '../../src/ports/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { freshDatabase, PATIENT, type TestDatabase, withClient } from '../support/database.ts';
import { KEYS } from '../support/requests.ts';
import { silent } from './silent-logger.ts';
import { playTo } from './stories.ts';

describe('the memory of the chat', () => {
  let database: TestDatabase;
  let store: Store;
  beforeAll(async () => {
    database = await freshDatabase();
    store = openStore({ definitions: DEFINITIONS, url: database.appUrl, logger: silent, limits: PATIENT });
    for (const id of ['R1', 'R2', 'R3']) await playTo(store, 'pending', { id });
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });
  const card: MessageKey = { requestId: 'R1', chat: 'slack', kind: 'card', seq: 0, person: '' };

  it('lets one of many reserve a message; the others learn that it may have been sent', async () => {
    const claims = await Promise.all(Array.from({ length: 20 }, () => store.chat.claim(card, 'C1', 'digest')));
    expect(claims.filter(({ fresh }) => fresh)).toHaveLength(1);
    expect(new Set(claims.map(({ ref }) => ref.state))).toEqual(new Set(['sending']));
  });

  it('finds a card by where it stands, and only a card or a copy', async () => {
    await store.chat.sent(card, { place: 'C1', message: '1.1', drawnVersion: 1 });
    expect(await store.chat.cardAt({ chat: 'slack', place: 'C1', message: '1.1' })).toEqual({
      ...card,
      place: 'C1',
      message: '1.1',
      state: 'sent',
      tries: 1,
      drawnVersion: 1,
      digest: 'digest',
    });
    const post: MessageKey = { requestId: 'R1', chat: 'slack', kind: 'post', seq: 1, person: '' };
    await store.chat.claim(post, 'C1', '');
    await store.chat.sent(post, { place: 'C1', message: '1.2', drawnVersion: 0 });
    expect(await store.chat.cardAt({ chat: 'slack', place: 'C1', message: '1.2' })).toBeUndefined();
    expect(await store.chat.cardAt({ chat: 'slack', place: 'C2', message: '1.1' })).toBeUndefined();
    expect((await store.chat.refs('R1')).map(({ kind }) => kind)).toEqual(['card', 'post']);
  });

  it('never takes a drawn version back, whatever order two workers come in', async () => {
    await store.chat.sent(card, { place: 'C1', message: '1.1', drawnVersion: 5 });
    await store.chat.sent(card, { place: 'C1', message: '1.1', drawnVersion: 3 });
    expect((await store.chat.cardAt({ chat: 'slack', place: 'C1', message: '1.1' }))?.drawnVersion).toBe(5);
    const { version, seq } = await playTo(store, 'active', { id: 'R4' });
    await store.chat.drawn('R4', 'slack', version);
    await store.chat.drawn('R4', 'slack', 1);
    await store.chat.posted('R4', 'slack', seq + 100);
    await store.chat.posted('R4', 'slack', 1);
    expect(await store.find('R4')).toMatchObject({ drawnVersion: version, postedSeq: seq });
  });

  it('knows what the newest drawing shows, and keeps it when an older one is noted late', async () => {
    const shows = async () => (await store.chat.cardAt({ chat: 'slack', place: 'C1', message: '1.1' }))?.digest;
    await store.chat.sent(card, { place: 'C1', message: '1.1', drawnVersion: 7, digest: 'more time' });
    await store.chat.sent(card, { place: 'C1', message: '1.1', drawnVersion: 6, digest: 'digest' });
    expect(await shows()).toBe('more time');
    await store.chat.sent(card, { place: 'C1', message: '1.1', drawnVersion: 7 });
    expect(await shows()).toBe('more time');
    await store.chat.sent(card, { place: 'C1', message: '1.1', drawnVersion: 8, digest: 'digest' });
    expect(await shows()).toBe('digest');
  });

  it('keeps the place that was noted first: another one of the same message changes nothing', async () => {
    const post: MessageKey = { requestId: 'R3', chat: 'slack', kind: 'post', seq: 1, person: '' };
    await store.chat.claim(post, 'C1', '');
    const places = ['2.1', '2.2'];
    await Promise.all(places.map((ts) => store.chat.sent(post, { place: 'C1', message: ts, drawnVersion: 0 })));
    const [first] = await store.chat.refs('R3');
    for (const ts of places) {
      await store.chat.sent(post, { place: 'C1', message: ts, drawnVersion: 0 });
      expect(await store.chat.refs('R3')).toEqual([first]);
    }
    expect(places).toContain(first?.message);
  });

  it('remembers that a message can never be shown', async () => {
    const copy: MessageKey = { requestId: 'R2', chat: 'slack', kind: 'copy', seq: 0, person: 'avery' };
    await store.chat.claim(copy, 'D1', 'digest');
    await store.chat.gone(copy, 'user_not_found');
    expect(await store.chat.claim(copy, 'D1', 'digest')).toMatchObject({ fresh: false, ref: { state: 'gone' } });
  });

  it('keeps each message once in each chat: a claim in one reserves nothing in another', async () => {
    await playTo(store, 'pending', { id: 'R6' });
    const own: MessageKey = { requestId: 'R6', chat: 'slack', kind: 'card', seq: 0, person: '' };
    const other = { ...own, chat: 'plain' };
    expect(await store.chat.claim(own, 'C1', 'd')).toMatchObject({ fresh: true });
    const claims = await Promise.all([other, own, other].map((key) => store.chat.claim(key, 'C1', 'd')));
    expect(claims.filter(({ fresh }) => fresh)).toHaveLength(1);
    // Ids of one chat say nothing in another.
    await store.chat.sent(own, { place: 'C1', message: '9.9', drawnVersion: 1 });
    await store.chat.sent(other, { place: 'C1', message: '9.9', drawnVersion: 0 });
    expect(await store.chat.cardAt({ chat: 'plain', place: 'C1', message: '9.9' })).toMatchObject(other);
    expect(await store.chat.cardAt({ chat: 'third', place: 'C1', message: '9.9' })).toBeUndefined();
    expect((await store.chat.refs('R6', 'plain')).map(({ chat }) => chat)).toEqual(['plain']);
    expect((await store.chat.refs('R6')).map(({ chat }) => chat)).toEqual(['plain', 'slack']);
  });

  it('knows how far each chat came, and keeps the least of them for the sweep', async () => {
    const { version, seq } = await playTo(store, 'active', { id: 'R5' });
    await withClient(database.ownerUrl, (owner) =>
      owner.query(
        `UPDATE requests SET chats = chats || '{"plain": {"drawnVersion": 0, "postedSeq": 0}}' WHERE id = 'R5'`,
      ),
    );
    const shown = async () => {
      const row = await store.find('R5');
      return [row?.chats, row?.drawnVersion, row?.postedSeq];
    };
    await Promise.all([store.chat.drawn('R5', 'slack', version), store.chat.posted('R5', 'slack', seq)]);
    const slack = { drawnVersion: version, postedSeq: seq };
    expect(await shown()).toEqual([{ slack, plain: { drawnVersion: 0, postedSeq: 0 } }, 0, 0]);
    expect((await store.pendingNotifications(10)).map(({ request }) => request.details.id)).toContain('R5');
    // A chat that it is not shown in changes nothing.
    await store.chat.drawn('R5', 'third', version);
    await Promise.all([store.chat.drawn('R5', 'plain', version - 1), store.chat.posted('R5', 'plain', seq + 9)]);
    const plain = { drawnVersion: version - 1, postedSeq: seq };
    expect(await shown()).toEqual([{ slack, plain }, version - 1, seq]);
    await store.chat.drawn('R5', 'plain', version);
    expect((await store.pendingNotifications(10)).map(({ request }) => request.details.id)).not.toContain('R5');
  });

  it('makes a reservation fresh again where surely nothing was sent, and only there', async () => {
    const own: MessageKey = { requestId: 'R2', chat: 'slack', kind: 'post', seq: 1, person: '' };
    expect((await store.chat.claim(own, 'C1', '')).fresh).toBe(true);
    expect((await store.chat.claim(own, 'C1', '')).fresh).toBe(false);
    await store.chat.release(own);
    const again = await Promise.all([1, 2, 3].map(() => store.chat.claim(own, 'C1', '')));
    expect(again.filter(({ fresh }) => fresh)).toHaveLength(1);
    expect(again.map(({ ref }) => ref.tries)).toEqual([2, 2, 2]);
    await store.chat.sent(own, { place: 'C1', message: '8.8', drawnVersion: 0 });
    await store.chat.release(own);
    expect(await store.chat.claim(own, 'C1', '')).toMatchObject({
      fresh: false,
      ref: { message: '8.8', state: 'sent' },
    });
  });

  it('keeps a form until it is used, and keeps when that first was', async () => {
    const form = { id: 'F1', kind: 'request', key: KEYS.riley, requestId: 'R9', digest: 'd', channel: 'C1' } as const;
    await store.chat.openForm(form);
    await store.chat.openForm(form);
    expect(await store.chat.form('F1')).toEqual({ ...form, usedAt: undefined });
    await store.chat.useForm('F1');
    const used = await store.chat.form('F1');
    await store.chat.useForm('F1');
    expect(used?.usedAt).toBeInstanceOf(Date);
    expect(await store.chat.form('F1')).toEqual(used);
    expect(await store.chat.form('F2')).toBeUndefined();
  });
});
