import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { within } from '../bounded.ts';
import type { Logger } from '../ports/logger.ts';

export interface WebOptions {
  readonly host: string;
  readonly port: number;
  /** Listeners by the path they answer, such as a chat's. */
  readonly routes: Readonly<Record<string, RequestListener>>;
  /** Rejects while this process cannot serve: its message is logged. */
  readonly ready: () => Promise<void>;
  /** What is known of every part. Shown to everybody who can reach the port. */
  readonly status: () => Promise<{ readonly status: 'good' | 'red' }>;
  readonly logger: Logger;
}

export interface Web {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * The one HTTP server: health, and the listeners that `main` hands it.
 * `/health/live` says that the process runs, `/health/ready` that it can receive and end, `/health/status` how every part
 * is, with 503 where one is red. Load balancers ask the second, alarms the third.
 */
export async function startWeb(options: WebOptions): Promise<Web> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const route = options.routes[path];
    if (route) return handOver(route, request, response);
    if (path === '/health/live') return answer(response, 200, { status: 'ok' });
    if (path === '/health/ready') return readiness(options, response);
    if (path === '/health/status') return status(options, response);
    return answer(response, 404, { error: 'not_found' });
  });
  // A client that trickles its headers or never sends its body must not hold a connection.
  server.requestTimeout = 15_000;
  server.headersTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  // Out of file handles, for one: an `error` that nobody listens to would end the process, and not only that connection.
  server.on('error', (error) => options.logger.error({ why: error.message }, 'a connection was not accepted'));
  const { port } = server.address() as AddressInfo;
  const host = options.host === '0.0.0.0' || options.host === '::' ? 'localhost' : options.host;
  return { url: `http://${host}:${port}`, close: () => closeServer(server) };
}

/** A listener throws at once at what it does not answer: Bolt at anything but POST. Nobody who knocks may end the process. */
function handOver(route: RequestListener, request: IncomingMessage, response: ServerResponse): void {
  try {
    route(request, response);
  } catch {
    if (response.headersSent) response.destroy();
    else answer(response, 404, { error: 'not_found' });
  }
}

/** Whoever asks waits no longer than this: a database that hangs is one that is not there. */
const READY_MS = 3_000;

function readiness(options: WebOptions, response: ServerResponse): void {
  within(READY_MS, 'readiness', options.ready()).then(
    () => answer(response, 200, { status: 'ready' }),
    (error: unknown) => {
      options.logger.warn({ why: String(error) }, 'not ready');
      answer(response, 503, { status: 'not_ready' });
    },
  );
}

function status(options: WebOptions, response: ServerResponse): void {
  options.status().then(
    (report) => answer(response, report.status === 'good' ? 200 : 503, report),
    (error: unknown) => {
      options.logger.error({ why: String(error) }, 'the status page could not be made');
      answer(response, 503, { status: 'red' });
    },
  );
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    server.closeIdleConnections();
  });
}
