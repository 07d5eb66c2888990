// What can be known of a change without any server, in under a minute: `npm run check`. Types and lint beside each other,
// then every suite that reaches out of no process (see suites.mjs) and took less than ten seconds when it was measured.
// `npm test` has the rest.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { allSuites, pureSuites } from './suites.mjs';

/** Seconds of one suite, as `suite-times.mjs --keep` wrote them down. */
const LONG_S = 10;
const SECONDS = JSON.parse(readFileSync(new URL('../test/support/suite-seconds.json', import.meta.url), 'utf8'));

const cwd = fileURLToPath(new URL('../', import.meta.url));
const pure = pureSuites(cwd);
const suites = pure.filter((suite) => (SECONDS[suite] ?? 0) < LONG_S);
const left = pure.filter((suite) => !suites.includes(suite));

const run = (name, args) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd, stdio: 'inherit' });
    child.once('error', (error) => {
      console.error(String(error));
      resolve(false);
    });
    child.once('exit', (code) => {
      if (code !== 0) console.error(`check: ${name} failed`);
      resolve(code === 0);
    });
  });

const began = performance.now();
const first = await Promise.all([
  run('types', ['node_modules/typescript/bin/tsc', '--noEmit']),
  run('lint', ['node_modules/@biomejs/biome/bin/biome', 'check', '.']),
]);
const node = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
const jest = ['--silent', `--maxWorkers=${Math.min(availableParallelism(), 4)}`];
const tests = await run('tests', [...node, ...jest, '--runTestsByPath', ...suites]);
const seconds = Math.round((performance.now() - began) / 1000);
if (left.length > 0) console.log(`check: left to npm test, being long: ${left.join(', ')}`);
console.log(`check: ${suites.length} of ${allSuites(cwd).length} suites, types and lint in ${seconds} s`);
process.exit(first.every(Boolean) && tests ? 0 : 1);
