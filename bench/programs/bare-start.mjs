// What (d) is compared with: Bolt, BullMQ, the Prisma client and pg imported, and the same PostgreSQL started.
import '@slack/bolt';
import 'bullmq';
import 'pg';
import '../../dist/store/generated/client.js';
import { startEmbedded } from '../../dist/store/embedded/start.js';

const server = await startEmbedded({ dir: '.breakglass', log: () => undefined });
process.once('SIGTERM', async () => {
  await server.stop();
  process.exit(0);
});
// Nothing else keeps this process.
setInterval(() => undefined, 60_000);
console.error('{"msg":"ready"}');
