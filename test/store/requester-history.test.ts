import { decide } from '../../src/core/request/decide.ts';
import type { HistoryOf, RequesterHistory } from '../../src/core/request/facts.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import type { Changed, Store } from '../../src/ports/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { freshDatabase, PATIENT, type TestDatabase } from '../support/database.ts';
import { HOUR, MINUTE, okFacts, openIncident, personActor, requestCommand, SYSTEM } from '../support/requests.ts';
import { silent } from './silent-logger.ts';
import { playTo } from './stories.ts';

const WANTED: HistoryOf = {
  person: 'riley',
  role: 'restart-service',
  incident: 'INC-1',
  provider: 'aws',
  account: '111122223333',
};

let database: TestDatabase;
let stores: readonly [Store, Store];
let offset = 0;
beforeEach(async () => {
  offset = 0;
  database = await freshDatabase();
  const open = () =>
    openStore({
      definitions: DEFINITIONS,
      url: database.appUrl,
      logger: silent,
      offsetMs: () => offset,
      limits: PATIENT,
    });
  stores = [open(), open()];
});
afterEach(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await database.drop();
});

/** What is read for another request of Riley's; nothing is changed. */
async function historyOf(change: Partial<HistoryOf> = {}): Promise<RequesterHistory> {
  let read: RequesterHistory | undefined;
  const look = (...[, , , , history]: Parameters<Parameters<Store['change']>[2]>) => {
    read = history;
    return { ok: false, refusal: { code: 'not_in_this_state' } } as const;
  };
  await stores[0].change('LOOK', 'test', look, { ...WANTED, ...change });
  if (read === undefined) throw new Error('no history was read');
  return read;
}

/** Riley asks, as any process would. */
const ask = (store: Store, id: string, incident = 'INC-1'): Promise<Changed> =>
  store.change(
    id,
    'test',
    (row, now, _head, frozen, history) => {
      const facts = { ...okFacts(now, { incident: openIncident(incident, now) }), frozen, history };
      return decide(row?.request, requestCommand(id, { incident }), personActor('riley'), facts, now);
    },
    { ...WANTED, incident },
  );

const codes = (all: readonly Changed[]) => all.map((one) => (one.ok ? 'yes' : one.refusal.code)).sort();

describe('what somebody asked for before, read in the transaction that opens another request', () => {
  it('is empty for whoever never asked, and not read where it is not wanted', async () => {
    expect(await historyOf()).toEqual({ same: undefined, pending: [], objects: 0, turnedDown: undefined });
    await stores[0].change('NONE', 'test', (_row, _now, _head, _frozen, history) => {
      expect(history).toBeUndefined();
      return { ok: false, refusal: { code: 'not_in_this_state' } };
    });
  });

  it('finds the same request in whatever letter case, while it waits, opens or is open, and no longer', async () => {
    for (const [state, id] of [
      ['pending', 'P'],
      ['granting', 'G'],
      ['active', 'A'],
      ['revoking', undefined],
      ['closed', undefined],
    ] as const) {
      const incident = `INC-${state}`;
      await playTo(stores[0], state, { id: id ?? `other-${state}`, input: { incident } });
      const { same } = await historyOf({ incident: incident.toLowerCase() });
      expect([state, same]).toEqual([state, id === undefined ? undefined : { id, state }]);
    }
    expect((await historyOf({ incident: 'INC-pending', role: 'read-logs' })).same).toBeUndefined();
    expect((await historyOf({ incident: 'INC-pending', person: 'casey' })).same).toBeUndefined();
  });

  it('counts what may stand in the account: what waits, what opens, what is open, and every tombstone until it is deleted', async () => {
    for (const [index, state] of (
      ['pending', 'granting', 'planned', 'active', 'revoking', 'closed'] as const
    ).entries()) {
      await playTo(stores[0], state, { id: `S${index}`, input: { incident: `INC-${index}` } });
      expect((await historyOf()).objects).toBe(index + 1);
    }
    expect((await historyOf({ account: '999900009999' })).objects).toBe(0);
    // Another cloud's account that is called alike.
    expect((await historyOf({ provider: 'echo' })).objects).toBe(0);
    expect((await historyOf({ person: 'casey' })).objects).toBe(0);
    offset = 14 * HOUR;
    await stores[0].change('S5', 'test', (row, now) =>
      decide(row?.request, { type: 'tombstone_deleted', grantId: 'S5' }, SYSTEM, okFacts(now), now),
    );
    expect((await historyOf()).objects).toBe(5);
    await stores[0].change('S0', 'test', (row, now) =>
      decide(row?.request, { type: 'withdraw' }, personActor('riley'), okFacts(now), now),
    );
    expect(await historyOf()).toMatchObject({ objects: 4, pending: [] });
  });

  it('names the newest no for the role, with who gave it and why', async () => {
    const turnDown = async (id: string, how: 'deny' | 'lapse') => {
      await playTo(stores[0], 'pending', { id, input: { incident: `INC-${id}` } });
      offset += how === 'lapse' ? 20 * MINUTE : MINUTE;
      const command = how === 'deny' ? ({ type: 'deny', reason: 'Use “the” runbook' } as const) : { type: how };
      const actor = how === 'deny' ? personActor('avery') : SYSTEM;
      const changed = await stores[0].change(id, 'test', (row, now) =>
        decide(row?.request, command, actor, okFacts(now), now),
      );
      if (!changed.ok || changed.row.request.state !== 'closed') throw new Error(`${id} is not closed`);
      return changed.row.request.closedAt;
    };
    const lapsedAt = await turnDown('L1', 'lapse');
    expect((await historyOf()).turnedDown).toEqual({ id: 'L1', outcome: 'lapsed', at: lapsedAt, by: '', reason: '' });
    const deniedAt = await turnDown('D1', 'deny');
    const denied = { id: 'D1', outcome: 'denied', at: deniedAt, by: 'Avery', reason: 'Use “the” runbook' };
    expect((await historyOf()).turnedDown).toEqual(denied);
    expect((await historyOf({ role: 'read-logs' })).turnedDown).toBeUndefined();
    // It comes back with the row that follows it.
    await ask(stores[0], 'F1');
    expect((await stores[1].find('F1'))?.request.details.follows).toEqual(denied);
  });
});

describe('two that one person asks at the same moment, in two processes', () => {
  it.each(Array.from({ length: 5 }, (_, run) => run))('are one where they ask the same (run %i)', async (run) => {
    const all = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        ask(stores[index % 2 === 0 ? 0 : 1], `T${run}-${index}`, index % 3 ? 'INC-1' : 'inc-1'),
      ),
    );
    expect(codes(all)).toEqual([...Array(5).fill('already_asked'), 'yes']);
    const rows = await stores[0].list({ limit: 10 });
    const [opened] = rows;
    expect(rows).toHaveLength(1);
    for (const one of all) if (!one.ok) expect(one.refusal.detail?.id).toBe(opened?.request.details.id);
  });

  it('are five that wait, however many are sent', async () => {
    const all = await Promise.all(
      Array.from({ length: 9 }, (_, index) => ask(stores[index % 2 === 0 ? 0 : 1], `W${index}`, `INC-${index}`)),
    );
    expect(codes(all)).toEqual([...Array(4).fill('too_many_pending'), ...Array(5).fill('yes')]);
  });
});
