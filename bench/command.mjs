import { parse, stringify } from 'yaml';
import { demoPolicy, openStage } from '../dist/demo/stage.js';
import { inTurns, line, percentile } from './figures.mjs';
import { program } from './place.mjs';

const CHANNEL = 'C0INC2041';
const CONCURRENT = 50;
const ROUNDS = 8;
const WARM_UP_ROUNDS = 3;
const LOOK_MS = 5;

const userOf = (index) => `U0BENCH${String(index).padStart(3, '0')}`;

/** (a) From a signed `/breakglass` until `views.open` returned, over a bare Bolt app that opens the same modal. */
export async function benchCommand(place) {
  const database = await place.freshDatabase();
  const stage = await openStage({ policyText: await policyWithACrowd() });
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

/** The demo's policy, with as many more people of one team as act at once. */
async function policyWithACrowd() {
  const policy = parse(await demoPolicy());
  const workspace = policy.people[0].slack[0].workspace;
  for (let index = 0; index < CONCURRENT; index++) {
    policy.people.push({
      id: `crowd-${index}`,
      name: `Crowd ${index}`,
      teams: ['model-serving'],
      slack: [{ workspace, user: userOf(index) }],
    });
  }
  return stringify(policy);
}

/**
 * Everybody types `/breakglass` again and again, each as soon as their modal is there. The workspace's own log says when
 * it answered `views.open`, and the trigger id says whose that was.
 */
async function burst({ slack }, url, rounds) {
  slack.connectApp(url);
  const triggers = watchTriggers(slack);
  const took = [];
  await Promise.all(
    Array.from({ length: CONCURRENT }, async (_, index) => {
      const user = userOf(index);
      for (let round = 0; round < rounds; round++) {
        const typedAt = performance.timeOrigin + performance.now();
        await slack.as(user).command('/breakglass', '', CHANNEL);
        took.push((await triggers.opened(user)) - typedAt);
      }
    }),
  );
  triggers.stop();
  return { p50: percentile(took, 0.5), p99: percentile(took, 0.99) };
}

/** Tells when a user's next `views.open` was answered. Looks into the log every few milliseconds, which costs little. */
function watchTriggers({ dials }) {
  let sent = dials.sent().length;
  let calls = dials.calls().length;
  const users = new Map();
  const answeredAt = new Map();
  const waiting = new Map();
  const timer = setInterval(() => {
    for (const { payload } of dials.sent().slice(sent)) {
      users.set(payload.trigger_id, payload.user_id);
      sent += 1;
    }
    for (const { method, args, at, ok, error } of dials.calls().slice(calls)) {
      calls += 1;
      if (method !== 'views.open') continue;
      if (!ok) throw new Error(`views.open was refused: ${error}`);
      answeredAt.set(args.trigger_id, at);
    }
    for (const [trigger, at] of answeredAt) {
      const user = users.get(trigger);
      if (user === undefined || !waiting.has(user)) continue;
      answeredAt.delete(trigger);
      waiting.get(user)(at);
      waiting.delete(user);
    }
  }, LOOK_MS);
  return {
    opened: (user) => new Promise((resolve) => waiting.set(user, resolve)),
    stop: () => clearInterval(timer),
  };
}
