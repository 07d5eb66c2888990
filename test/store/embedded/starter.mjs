// A process that starts (or finds) the embedded PostgreSQL below a folder, says where it is, and stays.
import { register } from 'node:module';

register('../../support/ts-loader.mjs', import.meta.url);
const { startEmbedded } = await import('../../../src/store/embedded/start.ts');

const lines = [];
try {
  const embedded = await startEmbedded({
    dir: process.argv[2],
    log: (line) => lines.push(line),
    flags: ['-c', 'fsync=off'],
  });
  process.send({ appUrl: embedded.appUrl, ownerUrl: embedded.ownerUrl, lines });
  process.on('message', async () => {
    await embedded.stop();
    process.send({ stopped: true });
    process.disconnect();
  });
} catch (error) {
  process.send({ error: error.message });
  process.disconnect();
}
