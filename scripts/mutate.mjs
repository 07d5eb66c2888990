// Mutation sample: changes one operator at a time in a copy of this repository, runs the given suites there, and names
// each change that no test noticed.
//
//   npm run mutate -- SEED COUNT 'test/core' src/core/request/decide-approve.ts ...
//
// The same seed on the same files makes the same changes. Suites whose name contains "walk" take longest, so they run
// only where the others noticed nothing. Exit code 1 where a change survived.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const SWAPS = [
  [' >= ', ' > '],
  [' <= ', ' < '],
  [' > ', ' >= '],
  [' < ', ' <= '],
  [' === ', ' !== '],
  [' !== ', ' === '],
  [' && ', ' || '],
  [' || ', ' && '],
  [' ?? ', ' && '],
  ['.some(', '.every('],
  ['.every(', '.some('],
  ['return refuse(', 'if (false) return refuse('],
  ['if (', 'if (!!0 && '],
  [' + ', ' - '],
  [' - ', ' + '],
];
const NO_CODE = /^\s*(\/\/|\*|\/\*|import|export type|export interface|readonly)/;
const TIMEOUT_MS = 300_000;

const [seed, count, suites, ...files] = process.argv.slice(2);
if (files.length === 0) {
  console.error("usage: npm run mutate -- SEED COUNT 'SUITES' FILE...");
  process.exit(2);
}

/** Mulberry32: small, and the same everywhere. */
function randomFrom(start) {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function sitesIn(file) {
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line, row) => {
      if (NO_CODE.test(line)) return [];
      return SWAPS.flatMap(([from, to]) => {
        const at = line.indexOf(from);
        return at >= 0 && !/=>\s*$/.test(line.slice(0, at)) ? [{ file, row, at, from, to }] : [];
      });
    });
}

/** What the tests need of the repository; packages are linked. */
function copyOfRepository() {
  const copy = mkdtempSync(join(tmpdir(), 'breakglass-mutate-'));
  const skipped = new Set(['.git', 'node_modules', 'dist']);
  cpSync(process.cwd(), copy, {
    recursive: true,
    filter: (path) => !skipped.has(path.slice(process.cwd().length + 1)),
  });
  symlinkSync(resolve('node_modules'), join(copy, 'node_modules'));
  return copy;
}

function jest(cwd, ...args) {
  const run = spawnSync(
    process.execPath,
    ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js', ...args],
    { cwd, encoding: 'utf8', timeout: TIMEOUT_MS },
  );
  return { failed: run.status !== 0, said: run.stdout + run.stderr };
}

const copy = copyOfRepository();
const leave = () => rmSync(copy, { recursive: true, force: true });
process.on('exit', leave);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

const sites = files.flatMap(sitesIn);
const random = randomFrom(Number(seed));
const chosen = [];
while (chosen.length < Number(count) && sites.length > 0) {
  chosen.push(...sites.splice(Math.floor(random() * sites.length), 1));
}

const tests = jest(copy, '--listTests', ...suites.split(' '))
  .said.split('\n')
  .filter((line) => line.endsWith('.test.ts'));
const quick = tests.filter((file) => !/walk|property|verify-bundle|transitions/.test(file));
// In one file they share what they import, which takes longer than most of them do.
const together = join(copy, 'test', 'all-quick.test.ts');
writeFileSync(together, quick.map((file) => `import '${file}';\n`).join(''));
const wanted = [quick.length > 0 ? [together] : [], tests.filter((file) => !quick.includes(file))].filter(
  ({ length }) => length > 0,
);

let made = 0;
let survived = 0;
for (const { file, row, at, from, to } of chosen) {
  const path = join(copy, file);
  const before = readFileSync(path, 'utf8');
  const lines = before.split('\n');
  lines[row] = lines[row].slice(0, at) + to + lines[row].slice(at + from.length);
  writeFileSync(path, lines.join('\n'));
  let parses = true;
  const noticed = wanted.some((paths) => {
    const run = jest(copy, '--runInBand', '--bail', '--silent', '--runTestsByPath', ...paths);
    parses &&= !/SyntaxError|Syntax Error|Unexpected token/.test(run.said);
    return run.failed;
  });
  writeFileSync(path, before);
  if (!parses) continue;
  made += 1;
  if (noticed) continue;
  survived += 1;
  console.log(`SURVIVED ${file}:${row + 1} «${from.trim()}» -> «${to.trim()}»: ${lines[row].trim().slice(0, 130)}`);
}
console.log(`${made} changes, ${survived} survived, ${chosen.length - made} did not parse`);
process.exitCode = survived === 0 ? 0 : 1;
