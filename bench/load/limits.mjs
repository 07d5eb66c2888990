import { program, query } from '../place.mjs';

const SECONDS = 6;
/** As many at once in each of two processes as the product's workers do. */
const AT_ONCE = 24;

/** What the queue and the database do by themselves on this machine, right after the load, over what one ending needs. */
export async function measureLimits({ database, redisUrl, figures }) {
  const order = { appUrl: database.appUrl, redisUrl, atOnce: AT_ONCE };
  const raw = [
    await program('raw-jobs', { ...order, name: 'raw-1' }),
    await program('raw-jobs', { ...order, name: 'raw-2' }),
  ];
  const rates = await Promise.all(raw.map((one) => one.ask({ seconds: SECONDS })));
  await Promise.all(raw.map((one) => one.stop()));
  await query(
    database.ownerUrl,
    `CREATE TABLE bench_event (id bigserial PRIMARY KEY, at timestamptz NOT NULL);
     GRANT INSERT ON bench_event TO breakglass_app; GRANT USAGE ON SEQUENCE bench_event_id_seq TO breakglass_app`,
  );
  const commits = await program('commits', { url: database.appUrl, connections: figures.connections });
  const { perSecond } = await commits.ask({ seconds: SECONDS });
  await commits.stop();
  const jobsPerSecond = rates.reduce((sum, one) => sum + one.perSecond, 0);
  const limit = {
    jobsPerSecond,
    byJobs: jobsPerSecond / figures.jobsOfOne,
    byAllJobs: jobsPerSecond / figures.allJobsOfOne,
    commitsPerSecond: perSecond,
    byCommits: perSecond / figures.commitsOfOne,
  };
  return { limit: { ...limit, share: figures.perSecond / Math.min(limit.byJobs, limit.byCommits) } };
}
