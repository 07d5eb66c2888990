import { Failure } from '../../../src/core/failure.ts';

/** One house, and how to reach it. */
export interface PlainSettings {
  readonly url: string;
  readonly house: string;
  /** Tells the chat that we are we. */
  readonly token: string;
  /** Tells us that the chat is the chat. */
  readonly secret: string;
}

/** The longest that one call may take, in milliseconds. */
export const CALL_MS = 2_000;

/** What the chat said: a yes, or a no for a reason. Either way it is known what was done. */
export type Answer =
  | ({ readonly ok: true } & Readonly<Record<string, unknown>>)
  | { readonly ok: false; readonly why: string };

const failure = (why: string, outcome?: 'undone' | 'unclear', cause?: unknown): Failure =>
  new Failure('CHAT_UNAVAILABLE', why, { cause, detail: outcome === undefined ? {} : { outcome } });

/** Where nobody listens, nothing was done. */
const isUnreached = (error: unknown): boolean =>
  (Object(Object(error).cause) as { readonly code?: unknown }).code === 'ECONNREFUSED';

/** Calls the chat once. Rejects with `Failure` as `Chat` says. */
export async function call(settings: PlainSettings, method: string, args: object): Promise<Answer> {
  const { url, token } = settings;
  let status: number;
  let text: string;
  try {
    const response = await fetch(`${url}/call/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(args),
      signal: AbortSignal.timeout(CALL_MS),
    });
    status = response.status;
    text = await response.text();
  } catch (error) {
    throw failure(`${method}: ${String(error)}`, isUnreached(error) ? 'undone' : undefined, error);
  }
  if (status === 429 || status === 503) throw failure(`${method}: ${status}`, 'undone');
  const answer = parsed(text);
  if (status !== 200 || answer === undefined)
    throw failure(`${method}: ${status}, and nobody understands it`, 'unclear');
  return answer;
}

function parsed(text: string): Answer | undefined {
  try {
    const { ok, why, ...rest } = Object(JSON.parse(text)) as Readonly<Record<string, unknown>>;
    if (ok === true) return { ok, ...rest };
    return ok === false && typeof why === 'string' ? { ok, why } : undefined;
  } catch {
    return undefined;
  }
}

/** A no that means that the chat does not take us at all. */
export const REFUSES_US: ReadonlySet<string> = new Set(['bad_token', 'forbidden']);

/** A no that is no answer to what was asked. */
export const unexpected = (method: string, why: string): Failure =>
  new Failure('CHAT_UNAVAILABLE', `${method}: ${why}`, { detail: { outcome: 'undone', refused: why } });
