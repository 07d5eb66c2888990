// What (b) is compared with: one Prisma transaction (lock, update, insert), then a BullMQ job from `add` until its
// processor runs, on the same backend. Answers each message with the milliseconds of one round.
import { PrismaPg } from '@prisma/adapter-pg';
import { createPostgresBackend, Queue, Worker } from 'bullmq';
import { PrismaClient } from '../../dist/store/generated/client.js';

const { appUrl } = JSON.parse(process.env.BENCH_ORDER);
const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: appUrl }) });
const connection = { connectionString: appUrl, schema: 'bullmq' };
const queue = new Queue('bare', { connection }, createPostgresBackend).on('error', console.error);
let started = () => undefined;
const worker = new Worker('bare', async () => started(), { connection }, createPostgresBackend).on(
  'error',
  console.error,
);
await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);

async function round() {
  const from = performance.now();
  await prisma.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT "n" FROM "bench_row" WHERE "id" = 1 FOR UPDATE`;
    await tx.$executeRaw`UPDATE "bench_row" SET "n" = "n" + 1 WHERE "id" = 1`;
    await tx.$executeRaw`INSERT INTO "bench_event" ("at") VALUES (clock_timestamp())`;
  });
  const begun = new Promise((resolve) => {
    started = resolve;
  });
  await queue.add('work', { id: 1 }, { removeOnComplete: true, removeOnFail: true });
  await begun;
  return performance.now() - from;
}

process.on('message', async () => process.send(await round()));
process.once('SIGTERM', () => process.exit(0));
process.send('ready');
