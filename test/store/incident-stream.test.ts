import { verifyLog } from '../../src/broker/verify-log.ts';
import { firstBreak } from '../../src/core/audit/log.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import type { Store } from '../../src/ports/store.ts';
import { migrate } from '../../src/store/migrate.ts';
import { openStore } from '../../src/store/open-store.ts';
import { freshDatabase, PATIENT, type TestDatabase, withClient } from '../support/database.ts';
import { storyOf } from '../support/requests.ts';
import { silent } from './silent-logger.ts';
import { play, playTo } from './stories.ts';

describe('an incident’s stream (E4)', () => {
  let database: TestDatabase;
  let store: Store;
  beforeAll(async () => {
    database = await freshDatabase();
    store = openStore({ definitions: DEFINITIONS, url: database.appUrl, logger: silent, limits: PATIENT });
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });
  const asOwnerOfAll = (sql: string) =>
    withClient(database.adminUrl, (client) => client.query(`SET session_replication_role = replica; ${sql}`));
  const open = (id: string, incident: string) => playTo(store, 'pending', { id, input: { incident } });

  it('names every request opened under it by the hash of its first event, however many open at once', async () => {
    const ids = Array.from({ length: 12 }, (_, n) => `MANY${n}`);
    await Promise.all(ids.map((id) => open(id, 'INC-1.many')));
    const stream = 'incident/INC-1.many';
    const events = await store.events(stream);
    expect(firstBreak(stream, events)).toBeUndefined();
    const firsts = await Promise.all(ids.map(async (id) => (await store.events(`request/${id}`))[0]?.hash));
    const listed = new Map(events.map(({ data }) => [data.requestId, data.hash]));
    expect(ids.map((id) => listed.get(id))).toEqual(firsts);
    expect(events).toHaveLength(ids.length);
  });

  it('says nothing more when a request goes on, or is refused', async () => {
    await playTo(store, 'closed', { id: 'WHOLE', input: { incident: 'INC-2' } });
    const [first] = storyOf('WHOLE', { incident: 'INC-2' });
    if (first === undefined) throw new Error('no story');
    expect((await play(store, 'WHOLE', first)).ok).toBe(false);
    expect(await store.events('incident/INC-2')).toHaveLength(1);
  });

  it('is named by an id that an incident can have, or nothing is opened', async () => {
    await expect(open('STRANGE', '../system')).rejects.toThrow('incident_not_found');
    expect(await store.find('STRANGE')).toBeUndefined();
  });

  it('is not made good by migrate: who hides a request stays found out', async () => {
    await Promise.all(['OLD1', 'OLD2'].map((id) => open(id, 'INC-4')));
    await asOwnerOfAll(
      `CREATE SCHEMA kept; CREATE TABLE kept.names AS SELECT * FROM events WHERE stream = 'incident/INC-4';
       DELETE FROM events WHERE stream = 'incident/INC-4'`,
    );
    await migrate({ ...database, log: () => undefined });
    expect((await verifyLog(store)).broken).toMatch('incident/INC-4 does not name request/OLD');
    const columns = 'stream, seq, type, at, actor, data, checkpoint, prev_hash, hash';
    await asOwnerOfAll(`INSERT INTO events (${columns}) SELECT ${columns} FROM kept.names`);
    expect((await verifyLog(store)).broken).toBeUndefined();
  });

  it('shows a request that was removed with its row before anybody sealed it', async () => {
    await Promise.all(['HIDDEN', 'SHOWN'].map((id) => open(id, 'INC-5')));
    await asOwnerOfAll(
      `CREATE TABLE kept_events AS SELECT * FROM events WHERE stream = 'request/HIDDEN';
       DELETE FROM events WHERE stream = 'request/HIDDEN'; DELETE FROM requests WHERE id = 'HIDDEN'`,
    );
    expect((await verifyLog(store)).broken).toBe('request/HIDDEN is missing, which incident/INC-5 names');
    const columns = 'stream, seq, type, at, actor, data, checkpoint, prev_hash, hash';
    await asOwnerOfAll(`INSERT INTO events (${columns}) SELECT ${columns} FROM kept_events`);
    expect((await verifyLog(store)).broken).toBeUndefined();
  });

  it('shows a request that no incident names, also where it has no row', async () => {
    await open('ALONE', 'INC-6');
    const columns = 'stream, seq, type, at, actor, data, checkpoint, prev_hash, hash';
    await asOwnerOfAll(
      `CREATE TABLE kept_listing AS SELECT * FROM events WHERE stream = 'incident/INC-6';
       DELETE FROM events WHERE stream = 'incident/INC-6'; DELETE FROM requests WHERE id = 'ALONE'`,
    );
    expect((await verifyLog(store)).broken).toBe('incident/INC-6 does not name request/ALONE as it begins');
    await asOwnerOfAll(`INSERT INTO events (${columns}) SELECT ${columns} FROM kept_listing`);
    expect((await verifyLog(store)).broken).toBeUndefined();
  });

  it('and all streams name the newest checkpoint in each event, read in the transaction that writes it', async () => {
    await open('BEFORE', 'INC-3');
    await withClient(database.sealUrl, (client) =>
      client.query(
        `INSERT INTO checkpoints (number, previous, at, header, hash, signature, public_key)
         VALUES (1, repeat('0', 64), now(), jsonb_build_object('number', 1, 'previous', repeat('0', 64)),
           repeat('1', 64), '', '')`,
      ),
    );
    await open('AFTER', 'INC-3');
    await store.record('operator:ana', [{ type: 'alarm', data: {} }]);
    const named = async (stream: string) => (await store.events(stream)).map(({ checkpoint }) => checkpoint);
    expect(await named('request/BEFORE')).toEqual([0]);
    expect(await named('request/AFTER')).toEqual([1]);
    expect(await named('incident/INC-3')).toEqual([0, 1]);
    expect((await named('system')).at(-1)).toBe(1);
  });
});
