import { setTimeout as wait } from 'node:timers/promises';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import pg from 'pg';
import { userOf } from '../dist/demo/driver.js';
import { openStage } from '../dist/demo/stage.js';
import { askedCard, nextPurpose, policyWithIncidents, untilQuiet } from './approve.mjs';
import { inTurns, line, median, ms, percentile } from './figures.mjs';
import { program } from './place.mjs';

const CLICKS = 10;
const WARM_UP_CLICKS = 2;
const CALL_MS = 100;
const CALLS = 7;
const LOOK_MS = 4;

/** (g) From the approve click until access is open, over seven bare calls, in a cloud that takes 100 ms for each. */
export async function benchOpening(place) {
  const database = await place.freshDatabase();
  const stage = await openStage({ policyText: await policyWithIncidents() });
  const env = { ...stage.env, DATABASE_URL: database.appUrl, PORT: '0', LOG_LEVEL: 'warn' };
  const bot = await program('bot', { role: 'all', policyText: stage.policyText }, env);
  stage.slack.connectApp(`${bot.ready.url}/slack/events`);
  stage.aws.dials.add({ kind: 'delay', action: '*', ms: CALL_MS, times: 1_000_000 });
  // This process calls the SDK itself, and has nothing to say of its Node.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const log = new pg.Client({ connectionString: database.ownerUrl });
  await log.connect();
  const sts = bareClient(stage.env);
  const all = [];
  const ours = async (clicks) => {
    const took = [];
    for (let click = 0; click < clicks; click++) took.push(await openOnce(stage, log));
    all.push(...took);
    return { p50: median(took) };
  };
  const bare = async () => {
    const took = [];
    for (let round = 0; round < CLICKS; round++) {
      const from = performance.now();
      for (let call = 0; call < CALLS; call++) await sts.send(new GetCallerIdentityCommand({}));
      took.push(performance.now() - from);
    }
    return { p50: median(took) };
  };
  try {
    await ours(WARM_UP_CLICKS);
    await bare();
    all.length = 0;
    const [p50] = await inTurns({ ours: () => ours(CLICKS), bare, compared: ['p50'] });
    return [
      line(`(g) approve click to open, a cloud of ${CALL_MS} ms a call, over ${CALLS} calls, p50`, p50, '<= 1.3x'),
      `(g) the same, p95 of all ${all.length}: ${ms(percentile(all, 0.95))}, ${(percentile(all, 0.95) / p50.bare).toFixed(2)}x`,
    ];
  } finally {
    await bot.stop();
    sts.destroy();
    await log.end();
    await stage.close();
  }
}

/** The bare side: the SDK as our broker, with nothing around it. */
const bareClient = ({ AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY }) =>
  new STSClient({
    endpoint: AWS_ENDPOINT_URL,
    region: AWS_REGION ?? 'eu-central-1',
    credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
  });

/** One opening; it ends with the commit that says that access is open. */
async function openOnce(stage, log) {
  const card = await askedCard(stage, nextPurpose());
  const before = await opened(log);
  const from = performance.now();
  await stage.slack.as(userOf(stage, 'sasha')).click(card, 'bg_approve');
  while ((await opened(log)) === before) await wait(LOOK_MS);
  const took = performance.now() - from;
  await untilQuiet(stage);
  return took;
}

async function opened(log) {
  const { rows } = await log.query(`SELECT count(*) AS "n" FROM "events" WHERE "type" = 'access_opened'`);
  return rows[0].n;
}
