import { decide } from '../../src/core/request/decide.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import type { Store } from '../../src/ports/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { freshDatabase, type TestDatabase, withClient } from '../support/database.ts';
import { HOUR, okFacts, personActor } from '../support/requests.ts';
import { until } from '../support/until.ts';
import { growHistory } from './history.ts';
import { silent } from './silent-logger.ts';
import { playTo } from './stories.ts';

const MODEL = 'model';
const DENIED = 'turned-away';
/** Copies are told apart by number alone. */
const OF_DENIED = 1_000_000;
const FEW = 1_000;
const MANY = 10_000;
/** More often than a prepared statement is planned for its parameters, so that its plan for all of them is seen too. */
const LIVES = 8;

/** What the database did: whole tables read, by name, and pages and rows touched. */
interface Done {
  readonly scans: Readonly<Record<string, number>>;
  readonly pages: number;
  readonly rows: number;
}

describe('one request costs the same however many there were', () => {
  let database: TestDatabase;
  let lives = 0;
  beforeAll(async () => {
    database = await freshDatabase();
    const store = openStore({ definitions: DEFINITIONS, url: database.appUrl, logger: silent });
    await playTo(store, 'closed', { id: MODEL });
    await playTo(store, 'pending', { id: DENIED });
    await store.change(DENIED, 'test', (row, now) =>
      decide(row?.request, { type: 'deny', reason: 'no' }, personActor('avery'), okFacts(now), now),
    );
    await store.close();
  });
  afterAll(() => database.drop());

  const counters = () =>
    withClient(database.adminUrl, async (admin) => {
      const { rows: tables } = await admin.query<{ name: string; scans: string; rows: string; pages: string }>(
        `SELECT t.relname AS "name", t.seq_scan AS "scans", t.seq_tup_read + coalesce(t.idx_tup_fetch, 0) AS "rows",
           coalesce(io.heap_blks_read + io.heap_blks_hit, 0) + coalesce(io.idx_blks_read + io.idx_blks_hit, 0) AS "pages"
         FROM pg_stat_user_tables AS t JOIN pg_statio_user_tables AS io USING (relid) WHERE t.schemaname = 'public'`,
      );
      return new Map(tables.map(({ name, ...counts }) => [name, counts] as const));
    });

  /** Sessions write down what they did when they end at the latest. */
  const settled = () =>
    until(
      () =>
        withClient(database.adminUrl, async (admin) => {
          const { rows } = await admin.query(
            `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'breakglass%'`,
          );
          return rows.length === 0;
        }),
      'every session to end',
    );

  const measured = async (work: (store: Store) => Promise<void>): Promise<Done> => {
    const before = await counters();
    const store = openStore({ definitions: DEFINITIONS, url: database.appUrl, logger: silent });
    await work(store);
    await store.close();
    await settled();
    const after = await counters();
    const spent = (name: string, what: 'scans' | 'rows' | 'pages') =>
      Number(after.get(name)?.[what] ?? 0) - Number(before.get(name)?.[what] ?? 0);
    const names = [...after.keys()];
    const sum = (what: 'rows' | 'pages') => names.reduce((all, name) => all + spent(name, what), 0);
    return {
      scans: Object.fromEntries(names.map((name) => [name, spent(name, 'scans')])),
      pages: sum('pages'),
      rows: sum('rows'),
    };
  };

  /** Whole lives, with everything that is read and remembered beside them by sweep, jobs, chat and people. */
  const live = async (store: Store): Promise<void> => {
    for (let life = 0; life < LIVES; life++) {
      lives += 1;
      const id = `life${lives}`;
      const now = await store.clock.now();
      const { request, version } = await playTo(store, 'closed', { id });
      const key = { requestId: id, chat: 'slack', kind: 'card', seq: 0, person: '' } as const;
      await store.chat.claim(key, 'C0INCIDENT', request.details.digest);
      await store.chat.sent(key, { place: 'C0INCIDENT', message: `${lives}.1`, drawnVersion: version });
      await store.chat.cardAt({ chat: 'slack', place: 'C0INCIDENT', message: `${lives}.1` });
      await store.chat.refs(id);
      const row = await store.find(id);
      await store.chat.drawn(id, 'slack', version);
      await store.chat.posted(id, 'slack', row?.seq ?? 0);
      await store.chat.openForm({
        id: `form${lives}`,
        kind: 'request',
        key: 'k',
        requestId: id,
        digest: '',
        channel: '',
      });
      await store.chat.form(`form${lives}`);
      await store.chat.useForm(`form${lives}`);
      await store.events(`request/${id}`);
      await store.due(new Date(now.getTime() + HOUR), 100);
      await store.pendingNotifications(100);
      await store.inStates(['granting', 'active'], 100);
      await store.list({ states: ['pending', 'granting', 'active', 'revoking'], limit: 20 });
      await store.unended();
      // What the same person asked for before: most of what is over here is theirs, and for this role.
      await store.change(`look${lives}`, 'test', () => ({ ok: false, refusal: { code: 'not_yours' } }), {
        person: request.details.requester.id,
        role: request.details.terms.role.id,
        incident: request.details.incident.id,
        provider: request.details.terms.account.provider,
        account: request.details.terms.account.id,
      });
    }
  };

  const grow = async (from: number, to: number) => {
    await growHistory(database.adminUrl, MODEL, from, to);
    await growHistory(database.adminUrl, DENIED, OF_DENIED + from, OF_DENIED + to);
  };

  it(`reads no table whole, and touches no more with ${MANY} closed requests than with ${FEW}`, async () => {
    await grow(0, FEW);
    const few = await measured(live);
    await grow(FEW, MANY);
    const many = await measured(live);
    const { requests, grants, events, messages, forms } = many.scans;
    expect({ requests, grants, events, messages, forms }).toEqual({
      requests: 0,
      grants: 0,
      events: 0,
      messages: 0,
      forms: 0,
    });
    expect(many.rows / few.rows).toBeLessThan(1.2);
    expect(many.pages / few.pages).toBeLessThan(1.2);
  });
});
