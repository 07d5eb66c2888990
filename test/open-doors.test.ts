import { loadConfig } from '../src/config.ts';
import { openMonitor } from '../src/health/monitor.ts';
import type { ChatApp, OpenChat } from '../src/open-chats.ts';
import { type Doors, type Health, openDoors, startHealth } from '../src/open-doors.ts';
import { smallChat } from './chat/deliver/small-chat.ts';
import { keepingLogger } from './support/queues.ts';
import { until } from './support/until.ts';

const SETTINGS = {
  DATABASE_URL: 'postgresql://app@127.0.0.1:1/x',
  SLACK_BOT_TOKEN: 'xoxb-1',
  SLACK_APP_ID: 'A1',
  SLACK_SIGNING_SECRET: 'a-secret-of-length-16',
  HOST: '127.0.0.1',
};

describe('a worker that answers about its health', () => {
  const opened: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of opened.splice(0)) await close();
  });
  const start = async (warm: () => Promise<void>, change: Partial<Health> = {}, env: object = { HEALTH_PORT: '0' }) => {
    const logger = keepingLogger();
    const store = { installation: async () => ({ installationId: 'm', copy: undefined }), ping: async () => undefined };
    const prepared = warm();
    const config = loadConfig({ ...SETTINGS, ...env });
    const { url, isReady } = await startHealth(
      { config, store, prepared, monitor: openMonitor({ logger }), logger, ...change },
      opened,
    );
    return { logger, url, isReady, ready: async () => (await fetch(`${url}/health/ready`)).status };
  };

  it('is not ready before its statements are warm, and is then (A3)', async () => {
    let done = (): void => undefined;
    const { ready } = await start(
      () =>
        new Promise((resolve) => {
          done = resolve;
        }),
    );
    expect(await ready()).toBe(503);
    done();
    await until(async () => (await ready()) === 200, 'readiness');
  });

  it('is ready though nothing could be warmed, or that hangs: whoever ends something is heard', async () => {
    const broken = await start(() => Promise.reject(new Error('the database is away')));
    await until(async () => (await broken.ready()) === 200, 'readiness');
    expect(broken.logger.lines[0]?.message).toBe('the first answers were not rehearsed, and may be slow');
    const hanging = await start(() => new Promise(() => undefined), { warmMs: 200 });
    await until(async () => (await hanging.ready()) === 200, 'readiness');
  });

  it('listens nowhere where HEALTH_PORT is not set, and never at the PORT of who answers the chat', async () => {
    expect((await start(async () => undefined, {}, {})).url).toBeUndefined();
    expect((await start(async () => undefined, {}, { PORT: '0' })).url).toBeUndefined();
  });
});

describe('a process that hears people in two chats', () => {
  const opened: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close();
  });

  /** A chat that answers or not, as `away` says at the time. */
  const chatOf = (name: string, away: { readonly chats: Set<string> }): OpenChat => {
    const answers = async (): Promise<void> => {
      if (away.chats.has(name)) throw new Error(`${name} is away`);
    };
    const app: ChatApp = {
      routes: { [`/${name}/events`]: (_request, response) => void response.end(name) },
      recall: async () => undefined,
      start: answers,
      ready: answers,
      trouble: async () => (away.chats.has(name) ? `${name} refuses us.` : undefined),
      stop: async () => undefined,
    };
    return {
      chat: smallChat(name),
      accounts: { account: async () => 'member' },
      endpoints: [],
      trouble: app.trouble,
      refusesUs: () => false,
      hear: async () => app,
    };
  };

  const openTwo = async (away: { readonly chats: Set<string> }) => {
    const logger = keepingLogger();
    const monitor = openMonitor({ logger });
    const store = { installation: async () => ({ installationId: 'm', copy: undefined }), ping: async () => undefined };
    const doors = {
      config: loadConfig({ ...SETTINGS, PORT: '0' }),
      store,
      prepared: Promise.resolve(),
      rehearses: false,
      monitor,
      logger,
      chats: ['one', 'two'].map((name) => chatOf(name, away)),
      // Nobody is heard here: what hearing needs of the rest is never asked.
      deps: { store, logger },
    } as unknown as Doors;
    const { url, isReady } = await openDoors(doors, opened);
    const statusOf = async (path: string) => (await fetch(`${url}${path}`, { method: 'POST' })).status;
    const ready = async () => (await fetch(`${url}/health/ready`)).status;
    return { logger, monitor, isReady, statusOf, ready };
  };

  it('is ready while one of them can be heard, and says of each by its name how it is', async () => {
    const away = { chats: new Set(['two']) };
    const { logger, monitor, isReady, statusOf, ready } = await openTwo(away);
    expect(isReady).toBe(true);
    expect(await ready()).toBe(200);
    expect([await statusOf('/one/events'), await statusOf('/two/events')]).toEqual([200, 200]);
    expect((await monitor.report()).parts).toMatchObject({
      chat_one: { state: 'good' },
      chat_two: { state: 'red', says: 'two refuses us.' },
    });
    expect(logger.lines.map(({ message }) => message)).toContain(
      'the chat does not answer; endings go on, and it is asked again',
    );
    away.chats.add('one');
    expect(await ready()).toBe(503);
  });
});
