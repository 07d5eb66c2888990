// Rebuilds and restarts on every change: `npm run dev` the demo, `npm run dev -- dist/cli/breakglass.js start …` whatever
// else runs from dist/. What does not compile is shown, and the program that ran goes on until it compiles again.
import { spawn } from 'node:child_process';
import { copyFileSync, statSync, watch } from 'node:fs';
import { fileURLToPath } from 'node:url';

const cwd = fileURLToPath(new URL('../', import.meta.url));
const [file = 'dist/demo/main.js', ...args] = process.argv.slice(2);
/** A save of many files, or a checkout, is one change. */
const SETTLE_MS = 300;
/** A program that does not stop when asked would keep its port. */
const STOP_MS = 30_000;

const say = (line) => console.log(`dev: ${line}`);
// In groups of their own: Ctrl-C reaches this process alone, which then stops each of them, once.
const start = (command, stdio) => spawn(process.execPath, command, { cwd, detached: true, stdio });
const ended = (child) => new Promise((resolve) => child.once('exit', resolve));

let program;
let stopping = false;

async function stopProgram() {
  const child = program;
  program = undefined;
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const over = ended(child);
  child.kill('SIGINT');
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await over;
  clearTimeout(late);
}

const compile = async () =>
  (await ended(
    start(['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--noEmitOnError'], 'inherit'),
  )) === 0;

// One at a time; changes meanwhile are one more.
let working = Promise.resolve();
let wanted;
function changed() {
  clearTimeout(wanted);
  wanted = setTimeout(() => {
    working = working.then(renew);
  }, SETTLE_MS);
}

async function renew() {
  if (!stopping && (await compile())) await restart();
}

async function restart() {
  await stopProgram();
  if (stopping) return;
  say(`starting ${[file, ...args].join(' ')}`);
  const child = start([file, ...args], 'inherit');
  program = child;
  child.once('exit', (code) => program === child && say(`it ended (${code}); the next change starts it again`));
}

// The build copies what is not TypeScript; the demo reads its policy at its start.
const watchers = [
  watch(`${cwd}src`, { recursive: true }, (_kind, name) => {
    if (name === null || name.startsWith('store/generated')) return;
    const other = !name.endsWith('.ts') && statSync(`${cwd}src/${name}`, { throwIfNoEntry: false })?.isFile();
    if (other) copyFileSync(`${cwd}src/${name}`, `${cwd}dist/${name}`);
    changed();
  }),
  watch(`${cwd}breakglass.example.yaml`, changed),
];
async function stop() {
  if (stopping) return;
  stopping = true;
  clearTimeout(wanted);
  for (const one of watchers) one.close();
  await working;
  await stopProgram();
  say('stopped');
  process.exit(0);
}
process.on('SIGINT', stop);
process.on('SIGTERM', stop);

working = ended(start(['scripts/build.mjs'], 'inherit')).then((code) =>
  code === 0 ? restart() : say('it does not compile yet'),
);
