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
  close(): Promise<void>;
}

/** A proxy before a server of this machine, to lose connections at chosen moments. */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(target);
  let verdictOf: (chunk: Buffer) => Verdict = () => 'pass';
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
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
    upstream.on('data', (chunk) => (deaf ? cut() : client.write(chunk)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const here = server.address() as AddressInfo;
  return {
    through: (url) => Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(here.port) }).href,
    judge: (verdict) => {
      verdictOf = verdict;
    },
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
