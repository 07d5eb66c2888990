import { createHmac } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { postTo } from './http.ts';
import { type Fields, parseJson } from './json.ts';
import type { Outcome, RequestKind } from './outcome.ts';
import type { SocketLine } from './socket-line.ts';
import type { World } from './world.ts';

/** One request that was sent to the app. */
export interface SentRequest {
  readonly number: number;
  readonly at: number;
  readonly kind: RequestKind;
  readonly payload: Fields;
  readonly outcome: Outcome;
}

/** How many requests are kept for sending again. */
const SENT_MAX = 20_000;

/** How a repeated request differs from the first. */
export interface ResendChange {
  /** Instead of the body that was signed. */
  readonly body?: string;
  /** Unix seconds; the signature is made for it. */
  readonly timestamp?: number;
  readonly signature?: string;
}

const URL_OF = { slash_commands: 'slashCommandUrl', interactive: 'interactivityUrl', events_api: 'eventsUrl' } as const;

/**
 * Slack's signature of a request: `v0=` and the HMAC-SHA256 of `v0:timestamp:body`.
 * https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
export const signatureOf = (secret: string, timestamp: number, body: string): string =>
  `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;

/** Sends requests to the app: over an open Socket Mode connection, else signed to the configured URLs. */
export class Delivery {
  readonly #world: World;
  readonly #line: SocketLine;
  readonly #ackMs: number;
  readonly #retryDelaysMs: readonly number[];
  readonly #sent: SentRequest[] = [];
  #count = 0;
  readonly #closed = new AbortController();
  /** Dial: while true, events are lost on the way. */
  dropEvents = false;

  constructor(
    world: World,
    line: SocketLine,
    limits: { readonly ackMs: number; readonly retryDelaysMs: readonly number[] },
  ) {
    this.#world = world;
    this.#line = line;
    this.#ackMs = limits.ackMs;
    this.#retryDelaysMs = limits.retryDelaysMs;
  }

  /** Requests sent so far, oldest first. */
  sent(): readonly SentRequest[] {
    return [...this.#sent];
  }

  /** Sends one command or interaction and gives the app's answer within the time Slack allows (3 s). */
  async send(kind: RequestKind, payload: Fields): Promise<Outcome> {
    const outcome = this.#line.isOpen()
      ? await this.#line.send(kind, payload, this.#ackMs)
      : await this.#post(kind, bodyOf(kind, payload), {});
    this.#note(kind, payload, outcome);
    return outcome;
  }

  /**
   * Sends one event, if the app subscribed to it, and repeats it as Slack does: three more times, unless the app
   * answered 2xx or asked for no retry. https://docs.slack.dev/apis/events-api#retries
   */
  async event(event: Fields): Promise<void> {
    const { app, team } = this.#world;
    if (this.dropEvents || !app.events.includes(subscriptionOf(event))) return;
    const payload: Fields = {
      token: 'local-verification-token',
      team_id: team.id,
      context_team_id: team.id,
      context_enterprise_id: team.enterprise?.id ?? null,
      api_app_id: app.id,
      event: { ...event, event_ts: this.#world.ts() },
      type: 'event_callback',
      event_id: this.#world.id('Ev'),
      event_time: Math.floor(this.#world.now() / 1000),
      authorizations: [
        {
          enterprise_id: team.enterprise?.id ?? null,
          team_id: team.id,
          user_id: app.botUserId,
          is_bot: true,
          is_enterprise_install: false,
        },
      ],
      is_ext_shared_channel: false,
    };
    let outcome = await this.#try(payload, 0, '');
    for (const [index, delay] of this.#retryDelaysMs.entries()) {
      if (outcome.ok || this.#closed.signal.aborted) return;
      await wait(delay, undefined, { signal: this.#closed.signal, ref: false }).catch(() => undefined);
      if (this.#closed.signal.aborted) return;
      outcome = await this.#try(payload, index + 1, reasonOf(outcome));
    }
  }

  /** Asks the events URL to prove itself, as Slack does when it is typed in. */
  async verifyUrl(): Promise<boolean> {
    const challenge = this.#world.id('C');
    const payload = { token: 'local-verification-token', challenge, type: 'url_verification' };
    const outcome = await this.#post('events_api', JSON.stringify(payload), {});
    if (!outcome.ok) return false;
    const { body } = outcome;
    return (
      body === challenge ||
      (typeof body === 'object' && body !== null && 'challenge' in body && body.challenge === challenge)
    );
  }

  /** Sends a request of the past once more, over HTTP, as it was or altered. Gives the status the app answered. */
  async resend(number: number, change: ResendChange = {}): Promise<{ readonly status: number; readonly body: string }> {
    const sent = this.#sent.find((one) => one.number === number);
    if (!sent) throw new Error(`No request number ${number} was sent.`);
    const { app } = this.#world;
    const signed = bodyOf(sent.kind, sent.payload);
    const timestamp = change.timestamp ?? Math.floor(this.#world.now() / 1000);
    const signature = change.signature ?? signatureOf(app.signingSecret, timestamp, signed);
    const headers = headersOf(sent.kind, timestamp, signature);
    const posted = await postTo(app[URL_OF[sent.kind]] ?? '', headers, change.body ?? signed, this.#ackMs);
    if (typeof posted === 'string') throw new Error(`The app gave no answer: ${posted}.`);
    return { status: posted.status, body: posted.body };
  }

  /** The body a request had, for altering it in {@link resend}. */
  bodyOf(number: number): string {
    const sent = this.#sent.find((one) => one.number === number);
    return sent ? bodyOf(sent.kind, sent.payload) : '';
  }

  /** Stops waiting retries. */
  close(): void {
    this.#closed.abort();
  }

  async #try(payload: Fields, retry: number, reason: string): Promise<Outcome> {
    const again: Readonly<Record<string, string>> =
      retry === 0 ? {} : { 'x-slack-retry-num': String(retry), 'x-slack-retry-reason': reason };
    const outcome = this.#line.isOpen()
      ? await this.#line.send('events_api', payload, this.#ackMs, { retry, reason })
      : await this.#post('events_api', JSON.stringify(payload), again);
    this.#note('events_api', payload, outcome);
    return outcome;
  }

  async #post(kind: RequestKind, body: string, more: Readonly<Record<string, string>>): Promise<Outcome> {
    const { app } = this.#world;
    const url = app[URL_OF[kind]];
    if (url === undefined) return { ok: false, why: 'unreachable' };
    const timestamp = Math.floor(this.#world.now() / 1000);
    const signature = signatureOf(app.signingSecret, timestamp, body);
    const headers = { ...headersOf(kind, timestamp, signature), ...more };
    const posted = await postTo(url, headers, body, this.#ackMs);
    if (typeof posted === 'string') return { ok: false, why: posted };
    if (posted.status !== 200) {
      const stop = posted.headers['x-slack-no-retry'] === '1';
      return stop ? { ok: true, body: '' } : { ok: false, why: 'status', status: posted.status };
    }
    const parsed = parseJson(posted.body);
    return { ok: true, body: parsed.ok ? parsed.value : posted.body };
  }

  #note(kind: RequestKind, payload: Fields, outcome: Outcome): void {
    this.#count += 1;
    if (this.#sent.length >= SENT_MAX) this.#sent.shift();
    this.#sent.push({ number: this.#count, at: this.#world.now(), kind, payload, outcome });
    this.#world.touch();
  }
}

function bodyOf(kind: RequestKind, payload: Fields): string {
  if (kind === 'events_api') return JSON.stringify(payload);
  if (kind === 'interactive') return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const pairs = Object.entries(payload).map(([name, value]): [string, string] => [name, String(value)]);
  return new URLSearchParams(pairs).toString();
}

const headersOf = (kind: RequestKind, timestamp: number, signature: string): Record<string, string> => ({
  'content-type': kind === 'events_api' ? 'application/json' : 'application/x-www-form-urlencoded',
  'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
  'x-slack-request-timestamp': String(timestamp),
  'x-slack-signature': signature,
});

const subscriptionOf = (event: Fields): string =>
  event.type === 'message' ? `message.${String(event.channel_type)}s`.replace('ims', 'im') : String(event.type);

const reasonOf = (outcome: Outcome): string => {
  if (outcome.ok) return '';
  return { timeout: 'http_timeout', unreachable: 'connection_failed', status: 'http_error' }[outcome.why];
};
