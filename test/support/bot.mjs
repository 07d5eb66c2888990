// One process of the built product, as a test starts, stops and kills it. What to run comes in BREAKGLASS_TEST_BOT.
import { register } from 'node:module';
import { ADAPTERS } from '../../dist/adapters.js';
import { main } from '../../dist/main.js';

// Whoever started it is gone: nothing is left to serve.
process.once('disconnect', () => process.exit(1));

const running = await main({
  env: process.env,
  ...JSON.parse(process.env.BREAKGLASS_TEST_BOT),
  ...(process.env.BREAKGLASS_TEST_PLAIN === undefined ? {} : { adapters: await withPlain() }),
});

/** The plain-text chat of the tests beside all others. */
async function withPlain() {
  register('./plain-loader.mjs', import.meta.url);
  const { plainAdapter } = await import('../adapters/plain-chat/open.ts');
  const plain = plainAdapter(JSON.parse(process.env.BREAKGLASS_TEST_PLAIN));
  return { ...ADAPTERS, chats: [...ADAPTERS.chats, plain] };
}
process.once('SIGTERM', () => {
  running.stop().then(
    () => process.exit(0),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.send({ url: running.url });
