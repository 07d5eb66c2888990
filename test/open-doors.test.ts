import { loadConfig } from '../src/config.ts';
import { openMonitor } from '../src/health/monitor.ts';
import { type Health, startHealth } from '../src/open-doors.ts';
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
