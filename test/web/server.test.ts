import { startWeb, type Web, type WebOptions } from '../../src/web/server.ts';
import { keepingLogger } from '../support/queues.ts';

const never = () => new Promise<never>(() => undefined);
const broken = () => Promise.reject(new Error('postgres://app:hunter2@db.internal'));

describe('what is answered about this process (D6)', () => {
  const open: Web[] = [];
  afterEach(async () => {
    for (const web of open.splice(0)) await web.close();
  });
  const get = async (path: string, change: Partial<WebOptions> = {}) => {
    const usual = { ready: async () => undefined, status: async () => ({ status: 'good' }) as const };
    const web = await startWeb({
      host: '127.0.0.1',
      port: 0,
      routes: {},
      logger: keepingLogger(),
      ...usual,
      ...change,
    });
    open.push(web);
    const answer = await fetch(`${web.url}${path}`);
    return { status: answer.status, body: await answer.text() };
  };

  it.each<[path: string, change: Partial<WebOptions>, status: number, body: string]>([
    ['/health/live', { ready: broken, status: broken }, 200, '{"status":"ok"}'],
    ['/health/ready', { status: async () => ({ status: 'red' }) }, 200, '{"status":"ready"}'],
    ['/health/ready', { ready: broken }, 503, '{"status":"not_ready"}'],
    ['/health/ready', { ready: never }, 503, '{"status":"not_ready"}'],
    ['/health/status', { ready: broken }, 200, '{"status":"good"}'],
    ['/health/status', { status: async () => ({ status: 'red' }) }, 503, '{"status":"red"}'],
    ['/health/status', { status: broken }, 503, '{"status":"red"}'],
  ])('%s, %p: %i', async (path, change, status, body) => {
    expect(await get(path, change)).toEqual({ status, body });
  });
});
