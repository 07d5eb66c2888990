import { refusal } from '../../../src/chat/slack/refused-us.ts';
import { type SlackWorkspace, slackWorkspace } from '../../../src/chat/slack/workspace.ts';
import { type LocalSlack, startLocalSlack } from '../../../src/demo/slack/local-slack.ts';
import { silent } from '../../store/silent-logger.ts';
import { SCOPES } from './installation.ts';

describe('whether Slack takes calls from us', () => {
  let slack: LocalSlack;
  let workspace: SlackWorkspace;
  beforeAll(async () => {
    const team = { id: 'T0HOME', name: 'Home' };
    slack = await startLocalSlack({ team, app: { scopes: SCOPES, commands: [] }, people: [], channels: [] });
    const { app, apiUrl } = slack;
    workspace = slackWorkspace({ botToken: app.botToken, appId: app.id, apiUrl }, silent);
  });
  afterEach(() => slack.dials.clearFaults());
  afterAll(() => slack.close());

  it.each(['invalid_auth', 'token_revoked', 'token_expired', 'account_inactive', 'not_authed'])(
    'says %s as a refusal, though it knew us before',
    async (code) => {
      expect(await refusal(workspace)).toBeUndefined();
      slack.dials.fail('auth.test', 'before', { error: code });
      expect(await refusal(workspace)).toBe(
        `Slack refuses us (${code}): look at the app's token and where it is installed.`,
      );
    },
  );

  it('calls no other trouble a refusal: Slack is ill, cut off, or answers what nobody knows', async () => {
    for (const shape of [{ status: 500 }, { drop: true }, { error: 'a_new_code' }, { body: '<html>' }] as const) {
      slack.dials.fail('auth.test', 'before', shape);
      await expect(refusal(workspace)).rejects.toMatchObject({ code: 'CHAT_UNAVAILABLE' });
    }
  });

  it('takes a limit for an answer: only whom Slack knows is counted', async () => {
    slack.dials.rateLimit('auth.test');
    expect(await refusal(workspace)).toBeUndefined();
  });
});
