import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { PRODUCTION_FLOORS } from '../../src/core/policy/policy.ts';
import { awaitCard, fillForm, userOf } from '../../src/demo/driver.ts';
import { openStage, type Stage } from '../../src/demo/stage.ts';
import { type BotProcess, startBot } from '../support/bot-process.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { type HttpProxy, startHttpProxy } from '../support/http-proxy.ts';
import { until } from '../support/until.ts';

/*
 * The built product as it runs in production, in a network whose names only a proxy knows: whatever did not go by the proxy
 * would reach nobody. Nothing is lowered.
 */
const CHANNEL = 'C0INC2041';
let proxy: HttpProxy;
let stage: Stage;
let database: TestDatabase;
let bot: BotProcess;
let folder: string;
const sources = createServer();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bg-egress-e2e-'));
  const example = parse(await readFile(new URL('../../breakglass.example.yaml', import.meta.url), 'utf8'));
  const { teams, people, onCall, incidentList } = example;
  sources.on('request', (request, response) => {
    const id = (request.url ?? '').split('/').at(-1);
    const incident = incidentList.find((one: { id: string }) => one.id === id);
    const answer = request.url === '/directory' ? { teams, people, onCall } : (incident ?? { error: 'not_found' });
    response.writeHead(request.url === '/directory' || incident ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer));
  });
  sources.listen(0, '127.0.0.1');
  await once(sources, 'listening');
  stage = await openStage({ policyText: stringify(example), floors: PRODUCTION_FLOORS });
  [proxy, database] = await Promise.all([startHttpProxy(), freshDatabase()]);
  const portOf = (url: string): number => Number(new URL(url).port);
  proxy.hosts.set('slack.invalid', portOf(stage.slack.url));
  proxy.hosts.set('aws.invalid', portOf(stage.aws.url));
  for (const name of ['directory.invalid', 'incidents.invalid'])
    proxy.hosts.set(name, (sources.address() as AddressInfo).port);
  const file = join(folder, 'breakglass.yaml');
  const { teams: _teams, people: _people, onCall: _onCall, incidentList: _list, ...rest } = example;
  await writeFile(
    file,
    stringify({
      ...rest,
      directory: { kind: 'http', url: 'http://directory.invalid/directory' },
      incidents: { kind: 'http', url: 'http://incidents.invalid/incidents', probe: 'INC-2037' },
    }),
  );
  const env = {
    ...stage.env,
    SLACK_API_URL: 'http://slack.invalid/api/',
    AWS_ENDPOINT_URL: 'http://aws.invalid',
    DATABASE_URL: database.appUrl,
    HTTP_PROXY: proxy.url,
    HTTPS_PROXY: proxy.url,
    NO_PROXY: 'somewhere.example',
    PAGERDUTY_ROUTING_KEY: 'R'.repeat(32),
    PORT: '0',
    LOG_LEVEL: 'info',
  };
  bot = await startBot({ env, role: 'all', file });
  stage.slack.connectApp(`${bot.url}/slack/events`);
}, 120_000);
afterAll(async () => {
  await bot?.stop();
  await Promise.all([stage?.close(), database?.drop(), proxy?.close()]);
  sources.close();
  await rm(folder, { recursive: true, force: true });
});

const as = (person: string) => stage.slack.as(userOf(stage, person));

it('reaches Slack, AWS, directory and incidents by the proxy alone, and neither database nor itself', async () => {
  const form = {
    incident: 'INC-2041',
    role: 'model-serving-restart',
    minutes: 15,
    reason: 'service_restoration',
    purpose: 'By the proxy',
    commander: 'kenji',
  };
  await fillForm(stage, 'mira', CHANNEL, form);
  expect(await as('mira').submit()).toMatchObject({ ok: true });
  const card = await awaitCard(stage, CHANNEL, 'By the proxy');
  await as('sasha').click(card, 'bg_approve');
  const says = (words: string) => () =>
    as('mira')
      .thread(CHANNEL, card.ts)
      .some((message) => message.words.includes(words));
  await until(says('Access is open'), 'the access to be open');
  await as('kenji').click(card, 'bg_end');
  await until(says('Access removed'), 'the access to be removed');
  expect([...new Set(proxy.asked)].sort()).toEqual([
    'aws.invalid:80',
    'directory.invalid:80',
    'incidents.invalid:80',
    'slack.invalid:80',
  ]);
  expect(bot.log()).not.toContain(proxy.password);
});

it('a proxy that says no is an outage as any other: it ends nothing, tells no password, and is over when it is over', async () => {
  proxy.refuse = { status: 407 };
  proxy.drop();
  await as('mira').command('/breakglass', 'INC-2041', CHANNEL);
  await until(() => bot.log().includes('http request failed'), 'the log to say so');
  expect(bot.endedByItself()).toBeUndefined();
  expect(bot.log()).not.toContain(proxy.password);
  proxy.refuse = undefined;
  await as('mira').command('/breakglass', 'INC-2041', CHANNEL);
  await as('mira').awaitModal();
});

it('an address that can be no proxy’s stops the start, by its name', async () => {
  const env = { ...stage.env, DATABASE_URL: database.appUrl, HTTPS_PROXY: `ftp://bot:${proxy.password}@proxy.example` };
  const said = await startBot({ env, role: 'all', file: join(folder, 'breakglass.yaml') }).then(
    () => 'started',
    (error: unknown) => String(error),
  );
  expect(said).toMatch(/HTTPS_PROXY: must be an http:\/\/ or https:\/\/ address of a proxy/);
  expect(said).not.toContain(proxy.password);
});
