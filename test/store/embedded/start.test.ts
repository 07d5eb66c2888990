import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withClient } from '../../support/database.ts';
import { until } from '../../support/until.ts';

const STARTER = fileURLToPath(new URL('starter.mjs', import.meta.url));

interface Said {
  readonly appUrl: string;
  readonly ownerUrl: string;
  readonly lines: readonly string[];
  readonly error?: string;
}

describe('the embedded PostgreSQL', () => {
  let base: string;
  let dir: string;
  const children: ChildProcess[] = [];
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'breakglass-embedded-'));
    await chmod(base, 0o755);
    dir = join(base, '.breakglass');
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await until(async () => !(await keeperLives()), 'the keeper to end');
    await rm(base, { recursive: true, force: true });
  });

  async function start(): Promise<{ child: ChildProcess; said: Said }> {
    const child = fork(STARTER, [dir], { execArgv: [] });
    children.push(child);
    const [said] = (await once(child, 'message')) as [Said];
    return { child, said };
  }
  const address = async () => JSON.parse(await readFile(join(dir, 'postgres.json'), 'utf8'));
  async function keeperLives(): Promise<boolean> {
    const { keeper } = await address().catch(() => ({ keeper: 0 }));
    try {
      return keeper > 0 && process.kill(keeper, 0);
    } catch {
      return false;
    }
  }
  const answers = (url: string): Promise<boolean> =>
    withClient(url, (client) => client.query('SELECT 1')).then(
      () => true,
      () => false,
    );

  it('has two roles, keeps its address to its owner, and keeps its data from one start to the next', async () => {
    const first = await start();
    expect(first.said.lines.at(-1)).toBe('PostgreSQL is ready.');
    expect((await stat(join(dir, 'postgres.json'))).mode & 0o777).toBe(0o600);
    await withClient(first.said.ownerUrl, (client) => client.query('CREATE TABLE kept AS SELECT 42 AS n'));
    await expect(withClient(first.said.appUrl, (client) => client.query('CREATE TABLE mine (n int)'))).rejects.toThrow(
      /permission denied/,
    );
    first.child.send('stop');
    expect(await once(first.child, 'message')).toEqual([{ stopped: true }, undefined]);
    expect(await answers(first.said.appUrl)).toBe(false);

    const second = await start();
    const { rows } = await withClient(second.said.ownerUrl, (client) => client.query('SELECT n FROM kept'));
    expect(rows).toEqual([{ n: 42 }]);
  });

  it('stops when its process is killed, and starts again right after', async () => {
    const { child, said } = await start();
    child.kill('SIGKILL');
    await until(async () => !(await answers(said.appUrl)), 'PostgreSQL to stop');
    const again = await start();
    expect(await answers(again.said.appUrl)).toBe(true);
  });

  it('recovers when PostgreSQL itself and its keeper were killed', async () => {
    const { child, said } = await start();
    const pid = Number((await readFile(join(dir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);
    process.kill((await address()).keeper, 'SIGKILL');
    process.kill(pid, 'SIGKILL');
    child.kill('SIGKILL');
    await until(async () => !(await answers(said.appUrl)), 'PostgreSQL to be gone');
    expect(await answers((await start()).said.appUrl)).toBe(true);
  });

  it('is one for all who start at the same time', async () => {
    const both = await Promise.all([start(), start(), start()]);
    expect(new Set(both.map(({ said }) => said.appUrl)).size).toBe(1);
    expect(both.filter(({ said }) => said.lines.length > 0)).toHaveLength(1);
  });

  it('stays for those who found it running, when the one that started it lets go or another is killed', async () => {
    const first = await start();
    const [second, third] = [await start(), await start()];
    expect(second.said).toMatchObject({ appUrl: first.said.appUrl, lines: [] });
    first.child.send('stop');
    expect(await once(first.child, 'message')).toEqual([{ stopped: true }, undefined]);
    second.child.kill('SIGKILL');
    await once(second.child, 'exit');
    expect(await answers(third.said.appUrl)).toBe(true);
    third.child.kill('SIGKILL');
    await until(async () => !(await answers(first.said.appUrl)), 'PostgreSQL to stop');
  });

  it('is started anew where its keeper was killed and left it running', async () => {
    const { child, said } = await start();
    process.kill((await address()).keeper, 'SIGKILL');
    child.kill('SIGKILL');
    await until(async () => !(await keeperLives()), 'the keeper to be gone');
    expect(await answers(said.appUrl)).toBe(true);
    const again = await start();
    expect(await answers(again.said.appUrl)).toBe(true);
    expect(await answers(said.appUrl)).toBe(false);
  });

  it('takes over from one that died while it was starting', async () => {
    await mkdir(dir);
    const dead = fork(STARTER, [join(base, 'other')], { execArgv: [] });
    dead.kill('SIGKILL');
    await once(dead, 'exit');
    await writeFile(join(dir, 'starting'), String(dead.pid));
    await mkdir(join(dir, 'postgres.new'));
    expect((await start()).said.error).toBeUndefined();
  });

  it('says which folder user postgres cannot enter, where it runs as that user because we are root', async () => {
    await chmod(base, 0o700);
    const { said } = await start();
    const expected = process.getuid?.() === 0 ? `${base} cannot be entered by user postgres` : 'PostgreSQL is ready.';
    expect(said.error ?? said.lines.join()).toContain(expected);
  });
});
