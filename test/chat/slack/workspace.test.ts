import { endingKeys, slackWorkspace } from '../../../src/chat/slack/workspace.ts';
import type { ChatKey } from '../../../src/core/policy/directory.ts';
import { type LocalSlack, startLocalSlack } from '../../../src/demo/slack/local-slack.ts';
import { silent } from '../../store/silent-logger.ts';
import { SCOPES } from './installation.ts';

const PEOPLE = [
  { id: 'U0MEMBER', name: 'member', realName: 'Member' },
  { id: 'U0GUEST', name: 'guest', realName: 'Guest', guest: 'multi_channel' as const },
  { id: 'U0SINGLE', name: 'single', realName: 'Single', guest: 'single_channel' as const },
  { id: 'U0GONE', name: 'gone', realName: 'Gone', deleted: true },
  { id: 'U0ROBOT', name: 'robot', realName: 'Robot', bot: true },
  { id: 'U0OTHER', name: 'other', realName: 'Other', stranger: { teamId: 'T0ELSE' } },
];

it('Slack’s answers may begin with one mark of the byte order', async () => {
  const me = { ok: true, user_id: 'U0BOT', team_id: 'T0HOME', bot_id: 'B0BOT' };
  const fetch = async () =>
    new Response(`\ufeff${JSON.stringify(me)}`, { headers: { 'content-type': 'application/json' } });
  const { client } = slackWorkspace({ botToken: 'xoxb-1', appId: 'A0', fetch }, silent);
  expect(await client.auth.test()).toMatchObject(me);
});

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
  const PEOPLE_OF_GRID = [
    ...PEOPLE,
    { id: 'W0SIBLING', name: 'sibling', realName: 'Sibling', workspace: 'T0SIBLING' },
    { id: 'W0VISITOR', name: 'visitor', realName: 'Visitor', workspace: 'T0SIBLING', guest: 'multi_channel' as const },
  ];
  const enterprise = { id: 'E0HOME', name: 'Org' };
  let alone: LocalSlack;
  let grid: LocalSlack;
  beforeAll(async () => {
    const app = { scopes: SCOPES, commands: [] };
    const team = { id: 'T0HOME', name: 'Home' };
    alone = await startLocalSlack({ team, app, people: PEOPLE_OF_GRID, channels: [] });
    grid = await startLocalSlack({ team: { ...team, enterprise }, app, people: PEOPLE_OF_GRID, channels: [] });
  });
  afterAll(() => Promise.all([alone.close(), grid.close()]));
  const at = (slack: LocalSlack) =>
    slackWorkspace({ botToken: slack.app.botToken, appId: slack.app.id, apiUrl: slack.apiUrl }, silent);

  it.each<[where: 'alone' | 'grid', user: string, team: string | undefined, place: string | undefined, key: ChatKey]>([
    ['alone', 'U0MEMBER', 'T0HOME', 'T0HOME', 'slack:T0HOME:U0MEMBER'],
    ['alone', 'U0MEMBER', 'T0HOME', undefined, 'slack:T0HOME:U0MEMBER'],
    ['alone', 'U0MEMBER', undefined, 'T0HOME', 'slack:nowhere:U0MEMBER'],
    ['alone', 'U0MEMBER', 'T0HOME', 'T0ELSE', 'slack:T0ELSE:U0MEMBER'],
    ['alone', 'U0MEMBER', 'T0ELSE', 'T0HOME', 'slack:T0ELSE:U0MEMBER'],
    ['grid', 'U0MEMBER', 'T0HOME', 'T0HOME', 'slack:E0HOME:U0MEMBER'],
    ['grid', 'U0MEMBER', 'E0HOME', 'E0HOME', 'slack:E0HOME:U0MEMBER'],
    ['grid', 'W0SIBLING', 'T0SIBLING', 'T0HOME', 'slack:E0HOME:W0SIBLING'],
    ['grid', 'W0SIBLING', 'E0HOME', 'T0SIBLING', 'slack:E0HOME:W0SIBLING'],
    ['grid', 'W0VISITOR', 'T0SIBLING', 'T0HOME', 'slack:T0SIBLING:W0VISITOR'],
    ['grid', 'U0OTHER', 'T0ELSE', 'T0HOME', 'slack:T0ELSE:U0OTHER'],
    ['grid', 'U0NOBODY', 'T0ELSE', 'T0HOME', 'slack:T0ELSE:U0NOBODY'],
    ['grid', 'U0GONE', 'T0SIBLING', 'T0HOME', 'slack:T0SIBLING:U0GONE'],
  ])('in the workspace %s: %s of %s, clicking in %s, is %s (A2)', async (where, user, team, place, key) => {
    expect(await at(where === 'grid' ? grid : alone).keyOf({ user, team, place })).toBe(key);
  });

  it('is nobody’s while Slack does not say who they are, and needs no call for one of us', async () => {
    const here = at(grid);
    await here.home();
    grid.dials.fail('users.info', 'before', { status: 500 });
    const before = grid.dials.calls('users.info').length;
    expect(await here.keyOf({ user: 'U0MEMBER', team: 'T0HOME', place: 'T0HOME' })).toBe('slack:E0HOME:U0MEMBER');
    expect(grid.dials.calls('users.info')).toHaveLength(before);
    await expect(here.keyOf({ user: 'W0SIBLING', team: 'T0SIBLING' })).rejects.toMatchObject({
      code: 'CHAT_UNAVAILABLE',
    });
  });

  const home = { teamId: 'T0HOME', enterpriseId: 'E0HOME', botUserId: 'U0BOT', botId: 'B0BOT' };
  it.each<[enterprise: string | undefined, team: string | undefined, keys: readonly ChatKey[]]>([
    [undefined, 'T0HOME', ['slack:T0HOME:U1']],
    [undefined, undefined, ['slack:T0HOME:U1']],
    [undefined, 'T0ELSE', ['slack:T0ELSE:U1']],
    ['E0HOME', undefined, ['slack:E0HOME:U1']],
    ['E0HOME', 'E0HOME', ['slack:E0HOME:U1']],
    ['E0HOME', 'T0SIBLING', ['slack:T0SIBLING:U1', 'slack:E0HOME:U1']],
  ])('for an ending needs no call and no field: enterprise %s, team %s: %p (D5)', (enterpriseId, team, keys) => {
    expect(endingKeys({ ...home, enterpriseId }, { user: 'U1', team })).toEqual(keys);
  });
});
