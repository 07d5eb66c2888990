import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freshFolder } from '../place.mjs';

const READY_MS = 30_000;

/** A `redis-server` of its own (`REDIS_SERVER`, else from the PATH), that keeps nothing on disk. */
export async function startRedis() {
  const folder = await freshFolder();
  const port = await freePort();
  const flags = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    folder.dir,
  ];
  const server = spawn(process.env.REDIS_SERVER ?? 'redis-server', flags, { stdio: 'ignore' });
  server.once('error', (error) => console.error(`redis-server could not be started: ${error.message}`));
  const client = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 100, maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  const ready = await Promise.race([client.ping(), wait(READY_MS)]);
  client.disconnect();
  if (ready !== 'PONG') throw new Error('redis-server did not answer: install it, or name it in REDIS_SERVER');
  return {
    url: `redis://127.0.0.1:${port}`,
    stop: async () => {
      const gone = once(server, 'exit');
      server.kill('SIGKILL');
      await gone;
      await folder.remove();
    },
  };
}

async function freePort() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
