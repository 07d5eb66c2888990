import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openQueue, type WorkQueue } from '../../src/queue/open-queue.ts';
import { cases } from '../support/long.ts';
import { aWork, keepingLogger, put, type QueueServer, queueBackends } from '../support/queues.ts';
import { until } from '../support/until.ts';

const SCRIPT = fileURLToPath(new URL('./worker-process.mjs', import.meta.url));
const BUILT = fileURLToPath(new URL('../../dist/queue/worker.js', import.meta.url));
/** Section 6 of the issue: the job of a killed worker runs again within this. */
const AGAIN_MS = 15_000;
/** More kills in a row than BullMQ's own patience with a stalled job, which is one. */
const KILLS = cases(2, 3);

interface WorkerProcess {
  readonly child: ChildProcess;
  readonly lines: string[];
}

describe.each(queueBackends())('a worker killed with SIGKILL, on %s', (_name, start) => {
  let server: QueueServer;
  let queue: WorkQueue;
  const running = new Set<ChildProcess>();

  beforeAll(async () => {
    if (!existsSync(BUILT)) throw new Error('dist/ is missing: run `npm run build` first');
    server = await start();
    queue = await openQueue({ ...server.settings, logger: keepingLogger() });
  });
  afterAll(async () => {
    await Promise.all([...running].map((child) => kill(child, 'SIGKILL')));
    await queue.close();
    await server.stop();
  });

  const spawnWorker = async (ending: 'hang' | 'finish'): Promise<WorkerProcess> => {
    const child = spawn(process.execPath, [SCRIPT, JSON.stringify(server.settings), ending], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    running.add(child);
    const lines: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
    await until(() => lines.includes('ready'), 'a worker process');
    return { child, lines };
  };
  const kill = async (child: ChildProcess, signal: 'SIGKILL'): Promise<void> => {
    running.delete(child);
    const gone = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode === null && child.kill(signal)) await gone;
  };

  it(`leaves a job that runs again within ${AGAIN_MS / 1000} s, however often it is killed`, async () => {
    let current = await spawnWorker('hang');
    await put(queue, [aWork({ requestId: 'K1', grantId: 'K1' })]);
    await until(() => current.lines.includes('begun K1'), 'the job to begin');
    for (let kills = 1; kills <= KILLS; kills += 1) {
      const next = await spawnWorker(kills < KILLS ? 'hang' : 'finish');
      await kill(current.child, 'SIGKILL');
      await until(() => next.lines.includes('begun K1'), `the job to run again after kill ${kills}`, AGAIN_MS);
      current = next;
    }
    await until(() => current.lines.includes('done K1'), 'the job to be done');
    await kill(current.child, 'SIGKILL');
  }, 300_000);

  it('leaves a job that another worker takes over while the first is only stopped', async () => {
    const frozen = await spawnWorker('hang');
    await put(queue, [aWork({ requestId: 'K2', grantId: 'K2' })]);
    await until(() => frozen.lines.includes('begun K2'), 'the job to begin');
    const other = await spawnWorker('finish');
    frozen.child.kill('SIGSTOP');
    await until(() => other.lines.includes('done K2'), 'the job to run in the other worker');
    frozen.child.kill('SIGCONT');
    await kill(frozen.child, 'SIGKILL');
    await kill(other.child, 'SIGKILL');
  }, 300_000);
});
