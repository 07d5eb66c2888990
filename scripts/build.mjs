// Builds dist/: TypeScript compiled, everything else below src/ copied as it is. Does nothing where dist/ was already made
// from these very files: bench, chaos and load each begin with a build, and what runs from dist/ must not lose it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const dist = `${root}dist`;
const stamp = `${dist}/.built-from`;

const sources = readdirSync(`${root}src`, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .sort();
const others = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json', 'scripts/build.mjs'];
const hash = createHash('sha256');
for (const file of [...sources, ...others.map((name) => `${root}${name}`)]) {
  hash.update(`${file}\0`).update(readFileSync(file)).update('\0');
}
const made = hash.digest('hex');
if (existsSync(stamp) && readFileSync(stamp, 'utf8') === made) process.exit(0);

rmSync(dist, { recursive: true, force: true });
const tsc = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});

cpSync(`${root}src`, dist, {
  recursive: true,
  filter: (source) => statSync(source).isDirectory() || !source.endsWith('.ts'),
});
const cli = `${dist}/cli/breakglass.js`;
if (existsSync(cli)) chmodSync(cli, 0o755);
if (tsc.status === 0) writeFileSync(stamp, made);
process.exit(tsc.status ?? 1);
