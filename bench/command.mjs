import { openStage } from '../dist/demo/stage.js';
import { CHANNEL, policyWithACrowd, userOf, watchForms } from './crowd.mjs';
import { inTurns, line, percentile } from './figures.mjs';
import { program } from './place.mjs';

const CONCURRENT = 50;
const ROUNDS = 8;
const WARM_UP_ROUNDS = 3;

/** (a) From a signed `/breakglass` until `views.open` returned, over a bare Bolt app that opens the same modal. */
export async function benchCommand(place) {
  const database = await place.freshDatabase();
  const stage = await openStage({ policyText: await policyWithACrowd(CONCURRENT) });
  const env = { ...stage.env, DATABASE_URL: database.appUrl, PORT: '0', LOG_LEVEL: 'error' };
  const bot = await program('bot', { role: 'web', policyText: stage.policyText }, env);
  const ours = `${bot.ready.url}/slack/events`;
  await burst(stage, ours, WARM_UP_ROUNDS);
  const view = stage.slack.dials.calls('views.open').at(-1).args.view;
  const bolt = await program('bare-bolt', { view }, env);
  const bare = `${bolt.ready.url}/slack/events`;
  await burst(stage, bare, WARM_UP_ROUNDS);
  try {
    const [p50, p99] = await inTurns({
      ours: () => burst(stage, ours, ROUNDS),
      bare: () => burst(stage, bare, ROUNDS),
      compared: ['p50', 'p99'],
    });
    return [
      line('(a) /breakglass to views.open, 50 at once, p50', p50, '<= 2x'),
      line('(a) /breakglass to views.open, 50 at once, p99', p99, '<= 2x'),
    ];
  } finally {
    await Promise.all([bot.stop(), bolt.stop()]);
    await stage.close();
  }
}

/**
 * Everybody types `/breakglass` again and again, each as soon as their modal is there. The workspace's own log says when
 * it answered `views.open`, and the trigger id says whose that was.
 */
async function burst({ slack }, url, rounds) {
  slack.connectApp(url);
  const forms = watchForms(slack);
  const took = [];
  await Promise.all(
    Array.from({ length: CONCURRENT }, async (_, index) => {
      const user = userOf(index);
      for (let round = 0; round < rounds; round++) {
        const typedAt = performance.timeOrigin + performance.now();
        await slack.as(user).command('/breakglass', '', CHANNEL);
        const { at, ok, error } = await forms.answered(user);
        if (!ok) throw new Error(`views.open was refused: ${error}`);
        took.push(at - typedAt);
      }
    }),
  );
  forms.stop();
  return { p50: percentile(took, 0.5), p99: percentile(took, 0.99) };
}
