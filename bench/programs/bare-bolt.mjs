// What (a) is compared with: Bolt that acknowledges `/breakglass` and opens a modal that never changes.
import bolt from '@slack/bolt';

const { view } = JSON.parse(process.env.BENCH_ORDER);
const { SLACK_BOT_TOKEN, SLACK_SIGNING_SECRET, SLACK_API_URL } = process.env;
const app = new bolt.App({
  token: SLACK_BOT_TOKEN,
  signingSecret: SLACK_SIGNING_SECRET,
  clientOptions: { slackApiUrl: SLACK_API_URL },
  logLevel: bolt.LogLevel.ERROR,
});
app.command('/breakglass', async ({ ack, client, command }) => {
  await ack();
  await client.views.open({ trigger_id: command.trigger_id, view });
});
const server = await app.start(0);
process.once('SIGTERM', () => process.exit(0));
process.send({ url: `http://127.0.0.1:${server.address().port}` });
