// One sealer of the built product, as a test starts, stops and kills it. How it runs comes in BREAKGLASS_TEST_SEALER.
import { sealer } from '../../dist/sealer.js';

// Whoever started it is gone: nothing is left to seal for.
process.once('disconnect', () => process.exit(1));

try {
  const running = await sealer({ env: process.env, ...JSON.parse(process.env.BREAKGLASS_TEST_SEALER) });
  process.once('SIGTERM', () => {
    running.stop().then(
      () => process.exit(0),
      (error) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
  process.send({});
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
