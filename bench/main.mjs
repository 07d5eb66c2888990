// Prints how much the product costs over its parts alone, as ratios. `npm run bench`, or `npm run bench -- a c` for some.
// What is compared with what: docs/bench.md.
import { cpus, totalmem } from 'node:os';
import { benchApprove } from './approve.mjs';
import { benchCommand } from './command.mjs';
import { benchCycles } from './cycles.mjs';
import { benchHistory } from './history.mjs';
import { benchInstall } from './install.mjs';
import { benchOpening } from './opening.mjs';
import { openPlace } from './place.mjs';
import { benchStart } from './start.mjs';

const BENCHES = {
  a: benchCommand,
  b: benchApprove,
  c: benchCycles,
  d: benchStart,
  e: benchInstall,
  f: benchHistory,
  g: benchOpening,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  console.error(`There is no benchmark "${unknown[0]}". There are ${Object.keys(BENCHES).join(', ')}.`);
  process.exit(2);
}
console.log(
  `Node ${process.version}, ${cpus().length} CPUs (${cpus()[0]?.model}), ${Math.round(totalmem() / 2 ** 30)} GB`,
);
console.log('Each ratio is the median of five runs in turns with what it is compared with; least … most beside it.');
const place = await openPlace();
try {
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    for (const said of await bench(place)) console.log(said);
  }
} finally {
  await place.close();
}
