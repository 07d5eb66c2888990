import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Fields } from './json.ts';

/** Largest body taken, in bytes: a view may have 250 kB, and a form makes it longer. */
const BODY_MAX = 2_000_000;

/** The whole body of a request. @throws when it is larger than anything Slack would take */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    const bytes = Buffer.from(part);
    size += bytes.length;
    if (size > BODY_MAX) throw new Error('The request is too large.');
    parts.push(bytes);
  }
  return Buffer.concat(parts).toString();
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

/** What went wrong, for the page. */
export const problem = (message: string): Fields => ({ ok: false, problem: message });

/** What came back from {@link postTo}. */
export type Posted =
  | { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }
  | 'timeout'
  | 'unreachable';

/**
 * Posts to an address of this machine over a connection of its own, so that an app that was restarted is never met
 * through a connection to its dead self.
 * @param timeoutMs for everything, from connecting to the last byte
 */
export function postTo(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  timeoutMs: number,
): Promise<Posted> {
  return new Promise((resolve) => {
    const sent = httpRequest(url, { method: 'POST', headers, agent: false }, (response) => {
      bodyOf(response).then(
        (text) => done({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        () => done('unreachable'),
      );
    });
    const timer = setTimeout(() => done('timeout'), timeoutMs);
    const done = (posted: Posted): void => {
      clearTimeout(timer);
      resolve(posted);
      sent.destroy();
    };
    sent.on('error', () => done('unreachable'));
    sent.end(body);
  });
}
