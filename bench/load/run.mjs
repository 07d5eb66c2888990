import { writeFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { ulid } from 'ulid';
import { DEFINITIONS } from '../../dist/definitions.js';
import { DEMO_FLOORS } from '../../dist/demo/overlay.js';
import { makeLogger } from '../../dist/logger.js';
import { settlePolicy } from '../../dist/policy-in-force.js';
import { openStore } from '../../dist/store/open-store.js';
import { freshFolder, program } from '../place.mjs';
import { teller } from './life.mjs';
import { measureLimits } from './limits.mjs';
import { incidentOf, loadPolicy, roleOf } from './policy.mjs';
import { writeLives } from './rows.mjs';
import { watch } from './watch.mjs';

const ACCOUNTS = 50;
const INCIDENTS = 20;
const WORKERS = 2;
/** The first end comes this long after seeding begins: a base, and something for each grant. */
const LEAD_MS = { base: 6_000, each: 9 };
/** Requests whose jobs are counted. */
const WATCHED = 100;
/** The app's user in the local workspace. */
const BOT_USER = 'U0DEMOBOT';
const LATENCY_MS = { instant: 0, '20ms': 20 };

/** Seeds, runs two workers until everything is ended or nothing goes on, and answers the figures. */
export async function runLoad({ backend, provider, chat, grants, overMs, limits, log, database, redisUrl }) {
  const policyText = await loadPolicy({ accounts: ACCOUNTS, incidents: INCIDENTS });
  const first = new Date(Date.now() + LEAD_MS.base + LEAD_MS.each * grants);
  const seeded = await seed({ policyText, grants, overMs, first, database });
  log(
    `${grants} grants in ${ACCOUNTS} accounts, ${backend} queue, provider ${provider}; the first ends at ${first.toISOString()}`,
  );
  const folder = await freshFolder();
  const started = [];
  const start = async (...asked) => {
    const one = await program(...asked);
    started.push(one);
    return one;
  };
  try {
    const cards = cardsOf(seeded.lives);
    await writeFile(`${folder.dir}/roles.json`, JSON.stringify(seeded.roles));
    await writeFile(`${folder.dir}/slack.json`, JSON.stringify({ channels: [], directs: [], messages: cards }));
    const world = await start('load-world', { policyText, dir: folder.dir, latencyMs: LATENCY_MS[provider], chat });
    await writeLives(
      database.ownerUrl,
      seeded.lives.map((life, index) => ({ ...life, card: cards[index] })),
    );
    const late = (Date.now() - first.getTime()) / 1000;
    if (late > 0)
      log(`Seeding took ${late.toFixed(1)} s longer than there was: the first ends count as late from then`);
    await world.ask({ ask: 'begin' });
    const watched = seeded.lives.slice(0, WATCHED).map(({ row }) => row.request.details.id);
    seeded.lives.length = 0;
    const env = {
      ...world.ready.env,
      DATABASE_URL: database.appUrl,
      LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent',
      ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
    };
    const workers = [];
    for (let one = 0; one < WORKERS; one++)
      workers.push(await start('load-worker', { policyText, provider, watched }, env));
    const figures = await watch({ database, world, workers, grants, first, watched: watched.length, log });
    const open = provider === 'instant' ? [] : await world.ask({ ask: 'open' });
    for (const one of started.splice(0).reverse()) await one.stop();
    const measured = limits ? await measureLimits({ database, redisUrl, figures }) : {};
    return { backend, provider, slack: chat, grants, open, ...figures, ...measured };
  } finally {
    for (const one of started.reverse()) await one.stop();
    await folder.remove();
  }
}

/** Puts the policy in force and tells every life. Answers them with the roles that they have in AWS, by account. */
async function seed({ policyText, grants, overMs, first, database }) {
  const logger = makeLogger('error');
  const store = openStore({ definitions: DEFINITIONS, url: database.appUrl, logger });
  try {
    await settlePolicy({
      store,
      text: policyText,
      file: 'load',
      floors: DEMO_FLOORS,
      logger,
      definitions: DEFINITIONS,
    });
    const { policy } = await store.policyInForce();
    const { installationId } = await store.installation();
    const tell = teller(policy, installationId);
    const lives = [];
    const roles = {};
    for (let index = 0; index < grants; index++) {
      const endsAt = new Date(first.getTime() + Math.floor((index / grants) * overMs));
      const life = tell({
        id: ulid().toLowerCase(),
        role: roleOf(index % ACCOUNTS),
        incident: incidentOf(index % INCIDENTS),
        endsAt,
      });
      const [{ plan }] = life.row.request.grants;
      roles[plan.detail.account] = [...(roles[plan.detail.account] ?? []), roleIn(plan.detail)];
      lives.push(life);
      // The first commands to the programs should not wait for ten thousand lives.
      if (index % 500 === 499) await wait(0);
    }
    return { lives, roles };
  } finally {
    await store.close();
  }
}

/** The cards of the lives, as the local workspace keeps messages. */
const cardsOf = (lives) =>
  lives.map(({ row }, index) => ({
    ts: `${Math.floor(row.updatedAt.getTime() / 1000)}.${String(index).padStart(6, '0')}`,
    channel: row.request.details.channels.slack,
    author: BOT_USER,
    text: 'A card of the load',
  }));

/** The role as opening left it. */
const roleIn = ({ roleName, path, trust, inline, attached, boundary, tags }) => ({
  name: roleName,
  path,
  trust,
  policies: Object.fromEntries(inline.map(({ name, document }) => [name, document])),
  attached,
  boundary,
  tags: Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])),
});
