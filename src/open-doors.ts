import type { RequestListener } from 'node:http';
import { within } from './bounded.ts';
import type { Broker } from './broker/broker.ts';
import type { BrokerDeps } from './broker/deps.ts';
import type { Delivery } from './chat/deliver/delivery.ts';
import type { Config } from './config.ts';
import { cloudTermsOf } from './core/policy/cloud.ts';
import type { Terms } from './core/policy/terms.ts';
import type { Monitor } from './health/monitor.ts';
import { chatPart, listeningPart } from './health/parts.ts';
import { keepTrying } from './keep-trying.ts';
import type { ChatApp, OpenChat } from './open-chats.ts';
import type { Logger } from './ports/logger.ts';
import type { Store } from './ports/store.ts';
import { startWeb, type Web } from './web/server.ts';

/** A chat that is away at start, or a port that is taken, must not keep endings from running: tried again after this long. */
const DOOR_RETRY_MS = 5_000;

/** What answers about this process. */
export interface Health {
  readonly config: Config;
  readonly store: Pick<Store, 'installation' | 'ping'>;
  /** `Store.warm`, begun while the rest was started. */
  readonly prepared: Promise<void>;
  readonly monitor: Monitor;
  readonly logger: Logger;
  /** How long readiness waits for the rehearsal, in milliseconds. */
  readonly warmMs?: number | undefined;
}

/** What the chats' receivers are made of, besides. */
export interface Doors extends Health {
  /** Whether the first answers are rehearsed. */
  readonly rehearses: boolean;
  readonly chats: readonly OpenChat[];
  readonly announce: Delivery;
  readonly broker: Broker;
  readonly deps: BrokerDeps;
}

/** Longer than it takes on a busy machine. Past it the first clicks may be slow, which is better than nobody being heard. */
const WARM_MS = 10_000;

/** Does what makes the first click as fast as the others. What fails there is only said: nothing depends on it. */
function warm(
  work: () => Promise<void>,
  { logger, warmMs = WARM_MS }: Health,
): { readonly over: Promise<void>; isOver(): boolean } {
  let isOver = false;
  const over = within(warmMs, 'the rehearsal', work())
    .catch((error: unknown) =>
      logger.warn({ why: String(error) }, 'the first answers were not rehearsed, and may be slow'),
    )
    .finally(() => {
      isOver = true;
    });
  return { over, isOver: () => isOver };
}

/** How what was opened is closed again, last first. */
type Opened = (() => Promise<unknown>)[];

/** What came of the first tries. */
export interface Opening {
  readonly url: string | undefined;
  /** As `/health/ready`. */
  readonly isReady: boolean;
}

const answers = (asked: Promise<unknown>): Promise<boolean> =>
  asked.then(
    () => true,
    () => false,
  );

/** A worker's pages of health, where HEALTH_PORT says that somebody asks for them. Resolves after the first try. */
export async function startHealth(health: Health, opened: Opened): Promise<Opening> {
  const { store, prepared } = health;
  const { HEALTH_PORT: port } = health.config;
  if (port === undefined) return { url: undefined, isReady: await answers(store.ping()) };
  const warming = warm(() => prepared, health);
  const ready = async (): Promise<void> => {
    await store.ping();
    if (!warming.isOver()) throw new Error('the first statements are still being prepared');
  };
  const { first, url, close } = listen(health, {}, ready, { name: 'HEALTH_PORT', port });
  opened.push(close);
  await first;
  return { url: url(), isReady: url() !== undefined && (await answers(store.ping())) };
}

/** One chat that is heard. */
interface Heard extends OpenChat {
  readonly app: ChatApp;
}

/** The HTTP server and the receiver of each chat; resolves after the first try of each. */
export async function openDoors(doors: Doors, opened: Opened): Promise<Opening> {
  const { announce, broker, deps, monitor } = doors;
  const { store, directory, clouds, logger } = deps;
  const capabilities = (terms: Terms) => cloudTermsOf(clouds, terms);
  const hearing = { announce, broker, store, directory, capabilities, logger };
  const chats = await Promise.all(
    doors.chats.map(async (one): Promise<Heard> => ({ ...one, app: await one.hear(hearing) })),
  );
  for (const { chat, app } of chats) monitor.add(chatPart(chat.name, () => app.trouble()));
  // A copy of another installation hears nobody: what it recorded would count nowhere.
  const { copy } = await store.installation();
  if (copy !== undefined) logger.error({ copy }, 'this database is a copy; no chat is answered until it is adopted');
  const heard = copy === undefined ? chats : [];
  const routes = Object.assign({}, ...heard.map(({ app }) => app.routes));
  // Before anything is listened to; should it fail, starting the app does it again.
  await Promise.all(chats.map((one) => recall(one, logger)));
  const warming = warm(async () => {
    await doors.prepared;
    if (doors.rehearses) for (const { app } of heard) await app.warmUp?.();
  }, doors);
  const ready = async (): Promise<void> => {
    await store.ping();
    if (copy === undefined) await anyReady(heard);
    if (!warming.isOver()) throw new Error('the first answers are still being rehearsed');
  };
  const { first, url, close } = listen(doors, routes, ready, { name: 'PORT', port: doors.config.PORT });
  const greetings = heard.map((one) => greet(one, logger));
  opened.push(async () => {
    for (const greeting of greetings) greeting.stop();
    await Promise.all([close(), ...chats.map(({ app }) => app.stop())]);
  });
  await Promise.all([first, ...greetings.map((greeting) => greeting.first), warming.over]);
  return { url: url(), isReady: url() !== undefined && (await answers(ready())) };
}

const recall = ({ chat, app }: Heard, logger: Logger): Promise<void> =>
  app
    .recall()
    .catch((error: unknown) => logger.warn({ chat: chat.name, why: String(error) }, 'the last start was not recalled'));

/** A chat that does not answer keeps nobody from being heard in another. Rejects where nobody is heard in any. */
async function anyReady(chats: readonly Heard[]): Promise<void> {
  const tried = await Promise.allSettled(chats.map(({ app }) => app.ready()));
  const why = tried.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  if (why.length === tried.length) throw why[0];
}

/** Starts one chat, again and again until it answers. */
function greet({ chat, app, refusesUs }: Heard, logger: Logger): ReturnType<typeof keepTrying> {
  return keepTrying(
    () => app.start(),
    DOOR_RETRY_MS,
    onceSaid((error) => {
      const said = { chat: chat.name, why: String(error) };
      if (refusesUs(error)) logger.error(said, 'the chat refuses us; endings go on, and it is asked again');
      else logger.error(said, 'the chat does not answer; endings go on, and it is asked again');
    }),
  );
}

interface Listening {
  /** Resolves after the first try. */
  readonly first: Promise<void>;
  url(): string | undefined;
  close(): Promise<void>;
}

/** The HTTP server, tried again until the port is free. */
function listen(
  { config, monitor, logger }: Health,
  routes: Readonly<Record<string, RequestListener>>,
  ready: () => Promise<void>,
  { name, port }: { readonly name: 'PORT' | 'HEALTH_PORT'; readonly port: number },
): Listening {
  let web: Web | undefined;
  const status = () => monitor.report();
  const { HOST: host } = config;
  const listening = keepTrying(
    async () => {
      web = await startWeb({ host, port, routes, ready, status, logger });
    },
    DOOR_RETRY_MS,
    onceSaid((error) =>
      logger.error(
        { why: String(error) },
        `HOST and ${name} cannot be listened on; endings go on, and it is tried again`,
      ),
    ),
  );
  monitor.add(listeningPart(name, () => web !== undefined));
  const close = async (): Promise<void> => {
    listening.stop();
    await web?.close();
  };
  return { first: listening.first, url: () => web?.url, close };
}

/** Says an error once until it is another one: what stays wrong the monitor says again each minute. */
function onceSaid(say: (error: unknown) => void): (error: unknown) => void {
  let said: string | undefined;
  return (error) => {
    const now = String(error);
    if (now !== said) say(error);
    said = now;
  };
}
