import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { inTurns, times } from './figures.mjs';
import { program, query } from './place.mjs';
import { policyWithRequesters } from './requesters.mjs';

const FEW = 1_000;
const MANY = 100_000;
const ORDER = { atOnce: 8, seconds: 5, warmUpSeconds: 1 };
/** Sessions of PostgreSQL write down what they counted at most this much later. */
const COUNTED_AFTER_MS = 1_500;

/** (f) Whole lives in a database that holds many closed requests, over the same in one that holds few. */
export async function benchHistory(place) {
  const policyText = await policyWithRequesters(ORDER.atOnce);
  const few = await grown(place, policyText, FEW);
  const many = await grown(place, policyText, MANY);
  try {
    const results = await inTurns({ ours: many.run, bare: few.run, compared: ['databaseMs', 'pages', 'transactions'] });
    const [time, pages, transactions] = results;
    return [
      `(f) one life with ${MANY} closed requests over ${FEW}: ${times(time)} of the database's time ` +
        `(${time.ours.toFixed(0)} ms, ${time.bare.toFixed(0)} ms), ${times(pages)} of its pages ` +
        `(${pages.ours.toFixed(0)}, ${pages.bare.toFixed(0)}), ${times(transactions)} of its transactions, aim <= 1.2x`,
    ];
  } finally {
    await Promise.all([few.stop(), many.stop()]);
  }
}

/** The product on a database of its own with so many closed requests, each a copy of one that was lived here. */
async function grown(place, policyText, count) {
  const database = await place.freshDatabase();
  const lives = await program('lives', { url: database.appUrl, policyText });
  await lives.ask({ ...ORDER, seconds: 1 });
  const [model] = await query(database.ownerUrl, `SELECT "id" FROM "requests" WHERE "state" = 'closed' LIMIT 1`);
  const sql = await readFile(new URL('load/history.sql', import.meta.url), 'utf8');
  const settings = `SET history.model = '${model.id}'; SET history.first = 0; SET history.past = ${count};`;
  await query(database.adminUrl, settings + sql);
  return {
    run: async () => {
      const before = await spent(database);
      const { all } = await lives.ask(ORDER);
      const after = await spent(database);
      return Object.fromEntries(Object.keys(after).map((name) => [name, (after[name] - before[name]) / all]));
    },
    stop: lives.stop,
  };
}

async function spent({ adminUrl, name }) {
  await wait(COUNTED_AFTER_MS);
  const [row] = await query(
    adminUrl,
    `SELECT active_time AS "databaseMs", (blks_hit + blks_read)::float8 AS "pages", xact_commit::float8 AS "transactions"
     FROM pg_stat_database WHERE datname = '${name}'`,
  );
  return row;
}
