import bolt from '@slack/bolt';
import { WebSocket } from 'ws';
import { type LocalSlack, startLocalSlack } from '../../../src/demo/slack/local-slack.ts';
import { until } from '../../support/until.ts';
import { call, eventually, stageOptions } from './stage.ts';

let slack: LocalSlack;
let receiver: InstanceType<typeof bolt.SocketModeReceiver>;
let app: InstanceType<typeof bolt.App>;

beforeEach(async () => {
  slack = await startLocalSlack(stageOptions());
  receiver = new bolt.SocketModeReceiver({
    appToken: slack.app.appToken,
    logLevel: bolt.LogLevel.ERROR,
    // Also the wait before it comes back; shorter ones take a stall of a busy machine for a dead connection.
    clientPingTimeout: 3_000,
    installerOptions: { clientOptions: { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } } },
  });
  app = new bolt.App({
    token: slack.app.botToken,
    receiver,
    deferInitialization: true,
    logLevel: bolt.LogLevel.ERROR,
    clientOptions: { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } },
  });
  await app.init();
  await app.start();
});

afterEach(async () => {
  await app.stop();
  await slack.close();
});

describe('Socket Mode', () => {
  it('carries commands with their answer, modals, their errors, and events', async () => {
    const heard: string[] = [];
    app.command('/breakglass', async ({ ack, client, command }) => {
      await ack('opened');
      await client.views.open({
        trigger_id: command.trigger_id,
        view: {
          type: 'modal',
          callback_id: 'ask',
          title: { type: 'plain_text', text: 'Ask' },
          submit: { type: 'plain_text', text: 'Ask' },
          blocks: [
            {
              type: 'input',
              block_id: 'purpose',
              label: { type: 'plain_text', text: 'Purpose' },
              element: { type: 'plain_text_input', action_id: 'purpose' },
            },
          ],
        },
      });
    });
    app.view('ask', async ({ ack }) => ack({ response_action: 'errors', errors: { purpose: 'More.' } }));
    app.event('user_change', async ({ event }) => {
      heard.push(event.user.id);
    });
    const ana = slack.as('U0ANA');
    expect(await ana.command('/breakglass', '', 'C0INC')).toMatchObject({ ok: true, shown: ['opened'] });
    await ana.awaitModal();
    await ana.fill({ purpose: 'x' });
    expect((await ana.submit()).errors).toEqual({ purpose: 'More.' });
    await slack.dials.changePerson('U0BO', { guest: 'single_channel' });
    await eventually(() => heard.includes('U0BO'));
  });

  it('comes back after Slack asked it to reconnect', async () => {
    app.command('/breakglass', async ({ ack }) => ack('here'));
    slack.dials.recycleSockets();
    await eventually(() => slack.dials.calls('apps.connections.open').length >= 2);
    const seen = async () => (await slack.as('U0ANA').command('/breakglass', '', 'C0INC')).ok;
    await until(seen, 'an answer over the new connection');
  });

  it('is refused without a good ticket, and with the bot token', async () => {
    expect(await call(slack, 'apps.connections.open', {})).toMatchObject({
      ok: false,
      error: 'not_allowed_token_type',
    });
    const address = slack.url.replace('http', 'ws');
    const refused = new Promise((resolve) => {
      const socket = new WebSocket(`${address}link?ticket=made-up`);
      socket.onerror = () => resolve('refused');
      socket.onopen = () => resolve('open');
    });
    expect(await refused).toBe('refused');
  });
});
