import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { Redis } from 'ioredis';
import type { ServerCertificate } from './certificates.ts';
import { freePort } from './free-port.ts';
import { until } from './until.ts';

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Where it speaks to the other nodes of a cluster. */
  readonly busPort: number;
  /** Ends it at once, as a crash would, and resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port, empty. */
  start(): Promise<void>;
  /** FLUSHALL: everything in it is lost, and nobody loses a connection. */
  flush(): Promise<void>;
  /** One command on a connection of its own, and what it was answered. */
  ask(...command: readonly [string, ...string[]]): Promise<unknown>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/**
 * Where a `redis-server` is: `REDIS_SERVER`, else on the PATH. No npm package ships one, so a machine may have none; CI
 * must have one, and there its absence is an error.
 */
export function redisBinary(): string | undefined {
  const named = process.env.REDIS_SERVER;
  const places = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'redis-server'));
  const found = [...(named ? [named] : []), ...places].find((path) => existsSync(path));
  if (found === undefined && process.env.CI) throw new Error('CI needs a redis-server on the PATH, or REDIS_SERVER');
  return found;
}

const START_TRIES = 5;
/** Silence on a connection, in milliseconds, after which whoever is there is no Redis that answers. */
const SILENCE_MS = 5_000;

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

export interface RedisOptions {
  /** In cluster mode, without any slots. */
  readonly cluster?: boolean;
  /** Speaks TLS alone, with this certificate. */
  readonly tls?: ServerCertificate;
  /** More flags of the server. */
  readonly flags?: readonly string[];
}

/** A Redis of its own on a free port, that keeps nothing on disk. */
export async function startRedis(
  binary: string,
  { cluster = false, tls, flags = [] }: RedisOptions = {},
): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'breakglass-redis-'));
  let server: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    const going = server;
    server = undefined;
    if (going === undefined || hasEnded(going)) return;
    const gone = new Promise((resolve) => going.once('exit', resolve));
    going.kill('SIGKILL');
    await gone;
  };
  /** False where it ended instead: somebody else has the port. */
  const startOn = async (port: number): Promise<boolean> => {
    const own = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
    const doors = tls === undefined ? ['--port', String(port)] : tlsFlags(port, tls);
    const nodes = cluster ? ['--cluster-enabled', 'yes', '--cluster-port', String(busPort)] : [];
    const started = spawn(binary, [...own, ...doors, ...nodes, ...flags], { stdio: 'ignore' });
    server = started;
    await until(async () => hasEnded(started) || (await answers(port, tls)), 'redis-server to answer');
    // Whoever has its port may answer in its place.
    return !hasEnded(started);
  };
  const busPort = cluster ? await freePort() : 0;
  let port = await freePort();
  for (let tries = 1; !(await startOn(port)); tries += 1) {
    if (tries === START_TRIES) throw new Error(`redis-server ended ${START_TRIES} times as soon as it was started`);
    port = await freePort();
  }
  const url = `${tls === undefined ? 'redis' : 'rediss'}://127.0.0.1:${port}`;
  return {
    url,
    port,
    busPort,
    ask: async (name, ...words) => {
      const client = new Redis(url, { tls: { rejectUnauthorized: false }, ...(tls ? {} : { tls: undefined }) });
      client.on('error', () => undefined);
      try {
        return await client.call(name, ...words);
      } finally {
        client.disconnect();
      }
    },
    kill,
    // Found taken for a moment, such as by a client of ours that looked for it, it is free again soon.
    start: () => until(() => startOn(port), 'redis-server to have its port again'),
    flush: async () => {
      if (!(await answers(port, tls, 'FLUSHALL', '+OK'))) throw new Error('redis-server did not take FLUSHALL');
    },
    stop: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const tlsFlags = (port: number, { certFile, keyFile, authorityFile }: ServerCertificate): readonly string[] => [
  ...['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no'],
  ...['--tls-cert-file', certFile, '--tls-key-file', keyFile, '--tls-ca-cert-file', authorityFile],
];

const answers = (
  port: number,
  tls: ServerCertificate | undefined,
  command = 'PING',
  wanted = '+PONG',
): Promise<boolean> =>
  new Promise((resolve) => {
    const to = { port, host: '127.0.0.1' };
    const socket = tls === undefined ? connect(to) : connectTls({ ...to, rejectUnauthorized: false });
    const done = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('error', () => done(false));
    socket.setTimeout(SILENCE_MS, () => done(false));
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => socket.write(`${command}\r\n`));
    socket.once('data', (data) => done(data.toString().startsWith(wanted)));
  });
