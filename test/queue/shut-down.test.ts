import { openQueue } from '../../src/queue/open-queue.ts';
import { startWorker } from '../../src/queue/worker.ts';
import { freshDatabase, type TestDatabase, withClient } from '../support/database.ts';
import { aWork, clockAhead, keepingLogger, put } from '../support/queues.ts';
import { startTcpProxy, type TcpProxy, withFarewell } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

describe('a queue on a PostgreSQL that is shut down in the moment of an answer', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  beforeAll(async () => {
    database = await freshDatabase();
    proxy = await startTcpProxy(database.appUrl);
  });
  afterAll(async () => {
    await proxy.close();
    await database.drop();
  });

  it('ends no process: it is opened again, and workers go on', async () => {
    const logger = keepingLogger();
    const open = () => openQueue({ postgresUrl: proxy.through(database.appUrl), logger });
    proxy.edit(withFarewell);
    await expect(open()).rejects.toThrow();
    proxy.edit((chunk) => chunk);
    const queue = await open();
    let done = 0;
    const perform = async () => {
      done += 1;
    };
    const worker = await startWorker({ queue, perform, clock: clockAhead(), logger });
    await put(queue, [aWork()]);
    await until(() => done === 1, 'the first work');

    let farewells = 0;
    proxy.edit((chunk) => {
      farewells += 1;
      return withFarewell(chunk);
    });
    await withClient(database.adminUrl, async (admin) => {
      await admin.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      );
    });
    await until(() => farewells > 10, 'connections to be made again, in vain');
    proxy.edit((chunk) => chunk);
    await put(queue, [aWork({ requestId: 'R2', grantId: 'R2' })]);
    await until(() => done === 2, 'the work of later');
    await worker.stop();
    await queue.close();
  }, 60_000);
});
