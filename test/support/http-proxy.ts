import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';

/** A proxy as companies have them: it wants a password, makes ways (CONNECT), passes plain requests on, and keeps a list. */
export interface HttpProxy {
  /** With the password in it. */
  readonly url: string;
  readonly password: string;
  /** Every host that was asked for, with its port, in order. */
  readonly asked: string[];
  /** Where names of our own stand; others are not reached. */
  readonly hosts: Map<string, number>;
  /** Answers everything with this instead, and this body. */
  refuse: { readonly status: number; readonly body?: string } | undefined;
  /** Ends every way that it made: what it refuses from now on nobody has already. */
  drop(): void;
  close(): Promise<void>;
}

export async function startHttpProxy(): Promise<HttpProxy> {
  const password = 'pa55-of-the-proxy';
  const asked: string[] = [];
  const hosts = new Map<string, number>();
  const ways = new Set<Duplex>();
  const expected = `Basic ${Buffer.from(`bot:${password}`).toString('base64')}`;
  /** What is said instead of an answer, or the port to go to. */
  const judge = ({ headers }: IncomingMessage, host: string, port: string) => {
    asked.push(`${host}:${port}`);
    const to = hosts.get(host);
    if (proxy.refuse !== undefined) return proxy.refuse;
    if (headers['proxy-authorization'] !== expected) return { status: 407 };
    return to ?? { status: 502 };
  };
  const server = createServer((incoming, response) => {
    const url = new URL(incoming.url ?? '');
    const to = judge(incoming, url.hostname, url.port || '80');
    if (typeof to !== 'number') return void response.writeHead(to.status).end(to.body ?? '');
    const { 'proxy-authorization': _ours, ...headers } = incoming.headers;
    const passed = request({
      port: to,
      host: '127.0.0.1',
      method: incoming.method,
      path: `${url.pathname}${url.search}`,
      headers,
    });
    passed.once('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passed.once('error', () => response.destroy());
    incoming.pipe(passed);
  });
  server.on('connect', (incoming: IncomingMessage, socket, head: Buffer) => {
    const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(incoming.url ?? '') ?? [];
    const to = judge(incoming, host, port);
    socket.on('error', () => undefined);
    if (typeof to !== 'number') {
      const { status, body = '' } = to;
      return void socket.end(
        `HTTP/1.1 ${status} No\r\ncontent-type: text/xml\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
    }
    ways.add(socket);
    socket.once('close', () => ways.delete(socket));
    const there = connect(to, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      there.write(head);
      socket.pipe(there).pipe(socket);
    });
    there.on('error', () => socket.destroy());
    socket.once('close', () => there.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const proxy: HttpProxy = {
    url: `http://bot:${password}@127.0.0.1:${port}`,
    password,
    asked,
    hosts,
    refuse: undefined,
    drop: () => {
      for (const way of ways) way.destroy();
    },
    close: async () => {
      for (const way of ways) way.destroy();
      server.closeAllConnections();
      server.close();
    },
  };
  return proxy;
}
