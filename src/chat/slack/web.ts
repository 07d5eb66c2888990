import { setTimeout as wait } from 'node:timers/promises';
import type { SocketModeReceiverOptions } from '@slack/bolt';
import {
  LogLevel,
  type Logger as SlackLogger,
  type WebAPICallResult,
  WebClient,
  type WebClientOptions,
} from '@slack/web-api';
import { cut } from '../../core/cut.ts';
import { Failure } from '../../core/failure.ts';
import { proxySaid } from '../../core/proxy-answer.ts';
import { storableText } from '../../core/storable.ts';
import type { Logger } from '../../ports/logger.ts';

import { isFinal } from './final-answers.ts';
import { type Monotonic, Pace } from './pace.ts';

/** What reaches Slack. Secrets come from the environment and go nowhere else. */
export interface SlackSettings {
  readonly botToken: string;
  /** Our app's id: interactions for any other app do not count. */
  readonly appId: string;
  /** For the HTTP receiver. */
  readonly signingSecret?: string | undefined;
  /** For Socket Mode, which is used when it is there. */
  readonly appToken?: string | undefined;
  /** Slack's Web API elsewhere than at slack.com; nothing in Bolt reads `SLACK_API_URL` by itself. */
  readonly apiUrl?: string | undefined;
  /** Carries calls to Slack, in place of the process's own `fetch`. */
  readonly fetch?: WebClientOptions['fetch'];
  /** Carries Socket Mode, where a proxy is set: `fetch` goes by it on its own. */
  readonly dispatcher?: SocketModeReceiverOptions['dispatcher'];
}

/** One call to Slack may take this long. */
export const CALL_MS = 8000;

/**
 * Options of every client we make. No retries of the client's own: it would send a message again although the first
 * may have arrived, and by default goes on for half an hour. The queue retries, and reads the chat first.
 */
export const clientOptions = ({ apiUrl, fetch }: SlackSettings, logger: Logger): WebClientOptions => ({
  retryConfig: { retries: 0 },
  rejectRateLimitedCalls: true,
  timeout: CALL_MS,
  logger: slackLogger(logger),
  logLevel: LogLevel.WARN,
  allowAbsoluteUrls: false,
  ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
  ...(fetch === undefined ? {} : { fetch }),
});

/** The client that everything of ours calls Slack with; it keeps to Slack's rate limits, by a monotonic clock. */
export const webClient = (settings: SlackSettings, logger: Logger, now: Monotonic): WebClient =>
  new PacedClient(settings.botToken, clientOptions(settings, logger), now);

/** A call waits no longer than this for its place; the queue tries again later. */
const PATIENCE_MS = 20_000;

/**
 * What a backlog of cards and lines calls, and how far apart Slack's documentation lets that be: one message per second
 * into one channel, and "tier 3", 50 a minute, for a method over the whole workspace. What answers a person who waits
 * (modals, look-ups) is not held back: it fails at once.
 * @see https://docs.slack.dev/apis/web-api/rate-limits
 */
const USUAL_MS: Readonly<Record<string, number>> = {
  'chat.postMessage': 1_000,
  'chat.update': 1_200,
  'chat.delete': 1_200,
  'conversations.open': 1_200,
  'conversations.history': 1_200,
  'conversations.replies': 1_200,
};

/** Slack's client, whose calls keep to the limits that Slack shows by 429 and `Retry-After`. */
class PacedClient extends WebClient {
  readonly #pace: Pace;

  constructor(token: string, options: WebClientOptions, now: Monotonic) {
    super(token, options);
    this.#pace = new Pace(now);
  }

  override async apiCall(method: string, options: Record<string, unknown> = {}): Promise<WebAPICallResult> {
    const usualMs = USUAL_MS[method];
    if (usualMs === undefined) return this.#once(method, options);
    const name = method === 'chat.postMessage' ? `${method} ${String(options.channel)}` : method;
    let oneMs = PATIENCE_MS;
    for (;;) {
      const ms = this.#pace.take(name, oneMs);
      if (ms === undefined) throw new Failure('CHAT_UNAVAILABLE', `${method}: waits for Slack's rate limit`);
      oneMs -= ms;
      if (ms > 0) await wait(ms);
      if (this.#pace.isBlocked(name)) continue;
      try {
        const answer = await this.#once(method, options);
        this.#pace.passed(name, usualMs);
        return answer;
      } catch (error) {
        const problem = problemOf(error);
        if (problem.kind !== 'limited') throw error;
        // Nothing was done, so the same call may be made again.
        this.#pace.limited(name, usualMs, problem.retryAfterSeconds * 1000);
      }
    }
  }

  /** One call. Only a plain yes is a yes, and only what Slack documents as a refusal of this method is a no. */
  async #once(method: string, options: Record<string, unknown>): Promise<WebAPICallResult> {
    try {
      const answer = await super.apiCall(method, options);
      if (answer.ok !== true) throw new UnclearAnswer(method, 'an `ok` that is not true');
      return answer;
    } catch (error) {
      if (error instanceof UnclearAnswer) throw error;
      const { code, data } = Object(error) as { readonly code?: unknown; readonly data?: { readonly error?: unknown } };
      if (code === 'slack_webapi_request_error' || code === 'slack_webapi_http_error') throw error;
      if (code === 'slack_webapi_rate_limited_error') throw error;
      if (code !== 'slack_webapi_platform_error') throw new UnclearAnswer(method, String(error));
      const refused = typeof data?.error === 'string' ? data.error : 'no error code';
      if (!isFinal(method, refused)) throw new UnclearAnswer(method, refused, refused);
      throw error;
    }
  }
}

/** An answer longer than this is somebody's page: its beginning says whose. */
const WHY_MAX = 200;

/** Slack, or something on the way to it, answered with what says neither yes nor a documented no. */
export class UnclearAnswer extends Error {
  override readonly name = 'UnclearAnswer';
  /** Slack's word for it, where it gave one. */
  readonly code: string | undefined;

  constructor(method: string, why: string, code?: string) {
    super(storableText(`${method}: ${cut(why, WHY_MAX)}`));
    this.code = code;
  }
}

/** Slack's libraries log through ours; their chatter below a warning is left out. */
export function slackLogger(logger: Logger): SlackLogger {
  const said = (parts: readonly unknown[]): string =>
    parts.map((part) => (part instanceof Error ? part.message : String(part))).join(' ');
  return {
    debug: () => undefined,
    info: () => undefined,
    warn: (...parts) => logger.warn({ from: 'slack' }, said(parts)),
    error: (...parts) => logger.error({ from: 'slack' }, said(parts)),
    setLevel: () => undefined,
    getLevel: () => LogLevel.WARN,
    setName: () => undefined,
  };
}

/** What became of a call: Slack said no for good, it never took it, it answered what nobody understands, or not at all. */
export type CallProblem =
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'limited'; readonly retryAfterSeconds: number }
  | { readonly kind: 'unclear'; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string };

/** Reads an error of our client, by the code of Slack's library: the classes differ between copies of it. */
export function problemOf(error: unknown): CallProblem {
  const { code, data, retryAfter, message } = Object(error) as {
    readonly code?: unknown;
    readonly data?: { readonly error?: unknown };
    readonly retryAfter?: unknown;
    readonly message?: unknown;
  };
  if (code === 'slack_webapi_platform_error') return { kind: 'refused', code: String(data?.error) };
  if (code === 'slack_webapi_rate_limited_error')
    return { kind: 'limited', retryAfterSeconds: Number(retryAfter ?? 1) };
  return {
    kind: error instanceof UnclearAnswer ? 'unclear' : 'unknown',
    why: `${String(message ?? error)}${proxySaid(error)}`,
  };
}

/** What is known of what such a call did: see `Chat`. */
const outcomeOf = ({ kind }: CallProblem): Failure['detail'] => {
  if (kind === 'unclear') return { outcome: 'unclear' };
  return kind === 'limited' ? { outcome: 'undone' } : {};
};

/** A call that did not work as something the queue tries again. */
export const chatFailure = (doing: string, error: unknown): Failure => {
  if (error instanceof Failure) return error;
  const problem = problemOf(error);
  const why = problem.kind === 'refused' ? problem.code : problem.kind === 'limited' ? 'ratelimited' : problem.why;
  return new Failure('CHAT_UNAVAILABLE', `${doing}: ${why}`, { cause: error, detail: outcomeOf(problem) });
};

/** Slack's refusal code, where that is what an error is. */
export function refusalOf(error: unknown): string | undefined {
  const problem = problemOf(error);
  return problem.kind === 'refused' ? problem.code : undefined;
}
