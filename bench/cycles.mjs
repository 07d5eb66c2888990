import { setTimeout as wait } from 'node:timers/promises';
import { openStage } from '../dist/demo/stage.js';
import { inTurns, median } from './figures.mjs';
import { program, query } from './place.mjs';
import { policyWithRequesters } from './requesters.mjs';

/** Enough that no life's own waiting (a second for its sessions to end) is what limits the rate. */
const ORDER = { atOnce: 24, seconds: 8, warmUpSeconds: 3 };
const COMMIT_SECONDS = 3;
/** Sessions of PostgreSQL write down what they counted at most this much later. */
const COUNTED_AFTER_MS = 1500;

/** (c) Full life cycles, over what the same PostgreSQL commits: with the chat shown in the local workspace, and without. */
export async function benchCycles(place) {
  const stage = await openStage({ policyText: await policyWithRequesters(ORDER.atOnce) });
  const { SLACK_BOT_TOKEN: botToken, SLACK_APP_ID: appId, SLACK_API_URL: apiUrl } = stage.env;
  try {
    const shown = await compare(place, 'shown in the local Slack', {
      policyText: stage.policyText,
      slack: { botToken, appId, apiUrl },
    });
    return [...shown, ...(await compare(place, 'with a chat that answers at once', { policyText: stage.policyText }))];
  } finally {
    await stage.close();
  }
}

async function compare(place, what, order) {
  const database = await place.freshDatabase();
  await query(
    database.ownerUrl,
    `CREATE TABLE bench_event (id bigserial PRIMARY KEY, at timestamptz NOT NULL);
     GRANT INSERT ON bench_event TO breakglass_app; GRANT USAGE ON SEQUENCE bench_event_id_seq TO breakglass_app`,
  );
  const lives = await program('lives', { url: database.appUrl, ...order });
  const before = await counted(place, database);
  const counting = countConnections(place, database);
  const first = await lives.ask(ORDER);
  const connections = await counting.most();
  const spent = await counted(place, database);
  const perLife = (name) => (spent[name] - before[name]) / first.all;
  const commits = await program('commits', { url: database.appUrl, connections });
  try {
    const [rate] = await inTurns({
      ours: () => lives.ask(ORDER),
      bare: () => commits.ask({ seconds: COMMIT_SECONDS }),
      compared: ['perSecond'],
    });
    const written = perLife('writing');
    const shares = rate.ratios.map((ratio) => ratio * written);
    return [
      `(c) life cycles, ${what}: ${rate.ours.toFixed(1)}/s, ${written.toFixed(1)} commits that write in each ` +
        `(${perLife('all').toFixed(0)} transactions with those that only read): 1/${(1 / median(shares)).toFixed(1)} ` +
        `of ${Math.round(rate.bare)} single-row commits/s on ${connections} connections ` +
        `(1/${(1 / Math.max(...shares)).toFixed(1)} … 1/${(1 / Math.min(...shares)).toFixed(1)}), aim >= 1/8`,
    ];
  } finally {
    await Promise.all([lives.stop(), commits.stop()]);
  }
}

/** Transactions of this database, and transaction numbers, which only those that write are given. */
async function counted({ adminUrl }, { name }) {
  await wait(COUNTED_AFTER_MS);
  const [row] = await query(
    adminUrl,
    `SELECT xact_commit::float8 AS "all", pg_snapshot_xmax(pg_current_snapshot())::text::float8 AS "writing"
     FROM pg_stat_database WHERE datname = '${name}'`,
  );
  return row;
}

/** Looks how many connections a database has, until asked for the most that were seen. */
function countConnections({ adminUrl }, { name }) {
  let most = 0;
  let counting = true;
  const done = (async () => {
    while (counting) {
      const [{ count }] = await query(
        adminUrl,
        `SELECT count(*)::int AS "count" FROM pg_stat_activity WHERE datname = '${name}'`,
      );
      most = Math.max(most, count);
      await wait(250);
    }
  })();
  return {
    most: async () => {
      counting = false;
      await done;
      return most;
    },
  };
}
