import { spawnSync } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';

const TYPESCRIPT = new URL('./support/ts-register.mjs', import.meta.url).href;
const LOGGER = new URL('../src/logger.ts', import.meta.url).href;
const PROGRAM = `
  const { makeLogger } = await import(${JSON.stringify(LOGGER)});
  const logger = makeLogger('info');
  for (let line = 0; line < 3; line += 1) {
    logger.info({ line }, 'written');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  process.stdout.write('goes on', () => process.kill(process.pid, 'SIGKILL'));
`;

(existsSync('/dev/full') ? describe : describe.skip)('a log on a disk that is full', () => {
  it('stops nothing: lines are lost, and the process goes on', () => {
    const args = ['--import', TYPESCRIPT, '--input-type=module', '--eval', PROGRAM];
    const stdio = ['ignore', 'pipe', openSync('/dev/full', 'w')] as const;
    const { stdout } = spawnSync(process.execPath, args, { stdio: [...stdio], timeout: 20_000, encoding: 'utf8' });
    expect(stdout).toBe('goes on');
  }, 30_000);
});
