import { awaitCard, fillForm, userOf } from '../../src/demo/driver.ts';
import { openProduct } from '../support/product.ts';

const CHANNEL = 'C0INC2041';

it('the card of a request whose adds were lost comes seconds later, without a sweep (D6)', async () => {
  let lost = 0;
  const product = await openProduct({
    lowered: {
      sweep: false,
      rewire: {
        schedule: (own) => ({
          // As of a machine so busy that the queue took longer than an add waits for: the access lane's, then the chat's.
          add: async (work, now) => {
            if (lost === 3) return own.add(work, now);
            lost += 1;
            throw new Error('the queue did not answer within 2000 ms');
          },
        }),
      },
    },
  });
  const { stage } = product;
  try {
    await fillForm(stage, 'mira', CHANNEL, {
      incident: 'INC-2041',
      role: 'model-serving-restart',
      minutes: 15,
      reason: 'service_restoration',
      purpose: 'Lost once',
      commander: 'kenji',
    });
    await stage.slack.as(userOf(stage, 'mira')).submit();
    await awaitCard(stage, CHANNEL, 'Lost once');
    expect(lost).toBe(3);
  } finally {
    await product.close();
  }
}, 90_000);
