import { firstBreak } from '../../src/core/audit/log.ts';
import { type Row, TELLING, workFor } from '../../src/core/request/work.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import type { Store } from '../../src/ports/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { freshDatabase, PATIENT, type TestDatabase, withClient } from '../support/database.ts';
import { HOUR, KEYS } from '../support/requests.ts';
import { silent } from './silent-logger.ts';
import { playTo } from './stories.ts';

const STATES = ['pending', 'granting', 'planned', 'active', 'revoking', 'removed', 'closed'] as const;
const ids = (rows: readonly Row[]) => rows.map(({ request }) => request.details.id);

describe('what the store finds', () => {
  let database: TestDatabase;
  let store: Store;
  const rows: Row[] = [];
  beforeAll(async () => {
    database = await freshDatabase();
    store = openStore({ definitions: DEFINITIONS, url: database.appUrl, logger: silent, limits: PATIENT });
    for (const [index, state] of STATES.entries()) rows.push(await playTo(store, state, { id: `${index}${state}` }));
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });

  it('newest first, all or those in some states, and no more than asked', async () => {
    expect(ids(await store.list({ limit: 100 }))).toEqual(ids(rows).reverse());
    expect(ids(await store.list({ states: ['granting', 'active'], limit: 100 }))).toEqual([
      '3active',
      '2planned',
      '1granting',
    ]);
    expect(await store.list({ limit: 2 })).toHaveLength(2);
  });

  it('one person’s own, however many of others are newer', async () => {
    expect(ids(await store.list({ requester: KEYS.riley, limit: 100 }))).toEqual(ids(rows).reverse());
    const own = { states: ['active'], limit: 1 } as const;
    expect(ids(await store.list({ ...own, requester: KEYS.riley }))).toEqual(['3active']);
    expect(await store.list({ ...own, requester: KEYS.casey })).toEqual([]);
    expect(await store.list({ requester: 'slack:T0BREAK:U0RILE', limit: 1 })).toEqual([]);
  });

  it('every row whose plan is not proven ended', async () => {
    expect(ids(await store.unended())).toEqual(['2planned', '3active', '4revoking', '5removed']);
  });

  it('what is due, page by page, each once', async () => {
    const soon = new Date((await store.clock.now()).getTime() + 24 * HOUR);
    const due = rows.filter((row) => workFor(row).some(({ name, dueAt }) => !TELLING.has(name) && dueAt <= soon));
    const found: string[] = [];
    for (let page = await store.due(soon, 2); page.length > 0; page = await store.due(soon, 2, found.at(-1))) {
      found.push(...ids(page));
    }
    expect(found).toEqual(ids(due));
    expect(await store.due(new Date(0), 10)).toEqual([]);
  });

  it('how many events each row counts, page by page', async () => {
    const found = [];
    for (let page = await store.counted(3); page.length > 0; page = await store.counted(3, page.at(-1)?.id)) {
      found.push(...page);
    }
    expect(found).toEqual(rows.map(({ request, seq }) => ({ id: request.details.id, incident: 'INC-1', seq })));
  });

  it('what the chat is owed, of those first that are not closed', async () => {
    const owed = ids(await store.pendingNotifications(10));
    expect(owed.slice(0, -1).sort()).toEqual(ids(rows).slice(0, -1));
    expect(owed.at(-1)).toBe('6closed');
    const row = await store.find('3active');
    await store.chat.drawn('3active', 'slack', row?.version ?? 0);
    expect(ids(await store.pendingNotifications(10))).toContain('3active');
    await store.chat.posted('3active', 'slack', row?.seq ?? 0);
    expect(ids(await store.pendingNotifications(10))).not.toContain('3active');
  });

  it('the names of all streams, and the events of one from a place on', async () => {
    await store.record('operator:ana', [{ type: 'alarm', data: {} }]);
    expect(await store.streams()).toEqual(
      ['incident/INC-1', ...ids(rows).map((id) => `request/${id}`), 'system'].sort(),
    );
    const all = await store.events('request/6closed');
    expect(await store.events('request/6closed', 2)).toEqual(all.slice(2));
  });

  it('an unbroken system stream, however many write to it at once', async () => {
    await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        store.record(`system:${n}`, [
          { type: 'alarm', data: { n } },
          { type: 'alarm', data: {} },
        ]),
      ),
    );
    const events = await store.events('system');
    expect(events.length).toBeGreaterThanOrEqual(80);
    expect(firstBreak('system', events)).toBeUndefined();
  });

  it('what each chat is owed, however many more another is owed', async () => {
    for (const id of ['7two', '8two', '9two']) await playTo(store, 'pending', { id });
    await withClient(database.adminUrl, async (admin) => {
      await admin.query('SET session_replication_role = replica');
      await admin.query(
        `UPDATE requests SET chats = '{"plain": {"drawnVersion": 0, "postedSeq": 0}}', drawn_version = 0, posted_seq = 0 WHERE id <> '9two'`,
      );
    });
    expect(ids(await store.pendingNotifications(2))).toContain('9two');
  });
});
