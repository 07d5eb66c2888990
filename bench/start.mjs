import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openStage } from '../dist/demo/stage.js';
import { inTurns, line, median } from './figures.mjs';
import { freshFolder } from './place.mjs';

const file = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const IDLE_MS = 5_000;

/** (d) From starting the process until it is ready, on data that is there; and what the idle bot holds in memory. */
export async function benchStart() {
  const stage = await openStage();
  const folder = await freshFolder();
  await copyFile(file('breakglass.example.yaml'), `${folder.dir}/breakglass.yaml`);
  const env = { ...process.env, ...stage.env, PORT: '0', LOG_LEVEL: 'info' };
  const product = [file('dist/cli/breakglass.js'), 'start', '--embedded'];
  const start = (program) => startOnce(program, { cwd: folder.dir, env });
  const held = [];
  try {
    await start(product);
    const [ready] = await inTurns({
      ours: async () => {
        const { ready: took, megabytes } = await start(product);
        held.push(megabytes);
        return { ready: took };
      },
      bare: () => start([file('bench/programs/bare-start.mjs')]),
      compared: ['ready'],
    });
    return [
      line('(d) start to ready with existing data, PostgreSQL included', ready, '<= 2x'),
      `(d) resident memory of the idle bot, Node alone: ${Math.round(median(held))} MB, aim <= 200 MB`,
    ];
  } finally {
    await stage.close();
    await folder.remove();
  }
}

/** Starts a program, waits for its line that says it is ready, looks at its memory when it is idle, and stops it. */
async function startOnce(program, { cwd, env }) {
  const from = performance.now();
  const child = spawn(process.execPath, program, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
  const gone = once(child, 'exit');
  const ready = new Promise((resolve, reject) => {
    createInterface({ input: child.stderr })
      .on('line', (said) => /"msg":"ready"/.test(said) && resolve(performance.now() - from))
      .on('close', () => reject(new Error(`${program[0]} ended before it was ready`)));
  });
  const took = await ready;
  await wait(IDLE_MS);
  const kilobytes = Number(execFileSync('ps', ['-o', 'rss=', '-p', String(child.pid)], { encoding: 'utf8' }));
  child.kill('SIGTERM');
  await gone;
  return { ready: took, megabytes: kilobytes / 1024 };
}
