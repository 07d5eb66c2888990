// A worker in a process of its own, for tests that kill it. Runs from dist/, like every process that a test kills.
// Prints a line for every job it begins, and never finishes one, unless told to. Adds a job of its own where it is named one.
import { openQueue } from '../../dist/queue/open-queue.js';
import { startWorker } from '../../dist/queue/worker.js';

const [, , settings, ending, own] = process.argv;
const say = (line) => process.stdout.write(`${line}\n`);
const quiet = { info() {}, warn() {}, error() {} };
const queue = await openQueue({ ...JSON.parse(settings), logger: quiet });
await startWorker({
  queue,
  clock: { now: async () => new Date() },
  logger: quiet,
  perform: async ({ requestId }) => {
    say(`begun ${requestId}`);
    if (ending !== 'finish') await new Promise(() => undefined);
    say(`done ${requestId}`);
  },
});
say('ready');
if (own !== undefined) {
  const dueAt = new Date();
  await queue.add([{ name: 'revoke', requestId: own, dueAt, generation: String(dueAt.getTime()) }], dueAt);
}
