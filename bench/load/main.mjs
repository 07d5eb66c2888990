// So many open grants that end within the same minute: how late the proof of their ending is, and what limits it.
// `npm run load`, with --backend redis|postgres --grants N --provider instant|20ms --chat limited|slow|dead --over SECONDS.
// What is measured and how to read it: docs/reliability.md.
import { parseArgs } from 'node:util';
import { openPlace } from '../place.mjs';
import { startRedis } from './redis.mjs';
import { saying } from './report.mjs';
import { runLoad } from './run.mjs';

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'postgres' },
    grants: { type: 'string', default: '10000' },
    provider: { type: 'string', default: '20ms' },
    chat: { type: 'string', default: 'limited' },
    // The ends are spread evenly over so many seconds.
    over: { type: 'string', default: '60' },
    // For a test: no limits are measured, and the figures are printed as one line of JSON.
    figures: { type: 'boolean', default: false },
  },
});
const choice = (name, ...allowed) => {
  if (allowed.includes(values[name])) return values[name];
  console.error(`--${name} is one of ${allowed.join(', ')}.`);
  return process.exit(2);
};
const options = {
  backend: choice('backend', 'redis', 'postgres'),
  provider: choice('provider', 'instant', '20ms'),
  chat: choice('chat', 'limited', 'slow', 'dead'),
  grants: Number(values.grants),
  overMs: Number(values.over) * 1000,
  limits: !values.figures,
  log: values.figures ? () => undefined : (line) => console.log(line),
};
if (!Number.isInteger(options.grants) || options.grants < 1) {
  console.error('--grants is a whole number above 0.');
  process.exit(2);
}

// A test brings its own databases.
const brought = process.env.LOAD_DATABASE;
const place = brought === undefined ? await openPlace() : undefined;
const redis = options.backend === 'redis' ? await startRedis() : undefined;
let complete = false;
try {
  const database = place === undefined ? JSON.parse(brought) : await place.freshDatabase();
  const figures = await runLoad({ ...options, database, redisUrl: redis?.url });
  complete = figures.closed === options.grants && figures.open.length === 0;
  for (const line of values.figures ? [JSON.stringify(figures)] : saying(figures)) console.log(line);
} finally {
  await redis?.stop();
  await place?.close();
}
process.exit(complete ? 0 : 1);
