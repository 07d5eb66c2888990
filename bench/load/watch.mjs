import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { percentile } from '../figures.mjs';

const POLL_MS = 2_000;
/** Given up when nothing was closed for this long, or all in all after that. */
const STUCK_MS = 180_000;
const WHOLE_MS = 25 * 60_000;
/** The chat's drain is measured for this long after the last ending. */
const DRAIN_MS = 20_000;

/** Looks on until everything is closed, then a while at what the chat still owes. */
export async function watch({ database, world, workers, grants, first, watched, log }) {
  const client = new pg.Client({ connectionString: database.adminUrl ?? database.ownerUrl });
  await client.connect();
  try {
    const before = await writes(client);
    const connections = { most: 0 };
    const counts = [];
    let early;
    let stands = await look(client);
    let moved = performance.now();
    const until = moved + WHOLE_MS;
    while (stands.closed < grants && performance.now() < until && performance.now() - moved < STUCK_MS) {
      await wait(POLL_MS);
      counts.push(await world.ask({ ask: 'count' }));
      connections.most = Math.max(connections.most, await connected(client));
      const now = await look(client);
      if (now.closed > stands.closed || Date.now() < first.getTime()) moved = performance.now();
      if (early === undefined && now.begun >= grants / 3) early = await Promise.all(workers.map((one) => one.ask({})));
      if (now.closed !== stands.closed) log(`${now.closed} of ${grants} ended, the chat owes ${now.owed} updates`);
      stands = now;
    }
    const spent = await writes(client);
    const late = await lateness(client);
    const told = await Promise.all(workers.map((worker) => worker.ask({})));
    const calls = totals(counts);
    const owed = stands.owed;
    await wait(grants >= 1000 ? DRAIN_MS : 0);
    const drained = grants >= 1000 ? (owed - (await look(client)).owed) / (DRAIN_MS / 1000) : undefined;
    const after = await world.ask({ ask: 'count' });
    return {
      closed: stands.closed,
      ...late,
      ...jobsOf(
        told.flatMap(({ jobs }) => jobs),
        watched,
      ),
      commitsOfOne: (spent - before) / grants,
      connections: connections.most,
      memory: told.map(({ memory, live }, index) => ({
        ...thirds(memory),
        live: { early: (early?.[index]?.live ?? 0) / 2 ** 20, late: live / 2 ** 20 },
      })),
      cpuSeconds: told.map(({ cpu }) => (cpu.user + cpu.system) / 1e6),
      calls,
      chat: { owed, drainedPerSecond: drained, limited: calls.slack.limited + after.slack.limited },
    };
  } finally {
    await client.end();
  }
}

/** Jobs of one ending: those that its proof waits for, and all. */
function jobsOf(ids, requests) {
  const all = new Set(ids);
  const waited = [...all].filter((id) => /^(expire|revoke|verify_sessions)-/.test(id));
  return { jobsOfOne: waited.length / requests, allJobsOfOne: all.size / requests };
}

/** Transaction numbers are given only to those that write. */
async function writes(client) {
  const { rows } = await client.query(`SELECT pg_snapshot_xmax(pg_current_snapshot())::text::float8 AS "writing"`);
  return rows[0].writing;
}

async function connected(client) {
  const { rows } = await client.query(
    `SELECT count(*)::int AS "count" FROM pg_stat_activity WHERE datname = current_database()`,
  );
  return rows[0].count;
}

/** A card that is behind is one update, and so is each event that was not told. */
async function look(client) {
  const { rows } = await client.query(
    `SELECT count(*) FILTER (WHERE "state" <> 'active')::int AS "begun",
       count(*) FILTER (WHERE "state" = 'closed' AND "outcome" = 'ended')::int AS "closed",
       COALESCE(sum("seq" - "posted_seq") + count(*) FILTER (WHERE "drawn_version" < "version"), 0)::int AS "owed"
     FROM "requests"`,
  );
  return rows[0];
}

/** Seconds from the end that was promised to the two facts, and how long it took from the first end to the last proof. */
async function lateness(client) {
  const { rows } = await client.query(
    `SELECT (extract(epoch FROM "access_removed_at" - "ends_at"))::float8 AS "removed",
       (extract(epoch FROM "sessions_ended_at" - "ends_at"))::float8 AS "ended",
       (extract(epoch FROM "sessions_ended_at" - min("ends_at") OVER ()))::float8 AS "since"
     FROM "grants" WHERE "sessions_ended_at" IS NOT NULL`,
  );
  const spread = (name) => {
    const all = rows.map((row) => row[name]);
    return all.length === 0 ? {} : { p50: percentile(all, 0.5), p99: percentile(all, 0.99), max: Math.max(...all) };
  };
  const tookSeconds = Math.max(0, ...rows.map(({ since }) => since));
  return { removed: spread('removed'), ended: spread('ended'), tookSeconds, perSecond: rows.length / tookSeconds };
}

/** Mean resident and used memory of the first and of the last third of the samples, in MB. */
function thirds(samples) {
  const third = Math.max(1, Math.floor(samples.length / 3));
  const mean = (part, name) => part.reduce((sum, one) => sum + one[name], 0) / Math.max(1, part.length) / 2 ** 20;
  const of = (part) => ({ rss: mean(part, 'rss'), heap: mean(part, 'heapUsed') });
  return { first: of(samples.slice(0, third)), last: of(samples.slice(-third)) };
}

function totals(counts) {
  const busy = counts.filter(({ aws }) => aws.requests > 0).length * (POLL_MS / 1000);
  const sum = (pick) => counts.reduce((all, one) => all + pick(one), 0);
  const aws = { requests: sum(({ aws }) => aws.requests), throttled: sum(({ aws }) => aws.throttled) };
  const slack = { calls: sum(({ slack }) => slack.calls), limited: sum(({ slack }) => slack.limited) };
  return { aws: { ...aws, perSecond: busy > 0 ? aws.requests / busy : 0 }, slack };
}
