import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Client, Seen } from './client.ts';
import { ClientRefusal } from './client-actions.ts';
import type { Dials } from './dials.ts';
import { bodyOf, problem, sendJson } from './http.ts';
import type { Entry } from './inputs.ts';
import { type Fields, fieldsOf, listOf, parseJson, stringOf } from './json.ts';
import type { Person } from './person.ts';
import type { World } from './world.ts';

const LIVE_EVERY_MS = 15_000;

/** What the page and other programs on this machine can ask of the workspace, below `/_local/`. */
export interface LocalParts {
  readonly world: World;
  readonly client: Client;
  readonly dials: Dials;
  readonly as: (id: string) => Person;
}

/** Serves `/_local/…`. Nothing here exists at Slack: it is the client and the dials. */
export class LocalDoors {
  readonly #parts: LocalParts;
  readonly #live = new Set<ServerResponse>();

  constructor(parts: LocalParts) {
    this.#parts = parts;
    parts.world.onChange(() => {
      for (const response of this.#live) response.write('event: change\ndata: 1\n\n');
    });
  }

  /** Answers one request; `name` is the path below `/_local/`. */
  async handle(name: string, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (name === 'live') return this.#stream(response);
    if (request.method === 'GET') {
      const answer = this.#read(name, url);
      return sendJson(response, answer === undefined ? 404 : 200, answer ?? problem('There is nothing here.'));
    }
    const parsed = parseJson((await bodyOf(request)) || '{}');
    if (!parsed.ok) return sendJson(response, 400, problem('The body is no JSON.'));
    try {
      sendJson(response, 200, await this.#write(name, fieldsOf(parsed.value)));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      sendJson(response, error instanceof ClientRefusal ? 409 : 400, problem(error.message));
    }
  }

  /** Ends the live streams. */
  close(): void {
    for (const response of this.#live) response.end();
  }

  #read(name: string, url: URL): unknown {
    const { world, dials, as } = this.#parts;
    if (name === 'workspace')
      return { team: world.team.name, app: world.app.name, commands: world.app.commands, people: this.#people() };
    if (name === 'calls') return dials.calls(url.searchParams.get('method') ?? undefined);
    if (name === 'sent') return dials.sent();
    if (name !== 'screen') return undefined;
    const id = url.searchParams.get('user') ?? '';
    if (!world.people.has(id)) return undefined;
    const person = as(id);
    const channel = url.searchParams.get('channel') ?? '';
    const thread = url.searchParams.get('thread') ?? '';
    const inside = world.membersOf(channel).includes(id);
    return {
      conversations: this.#conversations(id),
      messages: inside ? person.messages(channel) : [],
      thread: inside && thread !== '' ? person.thread(channel, thread) : [],
      modal: person.modal() ?? null,
    };
  }

  #people(): readonly Fields[] {
    const { world } = this.#parts;
    return [...world.people.values()]
      .filter(({ bot }) => !bot)
      .map(({ id, realName, team, title, tz, deleted, guest, stranger }) => ({
        id,
        name: realName,
        label: [team, title].filter(Boolean).join(' · '),
        tz: tz ?? 'UTC',
        note: deleted ? 'deactivated' : stranger ? 'other organisation' : guest ? 'guest' : '',
      }));
  }

  #conversations(user: string): readonly Fields[] {
    const { world } = this.#parts;
    const newest = (id: string): string => this.#parts.as(user).messages(id).at(-1)?.ts ?? '';
    const channels = [...world.channels.values()]
      .filter(({ members }) => members.includes(user))
      .map(({ id, name, topic, archived, private: hidden }) => ({
        id,
        name,
        kind: hidden ? 'private' : 'channel',
        topic: topic ?? '',
        archived: archived ?? false,
        newest: newest(id),
      }));
    const directs = [...world.directs.values()]
      .filter((direct) => direct.user === user)
      .map(({ id }) => ({ id, name: world.app.name, kind: 'direct', topic: '', archived: false, newest: newest(id) }));
    return [...channels, ...directs];
  }

  #write(name: string, body: Fields): Promise<unknown> {
    const text = (key: string): string => stringOf(body[key]) ?? '';
    const { client } = this.#parts;
    const user = text('user');
    const entry = entryOf(body.entry);
    const doings: Readonly<Record<string, () => Promise<Seen | Fields>>> = {
      command: () => client.command(user, text('command'), text('text'), text('channel')),
      post: async () => ({ ts: client.post(user, text('channel'), text('text'), text('thread') || undefined).ts }),
      click: () =>
        client.actInMessage(user, { channel: text('channel'), ts: text('ts') }, text('action'), entry, text('block')),
      enter: () => client.enter(user, text('action'), entry ?? '', text('block')),
      press: () => client.press(user, text('action'), entry),
      submit: () => client.submit(user),
      close: () => client.close(user),
    };
    const doing = Object.hasOwn(doings, name) ? doings[name] : undefined;
    return doing ? doing() : this.#turn(name, body);
  }

  async #turn(name: string, body: Fields): Promise<Fields> {
    const { dials } = this.#parts;
    const text = (key: string): string => stringOf(body[key]) ?? '';
    const count = (key: string, otherwise: number): number =>
      typeof body[key] === 'number' ? Number(body[key]) : otherwise;
    const on = body.on !== false;
    const method = text('method') || '*';
    if (name === 'dial/rate-limit') dials.rateLimit(method, count('times', 1), count('retryAfterSeconds', 1));
    else if (name === 'dial/delay') dials.delay(method, count('ms', 1000), count('times', 1));
    else if (name === 'dial/fail')
      dials.fail(method, body.when === 'after' ? 'after' : 'before', shapeOf(body), count('times', 1));
    else if (name === 'dial/clear') dials.clearFaults();
    else if (name === 'dial/drop-events') dials.dropEvents(on);
    else if (name === 'dial/archive') dials.archive(text('channel'), on);
    else if (name === 'dial/remove') dials.removeFrom(text('channel'), text('member') || undefined);
    else if (name === 'dial/invite') dials.inviteTo(text('channel'), text('member') || undefined);
    else if (name === 'dial/person') await dials.changePerson(text('person'), fieldsOf(body.change));
    else if (name === 'dial/expire-triggers') dials.expireTriggers();
    else if (name === 'dial/resend') return dials.resend(count('number', 0), fieldsOf(body.change));
    else throw new Error(`There is no dial "${name}".`);
    return { ok: true };
  }

  #stream(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write('event: change\ndata: 1\n\n');
    const beat = setInterval(() => response.write(': still here\n\n'), LIVE_EVERY_MS);
    beat.unref();
    this.#live.add(response);
    response.on('close', () => {
      clearInterval(beat);
      this.#live.delete(response);
    });
  }
}

function entryOf(value: unknown): Entry | undefined {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? listOf(value).map(String) : undefined;
}

function shapeOf({ status, error, drop }: Fields): { status: number } | { error: string } | { drop: true } {
  if (drop === true) return { drop };
  return typeof error === 'string' ? { error } : { status: typeof status === 'number' ? status : 500 };
}
