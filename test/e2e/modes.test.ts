import { ADAPTERS } from '../../src/adapters.ts';
import { awaitCard, fillForm, userOf } from '../../src/demo/driver.ts';
import { DEMO_FLOORS } from '../../src/demo/overlay.ts';
import { main } from '../../src/main.ts';
import { openProduct, type Product } from '../support/product.ts';
import { until } from '../support/until.ts';

const CHANNEL = 'C0INC2041';
const FORM = {
  incident: 'INC-2041',
  role: 'model-serving-restart',
  minutes: 1,
  reason: 'service_restoration',
  purpose: 'Restart the inference service',
  commander: 'kenji',
} as const;

const open: Product[] = [];
const product = async (...options: Parameters<typeof openProduct>): Promise<Product> => {
  const opened = await openProduct(...options);
  open.push(opened);
  return opened;
};
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const as = ({ stage }: Product, person: string) => stage.slack.as(userOf(stage, person));
const ask = async (on: Product, change: Partial<Record<keyof typeof FORM, string | number>> = {}, who = 'mira') => {
  const form = { ...FORM, ...change } as typeof FORM;
  await fillForm(on.stage, who, CHANNEL, form);
  expect(await as(on, who).submit()).toMatchObject({ ok: true });
  return awaitCard(on.stage, CHANNEL, form.purpose);
};
const awaitThread = (on: Product, ts: string, words: string) =>
  on.stage.slack.until(
    `the thread to say "${words}"`,
    () =>
      as(on, 'mira')
        .thread(CHANNEL, ts)
        .slice(1)
        .find((message) => message.words.includes(words)),
    60_000,
  );

describe('the product', () => {
  it('works in Socket Mode with an app token and no signing secret', async () => {
    const on = await product({ socket: true });
    const card = await ask(on);
    await as(on, 'sasha').click(card, 'bg_approve');
    await awaitThread(on, card.ts, 'Access is open');
    await as(on, 'kenji').click(card, 'bg_end');
    await awaitThread(on, card.ts, 'Closed: ');
  });

  it('answers what Slack never asks, and is ended by nobody who does', async () => {
    const on = await product({ role: 'web' });
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE']) {
      expect((await fetch(`${on.running.url}/slack/events`, { method })).status).toBe(404);
    }
    expect((await fetch(`${on.running.url}/health/ready`)).status).toBe(200);
  });

  it('asks two outside people through a form in zone C, and its submission is the decision (B2)', async () => {
    const on = await product();
    const card = await ask(on, { role: 'vector-database-repair', purpose: 'Rebuild the broken index' }, 'ines');
    for (const approver of ['noor', 'sasha']) {
      await as(on, approver).click(card, 'bg_approve');
      const form = await as(on, approver).awaitModal();
      expect(form.words).toContain('Rebuild the broken index');
      expect(form.privateMetadata).toMatch(/^[0-9A-Z]{26}$/);
      expect(await as(on, approver).submit()).toMatchObject({ ok: true });
      await awaitThread(on, card.ts, approver === 'noor' ? 'Noor' : 'Sasha');
    }
    await awaitThread(on, card.ts, 'Access is open');
    await as(on, 'ines').click(card, 'bg_end');
    await awaitThread(on, card.ts, 'Closed: ');
  });

  it('ends an active grant after a restart onto a broken configuration file, opens nothing meanwhile, and compares the clouds', async () => {
    const on = await product();
    const card = await ask(on, { purpose: 'Before the broken file' });
    await as(on, 'sasha').click(card, 'bg_approve');
    await awaitThread(on, card.ts, 'Access is open');
    const broken = { policyText: 'version: 1\nzones: [', cloudSweepMs: 500 };
    await on.restart({ lowered: { floors: DEMO_FLOORS, sweepMs: 5_000, rehearse: false, ...broken } });
    const listed = () => on.stage.aws.dials.log().some(({ action }) => action === 'ListRoles');
    await until(listed, 'a listing of the cloud');

    await fillForm(on.stage, 'mira', CHANNEL, FORM);
    const asked = await as(on, 'mira').submit();
    expect(asked.ok && !as(on, 'mira').modal()).toBe(false);
    await as(on, 'mira').close();

    await as(on, 'mira').click(card, 'bg_end');
    await awaitThread(on, card.ts, 'Closed: ');
  });

  it('ends access at once when Slack says that the requester was deactivated', async () => {
    const on = await product();
    const card = await ask(on, { purpose: 'Before the account is closed' });
    await as(on, 'sasha').click(card, 'bg_approve');
    await awaitThread(on, card.ts, 'Access is open');
    await on.stage.slack.dials.changePerson(userOf(on.stage, 'mira'), { deleted: true });
    await on.stage.slack.until(
      'the end',
      () =>
        as(on, 'sasha')
          .thread(CHANNEL, card.ts)
          .some(({ words }) => words.startsWith('Closed: ')),
      60_000,
    );
  });

  it('hears nobody while its database is a copy of another installation’s', async () => {
    const on = await product({ copied: true, role: 'web' });
    const typed = await as(on, 'mira').command('/breakglass', '', CHANNEL);
    expect(typed.ok).toBe(false);
    expect(as(on, 'mira').modal()).toBeUndefined();
  });

  it('ends in the cloud what it opened when its time is over, with nobody pressing anything (D1, D2, D7)', async () => {
    const windowSeconds = 12;
    const on = await product({ windowSeconds });
    const card = await ask(on, { purpose: 'Runs to its end', minutes: windowSeconds / 60 });
    await as(on, 'sasha').click(card, 'bg_approve');
    await awaitThread(on, card.ts, 'Access is open');
    await on.stage.slack.until(
      'the end',
      () =>
        as(on, 'mira')
          .thread(CHANNEL, card.ts)
          .some(({ words }) => words.startsWith('Closed: ')),
      60_000,
    );
    const said = as(on, 'mira')
      .thread(CHANNEL, card.ts)
      .map(({ words }) => words);
    expect(said.some((words) => words.startsWith('Access ends '))).toBe(true);
    expect(
      as(on, 'mira')
        .dms()
        .some(({ words }) => words.includes('role_arn')),
    ).toBe(true);
  }, 150_000);
});

describe('lowered floors', () => {
  const env = {
    DATABASE_URL: 'postgresql://app@127.0.0.1:1/x',
    SLACK_BOT_TOKEN: 'xoxb-1',
    SLACK_APP_ID: 'A1',
    SLACK_SIGNING_SECRET: 'a-secret-of-length-16',
    SLACK_API_URL: 'http://127.0.0.1:1/api/',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
    LOG_LEVEL: 'silent',
  };
  it.each<[what: string, change: Record<string, string>]>([
    ['a database elsewhere', { DATABASE_URL: 'postgresql://app@192.0.2.1/x' }],
    ['a queue elsewhere', { REDIS_URL: 'redis://192.0.2.1' }],
    ['a chat elsewhere', { SLACK_API_URL: 'http://192.0.2.1/api/' }],
    ['a cloud elsewhere', { AWS_ENDPOINT_URL_IAM: 'http://192.0.2.1' }],
    ['no cloud endpoint at all', { AWS_ENDPOINT_URL: '' }],
    ['an endpoint of another service alone', { AWS_ENDPOINT_URL: '', AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1' }],
    ['endpoints that the SDK is told to ignore', { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }],
  ])('are refused with %s', async (_what, change) => {
    const lowered = { floors: DEMO_FLOORS };
    await expect(main({ env: { ...env, ...change }, role: 'all', file: 'x', lowered })).rejects.toThrow(
      /this machine|local clouds/,
    );
  });

  it.each<[what: string, endpoints: readonly string[], why: RegExp]>([
    ['with no address here', [], /local clouds only: set ECHO_URL/],
    ['elsewhere', ['http://127.0.0.1:1', 'http://192.0.2.1'], /this machine/],
  ])('are refused where one more cloud is known %s, used or not', async (_what, endpoints, why) => {
    const { aws } = ADAPTERS.clouds;
    if (aws === undefined) throw new Error('AWS is not known');
    const definition = { ...aws.definition, name: 'echo', localSetting: 'ECHO_URL', endpoints: () => endpoints };
    const adapters = { ...ADAPTERS, clouds: { ...ADAPTERS.clouds, echo: { ...aws, definition } } };
    const lowered = { floors: DEMO_FLOORS };
    await expect(main({ env, role: 'all', file: 'x', adapters, lowered })).rejects.toThrow(why);
  });
});

describe('settings', () => {
  it('are all reported at once, by name and never by value', async () => {
    const env = { DATABASE_URL: 'mysql://root:hunter2secret@db', SLACK_BOT_TOKEN: 'xoxp-hunter2secret', PORT: 'http' };
    const failed = main({ env, role: 'all', file: 'x' });
    await expect(failed).rejects.toThrow(/DATABASE_URL[\s\S]*SLACK_BOT_TOKEN[\s\S]*SLACK_APP_ID[\s\S]*PORT/);
    await expect(failed).rejects.not.toThrow(/hunter2secret/);
  });
});
