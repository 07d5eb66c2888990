// A Slack workspace with the cards of the load, and an AWS with its roles, as files in `dir` say. Slack keeps to the limits
// that it publishes; AWS publishes none and throttles only what its dials say. Answers what it counted since last asked.
import { readFile } from 'node:fs/promises';
import { accountsOfPolicy, BROKER_HOME } from '../../dist/demo/aws/accounts-of-policy.js';
import { startLocalAws } from '../../dist/demo/aws/local-aws.js';
import { openStage } from '../../dist/demo/stage.js';

const { policyText, dir, latencyMs, chat } = JSON.parse(process.env.BENCH_ORDER);
const roles = JSON.parse(await readFile(`${dir}/roles.json`, 'utf8'));
const stage = await openStage({ policyText, dir });
const { accounts } = accountsOfPolicy(stage.policy);
const aws = await startLocalAws({
  accounts: accounts.map((account) => ({
    ...account,
    roles: [...(account.roles ?? []), ...(roles[account.id] ?? [])],
  })),
});
if (latencyMs > 0) aws.dials.add({ kind: 'delay', action: '*', ms: latencyMs, times: Number.POSITIVE_INFINITY });

/** From now on the chat is what the order says: limited as Slack is, slow, or dead. */
function begin() {
  stage.slack.dials.limitAsSlack();
  if (chat === 'dead') stage.slack.dials.fail('*', 'before', { drop: true }, Number.POSITIVE_INFINITY);
  if (chat === 'slow') stage.slack.dials.delay('*', 5_000, Number.POSITIVE_INFINITY);
  seen = { aws: aws.dials.log().at(-1)?.seq ?? 0, slack: stage.slack.dials.answered() };
}

let seen;
function count() {
  const log = aws.dials.log(seen.aws);
  const slack = stage.slack.dials.answered();
  const since = { calls: slack.calls - seen.slack.calls, limited: slack.limited - seen.slack.limited };
  seen = { aws: log.at(-1)?.seq ?? seen.aws, slack };
  return {
    aws: { requests: log.length, throttled: log.filter(({ outcome }) => outcome === 'Throttling').length },
    slack: since,
  };
}

/** Names of the load's roles that still let anybody in, or lack the Deny. */
function open() {
  return Object.entries(roles)
    .flatMap(([account, mine]) => {
      const now = new Map(aws.roles(account).map((role) => [role.name, role.policies]));
      return mine.filter(({ name, trust }) => {
        const stands = now.get(name);
        return stands === undefined || stands.trust === trust || stands.inline['99-revoked'] === undefined;
      });
    })
    .map(({ name }) => name);
}

process.on('message', ({ ask }) => {
  if (ask === 'begin') process.send(begin() ?? {});
  if (ask === 'count') process.send(count());
  if (ask === 'open') process.send(open());
});
// Whoever started this has gone.
process.once('disconnect', () => process.exit(1));
process.once('SIGTERM', async () => {
  await Promise.all([stage.close(), aws.close()]);
  process.exit(0);
});
const keys = aws.keysOf(BROKER_HOME.account, BROKER_HOME.user);
process.send({
  env: {
    ...stage.env,
    AWS_ENDPOINT_URL: aws.url,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
  },
});
