import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Failure } from '../../src/core/failure.ts';
import { type Locks, openLocks } from '../../src/store/lock.ts';
import { freshDatabase, type TestDatabase, withClient } from '../support/database.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { silent } from './silent-logger.ts';

const HOLDER = fileURLToPath(new URL('lock-holder.mjs', import.meta.url));
// Longer than a busy machine stalls, or a holder whose heart beats would lose its lock too.
const IDLE_MS = 4_000;
const addressed = (url: string) => ({ url, setting: 'DATABASE_URL' });

describe('a named lock', () => {
  let database: TestDatabase;
  let locks: Locks;
  const children: ChildProcess[] = [];
  beforeAll(async () => {
    database = await freshDatabase();
    locks = openLocks({ address: addressed(database.appUrl), logger: silent });
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await locks.close();
    await database.drop();
  });

  async function holderOf(name: string): Promise<ChildProcess> {
    const child = fork(HOLDER, [database.appUrl, name, String(IDLE_MS), '400'], { execArgv: [] });
    children.push(child);
    expect(await once(child, 'message')).toEqual(['held', undefined]);
    return child;
  }

  it('is held by one at a time, and given back whatever the work does', async () => {
    const inside = await locks.withLock('one', 0, async () => locks.withLock('one', 0, async () => 'inner'));
    expect(inside).toEqual({ value: undefined });
    await expect(locks.withLock('one', 0, () => Promise.reject(new Error('work failed')))).rejects.toThrow(
      'work failed',
    );
    expect(await locks.withLock('one', 0, async () => 'again')).toEqual({ value: 'again' });
  });

  it('is waited for: the next in line gets it when it is let go', async () => {
    const order: string[] = [];
    let second: Promise<unknown> | undefined;
    await locks.withLock('line', 0, async () => {
      order.push('first');
      // Asked for only now: of two that ask at once, either may be the first.
      second = locks.withLock('line', 60_000, async () => order.push('second'));
      await until(somebodyWaits, 'the second to wait');
      order.push('first is done');
    });
    await second;
    expect(order).toEqual(['first', 'first is done', 'second']);
  });

  it('is not waited for longer than was said', async () => {
    const inside = await locks.withLock('short', 0, () => locks.withLock('short', 50, async () => 'never'));
    expect(inside).toEqual({ value: undefined });
  });

  it('does not stop those of other names', async () => {
    const inside = await locks.withLock('a', 0, () => locks.withLock('b', 0, async () => 'b'));
    expect(inside).toEqual({ value: { value: 'b' } });
  });

  it('passes from a killed process to the next', async () => {
    const holder = await holderOf('dead');
    expect(await locks.withLock('dead', 0, async () => 'mine')).toBeUndefined();
    holder.kill('SIGKILL');
    expect(await locks.withLock('dead', 30_000, async () => 'mine')).toEqual({ value: 'mine' });
  });

  it('passes from a stopped process to the next, and the stopped one learns it when it goes on', async () => {
    const holder = await holderOf('stopped');
    holder.kill('SIGSTOP');
    expect(await locks.withLock('stopped', 30_000, async () => 'mine')).toEqual({ value: 'mine' });
    const notified = once(holder, 'message');
    holder.kill('SIGCONT');
    expect(await notified).toEqual(['lost', undefined]);
  });

  it('stays with one that works for longer than the silence, because its heart beats', async () => {
    const holder = await holderOf('alive');
    expect(await locks.withLock('alive', 1.5 * IDLE_MS, async () => 'mine')).toBeUndefined();
    expect(holder.exitCode).toBeNull();
  });

  it.each([
    ['ends', 'cut'],
    ['falls silent', 'swallow'],
  ] as const)('aborts the work when its connection %s', async (_what, verdict) => {
    const proxy = await startTcpProxy(database.appUrl);
    const fragile = openLocks({
      address: addressed(proxy.through(database.appUrl)),
      logger: silent,
      times: { idleMs: 2_000, heartbeatMs: 100 },
    });
    const done = await fragile.withLock(`fragile ${verdict}`, 0, async (signal) => {
      proxy.judge(() => verdict);
      await once(signal, 'abort');
      return signal.reason;
    });
    expect(done?.value).toBeInstanceOf(Failure);
    await fragile.close();
    await proxy.close();
    expect(await locks.withLock(`fragile ${verdict}`, 30_000, async () => 'mine')).toEqual({ value: 'mine' });
  });

  const somebodyWaits = (): Promise<boolean> =>
    withClient(database.adminUrl, async (client) => {
      const { rowCount } = await client.query(
        `SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
         WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted`,
      );
      return rowCount !== 0;
    });
});
