// BullMQ alone on one of its backends: so many jobs, added one by one and done by a worker of this process that does
// nothing. Answers how many are done per second, from the first `add` to the last job.
import { createPostgresBackend, Queue, Worker } from 'bullmq';

const { redisUrl, appUrl, name, atOnce } = JSON.parse(process.env.BENCH_ORDER);
const connection = redisUrl === undefined ? { connectionString: appUrl, schema: 'bullmq' } : { url: redisUrl };
const backend = redisUrl === undefined ? [createPostgresBackend] : [];
const queue = new Queue(name, { connection }, ...backend).on('error', console.error);
let done = () => undefined;
const settings = { connection, concurrency: atOnce };
const worker = new Worker(name, async () => done(), settings, ...backend).on('error', console.error);
await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);

async function run({ seconds }) {
  const from = performance.now();
  const until = from + seconds * 1000;
  let added = 0;
  let finished = 0;
  const all = new Promise((resolve) => {
    done = () => {
      finished += 1;
      if (finished === added && performance.now() >= until) resolve();
    };
  });
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (performance.now() < until) {
        // No further ahead than a worker that keeps up would let it be.
        added += 1;
        await queue.add('work', { id: added }, { jobId: `load-${added}`, removeOnComplete: true, removeOnFail: true });
      }
    }),
  );
  if (finished < added) await all;
  return { perSecond: finished / ((performance.now() - from) / 1000) };
}

process.on('message', async (order) => process.send(await run(order)));
// Whoever started this has gone.
process.once('disconnect', () => process.exit(1));
process.once('SIGTERM', () => process.exit(0));
process.send('ready');
