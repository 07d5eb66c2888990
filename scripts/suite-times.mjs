// node scripts/suite-times.mjs REPORT [--keep]: the slowest suites of a run of `npm test -- --json --outputFile=REPORT`.
// With --keep, the seconds of all that took 4 s or longer are what the next runs order their suites by.
import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';

const [report, keep] = process.argv.slice(2);
if (report === undefined) {
  console.error('Name the report: node scripts/suite-times.mjs test-output/jest.json [--keep]');
  process.exit(2);
}
const KEPT_FROM_SECONDS = 4;
const SHOWN = 15;
const KEPT = new URL('../test/support/suite-seconds.json', import.meta.url);

const suites = JSON.parse(readFileSync(report, 'utf8'))
  .testResults.map(({ name, startTime, endTime }) => [
    relative(process.cwd(), name),
    Math.round((endTime - startTime) / 1000),
  ])
  .sort(([, a], [, b]) => b - a);
for (const [suite, seconds] of suites.slice(0, SHOWN)) console.log(`${String(seconds).padStart(5)} s  ${suite}`);
if (keep === '--keep') {
  const slow = Object.fromEntries(suites.filter(([, seconds]) => seconds >= KEPT_FROM_SECONDS));
  writeFileSync(KEPT, `${JSON.stringify(slow, undefined, 2)}\n`);
}
