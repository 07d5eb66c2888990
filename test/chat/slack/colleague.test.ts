import type { Policy } from '../../../src/core/policy/policy.ts';
import type { Fields } from '../../../src/demo/slack/json.ts';
import { fieldsOf } from '../../../src/demo/slack/json.ts';
import { aPolicy } from '../../support/requests.ts';
import { ask, cardSeen, openInstallation, PEOPLE, type TestInstallation, user, type Who } from './installation.ts';

let installation: TestInstallation;
afterEach(() => installation.close());

const as = (who: Who) => installation.slack.as(user(who));
const told = (who: Who, words: RegExp) =>
  as(who).sees(String(words), (one) => one.ephemerals().find((message) => words.test(message.words)));
const sendClick = (payload: Fields) =>
  installation.post(new URLSearchParams({ payload: JSON.stringify(payload) }).toString());
const lastClick = (): Fields =>
  installation.slack.dials.sent().findLast(({ payload }) => payload.type === 'block_actions')?.payload ?? {};
const without = (payload: Fields, ...path: readonly string[]): Fields => {
  const [head = '', ...rest] = path;
  const { [head]: inner, ...others } = payload;
  return rest.length === 0 ? others : { ...payload, [head]: without(fieldsOf(inner), ...rest) };
};
/** A click of somebody, made by them and taken from what was sent: to be changed and sent again. */
async function clickOf(who: Who, action: string, by: Who): Promise<Fields> {
  await as(by).click(cardSeen(installation, by), `bg_${action}`);
  const click = lastClick();
  return { ...click, user: { ...fieldsOf(click.user), id: user(who) } };
}

describe('what Slack documents of every request and one leaves out', () => {
  it.each([[['user', 'team_id']], [['team', 'id']], [['team']], [['user', 'id']], [['trigger_id']], [['container']]])(
    'keeps an approval from counting: %p (A2, B1)',
    async (path) => {
      installation = await openInstallation();
      await ask(installation, 'riley');
      await installation.work();
      const click = await clickOf('avery', 'approve', 'jordan');
      expect(await sendClick(without(click, ...path))).toBe(400);
      expect((await installation.newest()).request.state).toBe('pending');
    },
  );

  it.each([
    ['of another workspace', { user: { team_id: 'T0ELSE' } }],
    ['in another workspace', { team: { id: 'T0ELSE' } }],
    ['in another organisation', { team: null, enterprise: { id: 'E0ELSE', name: 'Else' } }],
  ])('a click %s is a stranger’s (A2)', async (_where, change: Readonly<Record<string, object | null>>) => {
    installation = await openInstallation();
    await ask(installation, 'riley');
    await installation.work();
    const click = await clickOf('avery', 'approve', 'jordan');
    const changed = Object.entries(change).map(([name, value]) => [
      name,
      value === null ? null : { ...fieldsOf(click[name]), ...value },
    ]);
    expect(await sendClick({ ...click, ...Object.fromEntries(changed) })).toBe(200);
    await told('jordan', /another organisation/);
    expect((await installation.newest()).request.state).toBe('pending');
  });

  it('keeps a command from freezing, and keeps nothing from ending (B11, D5)', async () => {
    installation = await openInstallation();
    await ask(installation, 'riley');
    await installation.work();
    const { request } = await installation.newest();
    const command = (typed: string, who: Who) => ({
      ...{ api_app_id: installation.slack.app.id, command: '/breakglass', channel_id: 'C0INCIDENT' },
      ...{ user_id: user(who), text: typed, trigger_id: `1.2.${typed.length}` },
    });
    const send = (fields: Readonly<Record<string, string>>) =>
      installation.post(new URLSearchParams(fields).toString());
    expect(await send(command('freeze', 'sasha'))).toBe(400);
    expect(await installation.store.freeze()).toBeUndefined();
    await as('avery').click(cardSeen(installation, 'avery'), 'bg_approve');
    await installation.reaches(request.details.id, 'granting');
    const { trigger_id: _trigger, channel_id: _channel, ...end } = command(`end ${request.details.id}`, 'riley');
    expect(await send(end)).toBe(200);
    await installation.reaches(request.details.id, 'revoking');
  });

  it('keeps no click from ending (D5)', async () => {
    installation = await openInstallation();
    await ask(installation, 'riley');
    await installation.work();
    const { request } = await installation.newest();
    const click = await clickOf('riley', 'withdraw', 'jordan');
    const bare = without(without(without(click, 'user', 'team_id'), 'team'), 'trigger_id');
    expect(await sendClick(bare)).toBe(200);
    await installation.reaches(request.details.id, 'closed');
  });
});

describe('a colleague of another workspace of our Enterprise organisation', () => {
  const enterprise = { id: 'E0BREAK', name: 'Example' };
  const ofGrid = (policy: Policy): Policy => ({
    ...policy,
    people: policy.people.map((one) => ({
      ...one,
      chats: { slack: one.chats.slack?.map(({ user: id }) => ({ workspace: enterprise.id, user: id })) ?? [] },
    })),
  });
  beforeEach(async () => {
    installation = await openInstallation({
      policy: ofGrid(aPolicy()),
      slack: {
        team: { id: 'T0BREAK', name: 'Example', enterprise },
        people: PEOPLE.map((who) => ({
          ...{ id: user(who), name: who, realName: who },
          ...(who === 'riley' || who === 'avery' ? { workspace: 'T0SIBLING' } : {}),
        })),
      },
    });
  });

  it('asks, approves and ends like everybody (A2, B1, D5)', async () => {
    await ask(installation, 'riley');
    await installation.work();
    const { request } = await installation.newest();
    expect(request.details.requester.keys).toEqual(['slack:E0BREAK:U0RILEY']);
    await as('avery').click(cardSeen(installation, 'avery'), 'bg_approve');
    await installation.reaches(request.details.id, 'granting');
    installation.slack.dials.fail('users.info', 'before', { status: 500 }, 1_000);
    const before = installation.slack.dials.calls('users.info').length;
    await as('riley').click(cardSeen(installation, 'riley'), 'bg_end');
    await installation.reaches(request.details.id, 'revoking');
    expect(installation.slack.dials.calls('users.info')).toHaveLength(before);
  });

  it('approves nothing while Slack does not say that they are one, and is told so', async () => {
    await ask(installation, 'riley');
    await installation.work();
    installation.slack.dials.fail('users.info', 'before', { status: 500 }, 1_000);
    await as('avery').click(cardSeen(installation, 'avery'), 'bg_approve');
    await told('avery', /did not say who you are just now, so nothing was recorded/);
    expect((await installation.newest()).request.state).toBe('pending');
  });

  it.each([
    ['a guest', { guest: 'multi_channel' } as const],
    ['deactivated meanwhile', { deleted: true } as const],
  ])('who is %s is refused (A2)', async (_what, change) => {
    await ask(installation, 'riley');
    await installation.work();
    const click = await clickOf('avery', 'approve', 'jordan');
    await installation.slack.dials.changePerson(user('avery'), change);
    expect(await sendClick({ ...click, user: { ...fieldsOf(click.user), team_id: 'T0SIBLING' } })).toBe(200);
    await told('jordan', /another organisation/);
    expect((await installation.newest()).request.state).toBe('pending');
  });
});
