// The product, in the role it is told, against the local workspace and cloud that its environment names.

import { DEMO_FLOORS } from '../../dist/demo/overlay.js';
import { main } from '../../dist/main.js';

const { role, policyText } = JSON.parse(process.env.BENCH_ORDER);
const running = await main({
  env: process.env,
  role,
  file: 'breakglass.yaml',
  lowered: { floors: DEMO_FLOORS, policyText },
});
process.once('SIGTERM', async () => {
  await running.stop();
  process.exit(0);
});
process.send({ url: running.url });
