import { jest } from '@jest/globals';
import { end, list, status } from '../../src/cli/requests.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import { awaitCard, fillForm, userOf } from '../../src/demo/driver.ts';
import { openStore } from '../../src/store/open-store.ts';
import { withClient } from '../support/database.ts';
import { openProduct, type Product } from '../support/product.ts';

const CHANNEL = 'C0INC2041';
const FORM = {
  incident: 'INC-2041',
  role: 'model-serving-restart',
  minutes: 15,
  reason: 'service_restoration',
  purpose: 'Restart the inference service',
  commander: 'kenji',
} as const;
const silent = { info: () => {}, warn: () => {}, error: () => {} };

describe('access that is open while the database comes to speak otherwise (A3, D2, D5, D6)', () => {
  let product: Product;
  const printed: string[] = [];
  beforeAll(async () => {
    product = await openProduct();
  });
  afterAll(() => product.close());
  beforeEach(() => {
    printed.length = 0;
    for (const way of ['log', 'error'] as const) {
      jest.spyOn(console, way).mockImplementation((...said: unknown[]) => void printed.push(said.join(' ')));
    }
    process.env.DATABASE_URL = product.database.appUrl;
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    delete process.env.DATABASE_URL;
  });

  const as = (person: string) => product.stage.slack.as(userOf(product.stage, person));
  const preset = (what: string): Promise<unknown> => {
    const name = new URL(product.database.appUrl).pathname.slice(1);
    const elsewhere = Object.assign(new URL(product.database.adminUrl), { pathname: '/postgres' }).href;
    return withClient(elsewhere, (admin) => admin.query(`ALTER DATABASE ${name} ${what}`));
  };
  const opened = async (purpose: string) => {
    const form = { ...FORM, purpose };
    await fillForm(product.stage, 'mira', CHANNEL, form);
    expect(await as('mira').submit()).toMatchObject({ ok: true });
    const card = await awaitCard(product.stage, CHANNEL, purpose);
    await as('sasha').click(card, 'bg_approve');
    await awaitThread(card.ts, 'Access is open');
    const store = openStore({ definitions: DEFINITIONS, url: product.database.appUrl, logger: silent });
    const [row] = await store.list({ limit: 1 });
    await store.close();
    return { card, id: row?.request.details.id ?? '' };
  };
  const awaitThread = (ts: string, words: string) =>
    product.stage.slack.until(
      `the thread to say "${words}"`,
      () =>
        as('mira')
          .thread(CHANNEL, ts)
          .find((message) => message.words.includes(words)),
      60_000,
    );

  it.each([
    ['German', 'the button', async ({ card }: Awaited<ReturnType<typeof opened>>) => as('mira').click(card, 'bg_end')],
    ['SQL, DMY', 'the command line', async ({ id }: Awaited<ReturnType<typeof opened>>) => end(id)],
    [
      'Postgres',
      'the typed command',
      async ({ id }: Awaited<ReturnType<typeof opened>>) => as('mira').command('/breakglass', `end ${id}`, CHANNEL),
    ],
  ])('restarted on a database of date style %s, ends by %s, and reads as before', async (style, _how, ending) => {
    const open = await opened(`Restart on ${style}`);
    await preset(`SET datestyle = '${style}'`);
    await preset("SET timezone = 'Pacific/Auckland'");
    await product.restart();
    expect(await status(open.id)).toBe(0);
    expect(printed.join('\n')).toMatch(/\d{4}-\d\d-\d\dT[\d:.]+Z +1 +request_opened/);
    await list();
    expect(printed.join('\n')).toContain(open.id);
    await ending(open);
    await awaitThread(open.card.ts, 'Access removed');
    await awaitThread(open.card.ts, 'Closed');
    await preset('RESET ALL');
  });

  it('opens nothing while it may not set what must hold, ends all the same, and then starts no more', async () => {
    const open = await opened('Before the triggers are off');
    const form = { ...FORM, role: 'model-serving-rollback', purpose: 'While the triggers are off' };
    await fillForm(product.stage, 'mira', CHANNEL, form);
    expect(await as('mira').submit()).toMatchObject({ ok: true });
    const waiting = await awaitCard(product.stage, CHANNEL, 'While the triggers are off');
    await preset("SET session_replication_role = 'replica'");
    await product.restart();
    await as('sasha').click(waiting, 'bg_approve');
    const why = await as('sasha').sees('why not', (sasha) =>
      [...sasha.ephemerals(), ...sasha.dms()].find(({ words }) => words.includes('opens nothing at the moment')),
    );
    expect(why).toBeDefined();
    await as('mira').click(open.card, 'bg_end');
    await awaitThread(open.card.ts, 'Closed');
    await as('mira').click(waiting, 'bg_withdraw');
    await awaitThread(waiting.ts, 'Closed');
    await expect(product.restart()).rejects.toThrow('session_replication_role is "replica" and not "origin"');
    await preset('RESET ALL');
    await product.restart();
  });
});
