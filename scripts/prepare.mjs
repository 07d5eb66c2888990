// What npm runs after `npm ci` in a clone: the client generated, dist/ built. Where the tools for that are not
// installed (`--omit=dev`) there is nothing to do: an image brings dist/ along.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const missing = ['prisma', 'typescript'].filter((name) => !existsSync(`${root}node_modules/${name}/package.json`));
if (missing.length > 0) {
  console.log(`Not building: ${missing.join(' and ')} not installed. dist/ must come from a build with all packages.`);
  process.exit(0);
}
for (const step of [['scripts/generate.mjs', '--quiet'], ['scripts/build.mjs']]) {
  const { status } = spawnSync(process.execPath, step, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
