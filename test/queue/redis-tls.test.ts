import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openQueue } from '../../src/queue/open-queue.ts';
import { type Authority, makeAuthority, opensslBinary } from '../support/certificates.ts';
import { keepingLogger } from '../support/queues.ts';
import { type RedisServer, redisBinary, startRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

const SCRIPT = fileURLToPath(new URL('./worker-process.mjs', import.meta.url));
const [redis, openssl] = [redisBinary(), opensslBinary()];
const UNUSED = 'postgres://nobody@127.0.0.1:1/never-used';
const PASSWORD = 'a-password-that-nobody-may-see';

(redis === undefined || openssl === undefined ? describe.skip : describe)('a Redis behind TLS (E1)', () => {
  let authority: Authority;
  let [behindTls, plain]: RedisServer[] = [];
  let child: ChildProcess | undefined;

  beforeAll(async () => {
    authority = await makeAuthority(openssl ?? '');
    const tls = authority.certify('IP:127.0.0.1');
    [behindTls, plain] = await Promise.all([startRedis(redis ?? '', { tls }), startRedis(redis ?? '')]);
  });
  afterAll(async () => {
    child?.kill('SIGKILL');
    await Promise.all([behindTls?.stop(), plain?.stop(), authority.remove()]);
  });

  it('takes and gives work by rediss:// and NODE_EXTRA_CA_CERTS, on every connection', async () => {
    const settings = JSON.stringify({ redisUrl: behindTls?.url, postgresUrl: UNUSED });
    const env = { PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: authority.file };
    child = spawn(process.execPath, [SCRIPT, settings, 'finish', 'T1'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const lines: string[] = [];
    if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
    await until(() => lines.includes('done T1'), 'the work of a process that trusts the authority');
  });

  const secret = (url: string | undefined, change: Partial<URL> = {}) =>
    Object.assign(new URL(url ?? ''), { password: PASSWORD, ...change }).href;
  it.each<[what: string, url: () => string, words: RegExp]>([
    [
      'an authority that nobody named',
      () => secret(behindTls?.url),
      /certificate .* of an authority that Node does not know: name its file in NODE_EXTRA_CA_CERTS/,
    ],
    [
      'redis:// to a port that speaks TLS',
      () => secret(behindTls?.url).replace('rediss:', 'redis:'),
      /ends the connection before it answers: if it speaks TLS there, write rediss:\/\//,
    ],
    [
      'rediss:// to a port that speaks none',
      () => secret(plain?.url).replace('redis:', 'rediss:'),
      /has not answered TLS in two seconds: it is away, or speaks none there; then write redis:\/\//,
    ],
    [
      'a password that is none',
      () => secret(plain?.url, { username: 'bot' }),
      /refuses the user or the password of REDIS_URL/,
    ],
    [
      'options of the driver in the URL',
      () => `${secret(plain?.url)}?maxRetriesPerRequest=3&keyPrefix=x`,
      /REDIS_URL carries options \(maxRetriesPerRequest, keyPrefix\): take them out/,
    ],
  ])('is refused in a sentence where the way to it is %s', async (_what, url, words) => {
    const opening = openQueue({ redisUrl: url(), postgresUrl: UNUSED, logger: keepingLogger() });
    const refused = await opening.then(
      () => 'opened',
      (error: unknown) => String(error),
    );
    expect(refused).toMatch(words);
    expect(refused).not.toContain(PASSWORD);
    expect(refused).not.toContain('\n');
  });
});
