import { awaitCard, fillForm, userOf } from '../../src/demo/driver.ts';
import { withClient } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { openProduct, type Product } from '../support/product.ts';
import { until } from '../support/until.ts';

const CHANNEL = 'C0INC2041';
const FORM = {
  incident: 'INC-2041',
  role: 'model-serving-restart',
  minutes: 1,
  reason: 'service_restoration',
  commander: 'kenji',
} as const;
const ENDS = 14;

let on: Product;
afterEach(() => on.close());

const as = (person: string) => on.stage.slack.as(userOf(on.stage, person));

const states = () =>
  withClient(on.database.appUrl, async (client) => {
    const { rows } = await client.query<{ id: string; state: string }>('SELECT id, state FROM requests ORDER BY id');
    return rows;
  });

it.each([
  ['hangs 6 s', () => on.stage.slack.dials.delay('auth.test', 6_000, 1_000)],
  ['is answered 500', () => on.stage.slack.dials.fail('auth.test', 'before', { status: 500 }, 1_000)],
] as const)(
  'the built product hears 14 of 14 ends while auth.test %s, and approves nothing (D5, B5)',
  async (_what, turn) => {
    on = await openProduct();
    await fillForm(on.stage, 'mira', CHANNEL, { ...FORM, purpose: 'To be ended' });
    await as('mira').submit();
    const card = await awaitCard(on.stage, CHANNEL, 'To be ended');
    await as('sasha').click(card, 'bg_approve');
    await until(async () => (await states())[0]?.state === 'active', 'the access to be open', 60_000);
    await fillForm(on.stage, 'mira', CHANNEL, { ...FORM, role: 'model-serving-inspect', purpose: 'Waits' });
    await as('mira').submit();
    const waiting = await awaitCard(on.stage, CHANNEL, 'Waits');
    const [active] = await states();

    turn();
    const PORT = String(await freePort());
    const url = `http://127.0.0.1:${PORT}`;
    const restarted = on.restart({ env: { PORT } });
    await until(
      async () => (await fetch(`${url}/health/ready`).catch(() => undefined))?.status === 200,
      'readiness',
      20_000,
    );
    on.stage.slack.connectApp(`${url}/slack/events`);
    const approving = await as('sasha').click(waiting, 'bg_approve');
    expect(approving.ok).toBe(true);
    await as('sasha').sees('the answer', (one) => one.ephemerals().find(({ words }) => /^I am starting/.test(words)));
    const ended = await Promise.all(
      Array.from({ length: ENDS }, () => as('mira').command('/breakglass', `end ${active?.id}`, CHANNEL)),
    );
    expect(ended.filter(({ ok }) => ok)).toHaveLength(ENDS);
    const answers = () =>
      as('mira')
        .ephemerals()
        .filter(({ words }) => /^I am taking the access away now|is (revoking|closed|being)|already|ended/.test(words));
    await until(async () => answers().length >= ENDS, 'an answer to each', 20_000);
    await until(async () => (await states())[0]?.state !== 'active', 'the end to be recorded', 20_000);
    expect((await states())[1]?.state).toBe('pending');
    on.stage.slack.dials.clearFaults();
    await restarted;
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
  },
  150_000,
);
