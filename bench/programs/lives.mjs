// The product's broker, store, queue and worker, wired as src/main.ts wires them, with a provider that answers at once.
// With `slack` it shows every life in the local workspace too; without, the chat answers at once as well.
// `seconds` of lives, so many at a time, each as soon as one before it is closed. Answers the lives closed per second.

import { ulid } from 'ulid';
import { broker as openBroker } from '../../dist/broker/broker.js';
import { delivery } from '../../dist/chat/deliver/delivery.js';
import { slackChat } from '../../dist/chat/slack/chat.js';
import { slackWorkspace } from '../../dist/chat/slack/workspace.js';
import { brokerWords } from '../../dist/chat/words/broker-words.js';
import { awsProvider } from '../../dist/clouds/aws/role/provider.js';
import { cloudWordsOf } from '../../dist/core/policy/cloud.js';
import { termsDigest, termsOf } from '../../dist/core/policy/terms.js';
import { DEFINITIONS } from '../../dist/definitions.js';
import { DEMO_FLOORS } from '../../dist/demo/overlay.js';
import { directorySource } from '../../dist/directory/source.js';
import { incidentSource } from '../../dist/incidents/source.js';
import { makeLogger } from '../../dist/logger.js';
import { settlePolicy } from '../../dist/policy-in-force.js';
import { openQueue } from '../../dist/queue/open-queue.js';
import { startSweep } from '../../dist/queue/sweep.js';
import { startWorker } from '../../dist/queue/worker.js';
import { openStore } from '../../dist/store/open-store.js';

const ROLE = 'model-serving-restart';
const { url, policyText, slack } = JSON.parse(process.env.BENCH_ORDER);
const logger = makeLogger('error');
const real = openStore({ definitions: DEFINITIONS, url, logger });
const store = {
  ...real,
  change: async (...asked) => {
    const changed = await real.change(...asked);
    if (changed.ok) moved(changed.row.request);
    return changed;
  },
};
await settlePolicy({ store, text: policyText, file: 'bench', floors: DEMO_FLOORS, logger, definitions: DEFINITIONS });
const { policy } = await store.policyInForce();
const keyOf = (id) => {
  const [{ workspace, user }] = policy.people.find((person) => person.id === id).chats.slack;
  return `slack:${workspace}:${user}`;
};
const queue = await openQueue({ logger, postgresUrl: url, prefix: 'bench' });
const aws = awsProvider({ clock: store.clock, logger });
const provider = {
  ...aws,
  read: async () => ({ offsetMs: 0, room: [{ what: 'roles', used: 1, quota: 1000 }], changedDefinitions: [] }),
  open: async () => undefined,
  close: async () => ({ hashes: { revoked: '0'.repeat(64) } }),
  isEnded: async () => true,
  observe: async (plan) => ({
    found: true,
    cloudTime: plan.plannedEnd,
    open: false,
    pastEnd: false,
    ended: true,
    nativeEndIntact: true,
    altered: [],
  }),
};
const silent = {
  chats: ['slack'],
  draw: async () => undefined,
  post: async () => undefined,
  invite: async () => ({ reached: ['sasha'], missed: [] }),
  account: async () => 'member',
  alarm: async () => true,
};
const workspace = slack && slackWorkspace(slack, logger);
const announce = workspace
  ? delivery({
      chats: [slackChat(workspace, logger)],
      account: (key) => workspace.account(key),
      store,
      logger,
      usage: (plan) => provider.usage(plan),
      words: (cloud) => cloudWordsOf(DEFINITIONS.clouds, cloud),
    })
  : silent;
const broker = openBroker({
  store,
  directory: directorySource({ now: () => performance.now() }, DEFINITIONS),
  incidents: incidentSource({ now: () => performance.now() }, DEFINITIONS),
  clouds: DEFINITIONS.clouds,
  words: brokerWords(DEFINITIONS.clouds),
  providers: { aws: provider },
  schedule: queue,
  announce,
  pagers: [],
  logger,
  openingOff: () => undefined,
});
const worker = await startWorker({ queue, perform: broker.perform, clock: store.clock, logger });
// As often as the tests let it: what a busy queue did not take within its 2 s is not lost for a minute.
const sweep = startSweep({ store, broker, schedule: queue, logger, worker, intervalMs: 5_000 });

const digest = termsDigest(termsOf(policy, ROLE));
const sasha = { type: 'person', key: keyOf('sasha') };
const closing = new Map();

/** What a person would do next: end it once it is open. */
function moved({ state, details }) {
  if (state === 'active') broker.end(details.id, { type: 'person', key: details.askedWith }).then(must, fail);
  if (state === 'closed') closing.get(details.id)?.();
}

/** One of so many at a time, each of somebody of their own. */
async function life(lane) {
  const actor = { type: 'person', key: keyOf(`bench-${lane}`) };
  const requestId = ulid().toLowerCase();
  const closed = new Promise((resolve) => closing.set(requestId, resolve));
  const input = {
    incident: 'INC-2041',
    role: ROLE,
    reason: 'service_restoration',
    purpose: 'Bench',
    minutes: 15,
    commander: 'kenji',
    digest,
  };
  must(await broker.request({ requestId, actor, input }));
  must(await broker.approve(requestId, sasha, digest));
  await closed;
  closing.delete(requestId);
}

function must(changed) {
  if (!changed.ok) throw new Error(`refused: ${JSON.stringify(changed.refusal)}`);
}

function fail(error) {
  console.error(error);
  process.exit(1);
}

/** Lives closed per second, counted from when the first ones had time to close. */
async function run({ atOnce, seconds, warmUpSeconds }) {
  const began = performance.now();
  const from = began + warmUpSeconds * 1000;
  const until = from + seconds * 1000;
  let closed = 0;
  let all = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async (_, lane) => {
      while (performance.now() < until) {
        await life(lane);
        all += 1;
        const now = performance.now();
        if (now >= from && now < until) closed += 1;
      }
    }),
  );
  return { perSecond: closed / seconds, all };
}

process.on('message', (order) => run(order).then((done) => process.send(done), fail));
// Whoever started this has gone.
process.once('disconnect', () => process.exit(1));
process.once('SIGTERM', async () => {
  await sweep.stop();
  await worker.stop();
  await queue.close();
  await store.close();
  process.exit(0);
});
process.send('ready');
