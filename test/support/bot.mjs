// One process of the built product, as a test starts, stops and kills it. What to run comes in BREAKGLASS_TEST_BOT.
import { main } from '../../dist/main.js';

// Whoever started it is gone: nothing is left to serve.
process.once('disconnect', () => process.exit(1));

const running = await main({ env: process.env, ...JSON.parse(process.env.BREAKGLASS_TEST_BOT) });
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
