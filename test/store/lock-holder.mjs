// A process that takes a lock, says so, and keeps it until its signal aborts. Arguments: address, name, idle and
// heartbeat in milliseconds.
import { register } from 'node:module';

register('../support/ts-loader.mjs', import.meta.url);
const { openLocks } = await import('../../src/store/lock.ts');

const [url, name, idleMs, heartbeatMs] = process.argv.slice(2);
const silent = { info: () => {}, warn: () => {}, error: () => {} };
const locks = openLocks({
  address: { url, setting: 'DATABASE_URL' },
  logger: silent,
  times: { idleMs: Number(idleMs), heartbeatMs: Number(heartbeatMs) },
});
await locks.withLock(name, 0, async (signal) => {
  process.send('held');
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  process.send('lost');
});
process.disconnect();
