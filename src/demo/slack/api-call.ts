import { type Fields, isFields, parseJson, stringOf } from './json.ts';
import type { Triggers } from './tickets.ts';
import type { ViewDesk } from './view-desk.ts';
import type { ConversationKind, World } from './world.ts';

/** Slack's "no": an error code in an answer with `ok: false`, with whatever goes beside it. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
  readonly beside: Fields;

  constructor(code: string, beside: Fields = {}) {
    super(code);
    this.beside = beside;
  }
}

/** The refusal of arguments, with the places that are wrong. */
export const refuseArguments = (code: string, messages: readonly string[]): ApiRefusal =>
  new ApiRefusal(code, { errors: messages, response_metadata: { messages } });

/** What a method works with. */
export interface ApiContext {
  readonly world: World;
  readonly desk: ViewDesk;
  readonly triggers: Triggers;
  /** Address of this server, `http://127.0.0.1:…`. */
  readonly origin: () => string;
  /** A fresh address for a Socket Mode connection. */
  readonly socketUrl: () => string;
}

/** One method of the Web API. */
export interface ApiMethod {
  /** Whose token it takes. Default: the bot's. */
  readonly token?: 'app';
  readonly needs: readonly string[];
  readonly may?: readonly string[];
  /** The scope it asks for; a list when it asks for several. */
  readonly scope?: (args: Arguments, context: ApiContext) => string | readonly string[] | undefined;
  /** Does the work and gives the answer's fields. @throws ApiRefusal */
  readonly run: (args: Arguments, context: ApiContext) => Fields;
}

/** The arguments of one call, whichever way they were sent. */
export class Arguments {
  readonly #fields: Fields;

  constructor(fields: Fields) {
    this.#fields = fields;
  }

  /** Whether the argument was sent at all. */
  has(name: string): boolean {
    return this.#fields[name] !== undefined && this.#fields[name] !== null;
  }

  /** A text argument; empty when it was not sent. */
  text(name: string): string {
    const value = this.#fields[name];
    return stringOf(value) ?? (typeof value === 'number' ? String(value) : '');
  }

  /** A yes-or-no argument, as a JSON boolean or as the form's `true` or `1`. */
  flag(name: string): boolean {
    const value = this.#fields[name];
    return value === true || value === 'true' || value === '1';
  }

  /** A number argument within bounds. @throws ApiRefusal `invalid_limit` */
  limit(name: string, otherwise: number, max: number): number {
    if (!this.has(name)) return otherwise;
    const value = Number(this.#fields[name]);
    if (!Number.isInteger(value) || value < 1 || value > max) throw new ApiRefusal('invalid_limit');
    return value;
  }

  /** An argument that is JSON: an object in a JSON body, a string of JSON in a form. @throws ApiRefusal with `code` */
  json(name: string, code: string): unknown {
    const value = this.#fields[name];
    if (typeof value !== 'string') return value;
    const parsed = parseJson(value);
    if (!parsed.ok) throw refuseArguments(code, [`[ERROR] must be valid JSON [json-pointer:/${name}]`]);
    return parsed.value;
  }
}

/** The family a conversation belongs to, as scopes and errors need it. @throws ApiRefusal `channel_not_found` */
export function conversation(world: World, id: string): ConversationKind {
  const kind = world.kindOf(id);
  const member = world.membersOf(id).includes(world.app.botUserId);
  if (!kind || (kind === 'groups' && !member)) throw new ApiRefusal('channel_not_found');
  return kind;
}

/** Like {@link conversation}, and the bot must be in it. @throws ApiRefusal `channel_not_found`, `not_in_channel` */
export function joined(world: World, id: string): ConversationKind {
  const kind = conversation(world, id);
  if (!world.membersOf(id).includes(world.app.botUserId)) throw new ApiRefusal('not_in_channel');
  return kind;
}

/** The scope of a method that is asked for by kind of conversation, such as `channels:history`. */
export const scopeByKind =
  (what: string) =>
  (args: Arguments, { world }: ApiContext): string | undefined => {
    const kind = world.kindOf(args.text('channel'));
    return kind && `${kind}:${what}`;
  };

/** Reads a call's body: form or JSON, as its content type says. @throws ApiRefusal */
export function readArguments(contentType: string, body: string): Fields {
  if (body === '') return {};
  if (contentType.startsWith('application/json')) {
    const parsed = parseJson(body);
    if (!parsed.ok) throw new ApiRefusal('invalid_json');
    if (!isFields(parsed.value)) throw new ApiRefusal('json_not_object');
    return parsed.value;
  }
  if (contentType.startsWith('application/x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(body));
  throw new ApiRefusal('invalid_post_type');
}
