import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freshFolder } from './place.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));

/** (e) What an install costs: a clone of the last commit, with npm's cache as it is on this machine. */
export async function benchInstall() {
  const folder = await freshFolder();
  try {
    run('git', ['clone', '--quiet', root, `${folder.dir}/all`], folder.dir);
    run('git', ['clone', '--quiet', root, `${folder.dir}/lean`], folder.dir);
    const all = install(`${folder.dir}/all`, []);
    const lean = install(`${folder.dir}/lean`, ['--omit=dev', '--ignore-scripts']);
    const heaviest = packagesOf(`${folder.dir}/all`).slice(0, 3);
    return [
      `(e) npm ci, with what it builds: ${all.seconds} s; node_modules ${all.megabytes} MB`,
      `(e) npm ci --omit=dev --ignore-scripts: ${lean.seconds} s; node_modules ${lean.megabytes} MB`,
      `(e) heaviest: ${heaviest.map(({ name, megabytes }) => `${name} ${megabytes} MB`).join(', ')}`,
    ];
  } finally {
    await folder.remove();
  }
}

const run = (command, args, cwd) => execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });

function install(cwd, flags) {
  const from = performance.now();
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error', ...flags], cwd);
  return { seconds: Math.round((performance.now() - from) / 1000), megabytes: megabytesOf(`${cwd}/node_modules`) };
}

const megabytesOf = (folder) =>
  Math.round(Number(execFileSync('du', ['-sk', folder], { encoding: 'utf8' }).split('\t')[0]) / 1024);

/** Packages by size, heaviest first; a scope counts as its packages. */
function packagesOf(cwd) {
  const within = (folder) => readdirSync(folder).filter((name) => !name.startsWith('.'));
  return within(`${cwd}/node_modules`)
    .flatMap((name) =>
      name.startsWith('@') ? within(`${cwd}/node_modules/${name}`).map((one) => `${name}/${one}`) : [name],
    )
    .map((name) => ({ name, megabytes: megabytesOf(`${cwd}/node_modules/${name}`) }))
    .toSorted((a, b) => b.megabytes - a.megabytes);
}
