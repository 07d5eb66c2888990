import { awaitCard, fillForm, userOf } from '../../src/demo/driver.ts';
import { type LocalPagerDuty, startPagerDuty } from '../support/pagers.ts';
import { openProduct, type Product } from '../support/product.ts';
import { until } from '../support/until.ts';

const CHANNEL = 'C0INC2041';
const FORM = {
  incident: 'INC-2041',
  role: 'model-serving-restart',
  minutes: 1,
  reason: 'service_restoration',
  purpose: 'Restart the inference service',
  commander: 'kenji',
} as const;

describe('people who are called, by the whole product', () => {
  let product: Product;
  let duty: LocalPagerDuty;
  beforeAll(async () => {
    duty = await startPagerDuty();
    product = await openProduct({
      env: { PAGERDUTY_ROUTING_KEY: duty.routingKey, PAGERDUTY_URL: duty.url },
      policy: (document) => {
        document.timings = { ...(document.timings as object), remindSeconds: 1 };
      },
    });
  });
  afterAll(async () => {
    await product.close();
    await duty.close();
  });

  const as = (person: string) => product.stage.slack.as(userOf(product.stage, person));
  const hears = (person: string, words: string) =>
    product.stage.slack.until(
      `${person} to read "${words}"`,
      () =>
        as(person)
          .dms()
          .find((message) => message.words.includes(words)),
      30_000,
    );
  const role = () => {
    const found = product.stage.aws.roles('111122223333').find(({ path }) => path === '/breakglass/');
    if (found === undefined) throw new Error('there is no role');
    return found;
  };

  it('reminds who is on call, pages them while AWS refuses the end, and tells them when it is over (B6, D6)', async () => {
    await fillForm(product.stage, 'mira', CHANNEL, FORM);
    expect(await as('mira').submit()).toMatchObject({ ok: true });
    const card = await awaitCard(product.stage, CHANNEL, FORM.purpose);
    await hears('sasha', 'it still waits for approval');
    await as('sasha').click(card, 'bg_approve');
    await hears('mira', 'Access is open');

    // Without its boundary a role is none that the broker may write policies to.
    const { policies } = role();
    role().policies = { ...policies, boundary: undefined };
    await as('mira').click(card, 'bg_end');
    await hears('noor', 'Emergency access could not be ended');
    await hears('kenji', `--role-name ${role().name} --policy-name 99-revoked`);
    await until(() => duty.alerts.size === 1, 'an alert at PagerDuty');
    await product.stage.slack.until('a red card', () => as('mira').thread(CHANNEL, card.ts)[0]?.words.includes('🔴'));

    role().policies = { ...role().policies, boundary: policies.boundary };
    await hears('noor', 'On-call can stand down');
    expect([...duty.alerts.values()].map(({ resolved }) => resolved)).toEqual([true]);
  });
});
