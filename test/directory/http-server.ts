import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Served {
  readonly url: string;
  /** Each request as `METHOD path`, oldest first. */
  readonly seen: string[];
  readonly tokens: (string | undefined)[];
  /** What the next requests are answered with. */
  answer: (response: ServerResponse, request: IncomingMessage) => void;
  stop(): Promise<void>;
}

/** A real HTTP server on loopback that answers what it is told to. */
export async function serve(answer: Served['answer']): Promise<Served> {
  const server = createServer((request, response) => {
    served.seen.push(`${request.method} ${request.url}`);
    served.tokens.push(request.headers.authorization);
    served.answer(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const served: Served = {
    url: `http://127.0.0.1:${port}`,
    seen: [],
    tokens: [],
    answer,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return served;
}

export const json =
  (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Served['answer'] =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };

/** A clock that moves only when told, in milliseconds. */
export function handClock() {
  let at = 5_000;
  return {
    now: () => at,
    forward: (ms: number) => {
      at += ms;
    },
  };
}

/** Answers that no source may be believed by, for both sources alike. */
export const BROKEN: readonly (readonly [promise: string, answer: Served['answer'], why: RegExp])[] = [
  ['500', json(500, { error: 'broken' }), /answered 500$/],
  [
    '503 with an HTML page',
    (response) => void response.writeHead(503).end('<html>'),
    /answered 503 with something that is not JSON/,
  ],
  ['401', json(401, { error: 'unauthorized' }), /answered 401$/],
  ['204', (response) => void response.writeHead(204).end(), /answered 204 with something that is not JSON/],
  [
    '200 with an HTML page (a captive portal)',
    (response) => void response.writeHead(200).end('<html>'),
    /answered 200 with something that is not JSON/,
  ],
  [
    'a 404 page',
    (response) => void response.writeHead(404).end('not found'),
    /answered 404 with something that is not JSON/,
  ],
  ['a 404 of something in between', json(404, { message: 'no route' }), /answered 404$/],
  ['a redirect', json(302, {}, { location: '/elsewhere' }), /answered with a redirect, which is not followed/],
  ['another shape', json(200, { people: 'everybody' }), /in another shape than docs\/sources\.md says/],
  ['an unknown member', json(200, { teams: [], people: [], root: true }), /in another shape/],
  ['nothing but null', json(200, null), /in another shape/],
  ['a connection that drops', (response) => void response.destroy(), /could not be reached/],
  [
    'half an answer',
    (response) => void response.writeHead(200, { 'content-length': '100' }).write('{', () => response.destroy()),
    /could not be reached/,
  ],
  ['an answer without end', endless, /answered with more than \d+ bytes/],
];

function endless(response: ServerResponse): void {
  response.writeHead(200);
  const more = (): void => {
    while (!response.destroyed && response.write(' '.repeat(65_536)));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
}
