import { withDeadline } from './bounded.ts';
import { proxySaid } from './core/proxy-answer.ts';
import { unstorableAt } from './core/storable.ts';

/** What an HTTP source is asked with. `now` is the process's monotonic clock, in milliseconds (`performance.now`). */
export interface HttpOptions {
  readonly fetch?: typeof fetch;
  readonly now: () => number;
  /** Sent as a bearer token. From the environment; never logged, never part of an error. */
  readonly token?: string | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: unknown;
  /** `now()` just before the request left: what the answer says was true no earlier. */
  readonly askedAt: number;
}

export interface Question {
  /** How the source is called in errors, for example `the directory`. */
  readonly source: string;
  readonly url: URL;
  /** From the request to the last byte. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/**
 * One GET whose answer is JSON. Redirects are refused: they would carry the question, and the trust, to somebody else.
 * Rejects when there is no answer in time, when it is longer than `maxBytes`, when it is not JSON, and when it holds what
 * the database cannot; the message names the host and never the token, the path or what was answered.
 */
export async function getJson(question: Question, options: HttpOptions): Promise<HttpAnswer> {
  const { source, url, timeoutMs, maxBytes } = question;
  const from = `${source} at ${url.host}`;
  const askedAt = options.now();
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await (options.fetch ?? fetch)(url, {
      headers: {
        accept: 'application/json',
        ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      },
      // `manual`, so that a redirect can be told from a server that is down.
      redirect: 'manual',
      signal,
    });
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel();
      throw new SourceError(`${from} answered with a redirect, which is not followed`);
    }
    return { status: response.status, body: await json(response, maxBytes, from), askedAt };
  } catch (error) {
    if (error instanceof SourceError) throw error;
    if (signal.aborted) throw new SourceError(`${from} did not answer within ${timeoutMs / 1000} s`);
    throw new SourceError(`${from} could not be reached${proxySaid(error)}`, { cause: error });
  }
}

/** A source gave no answer that can be believed. The message may be shown to people. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
}

async function json(response: Response, maxBytes: number, from: string): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Bytes are counted as they come: a Content-Length may lie, and a compressed answer grows.
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > maxBytes) throw new SourceError(`${from} answered with more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  const body = parsed(Buffer.concat(chunks), `${from} answered ${response.status} with something that is not JSON`);
  if (unstorableAt(body) !== undefined) {
    throw new SourceError(`${from} answered with a character that cannot be stored: NUL, or half of a surrogate pair`);
  }
  return body;
}

/** JSON is UTF-8; one mark of the byte order before it is dropped, as RFC 8259, section 8.1 allows. */
function parsed(bytes: Uint8Array, otherwise: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new SourceError(otherwise);
  }
}

/** One thing to tell somebody over HTTP. */
export interface HttpMessage {
  /** How they are called in errors. */
  readonly to: string;
  readonly url: URL;
  readonly body: string;
  /** Besides the content's type. */
  readonly headers?: Readonly<Record<string, string>>;
  /** From the request to the answer's status. */
  readonly timeoutMs: number;
}

/**
 * One POST of JSON. Resolves with the answer's status, whatever it is; what the answer says is not read, since it may
 * repeat a secret that was sent. Redirects are not followed. Rejects when there is no answer in time or `signal` aborts;
 * the message names the host alone.
 */
export async function postJson(
  { to, url, body, headers = {}, timeoutMs }: HttpMessage,
  signal: AbortSignal,
): Promise<{ readonly status: number }> {
  const limit = withDeadline(timeoutMs, signal);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      redirect: 'manual',
      signal: limit,
    });
    await response.body?.cancel();
    return { status: response.status };
  } catch (error) {
    const why = limit.aborted
      ? `did not answer within ${timeoutMs / 1000} s`
      : `could not be reached${proxySaid(error)}`;
    throw new SourceError(`${to} at ${url.host} ${why}`, { cause: error });
  }
}
