import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What becomes of a chunk that a client sent. */
export type Verdict =
  /** Goes on. */
  | 'pass'
  /** Goes on, and the connection ends before any answer comes back: the client cannot know what happened. */
  | 'pass_and_cut'
  /** Never arrives; the connection ends. */
  | 'cut'
  /** Never arrives, and nobody says so. */
  | 'swallow';

export interface TcpProxy {
  /** The URL, with this proxy in place of its host and port. */
  through(url: string): string;
  /** Judges every chunk from now on. */
  judge(verdict: (chunk: Buffer) => Verdict): void;
  /** Changes every chunk that the server sends from now on. */
  edit(answer: (chunk: Buffer) => Buffer): void;
  close(): Promise<void>;
}

/**
 * A proxy before a server of this machine, to lose connections at chosen moments. `target` is asked at every connection,
 * for a server that comes back elsewhere; one that throws turns the connection away.
 */
export async function startTcpProxy(target: string | (() => string)): Promise<TcpProxy> {
  const targetNow = typeof target === 'string' ? () => target : target;
  let verdictOf: (chunk: Buffer) => Verdict = () => 'pass';
  let edited = (chunk: Buffer): Buffer => chunk;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = reach(targetNow);
    if (upstream === undefined) {
      client.destroy();
      return;
    }
    let deaf = false;
    const cut = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', cut).on('close', () => {
        sockets.delete(socket);
        cut();
      });
    }
    client.on('data', (chunk) => {
      const verdict = verdictOf(chunk);
      if (verdict === 'cut') return cut();
      if (verdict === 'swallow') return;
      deaf ||= verdict === 'pass_and_cut';
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => (deaf ? cut() : client.write(edited(chunk))));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const here = server.address() as AddressInfo;
  return {
    through: (url) => Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(here.port) }).href,
    judge: (verdict) => {
      verdictOf = verdict;
    },
    edit: (answer) => {
      edited = answer;
    },
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

function reach(targetNow: () => string): Socket | undefined {
  try {
    const { hostname, port } = new URL(targetNow());
    return connect(Number(port), hostname);
  } catch {
    return undefined;
  }
}

const READY = Buffer.from('Z\0\0\0\x05I', 'latin1');
const FAREWELL = Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0');

/** Edits answers of PostgreSQL: as of a server that is shut down just then, which says so in the same breath. */
export function withFarewell(chunk: Buffer): Buffer {
  if (!chunk.subarray(-READY.length).equals(READY)) return chunk;
  const head = Buffer.from('E\0\0\0\0', 'latin1');
  head.writeUInt32BE(FAREWELL.length + 4, 1);
  return Buffer.concat([chunk, head, FAREWELL]);
}
