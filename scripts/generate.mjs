// Generates the Prisma client. Prisma wants to download a schema engine that `generate` does not use; any existing
// file in its place stops the download, so that an install needs the npm registry and nothing else.
import { spawnSync } from 'node:child_process';

const { status } = spawnSync('npx', ['--no-install', 'prisma', 'generate', '--no-hints'], {
  stdio: ['ignore', process.argv.includes('--quiet') ? 'ignore' : 'inherit', 'inherit'],
  env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, PRISMA_HIDE_UPDATE_MESSAGE: '1' },
});
process.exit(status ?? 1);
