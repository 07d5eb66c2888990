import type { Browser, Locator, Page } from 'playwright-core';
import { userOf } from '../../src/demo/driver.ts';
import { describeInBrowser, openPage, picture, say, settled } from '../support/browser.ts';
import { openProduct, type Product } from '../support/product.ts';

const ROLE = 'model-serving-restart';

describeInBrowser('the demo, in a browser', (launch) => {
  let browser: Browser;
  let product: Product;
  const broken: string[] = [];
  beforeAll(async () => {
    [browser, product] = await Promise.all([launch(), openProduct()]);
  }, 180_000);
  afterAll(async () => {
    await browser.close();
    await product.close();
  });
  beforeEach(() => {
    broken.length = 0;
  });

  const become = async (page: Page, person: string): Promise<void> => {
    await page.getByLabel('You are').selectOption(userOf(product.stage, person));
    await settled(page);
  };

  /** Goes to the incident's channel; on a phone the list stands behind a button. */
  async function enterChannel(page: Page): Promise<void> {
    const list = page.getByRole('button', { name: 'Channels' });
    if (await list.isVisible()) await list.click();
    await page.getByRole('navigation').getByRole('button', { name: 'inc-2041' }).click();
    await page.getByRole('heading', { name: '# inc-2041' }).waitFor();
  }

  /** Fills the form by its labels, as a person would, and keeps a picture of it. */
  async function ask(page: Page, purpose: string, name: string): Promise<void> {
    await say(page, '/breakglass');
    const form = page.getByRole('dialog');
    await form.getByLabel('Role').selectOption(ROLE);
    await form.getByText('Approvals it needs').waitFor();
    await form.getByLabel('Incident', { exact: true }).fill('INC-2041');
    await form.getByLabel('Reason').selectOption('service_restoration');
    await form.getByLabel('Purpose').fill(purpose);
    await form.getByLabel('For how long').selectOption('1');
    await form.getByLabel('Incident commander').selectOption(userOf(product.stage, 'kenji'));
    await noWiderThanTheScreen(page);
    await picture(page, `${name}-modal`, form.getByText('Incident', { exact: true }));
    await form.getByRole('button', { name: 'Ask' }).click();
    await form.waitFor({ state: 'hidden' });
  }

  const cardOf = (page: Page, purpose: string): Locator =>
    page
      .getByRole('log', { name: 'Messages' })
      .getByRole('article')
      .filter({ hasText: `Purpose: ${purpose}` });

  const noWiderThanTheScreen = async (page: Page): Promise<void> =>
    expect(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')).toBeLessThanOrEqual(0);

  it.each([
    ['desk', 1280, 900],
    ['phone', 375, 812],
  ])(
    'is enough to ask, approve as somebody else, and watch access open and end, on a %s (A1, B1, B5, D5, E1)',
    async (name, width, height) => {
      const page = await openPage(browser, product.stage.slack.url, { width, height, broken });
      const purpose = `Restart inference from a ${name}`;
      await become(page, 'mira');
      await enterChannel(page);
      await ask(page, purpose, name);
      const card = cardOf(page, purpose);
      await card.getByRole('heading', { name: 'Access wanted' }).waitFor();
      await card.getByRole('button', { name: '2 replies' }).waitFor();
      await picture(page, `${name}-wanted`, card);

      await become(page, 'sasha');
      await card.getByRole('button', { name: 'Approve' }).click();
      await card.getByRole('heading', { name: 'Access open' }).waitFor();
      await become(page, 'mira');
      // Highlighted for the one it names: the page shows Mira's view by now.
      await card.locator('.mention.own').waitFor();
      await picture(page, `${name}-open`, card);
      const thread = page.getByRole('complementary', { name: 'Thread' });
      // Each line draws the card anew: it is pressed once they are all there.
      await card.getByRole('button', { name: /[6-9] replies/ }).click();
      await thread.getByText('Access is open').waitFor();
      await picture(page, `${name}-timeline`, card);
      await page.getByRole('button', { name: 'Close thread' }).click();

      await card.getByRole('button', { name: 'End now' }).click();
      await page.getByRole('dialog').getByText('It is taken away at once').waitFor();
      await picture(page, `${name}-sure`);
      await page.getByRole('dialog').getByRole('button', { name: 'End now' }).click();
      await card.getByRole('heading', { name: 'Ended: ' }).waitFor();
      expect(await card.getByRole('button', { name: 'End now' }).count()).toBe(0);

      await card.getByRole('button', { name: /1\d replies/ }).click();
      await thread.getByText('Closed: ').waitFor();
      await noWiderThanTheScreen(page);
      await picture(page, `${name}-ended`);
      expect(broken).toEqual([]);
      await page.context().close();
    },
    180_000,
  );
});
