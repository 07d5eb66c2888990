import { chatKey, slackWorkspace } from '../../../src/chat/slack/workspace.ts';
import type { ChatKey } from '../../../src/core/directory.ts';
import { type LocalSlack, startLocalSlack } from '../../../src/demo/slack/local-slack.ts';
import { silent } from '../../store/silent-logger.ts';
import { SCOPES } from './house.ts';

const PEOPLE = [
  { id: 'U0MEMBER', name: 'member', realName: 'Member' },
  { id: 'U0GUEST', name: 'guest', realName: 'Guest', guest: 'multi_channel' as const },
  { id: 'U0SINGLE', name: 'single', realName: 'Single', guest: 'single_channel' as const },
  { id: 'U0GONE', name: 'gone', realName: 'Gone', deleted: true },
  { id: 'U0ROBOT', name: 'robot', realName: 'Robot', bot: true },
  { id: 'U0OTHER', name: 'other', realName: 'Other', stranger: { teamId: 'T0ELSE' } },
];

describe.each([
  ['a workspace of its own', { id: 'T0HOME', name: 'Home' }, 'T0HOME'],
  [
    'a workspace of an Enterprise organisation',
    { id: 'T0HOME', name: 'Home', enterprise: { id: 'E0HOME', name: 'Org' } },
    'E0HOME',
  ],
])('in %s', (_where, team, home) => {
  let slack: LocalSlack;
  beforeAll(async () => {
    slack = await startLocalSlack({ team, app: { scopes: SCOPES, commands: [] }, people: PEOPLE, channels: [] });
  });
  afterAll(() => slack.close());
  afterEach(() => slack.dials.clearFaults());
  const workspace = () =>
    slackWorkspace({ botToken: slack.app.botToken, appId: slack.app.id, apiUrl: slack.apiUrl }, silent);

  it.each([
    ['U0MEMBER', 'member'],
    ['U0GUEST', 'guest'],
    ['U0SINGLE', 'guest'],
    ['U0GONE', 'deleted'],
    ['U0ROBOT', 'bot'],
    ['U0OTHER', 'stranger'],
    ['U0NOBODY', 'stranger'],
  ])('%s is a %s', async (user, account) => {
    expect(await workspace().account(`slack:${home}:${user}`)).toBe(account);
  });

  it('somebody with a key of another organisation is a stranger, without asking Slack', async () => {
    const before = slack.dials.calls('users.info').length;
    expect(await workspace().account('slack:T0ELSE:U0MEMBER')).toBe('stranger');
    expect(slack.dials.calls('users.info')).toHaveLength(before);
  });

  it('a look-up that fails is a failure and never an answer', async () => {
    const here = workspace();
    await here.home();
    for (const shape of [
      { status: 500 },
      { drop: true as const },
      { error: 'internal_error' },
      { error: 'missing_scope' },
    ]) {
      slack.dials.fail('users.info', 'before', shape);
      await expect(here.account(`slack:${home}:U0MEMBER`)).rejects.toMatchObject({ code: 'CHAT_UNAVAILABLE' });
    }
    slack.dials.rateLimit('users.info', 1, 30);
    await expect(here.account(`slack:${home}:U0MEMBER`)).rejects.toMatchObject({ code: 'CHAT_UNAVAILABLE' });
  });

  it('who we are is asked once, and again only after a failure', async () => {
    const here = workspace();
    slack.dials.fail('auth.test', 'before', { status: 500 });
    await expect(here.home()).rejects.toMatchObject({ code: 'CHAT_UNAVAILABLE' });
    const before = slack.dials.calls('auth.test').length;
    await Promise.all([here.home(), here.home()]);
    await here.home();
    expect(slack.dials.calls('auth.test').length).toBe(before + 1);
  });
});

describe('the chat key of a verified payload', () => {
  it.each<[enterprise: string | undefined, team: string | undefined, key: ChatKey]>([
    [undefined, 'T0HOME', 'slack:T0HOME:U1'],
    [undefined, undefined, 'slack:T0HOME:U1'],
    ['E0HOME', 'T0HOME', 'slack:E0HOME:U1'],
    ['E0HOME', 'E0HOME', 'slack:E0HOME:U1'],
    [undefined, 'T0ELSE', 'slack:T0ELSE:U1'],
    ['E0HOME', 'T0ELSE', 'slack:T0ELSE:U1'],
  ])('enterprise %s, the person’s team %s: %s', (enterpriseId, team, key) => {
    expect(chatKey({ teamId: 'T0HOME', enterpriseId }, team, 'U1')).toBe(key);
  });
});
