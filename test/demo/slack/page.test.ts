import type { Browser, Page } from 'playwright-core';
import { describeInBrowser, openPage, say, settled } from '../../support/browser.ts';
import { closeStages, openStage, type Stage } from './stage.ts';

const plain = (text: string) => ({ type: 'plain_text' as const, text });

let browser: Browser;
let stage: Stage;
const broken: string[] = [];

const open = (width = 1280): Promise<Page> => openPage(browser, stage.slack.url, { width, height: 760, broken });

describeInBrowser('the page', (launch) => {
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    broken.length = 0;
    stage = await openStage();
  });
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    await closeStages();
  });

  it('asks through a modal, keeps what is typed while the app redraws it, and shows errors on the field', async () => {
    const view = (title: string) => ({
      type: 'modal' as const,
      callback_id: 'ask',
      title: plain(title),
      submit: plain('Ask'),
      blocks: [
        {
          type: 'input' as const,
          block_id: 'role',
          dispatch_action: true,
          label: plain('Role'),
          element: {
            type: 'static_select' as const,
            action_id: 'role',
            options: [{ text: plain('Operations'), value: 'ops' }],
          },
        },
        {
          type: 'input' as const,
          block_id: 'purpose',
          label: plain('Purpose'),
          element: { type: 'plain_text_input' as const, action_id: 'purpose' },
        },
      ],
    });
    stage.app.command('/breakglass', async ({ ack, client, command }) => {
      await ack();
      await client.views.open({ trigger_id: command.trigger_id, view: view('Ask') });
    });
    stage.app.action('role', async ({ ack, body, client }) => {
      await ack();
      if (body.type === 'block_actions' && body.view)
        await client.views.update({ view_id: body.view.id, view: view('Ask for operations') });
    });
    stage.app.view('ask', async ({ ack, view: sent }) => {
      const purpose = sent.state.values.purpose?.purpose?.value ?? '';
      if (purpose.length < 5) await ack({ response_action: 'errors', errors: { purpose: 'Say more.' } });
      else await ack();
    });
    const page = await open();
    await say(page, '/breakglass');
    await page.getByLabel('Purpose').fill('db');
    await page.getByLabel('Role').selectOption('ops');
    await page.getByRole('heading', { name: 'Ask for operations' }).waitFor();
    expect(await page.getByLabel('Purpose').inputValue()).toBe('db');
    await page.getByRole('button', { name: 'Ask' }).click();
    await page.getByText('Say more.').waitFor();
    await page.getByLabel('Purpose').fill('db is down');
    await page.getByRole('button', { name: 'Ask' }).click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(broken).toEqual([]);
  });

  it('updates by itself, runs no planted markup, and changes with the person', async () => {
    const page = await open();
    await page.getByRole('heading', { name: '# inc-42' }).waitFor();
    stage.slack.as('U0BO').post('C0INC', '<img src=x onerror=alert(1)> hello');
    await page.getByRole('article').getByText('<img src=x onerror=alert(1)> hello').waitFor();
    await stage.app.client.chat.postEphemeral({ channel: 'C0INC', user: 'U0ANA', text: 'only you' });
    await page.getByText('Only visible to you').waitFor();
    await page.getByLabel('You are').selectOption('U0BO');
    await page.getByText('Only visible to you').waitFor({ state: 'hidden' });
    expect(await page.getByRole('navigation').getByRole('button', { name: 'secret' }).count()).toBe(0);
    expect(broken).toEqual([]);
  });

  it('keeps what is in sight where it is while other messages come and change', async () => {
    const page = await open();
    const first = stage.slack.as('U0BO').post('C0INC', 'the first');
    await page.getByRole('article').getByText('the first').waitFor();
    await page.evaluate(`document.querySelector('[data-ts="${first.ts}"]').dataset.seen = 'yes'`);
    stage.slack.as('U0BO').post('C0INC', 'the second');
    await page.getByRole('article').getByText('the second').waitFor();
    expect(await page.locator('[data-seen]').getAttribute('data-ts')).toBe(first.ts);
    expect(broken).toEqual([]);
  });

  it('fits a phone: channels behind a button, a thread over the whole width, buttons that work', async () => {
    stage.app.action('approve', async ({ ack, body, client }) => {
      await ack();
      if (body.type === 'block_actions' && body.message)
        await client.chat.postMessage({ channel: 'C0INC', thread_ts: body.message.ts, text: 'Approved' });
    });
    await stage.app.client.chat.postMessage({
      channel: 'C0INC',
      text: 'Request',
      blocks: [{ type: 'actions', elements: [{ type: 'button', action_id: 'approve', text: plain('Approve') }] }],
    });
    const page = await open(375);
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByRole('button', { name: '1 reply' }).click();
    await page.getByRole('complementary', { name: 'Thread' }).getByText('Approved').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(375);
    await page.getByRole('button', { name: 'Close thread' }).click();
    await settled(page);
    await page.getByRole('button', { name: 'Channels' }).click();
    await page.getByRole('button', { name: 'random' }).click();
    await page.getByRole('heading', { name: '# random' }).waitFor();
    expect(broken).toEqual([]);
  });
});
