import { Failure } from '../../src/core/failure.ts';
import { decide } from '../../src/core/request/decide.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import type { Store } from '../../src/ports/store.ts';
import { openDatabase } from '../../src/store/database.ts';
import { instantOf } from '../../src/store/decode.ts';
import { openStore } from '../../src/store/open-store.ts';
import { freshDatabase, PATIENT, type TestDatabase } from '../support/database.ts';
import { okFacts, personActor, requestCommand } from '../support/requests.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { silent } from './silent-logger.ts';

// Waited for whole, once; and longer than a busy machine stalls, or what is cut would look like what is swallowed.
const SILENCE_MS = 4_000;
const alarm = { type: 'alarm', data: { what: 'test' } } as const;
const ask = (store: Store, id: string) =>
  store.change(id, 'test', (row, now) =>
    decide(row?.request, requestCommand(id), personActor('riley'), okFacts(now), now),
  );
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no failure',
    (error: unknown) => (error instanceof Failure ? error.code : `not a Failure: ${String(error)}`),
  );

describe('what the store says when the database falls silent', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let store: Store;
  beforeEach(async () => {
    database = await freshDatabase();
    proxy = await startTcpProxy(database.appUrl);
    store = openStore({
      definitions: DEFINITIONS,
      url: proxy.through(database.appUrl),
      logger: silent,
      limits: { ...PATIENT, silenceMs: SILENCE_MS, statementMs: SILENCE_MS - 500 },
    });
    await store.ping();
  });
  afterEach(async () => {
    await store.close();
    await proxy.close();
    await database.drop();
  });

  it('does not know, when the answer of the commit was lost; the commit stands and pressing again is safe', async () => {
    proxy.judge((chunk) => (chunk.includes('COMMIT') ? 'pass_and_cut' : 'pass'));
    expect(await codeOf(ask(store, 'R1'))).toBe('COMMIT_UNKNOWN');
    proxy.judge(() => 'pass');
    expect((await store.find('R1'))?.request.state).toBe('pending');
    expect(await ask(store, 'R1')).toMatchObject({ ok: false });
  });

  it('does not know, when the commit never arrived either: it looks the same from here', async () => {
    proxy.judge((chunk) => (chunk.includes('COMMIT') ? 'cut' : 'pass'));
    expect(await codeOf(ask(store, 'R2'))).toBe('COMMIT_UNKNOWN');
    proxy.judge(() => 'pass');
    expect(await store.find('R2')).toBeUndefined();
    expect(await ask(store, 'R2')).toMatchObject({ ok: true });
  });

  it('does not know, when the network swallows the commit', async () => {
    proxy.judge((chunk) => (chunk.includes('COMMIT') ? 'swallow' : 'pass'));
    expect(await codeOf(store.record('test', [alarm]))).toBe('COMMIT_UNKNOWN');
    proxy.judge(() => 'pass');
    expect(await store.events('system')).toEqual([]);
  });

  it.each(['BEGIN', 'lock_request', 'INSERT'])('recorded nothing, when the connection is lost at %s', async (word) => {
    proxy.judge((chunk) => (chunk.includes(word) ? 'cut' : 'pass'));
    expect(await codeOf(ask(store, 'R3'))).toBe('STORE_UNAVAILABLE');
    proxy.judge(() => 'pass');
    expect(await store.find('R3')).toBeUndefined();
  });

  it('does not know, when a single statement that writes loses its answer', async () => {
    await ask(store, 'R4');
    proxy.judge((chunk) => (chunk.includes('drawn_version') ? 'pass_and_cut' : 'pass'));
    expect(await codeOf(store.chat.drawn('R4', 'slack', 1))).toBe('COMMIT_UNKNOWN');
  });

  it('does not know either, when it was sent on the driver alone; and does, when the server refused it', async () => {
    const form = { id: 'F4', kind: 'request', key: 'slack:T:U', requestId: 'R4', digest: '', channel: 'C' } as const;
    proxy.judge((chunk) => (chunk.includes('"forms"') ? 'pass_and_cut' : 'pass'));
    expect(await codeOf(store.chat.openForm(form))).toBe('COMMIT_UNKNOWN');
    proxy.judge(() => 'pass');
    const nameless = { ...form, id: null as unknown as string };
    expect(await codeOf(store.chat.openForm(nameless))).toBe('STORE_UNAVAILABLE');
  });

  it('does not know, when the answer of a single statement that writes cannot be read', async () => {
    const opened = openDatabase({
      address: { url: database.appUrl, setting: 'DATABASE_URL' },
      logger: silent,
      onSession: () => undefined,
    });
    await ask(store, 'R10');
    const written = opened.write('note a card as drawn', async (prisma) => {
      await prisma.$executeRaw`UPDATE "requests" SET "drawn_version" = 1,
        "chats" = "chats_noted"("chats", 'slack', 'drawnVersion', 1) WHERE "id" = ${'R10'}`;
      return instantOf(null, 'when it was drawn');
    });
    expect(await codeOf(written)).toBe('COMMIT_UNKNOWN');
    expect((await store.find('R10'))?.drawnVersion).toBe(1);
    const onDriver = opened.raw.write('note events as told', async (client) => {
      await client.$queryRaw`UPDATE "requests" SET "posted_seq" = 1,
        "chats" = "chats_noted"("chats", 'slack', 'postedSeq', 1) WHERE "id" = ${'R10'}`;
      return instantOf(null, 'when it was drawn');
    });
    expect(await codeOf(onDriver)).toBe('COMMIT_UNKNOWN');
    expect((await store.find('R10'))?.postedSeq).toBe(1);
    await opened.close();
  });

  it('recorded nothing, when the database is down: for every method, within the time that connecting may take', async () => {
    await proxy.close();
    // What is sent on a connection that nobody has missed yet may have arrived, for all the store knows.
    expect(await codeOf(store.ping())).toBe('STORE_UNAVAILABLE');
    const failing = [
      ask(store, 'R5'),
      store.find('R5'),
      store.record('test', [alarm]),
      store.clock.now(),
      store.installation(),
      store.withLock('x', 0, async () => 1),
      store.chat.posted('R5', 'slack', 1),
    ];
    expect(new Set(await Promise.all(failing.map(codeOf)))).toEqual(new Set(['STORE_UNAVAILABLE']));
    proxy = await startTcpProxy(database.appUrl);
  });

  it('recorded nothing, when the network swallows even the first word', async () => {
    const other = openStore({
      definitions: DEFINITIONS,
      url: proxy.through(database.appUrl),
      logger: silent,
      limits: { connectMs: 500 },
    });
    proxy.judge(() => 'swallow');
    expect(await codeOf(ask(other, 'R6'))).toBe('STORE_UNAVAILABLE');
    expect(await codeOf(other.chat.useForm('F1'))).toBe('STORE_UNAVAILABLE');
    await other.close();
  });

  it('says to migrate, where the tables are missing', async () => {
    const empty = await freshDatabase({ template: 'template1' });
    const bare = openStore({ definitions: DEFINITIONS, url: empty.appUrl, logger: silent });
    await expect(bare.find('R7')).rejects.toThrow(/breakglass migrate/);
    await expect(ask(bare, 'R7')).rejects.toThrow(/breakglass migrate/);
    await bare.close();
    await empty.drop();
  });

  it('recorded nothing, when a transaction takes longer than it may', async () => {
    const hasty = openStore({
      definitions: DEFINITIONS,
      url: database.appUrl,
      logger: silent,
      limits: { statementMs: 200 },
    });
    const slow = hasty.change('R9', 'test', (row, now) => {
      const until = performance.now() + 500;
      while (performance.now() < until);
      return decide(row?.request, requestCommand('R9'), personActor('riley'), okFacts(now), now);
    });
    expect(await codeOf(slow)).toBe('STORE_UNAVAILABLE');
    expect(await store.find('R9')).toBeUndefined();
    await hasty.close();
  });

  it('passes on what decide throws, and records nothing', async () => {
    const broken = store.change('R8', 'test', () => {
      throw new TypeError('a defect');
    });
    await expect(broken).rejects.toThrow(new TypeError('a defect'));
    expect(await store.find('R8')).toBeUndefined();
  });
});
