import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalSlack } from '../../../src/demo/slack/local-slack.ts';
import { call, stageOptions } from './stage.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'local-slack-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('keeps channels, messages and direct messages over a restart, and ts go on growing', async () => {
  const options = stageOptions({ stateFile: join(folder, 'slack.json') });
  const first = await startLocalSlack(options);
  const { ts } = await call(first, 'chat.postMessage', { channel: 'C0INC', text: 'before' });
  await call(first, 'chat.postMessage', { channel: 'U0BO', text: 'direct' });
  await call(first, 'chat.postEphemeral', { channel: 'C0INC', user: 'U0ANA', text: 'gone' });
  first.dials.archive('C0NOBOT');
  await first.close();
  const second = await startLocalSlack({ ...options, now: () => 0 });
  expect(
    second
      .as('U0ANA')
      .messages('C0INC')
      .map(({ text }) => text),
  ).toEqual(['before']);
  expect(
    second
      .as('U0BO')
      .dms()
      .map(({ text }) => text),
  ).toEqual(['direct']);
  expect(Number((await call(second, 'chat.postMessage', { channel: 'C0INC', text: 'after' })).ts)).toBeGreaterThan(
    Number(ts),
  );
  await second.close();
});

it('draws a planted text for each reader as Slack would: escaped text stays text', async () => {
  const slack = await startLocalSlack(stageOptions());
  await call(slack, 'chat.postMessage', { channel: 'C0INC', text: '&lt;@U0BO&gt; and <@U0BO> at <!date^0^{time}|x>' });
  const [seen] = slack.as('U0ANA').messages('C0INC');
  expect(seen?.words).toBe('<@U0BO> and @Bo Lind at 1:00 AM');
  expect(seen?.inks.filter(({ kind }) => kind === 'mention')).toHaveLength(1);
  expect(slack.as('U0BO').messages('C0INC')[0]?.words).toBe('<@U0BO> and @Bo Lind at 7:00 PM');
  await slack.close();
});

it('serves its page, what a person sees, and the dials over HTTP', async () => {
  const slack = await startLocalSlack(stageOptions());
  for (const file of ['', 'app.js', 'draw.js', 'modal.js', 'style.css']) {
    const response = await fetch(slack.url + file);
    expect([file, response.status]).toEqual([file, 200]);
  }
  const post = (path: string, body: object) =>
    fetch(`${slack.url}_local/${path}`, { method: 'POST', body: JSON.stringify(body) });
  expect((await post('post', { user: 'U0ANA', channel: 'C0INC', text: 'hi' })).status).toBe(200);
  expect(await (await post('submit', { user: 'U0ANA' })).json()).toEqual({ ok: false, problem: 'No modal is open.' });
  expect((await post('dial/nothing', {})).status).toBe(400);
  await post('dial/archive', { channel: 'C0INC' });
  const screen = await (await fetch(`${slack.url}_local/screen?user=U0BO&channel=C0INC`)).json();
  expect(screen).toMatchObject({ messages: [{ text: 'hi', authorName: 'Ana Ruiz' }], modal: null });
  expect(await (await fetch(`${slack.url}_local/screen?user=U0BO&channel=C0SECRET`)).json()).toMatchObject({
    messages: [],
  });
  await slack.close();
});
