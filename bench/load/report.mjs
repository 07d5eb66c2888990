const s = (number) => (number === undefined ? '-' : `${number.toFixed(1)} s`);
const mb = (number) => `${Math.round(number)} MB`;

/** The figures of a run, as lines for people. */
export function saying(figures) {
  const { backend, provider, slack, grants, closed, open, removed, ended, calls, memory, limit } = figures;
  return [
    `Queue ${backend}, provider ${provider}, Slack ${slack}: ${closed} of ${grants} ended, ${open.length} open in the cloud`,
    `Access removed after its end: p50 ${s(removed.p50)}, p99 ${s(removed.p99)}, most ${s(removed.max)}`,
    `Ending proven after its end: p50 ${s(ended.p50)}, p99 ${s(ended.p99)}, most ${s(ended.max)}`,
    `All of it took ${s(figures.tookSeconds)} from the first end: ${figures.perSecond.toFixed(1)} endings/s, ` +
      `${figures.jobsOfOne.toFixed(1)} jobs that it waits for, ${figures.allJobsOfOne.toFixed(1)} with the chat's, and ${figures.commitsOfOne.toFixed(1)} writing commits each`,
    ...memory.map(
      ({ first, last, live }, index) =>
        `Worker ${index + 1}: resident ${mb(first.rss)} in the first third, ${mb(last.rss)} in the last; ` +
        `heap ${mb(first.heap)}, ${mb(last.heap)}, of which ${mb(live.early)} lived after a third of the ends and ${mb(live.late)} after all; ${s(figures.cpuSeconds[index])} of CPU`,
    ),
    `AWS: ${calls.aws.requests} requests, ${calls.aws.perSecond.toFixed(0)}/s, ${calls.aws.throttled} throttled`,
    `Slack: ${calls.slack.calls} calls, ${figures.chat.limited} of them answered 429; it owes ${figures.chat.owed} updates ` +
      `at the last ending${figures.chat.drainedPerSecond === undefined ? '' : ` and drains ${figures.chat.drainedPerSecond.toFixed(1)}/s`}`,
    ...(limit === undefined
      ? []
      : [
          `Limits: ${limit.jobsPerSecond.toFixed(0)} raw jobs/s allow ${limit.byJobs.toFixed(0)} endings/s ` +
            `(${limit.byAllJobs.toFixed(0)} if the chat's jobs had to be done too); ` +
            `${limit.commitsPerSecond.toFixed(0)} commits/s on ${figures.connections} connections allow ` +
            `${limit.byCommits.toFixed(0)}; ours are ${limit.share.toFixed(2)}x of the lower`,
        ]),
  ];
}
