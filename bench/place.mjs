import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startEmbedded } from '../dist/store/embedded/start.js';
import { migrate } from '../dist/store/migrate.js';

/** A folder of its own that user `postgres` may pass through, and a way to be rid of it. */
export async function freshFolder() {
  const dir = await mkdtemp(join(tmpdir(), 'breakglass-bench-'));
  await chmod(dir, 0o755);
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** One PostgreSQL, as the product starts it: it waits for the disk at every commit. */
export async function openPlace() {
  const folder = await freshFolder();
  const server = await startEmbedded({ dir: folder.dir, log: () => undefined });
  return {
    adminUrl: server.adminUrl,
    /** A migrated database of its own. */
    freshDatabase: async () => {
      const name = `bench_${randomBytes(5).toString('hex')}`;
      const at = (url) => Object.assign(new URL(url), { pathname: `/${name}` }).href;
      await query(server.adminUrl, `CREATE DATABASE ${name} OWNER breakglass_owner`);
      const urls = { name, ownerUrl: at(server.ownerUrl), appUrl: at(server.appUrl), adminUrl: at(server.adminUrl) };
      await migrate({ ...urls, log: () => undefined });
      return urls;
    },
    close: async () => {
      await server.stop();
      await folder.remove();
    },
  };
}

/** One statement on a connection of its own. */
export async function query(url, sql) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Starts one of the programs in `bench/programs/` in a process of its own; resolves when it says that it is ready. */
export async function program(name, order, env = {}) {
  const child = fork(fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url)), {
    env: {
      ...process.env,
      ...env,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      BENCH_ORDER: JSON.stringify(order),
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const next = () =>
    new Promise((resolve, reject) => {
      const onMessage = (answer) => {
        child.off('exit', onExit);
        resolve(answer);
      };
      const onExit = (code) => {
        child.off('message', onMessage);
        reject(new Error(`${name} ended with ${code} before it answered`));
      };
      child.once('message', onMessage).once('exit', onExit);
    });
  return {
    ready: await next(),
    /** Sends a message and resolves to the answer. */
    ask: (message) => {
      const answer = next();
      child.send(message);
      return answer;
    },
    stop: async () => {
      if (child.exitCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    },
  };
}
