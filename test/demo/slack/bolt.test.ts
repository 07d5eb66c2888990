import type { ModalView } from '@slack/types';
import { closeStages, eventually, openStage, type Stage } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(closeStages);

const askModal: ModalView = {
  type: 'modal',
  callback_id: 'ask',
  private_metadata: 'once-1',
  notify_on_close: true,
  title: { type: 'plain_text', text: 'Ask for access' },
  submit: { type: 'plain_text', text: 'Ask' },
  blocks: [
    {
      type: 'input',
      block_id: 'role',
      dispatch_action: true,
      label: { type: 'plain_text', text: 'Role' },
      element: {
        type: 'static_select',
        action_id: 'pick_role',
        options: ['ops', 'admin'].map((value) => ({ text: { type: 'plain_text', text: value }, value })),
      },
    },
    {
      type: 'input',
      block_id: 'purpose',
      label: { type: 'plain_text', text: 'Purpose' },
      element: { type: 'plain_text_input', action_id: 'purpose', max_length: 20 },
    },
  ],
};

describe('a slash command over signed HTTP', () => {
  it('reaches Bolt, and its words are escaped as Slack escapes them', async () => {
    let got = {};
    stage.app.command('/breakglass', async ({ ack, command }) => {
      got = command;
      await ack(`Hello ${command.user_name}`);
    });
    const seen = await stage.slack.as('U0ANA').command('/breakglass', ' end a < b & c ', 'C0INC');
    expect(seen).toEqual({ ok: true, timedOut: false, shown: ['Hello ana'], errors: {} });
    expect(got).toMatchObject({
      text: 'end a &lt; b &amp; c',
      channel_id: 'C0INC',
      channel_name: 'inc-42',
      team_id: 'T0LOCAL',
      user_id: 'U0ANA',
      api_app_id: stage.slack.app.id,
    });
    expect(
      stage.slack
        .as('U0ANA')
        .ephemerals()
        .map(({ words }) => words),
    ).toEqual(['Hello ana']);
    expect(stage.slack.as('U0BO').messages('C0INC')).toEqual([]);
  });

  it('answers through its response_url five times and no more', async () => {
    const answers: string[] = [];
    stage.app.command('/breakglass', async ({ ack, respond }) => {
      await ack();
      for (let time = 1; time <= 6; time++)
        await respond({ text: `answer ${time}`, response_type: 'ephemeral' }).then(
          () => answers.push('taken'),
          () => answers.push('refused'),
        );
      await stage.app.client.auth.test();
    });
    const ana = stage.slack.as('U0ANA');
    await ana.command('/breakglass', '', 'C0INC');
    await ana.sees('five answers', (one) => one.ephemerals().length === 5);
    await eventually(() => answers.length === 6);
    expect(answers).toEqual(['taken', 'taken', 'taken', 'taken', 'taken', 'refused']);
  });
});

describe('a modal', () => {
  it('opens, updates on a choice and keeps what was typed, shows errors on fields, and closes', async () => {
    const { app, slack } = stage;
    const submitted: unknown[] = [];
    app.command('/breakglass', async ({ ack, client, command }) => {
      await ack();
      await client.views.open({ trigger_id: command.trigger_id, view: askModal });
    });
    app.action('pick_role', async ({ ack, body, client }) => {
      await ack();
      if (body.type !== 'block_actions' || !body.view) return;
      const { id, hash } = body.view;
      const title = { type: 'plain_text' as const, text: 'Ask for ops' };
      await client.views.update({ view_id: id, hash, view: { ...askModal, title } });
    });
    app.view('ask', async ({ ack, view }) => {
      submitted.push(view.state.values);
      if (submitted.length === 1) await ack({ response_action: 'errors', errors: { purpose: 'Say more.' } });
      else await ack();
    });
    const ana = slack.as('U0ANA');
    await ana.command('/breakglass', '', 'C0INC');
    expect((await ana.awaitModal()).title).toBe('Ask for access');
    await ana.fill({ purpose: 'db is <down>' });
    await ana.choose('pick_role', 'ops');
    await ana.awaitModal(({ title }) => title === 'Ask for ops');
    expect((await ana.submit()).errors).toEqual({ purpose: 'Say more.' });
    expect(ana.modal()?.errors).toEqual({ purpose: 'Say more.' });
    expect(await ana.submit()).toMatchObject({ ok: true });
    expect(ana.modal()).toBeUndefined();
    expect(submitted[1]).toEqual({
      role: {
        pick_role: {
          type: 'static_select',
          selected_option: { text: { type: 'plain_text', text: 'ops' }, value: 'ops' },
        },
      },
      purpose: { purpose: { type: 'plain_text_input', value: 'db is <down>' } },
    });
  });

  it('never sends a submission that the client itself finds wrong', async () => {
    stage.app.command('/breakglass', async ({ ack, client, command }) => {
      await client.views.open({ trigger_id: command.trigger_id, view: askModal });
      await ack();
    });
    const ana = stage.slack.as('U0ANA');
    await ana.command('/breakglass', '', 'C0INC');
    await ana.fill({ purpose: 'x'.repeat(21) });
    expect((await ana.submit()).errors).toEqual({
      role: 'Please complete this required field.',
      purpose: 'Must be less than 21 characters.',
    });
    expect(stage.slack.dials.sent().map(({ payload }) => payload.type)).not.toContain('view_submission');
    await expect(ana.choose('pick_role', 'root')).rejects.toThrow('not among the options');
  });

  it('shows trouble when errors name something that is no input block', async () => {
    stage.app.command('/breakglass', async ({ ack, client, command }) => {
      await client.views.open({ trigger_id: command.trigger_id, view: askModal });
      await ack();
    });
    stage.app.action('pick_role', async ({ ack }) => ack());
    stage.app.view('ask', async ({ ack }) => ack({ response_action: 'errors', errors: { nothing: 'no' } }));
    const ana = stage.slack.as('U0ANA');
    await ana.command('/breakglass', '', 'C0INC');
    await ana.fill({ role: 'ops', purpose: 'p' });
    expect(await ana.submit()).toMatchObject({ ok: false, shown: ['We had some trouble connecting. Try again?'] });
  });

  it('tells the app that it was closed, when it asked to know', async () => {
    let closed = '';
    stage.app.command('/breakglass', async ({ ack, client, command }) => {
      await client.views.open({ trigger_id: command.trigger_id, view: askModal });
      await ack();
    });
    stage.app.view({ callback_id: 'ask', type: 'view_closed' }, async ({ ack, view }) => {
      closed = view.private_metadata;
      await ack();
    });
    const ana = stage.slack.as('U0ANA');
    await ana.command('/breakglass', '', 'C0INC');
    expect((await ana.close()).ok).toBe(true);
    expect(closed).toBe('once-1');
    await expect(ana.submit()).rejects.toThrow('No modal is open.');
  });
});

describe('a button in a message', () => {
  it('sends the whole message, its thread and the value; another stands in its place after chat.update', async () => {
    const { app, slack } = stage;
    let got: unknown;
    app.action('approve', async ({ ack, body, client }) => {
      await ack();
      got = body;
      if (body.type === 'block_actions' && body.channel && body.message)
        await client.chat.update({ channel: body.channel.id, ts: body.message.ts, text: 'Approved', blocks: [] });
    });
    const posted = await app.client.chat.postMessage({
      channel: 'C0INC',
      text: 'Request',
      blocks: [
        {
          type: 'actions',
          block_id: 'digest-1',
          elements: [
            { type: 'button', action_id: 'approve', value: 'req_1', text: { type: 'plain_text', text: 'Approve' } },
          ],
        },
      ],
    });
    const bo = slack.as('U0BO');
    expect((await bo.click({ channel: 'C0INC', ts: posted.ts ?? '' }, 'approve')).ok).toBe(true);
    await bo.sees('the change', (one) => one.messages('C0INC')[0]?.words === 'Approved');
    expect(got).toMatchObject({
      type: 'block_actions',
      api_app_id: slack.app.id,
      team: { id: 'T0LOCAL' },
      enterprise: null,
      user: { id: 'U0BO', team_id: 'T0LOCAL' },
      container: { type: 'message', message_ts: posted.ts, channel_id: 'C0INC', is_ephemeral: false },
      message: { ts: posted.ts, blocks: [{ block_id: 'digest-1' }] },
      actions: [{ action_id: 'approve', block_id: 'digest-1', value: 'req_1', type: 'button' }],
    });
  });

  it('names the home organisation of a stranger', async () => {
    let got: unknown;
    stage.app.action('approve', async ({ ack, body }) => {
      got = body.user;
      await ack();
    });
    const { ts = '' } = await stage.app.client.chat.postMessage({
      channel: 'C0INC',
      text: 'x',
      blocks: [
        {
          type: 'section',
          text: { type: 'mrkdwn', text: 'x' },
          accessory: { type: 'button', action_id: 'approve', text: { type: 'plain_text', text: 'A' } },
        },
      ],
    });
    await stage.slack.as('U0OTHER').click({ channel: 'C0INC', ts }, 'approve');
    expect(got).toMatchObject({ id: 'U0OTHER', team_id: 'T0ELSE' });
  });
});

describe('what is sent to the app', () => {
  it('is refused by Bolt when altered, forged or too old, and taken again when repeated', async () => {
    stage.app.command('/breakglass', async ({ ack }) => ack('ok'));
    await stage.slack.as('U0ANA').command('/breakglass', 'list', 'C0INC');
    const { dials } = stage.slack;
    const number = dials.sent()[0]?.number ?? 0;
    const altered = dials.bodyOf(number).replace('U0ANA', 'U0BO');
    expect((await dials.resend(number, { body: altered })).status).toBe(401);
    expect((await dials.resend(number, { timestamp: Math.floor(Date.now() / 1000) - 301 })).status).toBe(401);
    expect((await dials.resend(number, { signature: 'v0=00' })).status).toBe(401);
    expect((await dials.resend(number)).status).toBe(200);
  });

  it('answers the challenge of the events URL, and hears of a person who was deactivated', async () => {
    const heard: unknown[] = [];
    stage.app.event('user_change', async ({ event }) => {
      heard.push(event.user.id, event.user.deleted);
    });
    expect(await stage.slack.verifyEventsUrl()).toBe(true);
    await stage.slack.dials.changePerson('U0BO', { deleted: true });
    await eventually(() => heard.length > 0);
    expect(heard).toEqual(['U0BO', true]);
    expect(() => stage.slack.as('U0BO').post('C0INC', 'still here')).toThrow('deactivated');
  });
});
