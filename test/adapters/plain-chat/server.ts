import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { until } from '../../support/until.ts';
import { type Member, type MemberChanged, type Said, signed, TEXT_MAX } from './wire.ts';

/** A message as it stands in a room. */
export interface PlainMessage {
  readonly id: string;
  readonly room: string;
  readonly by: string;
  readonly under: string | undefined;
  text: string;
  /** How often it was changed. */
  changes: number;
}

/** What becomes of a call: refused for haste or for its text, done without an answer, not done without one, or answered with nonsense. */
export type Fault = 'throttled' | 'lost_after' | 'lost_before' | 'nonsense' | 'bad_text';

export interface Levers {
  /** While it is set nothing is done: it says so, or says nothing. */
  down: false | 'refusing' | 'silent';
  /** Before each answer, in milliseconds. */
  slowMs: number;
}

export interface PlainServerOptions {
  readonly members: readonly Partial<Member>[];
  /** Rooms in which the app is. */
  readonly rooms: readonly string[];
}

const HOUSE = 'H0HOME';
const BOT = 'm-bot';
const TOKEN = 'plain-token-of-the-app';
const SECRET = 'plain-secret-of-the-house';
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  who: [],
  say: ['room', 'text', 'under'],
  change: ['room', 'id', 'text'],
  take_back: ['room', 'id'],
  talk: ['member'],
  member: ['member'],
};
type Args = Readonly<Record<string, string | undefined>>;
const no = (why: string) => ({ ok: false, why });

/** A house of rooms in which bare text is said: small, strict, and all in memory. */
export class PlainServer {
  readonly levers: Levers = { down: false, slowMs: 0 };
  readonly messages: PlainMessage[] = [];
  /** Every call that was taken in, in order. */
  readonly calls: { readonly method: string; readonly args: Args }[] = [];
  /** Everything that was brought to the app, in order. */
  readonly sent: string[] = [];
  readonly #members = new Map<string, Member>();
  readonly #rooms = new Map<string, 'open' | 'closed'>();
  readonly #faults: { readonly method: string; readonly fault: Fault }[] = [];
  readonly #hanging = new Set<ServerResponse>();
  #app: string | undefined;
  #count = 0;
  readonly #server = createServer((request, response) => {
    this.#take(request, response).catch(() => response.destroy());
  });

  constructor({ members, rooms }: PlainServerOptions) {
    for (const one of members) {
      const member: Member = { id: '', house: HOUSE, kind: 'member', state: 'active', ...one };
      this.#members.set(member.id, member);
    }
    for (const room of rooms) this.#rooms.set(room, 'open');
  }

  /** Starts listening, on this machine alone. */
  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async close(): Promise<void> {
    for (const response of this.#hanging) response.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** What the app needs to know. */
  get settings() {
    const { port } = this.#server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}`, house: HOUSE, token: TOKEN, secret: SECRET };
  }

  /** Whom everything is brought to that people say; nobody, when undefined. */
  connectApp(url: string | undefined): void {
    this.#app = url;
  }

  /** The next calls of this method meet this; or what is said as an `answer` to a message, or in a `room` for all to see. */
  arm(method: string, fault: Fault, times = 1): void {
    for (let time = 0; time < times; time += 1) this.#faults.push({ method, fault });
  }

  disarm(): void {
    this.#faults.length = 0;
  }

  setRoom(room: string, is: 'open' | 'closed'): void {
    this.#rooms.set(room, is);
  }

  /** Makes somebody another, and tells the app. */
  async changeMember(id: string, change: Partial<Member>): Promise<void> {
    const member = this.#members.get(id);
    if (member === undefined) throw new Error(`there is no ${id}`);
    this.#members.set(id, { ...member, ...change });
    const told: MemberChanged = { kind: 'member_changed', house: HOUSE, member: id };
    await this.bring(JSON.stringify(told)).catch(() => undefined);
  }

  /** What stands in a room, oldest first; under a message, what answers it. */
  in(room: string, under?: string): readonly PlainMessage[] {
    return this.messages.filter((one) => one.room === room && (under === undefined || one.under === under));
  }

  /** What the app told this member alone, oldest first. */
  told(member: string): readonly string[] {
    return this.in(directRoom(member)).flatMap(({ by, text }) => (by === BOT ? [text] : []));
  }

  /** Somebody says something; resolves with what the app answered the chat, undefined where it did not. */
  async say(by: string, room: string, text: string, under?: string): Promise<number | undefined> {
    const { id } = this.#add({ room, by, under, text });
    const house = this.#members.get(by)?.house ?? HOUSE;
    const said: Said = { kind: 'said', house, by, room, id, text, ...(under === undefined ? {} : { under }) };
    return this.bring(JSON.stringify(said)).catch(() => undefined);
  }

  /** The same to the app alone. */
  direct(by: string, text: string, under?: string): Promise<number | undefined> {
    return this.say(by, directRoom(by), text, under);
  }

  /** Does it, and gives what this member is told of it, once that fits. */
  async answer(
    by: string,
    doing: () => Promise<unknown>,
    fits: (text: string) => boolean = () => true,
  ): Promise<string> {
    const before = this.told(by).length;
    await doing();
    const found = () => this.told(by).slice(before).find(fits);
    await until(() => found() !== undefined, `${by} to be answered`);
    return found() ?? '';
  }

  /** Sends the form that this member was given last, with these fields filled in. */
  async fill(by: string, fields: Readonly<Record<string, string>>): Promise<number | undefined> {
    return this.direct(by, filled(this.told(by), fields));
  }

  /** Brings this to the app, signed. */
  async bring(body: string, headers = signed(SECRET, body)): Promise<number | undefined> {
    this.sent.push(body);
    if (this.#app === undefined) return undefined;
    const response = await fetch(this.#app, { method: 'POST', body, headers, signal: AbortSignal.timeout(10_000) });
    return response.status;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const { down, slowMs } = this.levers;
    if (down === 'silent') {
      this.#hanging.add(response);
      return;
    }
    if (slowMs > 0) await wait(slowMs);
    if (down === 'refusing') return answer(response, 503, no('down'));
    const method = request.url?.replace('/call/', '') ?? '';
    const args = JSON.parse(Buffer.concat(parts).toString('utf8')) as Args;
    const isSay = method === 'say';
    const names = [
      method,
      ...(isSay && args.under !== undefined ? ['answer'] : []),
      ...(isSay && args.room?.startsWith('room-') ? ['room'] : []),
    ];
    const at = this.#faults.findIndex((one) => names.includes(one.method));
    const fault = at < 0 ? undefined : this.#faults.splice(at, 1)[0]?.fault;
    if (fault === 'throttled') return answer(response, 429, no('too_fast'));
    if (fault === 'bad_text') return answer(response, 200, no('bad_text'));
    if (fault === 'lost_before') return void response.destroy();
    if (fault === 'nonsense') return void response.writeHead(200).end('<html>Welcome</html>');
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return answer(response, 200, no('bad_token'));
    this.calls.push({ method, args });
    const said = this.#answerTo(method, args);
    if (fault === 'lost_after') return void response.destroy();
    return answer(response, 200, said);
  }

  #answerTo(method: string, args: Args): object {
    const known = PARAMETERS[method];
    if (known === undefined) return no('unknown_method');
    if (Object.keys(args).some((name) => !known.includes(name))) return no('unknown_parameter');
    switch (method) {
      case 'who':
        return { ok: true, house: HOUSE, bot: BOT };
      case 'member': {
        const member = this.#members.get(args.member ?? '');
        return member === undefined ? no('no_such_member') : { ok: true, member };
      }
      case 'talk': {
        const member = this.#members.get(args.member ?? '');
        if (member === undefined || member.house !== HOUSE) return no('no_such_member');
        if (member.state !== 'active' || member.kind === 'bot') return no('not_reachable');
        return { ok: true, room: directRoom(member.id) };
      }
      case 'say':
        return this.#said(args);
      default:
        return this.#changed(method, args);
    }
  }

  #said({ room = '', text = '', under }: Args): object {
    const why = this.#wrongIn(room) ?? wrongText(text);
    if (why !== undefined) return no(why);
    if (under !== undefined && !this.in(room).some(({ id }) => id === under)) return no('no_such_message');
    return { ok: true, id: this.#add({ room, by: BOT, under, text }).id };
  }

  #changed(method: string, { room = '', id, text = '' }: Args): object {
    const found = this.in(room).find((one) => one.id === id);
    const why = this.#wrongIn(room) ?? (found === undefined ? 'no_such_message' : undefined);
    if (why !== undefined || found === undefined) return no(why ?? '');
    if (found.by !== BOT) return no('not_yours');
    if (method === 'take_back') {
      this.messages.splice(this.messages.indexOf(found), 1);
      return { ok: true };
    }
    const wrong = wrongText(text);
    if (wrong !== undefined) return no(wrong);
    found.text = text;
    found.changes += 1;
    return { ok: true };
  }

  #wrongIn(room: string): string | undefined {
    if (room.startsWith('with-')) return undefined;
    const is = this.#rooms.get(room);
    return is === undefined ? 'no_such_room' : is === 'closed' ? 'room_closed' : undefined;
  }

  #add(message: Omit<PlainMessage, 'id' | 'changes'>): PlainMessage {
    this.#count += 1;
    const added = { ...message, id: `s${this.#count}`, changes: 0 };
    this.messages.push(added);
    return added;
  }
}

const directRoom = (member: string): string => `with-${member}`;

/** What the chat takes of nobody: nothing, too much, and what nobody sees. */
function wrongText(text: string): string | undefined {
  if (text.length > TEXT_MAX) return 'too_long';
  return text === '' || /[\p{Cf}\p{Cs}]|(?!\n)\p{Cc}/u.test(text) ? 'bad_text' : undefined;
}

/** Whom a text mentions: all the markup that there is. */
export const mentionsIn = (text: string): readonly string[] =>
  [...text.matchAll(/@\[([^\]]*)\]/g)].map(([, member = '']) => member);

/** The newest form among these texts, filled in. */
export function filled(texts: readonly string[], fields: Readonly<Record<string, string>>): string {
  const form = texts.findLast((text) => /^form /m.test(text));
  if (form === undefined) throw new Error('there is no form');
  const [first = '', ...lines] = form.slice(form.search(/^form /m)).split('\n');
  const named = lines.map((line) => {
    const [field = ''] = line.split(':');
    return fields[field] === undefined ? line : `${field}: ${fields[field]}`;
  });
  return [first, ...named].join('\n');
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
