import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Api } from './api.ts';
import { Client } from './client.ts';
import { Delivery } from './delivery.ts';
import { Dials } from './dials.ts';
import { Faults } from './faults.ts';
import { bodyOf, problem, sendJson } from './http.ts';
import { type Fields, parseJson } from './json.ts';
import { LocalDoors } from './local-doors.ts';
import type { LocalApp, LocalChannel, LocalPerson, LocalTeam } from './model.ts';
import { Person } from './person.ts';
import { reply } from './replies.ts';
import { SocketLine } from './socket-line.ts';
import { keepStateFile, readStateFile } from './state-file.ts';
import { ReplyUrls, Triggers } from './tickets.ts';
import { ViewDesk } from './view-desk.ts';
import { World } from './world.ts';

/** How long Slack waits for an app's answer. https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response */
export const ACK_MS = 3000;
/** When Slack repeats an event: almost at once, after a minute, after five. https://docs.slack.dev/apis/events-api#retries */
export const EVENT_RETRY_DELAYS_MS: readonly number[] = [100, 60_000, 300_000];

/** What a local workspace starts with. */
export interface LocalSlackOptions {
  /** Default: any free one. */
  readonly port?: number;
  readonly team: LocalTeam;
  /** Ids, tokens and secrets that are not given are made up. */
  readonly app: Partial<LocalApp> & Pick<LocalApp, 'scopes' | 'commands'>;
  readonly people: readonly LocalPerson[];
  readonly channels: readonly LocalChannel[];
  /** Milliseconds since 1970. Rules timestamps, and when triggers and response URLs run out. */
  readonly now?: () => number;
  readonly ackMs?: number;
  /** How long a trigger id opens a modal, in milliseconds. Default: as long as Slack's. */
  readonly triggerMs?: number;
  readonly eventRetryDelaysMs?: readonly number[];
  /** Where channels and messages are kept between two starts. */
  readonly stateFile?: string;
}

/** Where an app gets its requests. */
export type AppUrls = Pick<LocalApp, 'slashCommandUrl' | 'interactivityUrl' | 'eventsUrl'>;

/** A running local workspace. */
export interface LocalSlack {
  /** The page. */
  readonly url: string;
  /** What `SLACK_API_URL` must be: ends in `/api/`. */
  readonly apiUrl: string;
  readonly app: LocalApp;
  readonly dials: Dials;
  /** A person at their client. */
  readonly as: (userId: string) => Person;
  /** Tells the workspace where the app listens. All three are the same with Bolt's HTTP receiver. */
  readonly connectApp: (urls: AppUrls | string) => void;
  /** Sends the events URL Slack's challenge; false when the app did not answer it. */
  readonly verifyEventsUrl: () => Promise<boolean>;
  /** Waits until `check` finds something, asking after every change. @throws after `timeoutMs` */
  readonly until: <T>(what: string, check: () => T | undefined | false, timeoutMs?: number) => Promise<T>;
  readonly close: () => Promise<void>;
}

const PAGES: Readonly<Record<string, readonly [file: string, kind: string]>> = {
  '/': ['index.html', 'text/html'],
  '/app.js': ['app.js', 'text/javascript'],
  '/draw.js': ['draw.js', 'text/javascript'],
  '/keep.js': ['keep.js', 'text/javascript'],
  '/modal.js': ['modal.js', 'text/javascript'],
  '/style.css': ['style.css', 'text/css'],
};

/**
 * Starts a Slack workspace on this machine: the Web API under `/api/`, signed requests or Socket Mode towards the app,
 * a client for people at `/`. It listens on 127.0.0.1 only, and refuses what Slack refuses, with Slack's codes.
 * @throws when the port is taken
 */
export async function startLocalSlack(options: LocalSlackOptions): Promise<LocalSlack> {
  const now = options.now ?? Date.now;
  const saved = options.stateFile === undefined ? undefined : readStateFile(options.stateFile);
  const world = new World({ ...options, app: completed(options.app), now, ...(saved ? { saved } : {}) });
  const triggers = new Triggers(now, options.triggerMs);
  const replyUrls = new ReplyUrls(now);
  const desk = new ViewDesk(world);
  const line = new SocketLine(() => world.app.id);
  const faults = new Faults();
  let origin = '';
  const delivery = new Delivery(world, line, {
    ackMs: options.ackMs ?? ACK_MS,
    retryDelaysMs: options.eventRetryDelaysMs ?? EVENT_RETRY_DELAYS_MS,
  });
  const socketUrl = (): string => `${origin.replace('http', 'ws')}/link?ticket=${line.ticket()}&app_id=${world.app.id}`;
  const api = new Api({ world, desk, triggers, origin: () => origin, socketUrl }, faults);
  const client = new Client({ world, desk, delivery, triggers, replyUrls, origin: () => origin });
  const dials = new Dials({ world, faults, api, delivery, triggers, line });
  const as = (id: string): Person => new Person(id, world, client);
  const doors = new LocalDoors({ world, client, dials, as });

  const route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://local');
    const page = PAGES[url.pathname];
    if (url.pathname.startsWith('/api/')) {
      const headers = { contentType: request.headers['content-type'] ?? '', ...pick(request.headers.authorization) };
      const answer = await api.handle(url.pathname.slice('/api/'.length), headers, await bodyOf(request));
      if (answer.drop) request.socket.destroy();
      else response.writeHead(answer.status, answer.headers).end(answer.body);
    } else if (url.pathname.startsWith('/actions/')) {
      const { status, answer } = answerReplyUrl(url.pathname.split('/').at(-1) ?? '', await bodyOf(request));
      sendJson(response, status, answer);
    } else if (url.pathname.startsWith('/_local/')) {
      await doors.handle(url.pathname.slice('/_local/'.length), url, request, response);
    } else if (page) {
      const file = await readFile(new URL(`./page/${page[0]}`, import.meta.url));
      response.writeHead(200, {
        'content-type': `${page[1]}; charset=utf-8`,
        'content-security-policy': CONTENT_POLICY,
      });
      response.end(file);
    } else sendJson(response, 404, problem('There is nothing here.'));
  };

  const answerReplyUrl = (id: string, body: string): { readonly status: number; readonly answer: Fields } => {
    const place = replyUrls.use(id);
    if (!place) return { status: 404, answer: { ok: false, error: 'used_url' } };
    const parsed = parseJson(body);
    if (!parsed.ok) return { status: 400, answer: { ok: false, error: 'invalid_payload' } };
    const replied = reply(world, place, parsed.value);
    return replied.ok ? { status: 200, answer: { ok: true } } : { status: 400, answer: { ...replied } };
  };

  const server = createServer((request, response) => {
    route(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else sendJson(response, 500, { ok: false, error: 'internal_error', problem: String(error) });
    });
  });
  server.on('upgrade', (request, socket, head) => line.upgrade(request, socket, head));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  origin = `http://127.0.0.1:${portOf(server.address())}`;
  const save = options.stateFile === undefined ? undefined : keepStateFile(options.stateFile, world);

  return {
    url: `${origin}/`,
    apiUrl: `${origin}/api/`,
    get app() {
      return world.app;
    },
    dials,
    as,
    connectApp: (urls) => {
      const all = typeof urls === 'string' ? { slashCommandUrl: urls, interactivityUrl: urls, eventsUrl: urls } : urls;
      world.app = { ...world.app, ...all };
    },
    verifyEventsUrl: () => delivery.verifyUrl(),
    until: (what, check, timeoutMs) => world.until(what, check, timeoutMs),
    close: async () => {
      delivery.close();
      doors.close();
      line.close();
      save?.();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** The page loads nothing from elsewhere and runs nothing but its own files. */
const CONTENT_POLICY = "default-src 'self'; img-src 'self' https: data:; style-src 'self'; script-src 'self'";

const pick = (authorization: string | undefined): { authorization?: string } =>
  authorization === undefined ? {} : { authorization };

const portOf = (address: AddressInfo | string | null): number =>
  typeof address === 'object' && address !== null ? address.port : 0;

function completed(app: LocalSlackOptions['app']): LocalApp {
  const secret = randomBytes(16).toString('hex');
  return {
    id: 'A0LOCALAPP',
    botUserId: 'U0LOCALBOT',
    botId: 'B0LOCALBOT',
    name: 'Breakglass',
    botToken: `xoxb-local-${secret}`,
    appToken: `xapp-1-A0LOCALAPP-${secret}`,
    signingSecret: randomBytes(16).toString('hex'),
    events: ['user_change'],
    ...app,
  };
}
