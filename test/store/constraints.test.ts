import type pg from 'pg';
import { DEFINITIONS } from '../../src/definitions.ts';
import { openStore } from '../../src/store/open-store.ts';
import { freshDatabase, type TestDatabase, withClient } from '../support/database.ts';
import { START, type Step } from '../support/requests.ts';
import { silent } from './silent-logger.ts';
import { playTo } from './stories.ts';

/** One request per state, with its rows as the store wrote them; every attempt below is rolled back. */
const STATES = ['pending', 'granting', 'planned', 'active', 'revoking', 'removed', 'closed'] as const;

describe('the tables refuse', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await freshDatabase();
    const store = openStore({ definitions: DEFINITIONS, url: database.appUrl, logger: silent });
    for (const state of STATES) await playTo(store, state, { id: state.toUpperCase() });
    await store.chat.drawn('CLOSED', 'slack', 1);
    await store.close();
  });
  afterAll(() => database.drop());

  /** The constraint that stops this, as the owner: no right is missing, so only the rows' own rules can say no. */
  const stoppedBy = (sql: string): Promise<string | undefined> =>
    withClient(database.ownerUrl, async (client) => {
      await client.query('BEGIN');
      try {
        await client.query(sql);
        return undefined;
      } catch (error) {
        return (error as pg.DatabaseError).constraint ?? (error as pg.DatabaseError).code;
      } finally {
        await client.query('ROLLBACK');
      }
    });
  const grant = (state: Uppercase<Step['state']>, change: string) =>
    `UPDATE grants SET ${change} WHERE id = '${state}'`;
  const planned = (more: object) =>
    grant(
      'GRANTING',
      `plan = '${JSON.stringify({ grantId: 'GRANTING', provider: 'aws', ...more })}', planned_end = '2026-03-01T00:00:00Z'`,
    );
  const request = (state: Uppercase<Step['state']>, change: string) =>
    `UPDATE requests SET ${change} WHERE id = '${state}'`;
  const far = (chat: string, drawn: string, posted: string) =>
    `jsonb_build_object('${chat}', jsonb_build_object('drawnVersion', ${drawn}, 'postedSeq', ${posted}))`;
  const came = (drawn: string, posted: string) => `chats = ${far('slack', drawn, posted)}`;
  const more = (chat: string, drawn: string, posted: string) => `chats = chats || ${far(chat, drawn, posted)}`;
  const event = (values: string) =>
    `INSERT INTO events (stream, seq, type, at, actor, data, checkpoint, prev_hash, hash) VALUES (${values})`;
  const move = (state: Uppercase<Step['state']>, to: string, outcome = 'none') =>
    request(
      state,
      `state = '${to}', outcome = '${outcome}', grant_by = NULL, ends_at = ${to === 'active' ? 'now()' : 'NULL'},
       state_work_at = now(), document = document || '{"state": "${to}"${outcome === 'none' ? '' : `, "outcome": "${outcome}"`}}'`,
    );

  it.each([
    // Grants (D3, and "no plan, no write")
    ['an active grant without a plan', grant('ACTIVE', 'plan = NULL, planned_end = NULL'), 'grants_plan_kept_check'],
    ['an active grant without an end', grant('ACTIVE', 'ends_at = NULL'), 'grants_active_check'],
    [
      'an end after the planned end',
      grant('ACTIVE', `ends_at = planned_end + INTERVAL '1 ms'`),
      'grants_ends_at_check',
    ],
    ['an end before it was confirmed', grant('ACTIVE', 'ends_at = confirmed_at'), 'grants_ends_at_check'],
    ['a confirmation without a plan', grant('GRANTING', 'confirmed_at = now()'), 'grants_unplanned_check'],
    ['a plan without its end', grant('GRANTING', `plan = '{}'`), 'grants_plan_check'],
    [
      `another grant's plan`,
      grant('GRANTING', `plan = '{"grantId": "X", "provider": "aws"}', planned_end = now()`),
      'grants_plan_check',
    ],
    ['an edited plan', grant('PLANNED', `plan = plan || '{"name": "other"}'`), 'grants_plan_kept_check'],
    ['a moved planned end', grant('PLANNED', `planned_end = planned_end + INTERVAL '1 h'`), 'grants_plan_kept_check'],
    ['an earlier planned end', grant('ACTIVE', `planned_end = planned_end - INTERVAL '1 s'`), 'grants_plan_kept_check'],
    [
      'a plan that changes without its end',
      grant('ACTIVE', `plan = plan || '{"hashes": {}}'`),
      'grants_plan_kept_check',
    ],
    [
      'a later end under another name',
      grant('ACTIVE', `plan = plan || '{"name": "other"}', planned_end = planned_end + INTERVAL '1 h'`),
      'grants_plan_kept_check',
    ],
    [
      'a later end under another installation id',
      grant('ACTIVE', `plan = plan || '{"installationId": "other"}', planned_end = planned_end + INTERVAL '1 h'`),
      'grants_plan_kept_check',
    ],
    [
      'a later end of what is being ended',
      grant('REVOKING', `planned_end = planned_end + INTERVAL '1 h'`),
      'grants_plan_kept_check',
    ],
    ['a removal before an ending', grant('ACTIVE', 'access_removed_at = now()'), 'grants_removal_check'],
    ['a closed grant that lost a proof', grant('CLOSED', 'sessions_ended_at = NULL'), 'grants_closed_check'],
    ['a closed grant that lost the other', grant('CLOSED', 'access_removed_at = NULL'), 'grants_closed_check'],
    [
      'a tombstone deleted before its time',
      grant('CLOSED', `tombstone_deleted_at = (plan ->> 'cleanUpAt')::timestamptz - INTERVAL '1 ms'`),
      'grants_tombstone_deleted_check',
    ],
    ['a plan that does not say when its tombstone may go', planned({}), 'grants_plan_check'],
    [
      'a plan whose tombstone may go before its end',
      planned({ cleanUpAt: '2026-02-28T23:59:59.999Z' }),
      'grants_plan_check',
    ],
    ['a plan whose tombstone may never go', planned({ cleanUpAt: 'infinity' }), 'grants_plan_check'],
    ['a plan of which nobody can read that', planned({ cleanUpAt: 'soon' }), 'grants_plan_check'],
    [
      'a plan whose tombstone may go on no day that there is',
      planned({ cleanUpAt: '2027-02-31T00:00:00.000Z' }),
      '22008',
    ],
    [
      'a tombstone deleted of what is not closed',
      grant('REMOVED', `tombstone_deleted_at = planned_end + INTERVAL '1 d'`),
      'grants_tombstone_deleted_check',
    ],
    ['another account', grant('ACTIVE', `account = '999999999999'`), 'grants_plan_kept_check'],
    ['another cloud', grant('ACTIVE', `provider = 'other'`), 'grants_plan_kept_check'],
    ['a state that is not the request’s', grant('ACTIVE', `state = 'revoking'`), 'grants_request_fkey'],
    ['a deleted grant', `DELETE FROM grants`, '23001'],
    // Requests
    ['a way out of closed', move('CLOSED', 'granting'), 'requests_transition_check'],
    [
      'another outcome',
      request('CLOSED', `outcome = 'denied', document = document || '{"outcome": "denied"}'`),
      'requests_final_check',
    ],
    ['active without approval', move('PENDING', 'active'), 'requests_transition_check'],
    ['closed from active', move('ACTIVE', 'closed', 'ended'), 'requests_transition_check'],
    ['closed without proof', move('REVOKING', 'closed', 'ended'), 'grants_request_fkey'],
    [
      'closed without proof, grant and all',
      `WITH moved AS (${move('REVOKING', 'closed', 'ended')})
       UPDATE grants SET state = 'closed', outcome = 'ended' WHERE id = 'REVOKING'`,
      'grants_closed_check',
    ],
    ['an unknown state', request('PENDING', `state = 'approved'`), 'requests_transition_check'],
    ['a column that says other than the document', request('PENDING', 'ends_at = now()'), 'requests_deadlines_check'],
    [
      'a document that says otherwise',
      request('ACTIVE', `document = document || '{"state": "closed"}'`),
      'requests_document_check',
    ],
    ['no approval at all', request('GRANTING', `document = document || '{"approvals": []}'`), 'requests_grants_check'],
    ['no grant at all', request('ACTIVE', `document = document || '{"grants": []}'`), 'requests_grants_check'],
    [
      'a grant without a row',
      request('ACTIVE', `document = jsonb_set(document, '{grants,0,id}', '"X"')`),
      'requests_grant_rows_check',
    ],
    [
      'an edited question',
      request('PENDING', `document = jsonb_set(document, '{details,minutes}', '60')`),
      'requests_details_check',
    ],
    ['a version left out', request('PENDING', 'version = version + 2'), 'requests_forward_check'],
    ['a version taken back', request('GRANTING', 'version = version - 1'), 'requests_forward_check'],
    [
      'more drawn than there is',
      request('PENDING', `drawn_version = version + 1, ${came('version + 1', '0')}`),
      'requests_chats_check',
    ],
    [
      'a change at an instant that nobody can read',
      request('PENDING', `updated_at = 'infinity'`),
      'requests_updated_at_check',
    ],
    [
      'an event at an instant that nobody can read',
      event(`'system', 1, 'alarm', 'infinity', 'x', '{}', 0, repeat('0', 64), repeat('a', 64)`),
      'events_at_check',
    ],
    [
      'more told than there is',
      request('PENDING', `posted_seq = seq + 1, ${came('0', 'seq + 1')}`),
      'requests_chats_check',
    ],
    ['more events than the log holds', request('PENDING', 'seq = seq + 1'), 'requests_seq_fkey'],
    [
      'an unfinished row that owes nothing',
      request('ACTIVE', `state_work_at = NULL, drawn_version = version, posted_seq = seq, ${came('version', 'seq')}`),
      'requests_work_check',
    ],
    [
      'a chat that drew more than there is',
      request('PENDING', more('plain', 'version + 1', '0')),
      'requests_chats_check',
    ],
    ['a least that is not the least', request('PENDING', 'drawn_version = 1'), 'requests_chats_check'],
    [
      'a least of one chat alone',
      request('PENDING', `posted_seq = 1, ${more('plain', '0', '1')}`),
      'requests_chats_check',
    ],
    ['a chat that lost its place', request('CLOSED', came('0', '1')), 'requests_forward_check'],
    [
      'a chat that is not there any more',
      request('CLOSED', `chats = '{"plain": {"drawnVersion": 1, "postedSeq": 1}}'`),
      'requests_forward_check',
    ],
    ['a deleted request', 'DELETE FROM requests', '23001'],
    // The log (E1)
    [
      'a second event in one place',
      event(`'request/ACTIVE', 1, 'alarm', now(), 'x', '{}', 0, repeat('0', 64), repeat('a', 64)`),
      'events_pkey',
    ],
    [
      'a gap',
      event(`'request/ACTIVE', 99, 'alarm', now(), 'x', '{}', 0, repeat('b', 64), repeat('a', 64)`),
      'events_chain_fkey',
    ],
    [
      'a hash twice',
      `INSERT INTO events (stream, seq, type, at, actor, data, checkpoint, prev_hash, hash) SELECT 'system', 1, type, at, actor, data, 0, repeat('0', 64), hash FROM events LIMIT 1`,
      'events_hash_key',
    ],
    [
      'a first event with a past',
      event(`'system', 1, 'alarm', now(), 'x', '{}', 0, repeat('b', 64), repeat('a', 64)`),
      'events_seq_check',
    ],
    [
      'an event by nobody',
      event(`'system', 1, 'alarm', now(), '', '{}', 0, repeat('0', 64), repeat('a', 64)`),
      'events_actor_check',
    ],
    [
      'a stream of no kind',
      event(`'other', 1, 'alarm', now(), 'x', '{}', 0, repeat('0', 64), repeat('a', 64)`),
      'events_stream_check',
    ],
    // The chat's memory
    [
      'a card of no request',
      `INSERT INTO messages VALUES ('NONE', 'slack', 'card', 0, '', 'C1', NULL, 'sending', 0, '')`,
      'messages_request_id_fkey',
    ],
    [
      'two cards of one request',
      `INSERT INTO messages SELECT 'ACTIVE', 'slack', 'card', 0, '', 'C1', NULL, 'sending', 0, '' FROM generate_series(1, 2)`,
      'messages_pkey',
    ],
    [
      'two references to one message',
      `INSERT INTO messages SELECT 'ACTIVE', 'slack', 'copy', 0, p, 'C1', '1.0', 'sent', 0, '' FROM unnest(ARRAY['a', 'b']) AS p`,
      'messages_chat_place_message_key',
    ],
    [
      'a sent message that is nowhere',
      `INSERT INTO messages VALUES ('ACTIVE', 'slack', 'card', 0, '', 'C1', NULL, 'sent', 0, '')`,
      'messages_state_check',
    ],
    [
      'a form of no kind',
      `INSERT INTO forms (id, kind, key, request_id, digest, channel) VALUES ('F', 'other', 'k', 'R', '', '')`,
      'forms_kind_check',
    ],
    // Policy and installation
    [
      'a second policy of one number',
      `INSERT INTO policies SELECT 1, repeat('a', 64), '{}', '', now(), 'x' FROM generate_series(1, 2)`,
      'policies_pkey',
    ],
    [
      'a second installation',
      `INSERT INTO installation SELECT FALSE, repeat('a', 16), '', '', now()`,
      'installation_one_check',
    ],
  ])('%s', async (_what, sql, constraint) => {
    expect(await stoppedBy(sql)).toBe(constraint);
  });

  it('nothing that the store itself wrote', async () => {
    const { rows } = await withClient(database.ownerUrl, (client) =>
      client.query('SELECT id, state FROM requests WHERE created_at > $1 ORDER BY id', [START]),
    );
    expect(rows).toHaveLength(STATES.length);
  });
});
