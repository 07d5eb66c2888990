import { Failure } from '../core/failure.ts';
import { type HttpMessage, postJson } from '../http-json.ts';

const TIMEOUT_MS = 8_000;
/** Asked again later: too early, too much at once. Whatever else begins with 4 says that it is refused as it is. */
const LATER: ReadonlySet<number> = new Set([408, 425, 429]);

/**
 * Sends one page. Resolves when it was taken (2xx). `PAGER_UNAVAILABLE` when the same may be taken later, `PAGER_REFUSED`
 * when it will not be; neither holds anything of what was sent or answered.
 */
export async function send(message: Omit<HttpMessage, 'timeoutMs'>, signal: AbortSignal): Promise<void> {
  const { status } = await postJson({ ...message, timeoutMs: TIMEOUT_MS }, signal).catch((error: unknown) => {
    throw new Failure('PAGER_UNAVAILABLE', error instanceof Error ? error.message : 'unknown', { cause: error });
  });
  if (status >= 200 && status < 300) return;
  const code = status >= 500 || LATER.has(status) ? 'PAGER_UNAVAILABLE' : 'PAGER_REFUSED';
  throw new Failure(code, `${message.to} at ${message.url.host} answered ${status}`, { detail: { status } });
}
