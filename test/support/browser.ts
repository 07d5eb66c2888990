import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';

/** Where pictures of failing and passing runs go; not kept in the repository. */
const SCREENSHOTS = fileURLToPath(new URL('../../test-output/', import.meta.url));

/**
 * Where a Chromium is: `CHROMIUM`, else Debian's. No npm package ships one, so a machine may have none; CI must have one,
 * and there its absence is an error.
 */
export function chromiumBinary(): string | undefined {
  const path = process.env.CHROMIUM ?? '/usr/bin/chromium';
  if (existsSync(path)) return path;
  if (process.env.CI) throw new Error(`CI needs a Chromium at ${path}, or CHROMIUM`);
  return undefined;
}

/** Suites that need a browser. Where there is none, one test says so aloud in their place. */
export function describeInBrowser(name: string, suite: (launch: () => Promise<Browser>) => void): void {
  const executablePath = chromiumBinary();
  if (executablePath === undefined) {
    console.warn(`SKIPPED: ${name}, for want of a Chromium. "apt-get install chromium", or set CHROMIUM.`);
    it(`${name}: not driven here, for want of a Chromium`, () => expect(chromiumBinary()).toBeUndefined());
    return;
  }
  // As root, which a container usually is, Chromium starts only without its sandbox; the pages are our own.
  describe(name, () => suite(() => chromium.launch({ executablePath, args: ['--no-sandbox'] })));
}

/** A new page; what breaks on it is added to `broken`. */
export async function openPage(
  browser: Browser,
  url: string,
  { width, height, broken }: { width: number; height: number; broken: string[] },
): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height } });
  page.setDefaultTimeout(45_000);
  page.on('pageerror', (error) => broken.push(String(error)));
  page.on('console', (line) => line.type() === 'error' && broken.push(line.text()));
  await page.goto(url);
  await settled(page);
  return page;
}

/** Resolves once the page shows what was chosen: a press on what is just being drawn anew would be lost. */
export const settled = (page: Page): Promise<void> => page.locator('main[aria-busy="false"]').waitFor();

/** Keeps a picture of the page as `test-output/<name>.png`, with the top of `from` in sight. */
export async function picture(page: Page, name: string, from?: Locator): Promise<void> {
  await mkdir(SCREENSHOTS, { recursive: true });
  // In one step, and not Playwright's own way: the page may draw the element anew while somebody waits for it to rest.
  if (await from?.isVisible()) await from?.evaluate((node) => node.scrollIntoView());
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), animations: 'disabled' });
}

/** Says something in the open channel, or types a command there. */
export async function say(page: Page, words: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(words);
  await page.getByRole('button', { name: 'Send' }).click();
}
