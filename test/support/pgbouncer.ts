import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort } from './free-port.ts';
import { until } from './until.ts';

export interface Pgbouncer {
  /** The address of one of its databases, for whoever an address of the server itself is for. */
  through(url: string, database: string): string;
  stop(): Promise<void>;
}

/** One of its databases: which it leads to, and its own settings, as in `pgbouncer.ini`. */
export type Lent = Readonly<Record<string, string>>;

/**
 * Where a `pgbouncer` is: `PGBOUNCER`, else on the PATH or where Debian puts it. A machine may have none; CI must have one,
 * and there its absence is an error.
 */
export function pgbouncerBinary(): string | undefined {
  const named = process.env.PGBOUNCER;
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  const found = [...(named ? [named] : []), ...folders.map((folder) => join(folder, 'pgbouncer'))].find((path) =>
    existsSync(path),
  );
  if (found === undefined && process.env.CI) throw new Error('CI needs a pgbouncer on the PATH, or PGBOUNCER');
  return found;
}

/**
 * A pooler in front of the server that `urls` lead to, for their roles.
 * @param databases By name, what each is: `{ dbname, pool_mode, pool_size }`
 * @see https://www.pgbouncer.org/config.html
 */
export async function startPgbouncer(
  binary: string,
  urls: readonly string[],
  databases: Readonly<Record<string, Lent>>,
  settings: Lent = {},
): Promise<Pgbouncer> {
  const folder = await mkdtemp(join(tmpdir(), 'breakglass-pgbouncer-'));
  await chmod(folder, 0o755);
  const port = await freePort();
  const server = new URL(urls[0] ?? '');
  const line = (of: Lent): string =>
    Object.entries(of)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ');
  const config = [
    '[databases]',
    ...Object.entries(databases).map(
      ([name, of]) => `${name} = ${line({ host: server.hostname, port: server.port, ...of })}`,
    ),
    '[pgbouncer]',
    ...Object.entries({
      listen_addr: '127.0.0.1',
      listen_port: String(port),
      unix_socket_dir: '',
      auth_type: 'plain',
      auth_file: join(folder, 'users.txt'),
      ...settings,
    }).map(([name, value]) => `${name} = ${value}`),
  ];
  const users = urls.map((url) => new URL(url)).map(({ username, password }) => `"${username}" "${password}"`);
  await writeFile(join(folder, 'users.txt'), `${users.join('\n')}\n`);
  await writeFile(join(folder, 'pgbouncer.ini'), `${config.join('\n')}\n`);
  // It refuses to run as root, and takes the rights of whom it is told.
  const as = process.getuid?.() === 0 ? ['-u', 'postgres'] : [];
  const child = spawn(binary, ['-q', ...as, join(folder, 'pgbouncer.ini')], { stdio: ['ignore', 'ignore', 'pipe'] });
  const said: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(String(chunk)));
  await until(async () => hasEnded(child) || (await listens(port)), 'pgbouncer to listen');
  if (hasEnded(child)) throw new Error(`pgbouncer ended: ${said.join('')}`);
  return {
    through: (url, database) =>
      Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(port), pathname: `/${database}` }).href,
    stop: async () => {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      if (!hasEnded(child)) {
        child.kill('SIGKILL');
        await gone;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
