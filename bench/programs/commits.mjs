// What (c) is compared with: commits of one row each, as fast as they go on so many connections. Answers their rate.
import pg from 'pg';

const { url, connections } = JSON.parse(process.env.BENCH_ORDER);
const clients = Array.from({ length: connections }, () => new pg.Client({ connectionString: url }));
await Promise.all(clients.map((client) => client.connect()));

async function run({ seconds }) {
  const until = performance.now() + seconds * 1000;
  let commits = 0;
  await Promise.all(
    clients.map(async (client) => {
      while (performance.now() < until) {
        await client.query('INSERT INTO bench_event (at) VALUES (clock_timestamp())');
        commits += 1;
      }
    }),
  );
  return { perSecond: commits / seconds };
}

process.on('message', async (order) => process.send(await run(order)));
process.once('SIGTERM', () => process.exit(0));
process.send('ready');
