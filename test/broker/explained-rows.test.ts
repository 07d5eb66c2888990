import { verifyLog } from '../../src/broker/verify-log.ts';
import { unexplainedRows } from '../../src/core/audit/explain.ts';
import { digestOf } from '../../src/core/canonical.ts';
import { digestShown } from '../../src/core/request/extension.ts';
import { withClient } from '../support/database.ts';
import { type Desk, openDesk } from '../support/desk.ts';
import { KEYS, MINUTE } from '../support/requests.ts';

/*
 * What whoever holds the app's own database role, or even the owner's, can do to rows: the log does not explain it.
 */

const KEPT = ['requests', 'grants', 'policies', 'freeze'] as const;

describe('audit verify holds every row to its events (E4)', () => {
  let desk: Desk;
  const person = (name: keyof typeof KEYS) => ({ type: 'person', key: KEYS[name] }) as const;
  const asOwnerOfAll = (sql: string) =>
    withClient(desk.database.adminUrl, (admin) => admin.query(`SET session_replication_role = replica; ${sql}`));
  const asApp = (sql: string, values: unknown[] = []) =>
    withClient(desk.database.appUrl, (app) => app.query(sql, values));
  const look = async () => {
    const { broken, unexplained } = await verifyLog(desk.store);
    expect(broken).toBeUndefined();
    return unexplained.map(({ stream, what }) => `${stream}: ${what}`);
  };
  /** Columns that are no generated ones, so that a row can be put back. */
  const columnsOf = async (table: string): Promise<string> => {
    const { rows } = await withClient(desk.database.adminUrl, (admin) =>
      admin.query<{ list: string }>(
        `SELECT string_agg(quote_ident(column_name), ', ') AS list FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER'`,
        [table],
      ),
    );
    return rows[0]?.list ?? '';
  };

  beforeAll(async () => {
    desk = await openDesk();
    await desk.ask('P1');
    await desk.ask('P2', { role: 'rotate-keys', minutes: 15 });
    await desk.broker.approve('P2', person('avery'), (await desk.row('P2')).request.details.digest);
    await desk.approved('G1');
    await desk.opened('X1', { minutes: 15 });
    await desk.broker.extend('X1', person('riley'), {
      minutes: 15,
      digest: (await desk.row('X1')).request.details.digest,
    });
    await desk.broker.approve('X1', person('avery'), digestShown((await desk.row('X1')).request));
    await desk.opened('A1');
    await desk.opened('C1');
    await desk.broker.end('C1', person('riley'));
    await desk.perform('revoke', 'C1');
    desk.wait(6 * MINUTE);
    await desk.perform('verify_sessions', 'C1');
    const frozen = await desk.broker.freeze(person('sasha'), { all: false, reason: 'a leak' });
    if (frozen.ok) await frozen.followed;
    for (const table of KEPT) await asOwnerOfAll(`CREATE TABLE kept_${table} AS SELECT * FROM "${table}"`);
  }, 60_000);
  afterEach(async () => {
    for (const table of KEPT) {
      const columns = await columnsOf(table);
      await asOwnerOfAll(
        `DELETE FROM "${table}"; INSERT INTO "${table}" (${columns}) SELECT ${columns} FROM kept_${table}`,
      );
    }
    expect(await look()).toEqual([]);
  });
  afterAll(() => desk.close());

  it('explains every row that was made by clicks and jobs', async () => {
    const states = await Promise.all(['P1', 'P2', 'G1', 'X1', 'A1', 'C1'].map((id) => desk.row(id)));
    expect(states.map(({ request }) => request.state)).toEqual([
      ...['pending', 'pending', 'granting', 'active', 'active', 'closed'],
    ]);
    expect(await look()).toEqual([]);
  });

  const edit = (id: string, path: string, value: string) =>
    `UPDATE requests SET document = jsonb_set(document, '${path}', '${value}') WHERE id = '${id}'`;
  const MALLORY = `{"by":{"id":"sasha","name":"Sasha","keys":["${KEYS.sasha}"]},"key":"${KEYS.sasha}","at":"2026-11-29T12:00:00.000Z","teams":["security"],"digest":"","assurance":"chat"}`;

  it.each([
    ['who approved a closed request', edit('C1', '{approvals,0,by,name}', '"Mallory"'), 'C1: approvals.0.by.name'],
    ['an approval that nobody gave', edit('P2', '{approvals,1}', MALLORY), 'P2: approvals'],
    [
      'an approval of more time that nobody gave',
      edit('X1', '{extension,approvals,1}', MALLORY),
      'X1: extension.approvals',
    ],
    ['a team that was seen', edit('P2', '{seenTeams,riley}', '[]'), 'P2: seenTeams.riley'],
    ['more minutes', edit('X1', '{extension,minutes}', '60'), 'X1: extension.minutes'],
    ['by when it must be open', edit('G1', '{grantBy}', '"2030-01-01T00:00:00.000Z"'), 'G1: grantBy'],
    [
      'when it ends, in document and columns',
      `UPDATE requests SET ends_at = '2030-01-01', state_work_at = '2030-01-01',
         document = jsonb_set(document, '{endsAt}', '"2030-01-01T00:00:00.000Z"') WHERE id = 'A1'`,
      'A1: endsAt',
    ],
    [
      'when it ends, where SQL looks',
      `UPDATE requests SET ends_at = '2030-01-01' WHERE id = 'A1'`,
      'A1: column ends_at',
    ],
    [
      'the end of one grant, where SQL looks',
      `UPDATE grants SET ends_at = ends_at - interval '1 minute' WHERE request_id = 'A1'`,
      'A1: column ends_at of a grant',
    ],
    [
      'when the sweep looks at it',
      `UPDATE requests SET state_work_at = '2030-01-01' WHERE id = 'A1'`,
      'A1: column state_work_at puts its ending off',
    ],
    [
      'that it ended, by a word that nobody said',
      `WITH one AS (UPDATE requests SET state = 'closed', outcome = 'ended_unproven', ends_at = NULL,
         document = (document - 'endsAt') || '{"state":"closed","outcome":"ended_unproven"}' WHERE id = 'A1')
       UPDATE grants SET state = 'closed', outcome = 'ended_unproven' WHERE request_id = 'A1'`,
      'A1: state',
      'owner',
    ],
    ['a field that no version writes', edit('P1', '{trusted}', 'true'), 'P1: trusted'],
    [
      'the requester’s keys',
      edit('P1', '{details,requester,keys}', '["slack:T:U"]'),
      'P1: details.requester.keys',
      'owner',
    ],
    ['the clauses', edit('P1', '{details,terms,clauses}', '[]'), 'P1: details.terms.clauses', 'owner'],
    ['a row that is gone', `DELETE FROM requests WHERE id = 'A1'`, 'A1: its row is missing, and it is active', 'owner'],
  ])('names %s', async (_what, sql, words, who = 'app') => {
    await (who === 'app' ? asApp(sql) : asOwnerOfAll(sql));
    expect(await look()).toEqual([expect.stringContaining(`request/${words}`)]);
  });

  it.each([
    [
      'lifted by nobody',
      `UPDATE "freeze" SET document = jsonb_set(document, '{lifts}', '[{}]'); DELETE FROM "freeze"`,
      /gone/,
    ],
    ['without what it ends', `UPDATE "freeze" SET document = jsonb_set(document, '{reason}', '"drill"')`, /reason/],
    [
      'with a word for lifting it that nobody said',
      `UPDATE "freeze" SET document = jsonb_set(document, '{lifts}', '[{}]')`,
      /lifts/,
    ],
  ])('names a freeze %s', async (_what, sql, words) => {
    await asApp(sql);
    expect(await look()).toEqual([expect.stringMatching(words)]);
  });

  it('breaks on a row without a stream', async () => {
    await asOwnerOfAll(
      `INSERT INTO requests (id, state, outcome, version, seq, chats, drawn_version, posted_seq, document, created_at, updated_at)
       SELECT 'Z9', 'closed', 'denied', 1, 1, '{"slack":{"drawnVersion":1,"postedSeq":1}}', 1, 1,
         '{"state":"closed","outcome":"denied","details":{"id":"Z9"},"grants":[]}', now(), now()`,
    );
    expect((await verifyLog(desk.store)).broken).toContain('event 1 of request/Z9 is missing');
    const evidence = await desk.store.evidence.requests(['Z9', 'never']);
    expect(unexplainedRows(evidence)).toEqual([{ stream: 'request/Z9', what: 'its row has no events' }]);
  });

  it('names a policy that was inserted, and one whose content was changed', async () => {
    const policy = (await desk.store.policyInForce())?.policy;
    await asApp(
      `INSERT INTO policies (number, digest, policy, document, applied_at, applied_by)
       VALUES (2, $1, $2, '', now(), 'operator:test')`,
      [digestOf(policy), JSON.stringify(policy)],
    );
    expect(await look()).toEqual(['system: no event in the log put policy 2 in force']);
    await asOwnerOfAll(
      `UPDATE policies SET policy = policy || '{"phone":"1"}' WHERE number = 1; DELETE FROM policies WHERE number = 2`,
    );
    expect(await look()).toEqual(['system: policy 1: its content is not what its digest says']);
  });
});
