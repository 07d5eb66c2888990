import { decide } from '../../src/core/request/decide.ts';
import { decideFreeze } from '../../src/core/request/decide-freeze.ts';
import { NO_FACTS } from '../../src/core/request/facts.ts';
import type { Freeze } from '../../src/core/request/freeze.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import type { Store } from '../../src/ports/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { freshDatabase, type TestDatabase, withClient } from '../support/database.ts';
import { KEYS, okFacts, personActor, requestCommand, START } from '../support/requests.ts';
import { until } from '../support/until.ts';
import { silent } from './silent-logger.ts';

const OPERATOR = { type: 'operator', name: 'root' } as const;

let database: TestDatabase;
let store: Store;
beforeAll(async () => {
  database = await freshDatabase();
  store = openStore({ definitions: DEFINITIONS, url: database.appUrl, logger: silent });
});
afterAll(async () => {
  await store.close();
  await database.drop();
});
/** As if it had never been frozen; two people have said so, as far as the table knows. */
afterEach(() =>
  withClient(database.ownerUrl, async (owner) => {
    await owner.query(`UPDATE "freeze" SET "document" = jsonb_set("document", '{lifts}', '[{}]')`);
    await owner.query('DELETE FROM "freeze"');
  }),
);

const freeze = (by: string, all = false, reason = `by ${by}`) =>
  store.changeFreeze(`operator:${by}`, (current, now) =>
    decideFreeze(current, { type: 'freeze', all, reason }, { ...OPERATOR, name: by }, NO_FACTS, now),
  );
const thaw = (name: 'sasha' | 'quinn') =>
  store.changeFreeze(KEYS[name], (current, now) =>
    decideFreeze(current, { type: 'thaw', seen: current }, personActor(name), okFacts(now), now),
  );
const notified = async () => (await store.events('system')).map(({ type }) => type);

const DEFAULT = { chat: 'slack', channel: 'default' } as const;

describe('the freeze in the store (B11)', () => {
  it('is a row and an event, comes back as it was written, and goes with its lifting', async () => {
    expect(await store.freeze()).toBeUndefined();
    const frozen = await freeze('root', true, 'a \u0000 leak');
    if (!frozen.ok || frozen.next === undefined) throw new Error('not frozen');
    expect(await store.freeze()).toEqual({ ...frozen.next, reason: 'a \ufffd leak' });
    await thaw('sasha');
    expect((await store.freeze())?.lifts).toMatchObject([{ by: { id: 'sasha' }, at: expect.any(Date) }]);
    expect(await thaw('quinn')).toMatchObject({ ok: true, next: undefined });
    expect(await store.freeze()).toBeUndefined();
    expect(await notified()).toEqual(['openings_frozen', 'thaw_requested', 'openings_thawed']);
  });

  it('gives each channel what it was not told, and reads nothing else of the log for ever', async () => {
    const types = async () => (await store.freezeNews.pendingNotifications(DEFAULT)).map(({ type }) => type);
    const seqOf = () =>
      withClient(database.ownerUrl, async (owner) => {
        const { rows } = await owner.query<{ seq: number }>(
          `SELECT "seq" FROM "news" WHERE "chat" = 'slack' AND "place" = 'default'`,
        );
        return rows[0]?.seq;
      });
    const head = async () => (await store.events('system')).length;
    await store.freezeNews.notified(DEFAULT, await head());
    await freeze('root');
    const frozenAt = await head();
    await store.record(
      'test',
      Array.from({ length: 300 }, () => ({ type: 'alarm', data: {} }) as const),
    );
    expect(await types()).toEqual(['openings_frozen']);
    expect(await types()).toEqual(['openings_frozen']);
    await store.freezeNews.notified(DEFAULT, frozenAt);
    expect(await types()).toEqual([]);
    expect(await seqOf()).toBe(await head());
    await store.freezeNews.notified(DEFAULT, frozenAt);
    expect(await seqOf()).toBe(await head());
  });

  it('keeps who froze first and who widened it, with the instants of both', async () => {
    await freeze('root');
    await freeze('boss', true, '');
    expect(await store.freeze()).toMatchObject({
      by: { name: 'root' },
      reason: 'by root',
      at: expect.any(Date),
      again: { by: { name: 'boss' }, at: expect.any(Date), widened: true },
    });
  });

  it('is made by one of two who freeze at once; the other is told that it is so already', async () => {
    const before = (await notified()).length;
    const both = await Promise.all([freeze('ana'), freeze('bo')]);
    expect(both.map(({ ok }) => ok).sort()).toEqual([false, true]);
    expect((await notified()).length).toBe(before + 1);
  });

  it('is not lifted by one person who says it twice at once, and lifted by two who say it at once', async () => {
    await freeze('root');
    await Promise.all([thaw('sasha'), thaw('sasha')]);
    expect((await store.freeze())?.lifts).toHaveLength(1);
    await freeze('root');
    expect((await store.freeze())?.lifts).toHaveLength(0);
    // The later one looks up the earlier one's account before it knows of it, or after: both end well.
    await Promise.all([thaw('sasha'), thaw('quinn')]);
    expect(await store.freeze()).toBeUndefined();
  });

  it('that is refused or breaks leaves neither row nor event', async () => {
    const before = await notified();
    const broken = store.changeFreeze('x', () => {
      throw new Error('broken');
    });
    await expect(broken).rejects.toThrow('broken');
    expect(await thaw('sasha')).toMatchObject({ refusal: { code: 'not_frozen' } });
    expect([await store.freeze(), await notified()]).toEqual([undefined, before]);
  });

  it('is seen by a decision that began before it and got its row after it: no look is stale', async () => {
    const request = await store.change('R1', 'test', (_row, now) =>
      decide(undefined, requestCommand('R1'), personActor('riley'), okFacts(now), now),
    );
    if (!request.ok) throw new Error(request.refusal.code);
    let seen: Freeze | undefined;
    await withClient(database.adminUrl, async (holder) => {
      await holder.query('BEGIN');
      await holder.query(`SELECT FROM "requests" WHERE "id" = 'R1' FOR UPDATE`);
      const waits = store.change('R1', 'test', (_row, _now, _head, frozen) => {
        seen = frozen;
        return { ok: false, refusal: { code: 'not_due' } };
      });
      await until(async () => {
        const { rows } = await holder.query(
          `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
        );
        return rows.length > 0;
      }, 'the decision to wait for its row');
      await freeze('root', false, 'meanwhile');
      await holder.query('COMMIT');
      await waits;
    });
    expect(seen?.reason).toBe('meanwhile');
  });
});

describe('the table of the freeze', () => {
  const asOwner = (sql: string) => withClient(database.ownerUrl, (owner) => owner.query(sql));

  it('holds one row, and gives it up only after one person has said so', async () => {
    await freeze('root');
    await expect(asOwner(`INSERT INTO "freeze" ("document") SELECT "document" FROM "freeze"`)).rejects.toThrow(/pkey/);
    await expect(asOwner('DELETE FROM "freeze"')).rejects.toThrow(/two people have said/);
    await expect(asOwner('TRUNCATE "freeze"')).rejects.toThrow(/refused/);
    const twoSaid = `UPDATE "freeze" SET "document" = jsonb_set("document", '{lifts}', '[{}, {}]')`;
    await expect(asOwner(twoSaid)).rejects.toThrow(/document_check/);
  });

  it('tells the time by the store’s clock', async () => {
    const shifted = openStore({
      definitions: DEFINITIONS,
      url: database.appUrl,
      logger: silent,
      offsetMs: () => START.getTime() - Date.now(),
    });
    try {
      await shifted.changeFreeze('operator:root', (current, now) =>
        decideFreeze(current, { type: 'freeze', all: false, reason: '' }, OPERATOR, NO_FACTS, now),
      );
      const { at } = (await shifted.freeze()) ?? { at: new Date(0) };
      expect(Math.abs(at.getTime() - START.getTime())).toBeLessThan(60_000);
    } finally {
      await shifted.close();
    }
  });
});
