// The product as a worker. With the provider `instant` its cloud answers at once, and as a cloud that did all it was
// told. Counts what it puts on the queue for a few requests, its memory each second, and what of it lives whenever asked.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DEMO_FLOORS } from '../../dist/demo/overlay.js';
import { main } from '../../dist/main.js';
import { jobId } from '../../dist/queue/job.js';

const SAMPLE_MS = 1_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

const { policyText, provider, watched } = JSON.parse(process.env.BENCH_ORDER);
const counted = new Set(watched);
const jobs = new Set();
const memory = [];

const instant = (own) => ({
  ...own,
  close: async () => ({ hashes: { revoked: '0'.repeat(64) } }),
  isEnded: async () => true,
  observe: async (plan) => ({
    found: true,
    cloudTime: plan.plannedEnd,
    open: false,
    pastEnd: false,
    ended: true,
    nativeEndIntact: true,
    altered: [],
  }),
});

const running = await main({
  env: process.env,
  role: 'worker',
  file: 'breakglass.yaml',
  lowered: {
    floors: DEMO_FLOORS,
    policyText,
    // Its roles do not stand in the local AWS at all.
    ...(provider === 'instant' && { cloudSweepMs: false }),
    rewire: {
      ...(provider === 'instant' && { clouds: { aws: instant } }),
      schedule: (own) => ({
        add: (work, now) => {
          for (const one of work) if (counted.has(one.requestId)) jobs.add(jobId(one));
          return own.add(work, now);
        },
      }),
    },
  },
});
const sampling = setInterval(() => {
  const { rss, heapUsed } = process.memoryUsage();
  memory.push({ rss, heapUsed });
}, SAMPLE_MS);

process.on('message', () => {
  collectGarbage();
  process.send({ jobs: [...jobs], memory, cpu: process.cpuUsage(), live: process.memoryUsage().heapUsed });
});
// Whoever started this has gone.
process.once('disconnect', () => process.exit(1));
process.once('SIGTERM', async () => {
  clearInterval(sampling);
  await running.stop();
  process.exit(0);
});
process.send('ready');
