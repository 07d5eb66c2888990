import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { signatureOf } from '../../../src/demo/slack/delivery.ts';
import { type LocalSlack, type LocalSlackOptions, startLocalSlack } from '../../../src/demo/slack/local-slack.ts';
import { call, listening, stageOptions } from './stage.ts';

interface Got {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** A workspace whose app is a bare server that answers with what `answers` gives: a status, or nothing at all. */
async function withApp(
  answers: (number: number) => number | undefined,
  more: Partial<LocalSlackOptions> = {},
): Promise<{ slack: LocalSlack; got: Got[] }> {
  const got: Got[] = [];
  const server: Server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += String(part);
    got.push({ headers: request.headers, body });
    const status = answers(got.length);
    if (status !== undefined) response.writeHead(status).end();
  });
  const slack = await startLocalSlack(stageOptions({ eventRetryDelaysMs: [1, 1, 1], ...more }));
  slack.connectApp(await listening(server));
  closing.push(
    () => slack.close(),
    () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  );
  return { slack, got };
}

describe('a command', () => {
  it('is shown as failed when the app does not answer in time', async () => {
    const { slack } = await withApp(() => undefined, { ackMs: 50 });
    const seen = await slack.as('U0ANA').command('/breakglass', '', 'C0INC');
    expect(seen.timedOut).toBe(true);
    expect(seen.shown).toEqual(['/breakglass failed because the app did not respond ("operation_timeout").']);
    expect(slack.as('U0ANA').ephemerals()[0]?.authorName).toBe('Slackbot');
  });

  it.each([
    [500, 'http_service_error'],
    [undefined, 'dispatch_failed'],
  ])('is shown as failed when the app answers %p', async (status, error) => {
    const { slack } = await withApp(() => status);
    if (status === undefined) slack.connectApp('http://127.0.0.1:1');
    const seen = await slack.as('U0ANA').command('/breakglass', '', 'C0INC');
    expect(seen).toMatchObject({ ok: false, timedOut: false, shown: [expect.stringContaining(error)] });
  });

  it('is signed over its time and body', async () => {
    const { slack, got } = await withApp(() => 200);
    await slack.as('U0ANA').command('/breakglass', 'list', 'C0INC');
    const { headers, body } = got[0] ?? { headers: {}, body: '' };
    const timestamp = Number(headers['x-slack-request-timestamp']);
    expect(headers['x-slack-signature']).toBe(signatureOf(slack.app.signingSecret, timestamp, body));
    expect(new URLSearchParams(body).get('text')).toBe('list');
  });

  it('is taken by an app that was started anew on the same port', async () => {
    const answering = (words: string): Server => createServer((_request, response) => response.end(words));
    const slack = await startLocalSlack(stageOptions());
    const first = answering('first');
    const url = await listening(first);
    slack.connectApp(url);
    expect((await slack.as('U0ANA').command('/breakglass', '', 'C0INC')).shown).toEqual(['first']);
    await new Promise((resolve) => first.close(resolve));
    const second = answering('second');
    await new Promise<void>((resolve) => second.listen(Number(new URL(url).port), '127.0.0.1', resolve));
    expect((await slack.as('U0ANA').command('/breakglass', '', 'C0INC')).shown).toEqual(['second']);
    closing.push(
      () => slack.close(),
      () => new Promise((resolve) => second.close(resolve)),
    );
  });

  it('is not known, or not allowed, where the client would not let it be typed', async () => {
    const { slack } = await withApp(() => 200);
    await expect(slack.as('U0ANA').command('/other', '', 'C0INC')).rejects.toThrow('not a valid command');
    await expect(slack.as('U0BO').command('/breakglass', '', 'C0SECRET')).rejects.toThrow('not in this conversation');
  });
});

describe('an event', () => {
  it('is repeated with its number and reason until the app takes it', async () => {
    const { slack, got } = await withApp((number) => (number < 3 ? 500 : 200));
    await slack.dials.changePerson('U0BO', { deleted: true });
    expect(got.map(({ headers }) => headers['x-slack-retry-num'])).toEqual([undefined, '1', '2']);
    expect(got[1]?.headers['x-slack-retry-reason']).toBe('http_error');
    expect(JSON.parse(got[0]?.body ?? '{}')).toMatchObject({
      type: 'event_callback',
      team_id: 'T0LOCAL',
      event: { type: 'user_change', user: { id: 'U0BO', deleted: true } },
    });
  });

  it('is lost while events are dropped, and not sent when the app did not subscribe', async () => {
    const { slack, got } = await withApp(() => 200);
    slack.dials.dropEvents();
    await slack.dials.changePerson('U0BO', { guest: 'multi_channel' });
    slack.dials.dropEvents(false);
    slack.as('U0ANA').post('C0INC', 'hello');
    expect(got).toEqual([]);
    await slack.dials.changePerson('U0BO', { guest: 'single_channel' });
    expect(got).toHaveLength(1);
  });
});

describe('a trigger id', () => {
  const view = { type: 'modal', title: { type: 'plain_text', text: 'Ask' }, external_id: 'mine', blocks: [] };
  let now = Date.UTC(2030, 0, 1);
  const trigger = async (slack: LocalSlack) => {
    await slack.as('U0ANA').command('/breakglass', '', 'C0INC');
    return String(slack.dials.sent().at(-1)?.payload.trigger_id);
  };

  it('opens one modal within three seconds, and then no other', async () => {
    const { slack } = await withApp(() => 200, { now: () => now });
    const first = await trigger(slack);
    now += 3000;
    expect(await call(slack, 'views.open', { trigger_id: first, view: { ...view, blocks: 1 } })).toMatchObject({
      error: 'invalid_arguments',
    });
    expect(await call(slack, 'views.open', { trigger_id: first, view })).toMatchObject({ ok: true });
    expect(await call(slack, 'views.open', { trigger_id: first, view })).toMatchObject({
      error: 'exchanged_trigger_id',
    });
    const second = await trigger(slack);
    now += 3001;
    expect(await call(slack, 'views.open', { trigger_id: second, view })).toMatchObject({
      error: 'expired_trigger_id',
    });
  });

  it('leads to views that know their hash, their external id and their stack', async () => {
    const { slack } = await withApp(() => 200);
    const opened = await call(slack, 'views.open', { trigger_id: await trigger(slack), view });
    const { id, hash } = opened.view as { id: string; hash: string };
    const changed = await call(slack, 'views.update', { external_id: 'mine', hash, view });
    expect(changed).toMatchObject({ ok: true, view: { id, root_view_id: id } });
    expect(await call(slack, 'views.update', { view_id: id, hash, view })).toMatchObject({ error: 'hash_conflict' });
    const again = await call(slack, 'views.open', { trigger_id: await trigger(slack), view });
    expect(again).toMatchObject({ ok: false, error: 'duplicate_external_id' });
    const huge = {
      ...view,
      blocks: Array.from({ length: 90 }, () => ({ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(2999) } })),
    };
    expect(await call(slack, 'views.update', { view_id: id, view: huge })).toMatchObject({ error: 'view_too_large' });
  });
});
