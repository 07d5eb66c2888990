import { requestStream } from '../../src/core/events.ts';
import { Failure } from '../../src/core/failure.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import type { Store } from '../../src/ports/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { freshDatabase, type TestDatabase, withClient } from '../support/database.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { silent } from './silent-logger.ts';
import { playTo } from './stories.ts';

/** Every date that the server writes, in a style that no driver knows, and as long. */
const unreadable = (chunk: Buffer): Buffer =>
  Buffer.from(chunk.toString('latin1').replace(/20\d\d-(\d\d)-(\d\d \d\d:)/g, 'xxxx.$1.$2'), 'latin1');

describe('a database whose dates cannot be read (A3, D2, D6)', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let store: Store;
  beforeAll(async () => {
    database = await freshDatabase();
    proxy = await startTcpProxy(database.appUrl);
    store = openStore({ definitions: DEFINITIONS, url: proxy.through(database.appUrl), logger: silent });
    await playTo(store, 'active', { id: 'OPEN' });
    await store.readBack();
    proxy.edit(unreadable);
  });
  afterAll(async () => {
    await store.close();
    await proxy.close();
    await database.drop();
  });

  const failureOf = async (work: Promise<unknown>): Promise<string> =>
    work.then(
      (value) => `answered ${String(value)}`,
      (error: unknown) => (error instanceof Failure ? error.code : `not a Failure: ${String(error)}`),
    );

  it.each<[string, (of: Store) => Promise<unknown>]>([
    ['the time', (of) => of.clock.now()],
    ['a request', (of) => of.find('OPEN')],
    ['what is due', (of) => of.due(new Date('2099-01-01'), 10)],
    ['a list', (of) => of.list({ limit: 10 })],
    ['a stream', (of) => of.events(requestStream('OPEN'))],
    ['what is not ended', (of) => of.unended()],
  ])('says that it is unavailable when it is asked for %s', async (_what, ask) => {
    expect(await failureOf(ask(store))).toBe('STORE_UNAVAILABLE');
  });

  it('decides nothing on a row that it could not read: least of all that there is none', async () => {
    let decided = false;
    const changing = store.change('OPEN', 'test', () => {
      decided = true;
      return { ok: false, refusal: { code: 'unknown_request' } };
    });
    expect(await failureOf(changing)).toBe('STORE_UNAVAILABLE');
    expect(decided).toBe(false);
  });

  it('is found out by the next look', async () => {
    expect(await store.readBack()).toEqual([
      'the sessions of DATABASE_URL are not as they must be: its clock shows no date that can be read',
    ]);
  });
});

describe('a row of which a column could not be read (D6)', () => {
  it('is no row that is not there: nothing is decided on it', async () => {
    const database = await freshDatabase();
    const store = openStore({ definitions: DEFINITIONS, url: database.appUrl, logger: silent });
    await playTo(store, 'active', { id: 'OPEN' });
    await withClient(database.ownerUrl, async (owner) => {
      await owner.query('ALTER FUNCTION lock_request(text) RENAME TO lock_whole_request');
      await owner.query(`
        CREATE FUNCTION lock_request(wanted text) RETURNS TABLE (
          "now" timestamptz, "head_seq" integer, "head_hash" text, "checkpoint" integer, "document" jsonb, "version" integer,
          "seq" integer, "chats" jsonb, "drawn_version" integer, "posted_seq" integer, "updated_at" timestamptz
        ) LANGUAGE sql AS $$
          SELECT "now", "head_seq", "head_hash", "checkpoint", "document", "version", "seq", "chats", "drawn_version", "posted_seq", NULL::timestamptz
          FROM lock_whole_request(wanted) $$`);
    });
    const rows: unknown[] = [];
    const changing = store.change('OPEN', 'test', (row) => {
      rows.push(row);
      return { ok: false, refusal: { code: 'unknown_request' } };
    });
    await expect(changing).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(rows).toEqual([]);
    await store.close();
    await database.drop();
  });
});
