// So many open grants that end within the same minute: how late the proof of their ending is, and what limits it.
// `npm run load`, with --backend redis|postgres --grants N --provider instant|20ms --chat limited|slow|dead --over SECONDS.
// `npm run load -- warm`, with --forms N --at-once N: how many forms open in time right after a start.
// What is measured and how to read it: docs/reliability.md.
import { parseArgs } from 'node:util';
import { openPlace } from '../place.mjs';
import { startRedis } from './redis.mjs';
import { saying } from './report.mjs';
import { runLoad } from './run.mjs';
import { runWarm, warmLines } from './warm.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    backend: { type: 'string', default: 'postgres' },
    grants: { type: 'string', default: '10000' },
    provider: { type: 'string', default: '20ms' },
    chat: { type: 'string', default: 'limited' },
    // The ends are spread evenly over so many seconds.
    over: { type: 'string', default: '60' },
    forms: { type: 'string', default: '500' },
    'at-once': { type: 'string', default: '50' },
    // For a test: no limits are measured, and the figures are printed as one line of JSON.
    figures: { type: 'boolean', default: false },
  },
});
const choice = (name, ...allowed) => {
  if (allowed.includes(values[name])) return values[name];
  console.error(`--${name} is one of ${allowed.join(', ')}.`);
  return process.exit(2);
};
const counted = (name) => {
  const number = Number(values[name]);
  if (Number.isInteger(number) && number > 0) return number;
  console.error(`--${name} is a whole number above 0.`);
  return process.exit(2);
};
const options = {
  backend: choice('backend', 'redis', 'postgres'),
  provider: choice('provider', 'instant', '20ms'),
  chat: choice('chat', 'limited', 'slow', 'dead'),
  grants: counted('grants'),
  overMs: Number(values.over) * 1000,
  limits: !values.figures,
  log: values.figures ? () => undefined : (line) => console.log(line),
};
const warm = positionals[0] === 'warm';
if (positionals.length > (warm ? 1 : 0)) {
  console.error('There is "warm", and what is run without a word.');
  process.exit(2);
}

// A test brings its own databases.
const brought = process.env.LOAD_DATABASE;
const place = brought === undefined ? await openPlace() : undefined;
const redis = options.backend === 'redis' && !warm ? await startRedis() : undefined;
let complete = false;
try {
  const database = place === undefined ? JSON.parse(brought) : await place.freshDatabase();
  if (warm) {
    const asked = { forms: counted('forms'), atOnce: counted('at-once') };
    const figures = await runWarm({ ...asked, database, log: options.log });
    complete = figures.opened === figures.forms;
    for (const line of values.figures ? [JSON.stringify(figures)] : warmLines(figures)) console.log(line);
  } else {
    const figures = await runLoad({ ...options, database, redisUrl: redis?.url });
    complete = figures.closed === options.grants && figures.open.length === 0;
    for (const line of values.figures ? [JSON.stringify(figures)] : saying(figures)) console.log(line);
  }
} finally {
  await redis?.stop();
  await place?.close();
}
process.exit(complete ? 0 : 1);
