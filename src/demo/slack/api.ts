import { setTimeout as wait } from 'node:timers/promises';
import { type ApiContext, type ApiMethod, ApiRefusal, Arguments, readArguments } from './api-call.ts';
import { CHAT_METHODS } from './api-chat.ts';
import { CONVERSATION_METHODS } from './api-conversations.ts';
import { PEOPLE_METHODS } from './api-people.ts';
import { VIEW_METHODS } from './api-views.ts';
import type { FailureShape, Faults } from './faults.ts';
import type { Fields } from './json.ts';
import { Limits } from './limits.ts';

const METHODS: Readonly<Record<string, ApiMethod>> = {
  ...CHAT_METHODS,
  ...CONVERSATION_METHODS,
  ...PEOPLE_METHODS,
  ...VIEW_METHODS,
};

/** How many calls the log keeps. */
const LOG_MAX = 20_000;

/** One call of the Web API, for the log. The token is left out. */
export interface ApiCall {
  readonly at: number;
  readonly method: string;
  readonly args: Fields;
  readonly status: number;
  readonly ok: boolean;
  readonly error?: string;
}

/** What the server sends back; `drop` cuts the connection without an answer. */
export type ApiReply =
  | { readonly drop: true }
  | {
      readonly drop?: false;
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    };

/** Answers Web API calls as Slack does. https://docs.slack.dev/apis/web-api */
export class Api {
  readonly #context: ApiContext;
  readonly #faults: Faults;
  readonly #log: ApiCall[] = [];
  readonly limits = new Limits();
  #answered = { calls: 0, limited: 0 };

  constructor(context: ApiContext, faults: Faults) {
    this.#context = context;
    this.#faults = faults;
  }

  /** Calls so far, oldest first; of one method when it is named. */
  calls(method?: string): readonly ApiCall[] {
    return this.#log.filter((call) => method === undefined || call.method === method);
  }

  /** How many calls were answered since the start, and how many of them with 429; the log forgets, this does not. */
  answered(): { readonly calls: number; readonly limited: number } {
    return this.#answered;
  }

  /** Answers one call. */
  async handle(
    method: string,
    headers: { authorization?: string; contentType: string },
    body: string,
  ): Promise<ApiReply> {
    const faults = this.#faults.take(method);
    if (faults.delayMs > 0) await wait(faults.delayMs);
    if (faults.retryAfterSeconds !== undefined) return this.#limited(method, faults.retryAfterSeconds);
    if (faults.before) return this.#failing(method, faults.before);
    const retryAfterSeconds = this.limits.on && this.limits.refuse(method, channelOf(headers, body), Date.now());
    if (typeof retryAfterSeconds === 'number') return this.#limited(method, retryAfterSeconds);
    const answer = this.#answer(method, headers, body);
    return faults.after ? this.#failing(method, faults.after) : answer;
  }

  #answer(method: string, headers: { authorization?: string; contentType: string }, body: string): ApiReply {
    let fields: Fields = {};
    try {
      fields = readArguments(headers.contentType, body);
      const beside = this.#run(method, headers.authorization, fields);
      this.#note(method, fields, 200);
      return json(200, { ok: true, ...beside }, { 'x-oauth-scopes': this.#context.world.app.scopes.join(',') });
    } catch (error) {
      if (!(error instanceof ApiRefusal)) throw error;
      this.#note(method, fields, 200, error.message);
      return json(200, { ok: false, error: error.message, ...error.beside });
    }
  }

  #run(name: string, authorization: string | undefined, fields: Fields): Fields {
    const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
    if (!method) throw new ApiRefusal('unknown_method', { req_method: name });
    const args = new Arguments(fields);
    this.#checkToken(method, authorization?.replace(/^Bearer ?/, '') ?? args.text('token'));
    this.#checkScope(method, args);
    // Bolt's clients add `team_id` to every call; Slack ignores it for a token of one workspace.
    const known = ['token', 'team_id', ...method.needs, ...(method.may ?? [])];
    const unknown = Object.keys(fields).filter((argument) => !known.includes(argument));
    const missing = method.needs.filter((argument) => !args.has(argument) || fields[argument] === '');
    const messages = [
      ...missing.map((argument) => `[ERROR] missing required field: ${argument}`),
      ...unknown.map((argument) => `[ERROR] unknown argument: ${argument}`),
    ];
    if (messages.length > 0) throw new ApiRefusal('invalid_arguments', { response_metadata: { messages } });
    return method.run(args, this.#context);
  }

  #checkToken(method: ApiMethod, token: string): void {
    const { botToken, appToken } = this.#context.world.app;
    if (token === '') throw new ApiRefusal('not_authed');
    if (token !== botToken && token !== appToken) throw new ApiRefusal('invalid_auth');
    if ((token === appToken) !== (method.token === 'app')) throw new ApiRefusal('not_allowed_token_type');
  }

  #checkScope(method: ApiMethod, args: Arguments): void {
    const needed = [method.scope?.(args, this.#context) ?? []].flat();
    const provided = this.#context.world.app.scopes;
    if (!needed.every((scope) => provided.includes(scope)))
      throw new ApiRefusal('missing_scope', { needed: needed.join(','), provided: provided.join(',') });
  }

  #limited(method: string, retryAfterSeconds: number): ApiReply {
    this.#note(method, {}, 429, 'ratelimited');
    return json(429, { ok: false, error: 'ratelimited' }, { 'retry-after': String(retryAfterSeconds) });
  }

  #failing(method: string, shape: FailureShape): ApiReply {
    if ('error' in shape) {
      this.#note(method, {}, 200, shape.error);
      return json(200, { ok: false, error: shape.error });
    }
    if ('body' in shape) {
      this.#note(method, {}, 200, 'nonsense');
      return { status: 200, headers: {}, body: shape.body };
    }
    this.#note(method, {}, 'status' in shape ? shape.status : 0, 'status' in shape ? 'http_error' : 'dropped');
    return 'status' in shape ? { status: shape.status, headers: {}, body: 'Server Error' } : { drop: true };
  }

  #note(method: string, { token: _secret, ...args }: Fields, status: number, error?: string): void {
    const at = this.#context.world.now();
    const { calls, limited } = this.#answered;
    this.#answered = { calls: calls + 1, limited: limited + (status === 429 ? 1 : 0) };
    if (this.#log.length >= LOG_MAX) this.#log.shift();
    this.#log.push({ at, method, args, status, ok: error === undefined, ...(error === undefined ? {} : { error }) });
  }
}

/** The channel that a call names, or nothing. */
function channelOf({ contentType }: { readonly contentType: string }, body: string): string {
  try {
    const { channel } = readArguments(contentType, body);
    return typeof channel === 'string' ? channel : '';
  } catch {
    return '';
  }
}

const json = (status: number, body: Fields, headers: Readonly<Record<string, string>> = {}): ApiReply => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify(body),
});
