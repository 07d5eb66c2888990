// Builds dist/: TypeScript compiled, everything else below src/ copied as it is.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const dist = `${root}dist`;

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
process.exit(tsc.status ?? 1);
