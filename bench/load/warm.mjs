import { setTimeout as wait } from 'node:timers/promises';
import { openStage } from '../../dist/demo/stage.js';
import { CHANNEL, policyWithACrowd, userOf, watchForms } from '../crowd.mjs';
import { percentile } from '../figures.mjs';
import { program } from '../place.mjs';

const LOOK_MS = 20;
const READY_MS = 60_000;
/** A form that was not even tried to be opened by then is none. */
const GIVEN_UP_MS = 15_000;

/**
 * Starts the product and, as soon as it calls itself ready, has so many people type `/breakglass`, each again as soon as
 * they are answered. The local workspace opens no form whose trigger is older than Slack's 3 s.
 */
export async function runWarm({ database, forms, atOnce, log }) {
  const stage = await openStage({ policyText: await policyWithACrowd(atOnce) });
  const env = { ...stage.env, DATABASE_URL: database.appUrl, PORT: '0', LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent' };
  const begun = performance.now();
  const bot = await program('bot', { role: 'web', policyText: stage.policyText }, env);
  try {
    const { url } = bot.ready;
    await ready(url);
    const readyMs = performance.now() - begun;
    stage.slack.connectApp(`${url}/slack/events`);
    log(`${forms} forms, ${atOnce} at once, right after a start that took ${(readyMs / 1000).toFixed(1)} s`);
    return { forms, readyMs, ...(await typeAll(stage.slack, forms, atOnce)) };
  } finally {
    await bot.stop();
    await stage.close();
  }
}

/** What `runWarm` found, for people. */
export const warmLines = ({ forms, opened, p50, p99, most }) => [
  `${opened} of ${forms} forms opened within 3 s; p50 ${Math.round(p50)} ms, p99 ${Math.round(p99)} ms, at most ${Math.round(most)} ms`,
];

async function ready(url) {
  const until = performance.now() + READY_MS;
  while ((await fetch(`${url}/health/ready`)).status !== 200) {
    if (performance.now() > until) throw new Error(`the product was not ready within ${READY_MS / 1000} s`);
    await wait(LOOK_MS);
  }
}

/** How long each form took, from the command to the answer to `views.open`, and how many opened. */
async function typeAll(slack, forms, atOnce) {
  const watching = watchForms(slack);
  const took = [];
  let opened = 0;
  let left = forms;
  await Promise.all(
    Array.from({ length: atOnce }, async (_, index) => {
      const user = userOf(index);
      while (left > 0) {
        left -= 1;
        const typedAt = performance.timeOrigin + performance.now();
        await slack.as(user).command('/breakglass', '', CHANNEL);
        const { at, ok } = await Promise.race([watching.answered(user), wait(GIVEN_UP_MS, { at: Number.NaN })]);
        if (ok) opened += 1;
        took.push(Number.isNaN(at) ? GIVEN_UP_MS : at - typedAt);
      }
    }),
  );
  watching.stop();
  return { opened, p50: percentile(took, 0.5), p99: percentile(took, 0.99), most: Math.max(...took) };
}
