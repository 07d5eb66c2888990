import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockAgent } from 'undici';
import { SocketReceiver } from '../../src/chat/slack/socket.ts';
import { Sessions } from '../../src/clouds/aws/client/session.ts';
import { proxyRules } from '../../src/egress/proxy-rules.ts';
import { tunnelAgents } from '../../src/egress/tunnel-agents.ts';
import { s3Anchor } from '../../src/seal/anchors/s3.ts';
import { type HttpProxy, startHttpProxy } from '../support/http-proxy.ts';
import { until } from '../support/until.ts';

let proxy: HttpProxy;
let home: string;
const before = { ...process.env };
beforeAll(async () => {
  proxy = await startHttpProxy();
  home = await mkdtemp(join(tmpdir(), 'bg-egress-'));
});
afterAll(async () => {
  process.env = before;
  await proxy.close();
  await rm(home, { recursive: true, force: true });
});
beforeEach(() => {
  proxy.refuse = undefined;
  proxy.asked.splice(0);
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  Object.assign(process.env, { AWS_EC2_METADATA_DISABLED: 'true', AWS_CONFIG_FILE: join(home, 'config'), HOME: home });
});

const agents = () => {
  const { rules } = proxyRules({ HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url });
  if (rules === undefined) throw new Error('no rules');
  return tunnelAgents(rules);
};
const DOOR = { brokerRole: 'arn:aws:iam::111122223333:role/breakglass-broker', externalId: 'external' };
/** Takes on the broker's role by a session of these settings; resolves with what was said where it does not. */
async function enter(change: object): Promise<string> {
  const sessions = new Sessions({ agents, ...change }, () => 0);
  try {
    await sessions.enter(DOOR, AbortSignal.timeout(8_000));
    return 'entered';
  } catch (error) {
    return String(error);
  } finally {
    sessions.release();
  }
}
const KEYS = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' };

describe('what a proxy says instead of making a way', () => {
  const forged = `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>`;
  it.each([
    ['https://sts.invalid', 403],
    ['https://sts.invalid', 407],
    ['http://sts.invalid', 403],
    ['http://sts.invalid', 502],
  ])('is no answer of AWS at %s, whatever it looks like (%i)', async (endpoint, status) => {
    proxy.refuse = { status, body: forged };
    const said = await enter({ endpoint, credentials: KEYS });
    expect(said).toMatch(new RegExp(`PROVIDER_UNAVAILABLE: .*the proxy answered ${status}`));
    expect(said).not.toMatch(/AccessDenied|pa55/);
    expect(new Set(proxy.asked)).toEqual(new Set([`sts.invalid:${endpoint.startsWith('https') ? 443 : 80}`]));
  });

  it('names no password where the proxy itself is away', async () => {
    const { rules } = proxyRules({ HTTPS_PROXY: 'http://bot:pa55word@127.0.0.1:1' });
    if (rules === undefined) throw new Error('no rules');
    const said = await enter({ endpoint: 'https://sts.invalid', credentials: KEYS, agents: () => tunnelAgents(rules) });
    expect(said).toContain('the proxy could not be reached (ECONNREFUSED)');
    expect(said).not.toMatch(/pa55/);
  });
});

describe('what looks credentials up', () => {
  it('goes by the proxy: STS with a web identity', async () => {
    const token = join(home, 'token');
    await writeFile(token, 'a.b.c');
    Object.assign(process.env, {
      AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/worker',
      AWS_WEB_IDENTITY_TOKEN_FILE: token,
      AWS_REGION: 'eu-central-1',
    });
    await enter({});
    expect(proxy.asked[0]).toMatch(/^sts\..*amazonaws\.com:443$/);
  });

  it('goes by the proxy: Identity Center', async () => {
    const start = 'https://example.awsapps.com/start';
    // A path of its own: the SDK reads each file once.
    process.env.AWS_CONFIG_FILE = join(home, 'config-of-sso');
    await writeFile(
      process.env.AWS_CONFIG_FILE,
      `[default]\nsso_start_url = ${start}\nsso_region = eu-central-1\nsso_account_id = 111122223333\nsso_role_name = worker\n`,
    );
    const cache = join(home, '.aws', 'sso', 'cache');
    await mkdir(cache, { recursive: true });
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    await writeFile(
      join(cache, `${createHash('sha1').update(start).digest('hex')}.json`),
      JSON.stringify({ accessToken: 'token', expiresAt, startUrl: start, region: 'eu-central-1' }),
    );
    await enter({});
    expect(proxy.asked[0]).toBe('portal.sso.eu-central-1.amazonaws.com:443');
  });

  it('asks this machine directly: credentials of a container', async () => {
    const server = createServer((_request, response) =>
      response.end(
        JSON.stringify({
          AccessKeyId: 'A',
          SecretAccessKey: 'S',
          Token: 'T',
          Expiration: new Date(Date.now() + 3_600_000),
        }),
      ),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    await enter({ endpoint: 'https://sts.invalid' });
    expect(new Set(proxy.asked)).toEqual(new Set(['sts.invalid:443']));
    server.close();
  });
});

it('the sealer’s bucket is asked by the proxy, with its credentials', async () => {
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_REGION: 'eu-central-1',
  });
  const anchor = s3Anchor({ bucket: 'our-anchor', prefix: '', retentionDays: 1, now: async () => new Date(), agents });
  await expect(anchor.check()).rejects.toThrow('the proxy answered 502');
  expect(new Set(proxy.asked)).toEqual(new Set(['our-anchor.s3.eu-central-1.amazonaws.com:443']));
});

it('Socket Mode asks for its address, and connects, by the dispatcher that it is given', async () => {
  const mock = new MockAgent();
  mock.disableNetConnect();
  const seen: string[] = [];
  const dispatcher = Object.create(mock, {
    dispatch: {
      value: (options: Parameters<MockAgent['dispatch']>[0], handler: Parameters<MockAgent['dispatch']>[1]) => {
        seen.push(String(options.origin));
        return mock.dispatch(options, handler);
      },
    },
  }) as MockAgent;
  mock
    .get('https://slack.invalid')
    .intercept({ path: '/api/apps.connections.open', method: 'POST' })
    .reply(200, { ok: true, url: 'wss://wss.invalid/link' }, { headers: { 'content-type': 'application/json' } });
  const silent = { info: () => {}, warn: () => {}, error: () => {} };
  const settings = { botToken: 'xoxb-1', appId: 'A1', apiUrl: 'https://slack.invalid/api/', dispatcher };
  const receiver = new SocketReceiver(settings, 'xapp-1', silent);
  receiver.client.start().catch(() => undefined);
  await until(() => seen.length >= 2, 'the connection to be tried', 10_000);
  expect(seen.slice(0, 2)).toEqual(['https://slack.invalid', 'https://wss.invalid']);
  await receiver.client.disconnect().catch(() => undefined);
  await mock.close();
});
