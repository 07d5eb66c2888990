import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { awaitCard, fillForm, userOf } from '../dist/demo/driver.js';
import { demoPolicy, openStage } from '../dist/demo/stage.js';
import { inTurns, line, median } from './figures.mjs';
import { program, query } from './place.mjs';

const CHANNEL = 'C0INC2041';
const CLICKS = 8;
const WARM_UP_CLICKS = 3;
const QUIET_MS = 400;

/** (b) From the approve click until the first request to the cloud, over a transaction and a job of the same kind. */
export async function benchApprove(place) {
  const database = await place.freshDatabase();
  await query(
    database.ownerUrl,
    `CREATE TABLE bench_row (id integer PRIMARY KEY, n integer NOT NULL);
     INSERT INTO bench_row VALUES (1, 0);
     CREATE TABLE bench_event (id bigserial PRIMARY KEY, at timestamptz NOT NULL);
     GRANT SELECT, INSERT, UPDATE ON bench_row, bench_event TO breakglass_app;
     GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO breakglass_app`,
  );
  const stage = await openStage({ policyText: await policyWithIncidents() });
  const cloud = await startDoorbell(stage.aws.url);
  const env = {
    ...stage.env,
    AWS_ENDPOINT_URL: cloud.url,
    DATABASE_URL: database.appUrl,
    PORT: '0',
    LOG_LEVEL: 'warn',
  };
  const bot = await program('bot', { role: 'all', policyText: stage.policyText }, env);
  const bare = await program('bare-job', { appUrl: database.appUrl });
  stage.slack.connectApp(`${bot.ready.url}/slack/events`);
  const ours = async (clicks) => {
    const took = [];
    for (let click = 0; click < clicks; click++) took.push(await approveOnce(stage, cloud, nextPurpose()));
    return { p50: median(took) };
  };
  const bareRounds = async (rounds) => {
    const took = [];
    for (let round = 0; round < rounds; round++) {
      await wait(QUIET_MS);
      took.push(await bare.ask('go'));
    }
    return { p50: median(took) };
  };
  try {
    await ours(WARM_UP_CLICKS);
    await bareRounds(WARM_UP_CLICKS);
    const [p50] = await inTurns({ ours: () => ours(CLICKS), bare: () => bareRounds(CLICKS), compared: ['p50'] });
    return [line('(b) approve click to first provider call, p50 of 8', p50, '<= 3x')];
  } finally {
    await Promise.all([bot.stop(), bare.stop()]);
    cloud.close();
    await stage.close();
  }
}

let purposes = 0;
export const nextPurpose = () => {
  purposes += 1;
  return String(purposes).padStart(4, '0');
};

/** More than are asked for here. */
const INCIDENTS = 500;
const incidentOf = (number) => `INC-BENCH-${number}`;

/** The demo's policy, with an incident for each request: one person may have one for a role and an incident. */
export async function policyWithIncidents() {
  const policy = parse(await demoPolicy());
  policy.requests = { maxObjects: 1000 };
  for (let number = 1; number <= INCIDENTS; number++) {
    const id = incidentOf(String(number).padStart(4, '0'));
    policy.incidentList.push({ id, title: 'Bench', state: 'open', channels: { slack: CHANNEL } });
  }
  return stringify(policy);
}

/** One request, approved when everything that the asking started has come to rest; until the cloud is asked. */
async function approveOnce(stage, cloud, number) {
  const card = await askedCard(stage, number);
  const rung = cloud.nextRing();
  const from = performance.now();
  await stage.slack.as(userOf(stage, 'sasha')).click(card, 'bg_approve');
  const took = (await rung) - from;
  await untilQuiet(stage);
  return took;
}

/** The card of a new request, once everything that the asking started has come to rest. */
export async function askedCard(stage, number) {
  const purpose = `Bench ${number}`;
  const mira = stage.slack.as(userOf(stage, 'mira'));
  await fillForm(stage, 'mira', CHANNEL, {
    incident: incidentOf(number),
    role: 'model-serving-restart',
    minutes: 15,
    reason: 'service_restoration',
    purpose,
    commander: 'kenji',
  });
  await mira.submit();
  const card = await awaitCard(stage, CHANNEL, purpose);
  await untilQuiet(stage);
  return card;
}

export async function untilQuiet({ slack }) {
  for (let calls = -1; calls !== slack.dials.calls().length; await wait(QUIET_MS)) calls = slack.dials.calls().length;
}

/** A door before the cloud that tells when somebody knocks: at the first byte of the next request. */
async function startDoorbell(target) {
  const { hostname, port } = new URL(target);
  let ring = () => undefined;
  const sockets = new Set();
  const server = createServer((client) => {
    const cloud = connect(Number(port), hostname);
    for (const socket of [client, cloud]) sockets.add(socket.on('error', () => socket.destroy()));
    client.on('data', () => ring(performance.now()));
    client.pipe(cloud).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    nextRing: () =>
      new Promise((resolve) => {
        ring = resolve;
      }),
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
