// One PostgreSQL for the whole run, started when the first suite asks for it: suites that need no database pay nothing.
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { register } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const TEMPLATE = 'template_migrated';

export default async function globalSetup() {
  let server;
  const desk = createServer((_request, response) => {
    server ??= startServer();
    server.then(
      ({ adminUrl, ownerUrl, appUrl, sealUrl }) =>
        response.end(JSON.stringify({ adminUrl, ownerUrl, appUrl, sealUrl, template: TEMPLATE })),
      (error) => response.writeHead(500).end(String(error)),
    );
  });
  desk.listen(0, '127.0.0.1');
  await once(desk, 'listening');
  desk.unref();
  process.env.BREAKGLASS_TEST_DATABASES = `http://127.0.0.1:${desk.address().port}`;
  globalThis.stopTestServices = async () => {
    desk.close();
    await (await server)?.end();
  };
}

async function startServer() {
  register('./ts-loader.mjs', import.meta.url);
  const [{ startEmbedded }, { migrate }] = await Promise.all([
    import('../../src/store/embedded/start.ts'),
    import('../../src/store/migrate.ts'),
  ]);
  const dir = await mkdtemp(join(tmpdir(), 'breakglass-test-'));
  await chmod(dir, 0o755);
  const log = () => {};
  // Data of tests outlives nothing: no reason to wait for the disk, nor to tidy up at moments that nobody chose, in the
  // way of what is copied and counted.
  const settings = ['fsync=off', 'full_page_writes=off', 'autovacuum=off'];
  const embedded = await startEmbedded({ dir, log, flags: settings.flatMap((one) => ['-c', one]) });
  const { default: pg } = await import('pg');
  const admin = new pg.Client({ connectionString: embedded.adminUrl });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${TEMPLATE} OWNER breakglass_owner`);
  await admin.query(`CREATE ROLE breakglass_seal LOGIN PASSWORD 'seal'`);
  await admin.end();
  const at = (url) => Object.assign(new URL(url), { pathname: `/${TEMPLATE}` }).href;
  const sealUrl = at(Object.assign(new URL(embedded.appUrl), { username: 'breakglass_seal', password: 'seal' }).href);
  await migrate({ ownerUrl: at(embedded.ownerUrl), appUrl: at(embedded.appUrl), sealUrl, log });
  return {
    ...embedded,
    sealUrl,
    end: async () => {
      await embedded.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
