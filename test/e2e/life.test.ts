import { verifyLog } from '../../src/broker/verify-log.ts';
import { requestStream } from '../../src/core/events.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import { assumeGrant, awaitCard, fillForm, use, userOf } from '../../src/demo/driver.ts';
import { openStore } from '../../src/store/open-store.ts';
import { openProduct, type Product } from '../support/product.ts';
import { type RedisServer, redisBinary, startRedis } from '../support/redis.ts';

const CHANNEL = 'C0INC2041';
const ACCOUNT = '111122223333';
const SERVICE = 'arn:aws:ecs:eu-central-1:111122223333:service/inference/chat-large';
const FORM = {
  incident: 'INC-2041',
  role: 'model-serving-restart',
  minutes: 1,
  reason: 'service_restoration',
  purpose: 'Restart the inference service',
  commander: 'kenji',
} as const;
const silent = { info: () => {}, warn: () => {}, error: () => {} };

const redis = redisBinary();
if (redis === undefined) console.warn('SKIPPED: the life on Redis, since no redis-server is on the PATH');
const backends = redis === undefined ? (['postgres'] as const) : (['postgres', 'redis'] as const);

describe.each(backends)('a life from /breakglass to ended access, with BullMQ on %s', (backend) => {
  let product: Product;
  let server: RedisServer | undefined;
  beforeAll(async () => {
    server = backend === 'redis' && redis ? await startRedis(redis) : undefined;
    product = await openProduct({ redisUrl: server?.url });
  });
  afterAll(async () => {
    await product.close();
    await server?.stop();
  });

  const as = (person: string) => product.stage.slack.as(userOf(product.stage, person));
  const ask = async (change: Partial<Record<keyof typeof FORM, string | number>> = {}) => {
    const form = { ...FORM, ...change } as typeof FORM;
    await fillForm(product.stage, 'mira', CHANNEL, form);
    expect(await as('mira').submit()).toMatchObject({ ok: true });
    return awaitCard(product.stage, CHANNEL, form.purpose);
  };
  const awaitThread = (ts: string, words: string, timeoutMs = 60_000) =>
    product.stage.slack.until(
      `the thread to say "${words}"`,
      () =>
        as('mira')
          .thread(CHANNEL, ts)
          .slice(1)
          .find((message) => message.words.includes(words)),
      timeoutMs,
    );
  const cardNow = (ts: string) => as('mira').thread(CHANNEL, ts)[0]?.words ?? '';
  const roles = () => product.stage.aws.roles(ACCOUNT).filter(({ path }) => path === '/breakglass/');

  it('asks, turns a team mate away, opens by somebody outside, is used, ends on demand, and proves both facts (A1, B1, B5, C1, D3, D5, E1)', async () => {
    const card = await ask();
    await as('theo').click(card, 'bg_approve');
    const why = await as('theo').sees('why not', (theo) => [...theo.ephemerals(), ...theo.dms()].at(-1)?.words);
    expect(why).toContain('share a team');
    await awaitThread(card.ts, 'Asked directly');
    expect(as('sasha').dms().at(-1)?.words).toContain(FORM.purpose);

    await as('sasha').click(card, 'bg_approve');
    await awaitThread(card.ts, 'Access is open');
    const [role] = roles();
    const keys = await assumeGrant(product.stage, 'mira', role?.arn ?? '');
    expect(await use(product.stage, keys, 'ecs:UpdateService', SERVICE)).toMatchObject({ allowed: true });
    expect(await use(product.stage, keys, 'iam:CreateUser', '*')).toMatchObject({ allowed: false });

    await as('mira').click(card, 'bg_end');
    await awaitThread(card.ts, 'Access removed');
    expect(await use(product.stage, keys, 'ecs:UpdateService', SERVICE)).toMatchObject({ allowed: false });
    await awaitThread(card.ts, 'Sessions ended');
    await awaitThread(card.ts, 'Closed');
    await expect(assumeGrant(product.stage, 'mira', role?.arn ?? '')).rejects.toThrow();
    await product.stage.slack.until('the card to say so', () => cardNow(card.ts).includes('both were proven'));

    const store = openStore({ definitions: DEFINITIONS, url: product.database.appUrl, logger: silent });
    try {
      expect((await verifyLog(store)).broken).toBeUndefined();
      const [row] = await store.list({ limit: 1 });
      const events = await store.events(requestStream(row?.request.details.id ?? ''));
      // One post per event at rest, in order, each naming its event; a refused click is between its maker and us.
      const posts = as('mira')
        .thread(CHANNEL, card.ts)
        .slice(1)
        .filter(({ byApp, ephemeral }) => byApp && !ephemeral);
      expect(posts).toHaveLength(events.filter(({ type }) => type !== 'action_refused').length);
      const names = events.map(({ type }) => type);
      expect(names.indexOf('access_planned')).toBeLessThan(names.indexOf('access_opened'));
      expect(names.slice(-3)).toEqual(['access_removed', 'sessions_ended', 'request_closed']);
    } finally {
      await store.close();
    }
  });

  it('denies with a reason that the requester and the channel read (B5)', async () => {
    const card = await ask({ purpose: 'To be denied' });
    await as('sasha').click(card, 'bg_deny');
    await as('sasha').awaitModal();
    await as('sasha').fill({ deny_reason: 'Use the runbook first' });
    expect(await as('sasha').submit()).toMatchObject({ ok: true });
    await awaitThread(card.ts, 'Use the runbook first');
  });

  it('lets the requester withdraw, and nobody else', async () => {
    const card = await ask({ purpose: 'To be withdrawn' });
    await as('theo').click(card, 'bg_withdraw');
    await as('mira').click(card, 'bg_withdraw');
    await awaitThread(card.ts, 'Closed: ');
    expect(
      as('mira')
        .thread(CHANNEL, card.ts)
        .filter(({ words }) => words.startsWith('Closed')),
    ).toHaveLength(1);
  });

  it('takes two approvals at the same moment as one outcome (B7)', async () => {
    const card = await ask({ purpose: 'Raced' });
    await Promise.all([as('sasha').click(card, 'bg_approve'), as('kenji').click(card, 'bg_approve')]);
    await awaitThread(card.ts, 'Access is open');
    await as('mira').click(card, 'bg_end');
    await awaitThread(card.ts, 'Closed');
    const said = as('mira')
      .thread(CHANNEL, card.ts)
      .map(({ words }) => words);
    expect(said.filter((words) => words.includes('All approvals are there'))).toHaveLength(1);
    expect(said.filter((words) => words.includes('approved ('))).toHaveLength(1);
  });

  it('shows what a person typed as text, never as link or mention', async () => {
    const purpose = '<!channel> <@U0DEMO0003> <https://evil.example|approved> *bold* & done';
    const card = await ask({ purpose });
    const message = as('sasha').thread(CHANNEL, card.ts)[0];
    expect(message?.words).toContain('<!channel>');
    expect(JSON.stringify(message?.blocks)).not.toContain('"url":"https://evil.example');
    await as('mira').click(card, 'bg_withdraw');
  });
});
