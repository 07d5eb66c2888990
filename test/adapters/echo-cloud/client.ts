import { setTimeout as sleep } from 'node:timers/promises';
import { until, withDeadline } from '../../../src/bounded.ts';
import { Failure, type FailureCode } from '../../../src/core/failure.ts';
import type { Pass } from './server.ts';

export interface ClientOptions {
  readonly url: string;
  readonly client: string;
  readonly secret: string;
  /** Told of every try that is followed by another. */
  readonly again?: (code: string) => void;
}

const REQUEST_MS = 8_000;
const TRIES = 5;
const PAUSE_MS = 20;

const CODES: Readonly<Record<string, FailureCode>> = {
  slow_down: 'PROVIDER_THROTTLED',
  no_token: 'PROVIDER_DENIED_US',
  no_client: 'PROVIDER_DENIED_US',
  no_scope: 'PROVIDER_DENIED_US',
  held: 'PROVIDER_CONFLICT',
  taken: 'PROVIDER_CONFLICT',
  another: 'PROVIDER_CONFLICT',
  full: 'PROVIDER_QUOTA',
};

/** What was answered, and the cloud's clock when it was. */
export interface Answer {
  readonly value: Readonly<Record<string, unknown>>;
  readonly at: number;
}

const stopped = (action: string) => new Failure('PROVIDER_UNAVAILABLE', `${action}: stopped at its deadline`);

/** Is this failure the server's answer of this code? */
export const answered = (error: unknown, wire: string): boolean =>
  error instanceof Failure && error.detail.wire === wire;

/** A client of the echo cloud: one token for many calls, tries within bounds, `Failure` and nothing else. */
export class EchoClient {
  readonly #options: ClientOptions;
  #token: Promise<string> | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** Asks once more after a stumble, up to five times; each try stops at the signal. Rejects with `Failure`. */
  async ask(action: string, body: object, signal: AbortSignal): Promise<Answer> {
    let renewed = false;
    for (let tried = 1; ; tried += 1) {
      // Right before each try, so that no write leaves after the caller gave up.
      if (signal.aborted) throw stopped(action);
      try {
        const limit = withDeadline(REQUEST_MS, signal);
        return await this.#send(action, body, limit, await this.#tokenBy(limit));
      } catch (error) {
        if (signal.aborted) throw stopped(action);
        const failure = error instanceof Failure ? error : new Failure('PROVIDER_UNAVAILABLE', `${action}: no answer`);
        const renew = answered(failure, 'no_token') && !renewed;
        if (!renew && (!failure.retry || tried >= TRIES)) throw failure;
        if (renew) {
          renewed = true;
          this.#token = undefined;
        }
        this.#options.again?.(failure.code);
        await sleep(PAUSE_MS * tried, undefined, { signal }).catch(() => {
          throw stopped(action);
        });
      }
    }
  }

  /** One token for all; whoever does not get it in time lets go of the try, so that the next asks anew. */
  async #tokenBy(signal: AbortSignal): Promise<string> {
    const { client, secret } = this.#options;
    const scopes = 'passes.read passes.write doors.read';
    this.#token ??= this.#send('token', { client, secret, scopes }, AbortSignal.timeout(REQUEST_MS)).then(
      ({ value: { token } }) => String(token),
    );
    const asked = this.#token;
    try {
      return await until(signal, asked);
    } catch (error) {
      if (this.#token === asked) this.#token = undefined;
      throw error;
    }
  }

  async #send(action: string, body: object, signal: AbortSignal, token?: string): Promise<Answer> {
    const response = await fetch(`${this.#options.url}/${action}`, {
      method: 'POST',
      body: JSON.stringify(body),
      signal,
      ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
    });
    const value = (await response.json()) as Answer['value'];
    if (response.ok) return { value, at: Number(response.headers.get('echo-time')) };
    // The code alone: the rest of the answer says back what it was sent.
    const wire = String(value.code);
    const code = CODES[wire] ?? (response.status >= 500 ? 'PROVIDER_UNAVAILABLE' : 'PROVIDER_REFUSED');
    throw new Failure(code, `${action}: ${wire}`, { detail: { wire, status: response.status } });
  }
}

/** A pass as it was answered. */
export const passIn = ({ value }: Answer): Pass => value as unknown as Pass;
