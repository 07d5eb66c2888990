import { firstBreak } from '../../src/core/audit/log.ts';
import { nextWorkAt } from '../../src/core/request/work.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import type { Store } from '../../src/ports/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { freshDatabase, PATIENT, type TestDatabase, withClient } from '../support/database.ts';
import { after, HOUR, storyOf } from '../support/requests.ts';
import { until } from '../support/until.ts';
import { silent } from './silent-logger.ts';
import { play, playTo } from './stories.ts';

describe('a change of a request', () => {
  let database: TestDatabase;
  let store: Store;
  let offset = 0;
  beforeAll(async () => {
    database = await freshDatabase();
    store = openStore({
      definitions: DEFINITIONS,
      url: database.appUrl,
      logger: silent,
      offsetMs: () => offset,
      limits: PATIENT,
    });
  });
  beforeEach(() => {
    offset = 0;
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });

  it('keeps every step of a story, row, grant and log, and gives back what it stored', async () => {
    for (const step of storyOf('STORY')) {
      offset += step.after;
      const changed = await play(store, 'STORY', step);
      expect(changed.ok ? 'yes' : changed.refusal).toBe('yes');
      expect(await store.find('STORY')).toEqual(changed.row);
    }
    const row = await store.find('STORY');
    expect(row?.request.state).toBe('closed');
    const events = await store.events('request/STORY');
    expect(events).toHaveLength(row?.seq ?? 0);
    expect(firstBreak('request/STORY', events)).toBeUndefined();
  });

  it('finds the next work that the core derives, chat included, as drawing and posting go on', async () => {
    const nextInTable = () =>
      withClient(database.ownerUrl, async (client) => {
        const { rows } = await client.query(`SELECT next_work_at FROM requests WHERE id = 'WORK'`);
        return rows[0]?.next_work_at as Date | null;
      });
    for (const step of storyOf('WORK')) {
      offset += step.after;
      const { row } = await play(store, 'WORK', step);
      if (row === undefined) throw new Error('no row');
      expect(await nextInTable()).toEqual(nextWorkAt(row) ?? null);
      await store.chat.drawn('WORK', 'slack', row.version);
      expect(await nextInTable()).toEqual(
        nextWorkAt({ ...row, chats: { slack: { drawnVersion: row.version, postedSeq: 0 } } }) ?? null,
      );
      await store.chat.posted('WORK', 'slack', row.seq);
      expect(await nextInTable()).toEqual(nextWorkAt({ ...row, chats: {} }) ?? null);
    }
  });

  it('is one at a time: of 60 who ask under one id, one is recorded, and all the others see it', async () => {
    const [details] = storyOf('RACE');
    if (details === undefined) throw new Error('the story is empty');
    const changes = await Promise.all(Array.from({ length: 60 }, () => play(store, 'RACE', details)));
    expect(changes.filter(({ ok }) => ok)).toHaveLength(1);
    expect(changes.every(({ row }) => row?.request.details.id === 'RACE')).toBe(true);
  });

  it('is one at a time: 60 contenders on one row make 60 versions and an unbroken chain', async () => {
    const before = await playTo(store, 'revoking', { id: 'QUEUE' });
    const times: Date[] = [];
    await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        store.change('QUEUE', `system:${index}`, (row, now) => {
          if (row === undefined) throw new Error('no row');
          times.push(now);
          return { ok: true, next: row.request, events: [{ type: 'alarm', data: { index } }] };
        }),
      ),
    );
    const row = await store.find('QUEUE');
    expect(row?.version).toBe(before.version + 60);
    const events = await store.events('request/QUEUE');
    expect(events).toHaveLength(before.seq + 60);
    expect(firstBreak('request/QUEUE', events)).toBeUndefined();
    // The clock is read after the lock, so time goes the way of the chain.
    expect(times).toEqual([...times].sort((a, b) => a.getTime() - b.getTime()));
  });

  it('reads the clock after the lock was got, not when it was asked for', async () => {
    await playTo(store, 'pending', { id: 'CLOCK' });
    const holder = await withClient(database.ownerUrl, async (client) => {
      await client.query('BEGIN');
      await client.query(`SELECT FROM requests WHERE id = 'CLOCK' FOR UPDATE`);
      const waiting = store.change('CLOCK', 'test', (_row, now) => ({
        ok: false,
        refusal: { code: 'not_due', detail: { now: now.toISOString() } },
      }));
      await until(() => somebodyWaits(database.adminUrl), 'the change to wait for its row');
      const { rows } = await client.query('SELECT clock_timestamp() AS now');
      await client.query('ROLLBACK');
      return { waiting, letGo: rows[0]?.now as Date };
    });
    const changed = await holder.waiting;
    const read = changed.ok ? '' : (changed.refusal.detail?.now ?? '');
    expect(new Date(read).getTime()).toBeGreaterThanOrEqual(after(holder.letGo, -1).getTime());
  });

  it('refused leaves no trace', async () => {
    const before = await playTo(store, 'active', { id: 'NO' });
    const changed = await store.change('NO', 'test', () => ({ ok: false, refusal: { code: 'not_yours' } }));
    expect(changed).toEqual({ ok: false, refusal: { code: 'not_yours' }, row: before });
    expect(await store.find('NO')).toEqual(before);
  });

  it('accepted with nothing to tell redraws nothing: the version stays', async () => {
    const before = await playTo(store, 'revoking', { id: 'QUIET' });
    const changed = await store.change('QUIET', 'test', () => ({ ok: true, next: before.request, events: [] }));
    expect(changed.row).toMatchObject({ version: before.version, seq: before.seq });
  });

  it('keeps what people type, whatever it is, with a chain that verifies', async () => {
    const before = await playTo(store, 'revoking', { id: 'TEXT' });
    const nasty = 'NUL \0, half \ud83d a pair, \u2028, "quotes", \'; DROP TABLE events; -- 🚨';
    const changed = await store.change('TEXT', nasty, () => ({
      ok: true,
      next: before.request,
      events: [{ type: 'alarm', data: { nasty, number: 1e21, small: 1e-7, minus: -0 } }],
    }));
    const events = await store.events('request/TEXT');
    expect(firstBreak('request/TEXT', events)).toBeUndefined();
    expect(changed.ok && changed.events).toEqual(events.slice(-1));
    expect(events.at(-1)?.data.nasty).toBe(nasty.replaceAll('\0', '\ufffd').replace('\ud83d a', '\ufffd a'));
  });

  it('lets go of a row that a stopped process held, within the time that a transaction may idle', async () => {
    await playTo(store, 'pending', { id: 'HELD' });
    const url = `${database.appUrl}?options=-c%20idle_in_transaction_session_timeout%3D300`;
    await withClient(url, async (stopped) => {
      // In one message: between two the server would count how long this process takes.
      await stopped.query(`BEGIN; SELECT FROM requests WHERE id = 'HELD' FOR UPDATE`);
      const changed = await store.change('HELD', 'test', () => ({ ok: false, refusal: { code: 'not_due' } }));
      expect(changed.ok).toBe(false);
    });
  });

  it('counts years as the clock does: a story far in the future is kept to the millisecond', async () => {
    offset = 30 * 365 * 24 * HOUR;
    const row = await playTo(store, 'active', { id: 'FUTURE' });
    expect(await store.find('FUTURE')).toEqual(row);
  });
});

/** Somebody waits for a lock in this database. */
const somebodyWaits = (url: string): Promise<boolean> =>
  withClient(url, async (client) => {
    const { rowCount } = await client.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rowCount !== 0;
  });
