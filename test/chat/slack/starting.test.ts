import { until } from '../../support/until.ts';
import { ask, cardSeen, openInstallation, type TestInstallation, user, type Who } from './installation.ts';

let installation: TestInstallation;
afterEach(() => installation.close());

const as = (who: Who) => installation.slack.as(user(who));
const command = (who: Who, text: string) => as(who).command('/breakglass', text, 'C0INCIDENT');
const stateOf = async (id: string) => (await installation.row(id)).request.state;
const told = (who: Who, words: RegExp) =>
  as(who).sees(String(words), (one) => one.ephemerals().find((message) => words.test(message.words)));
const STARTING = /I am starting\. Nothing was done: try again/;

/** A request that waits, of somebody, with its card drawn. */
async function asked(who: Who, role: string): Promise<string> {
  await ask(installation, who, { role });
  await installation.work();
  return (await installation.newest()).request.details.id;
}
const clickOn = (who: Who, id: string, action: string) => {
  const card = as(who)
    .messages('C0INCIDENT')
    .findLast(({ words, blocks }) => blocks[0]?.type === 'header' && words.includes(id));
  return as(who).click(card ?? cardSeen(installation, who), `bg_${action}`);
};

const TROUBLES = [
  ['hangs', () => installation.slack.dials.delay('auth.test', 30_000, 100)],
  ['is answered 500', () => installation.slack.dials.fail('auth.test', 'before', { status: 500 }, 1_000)],
  [
    'and everything else of Slack’s API fails',
    () => installation.slack.dials.fail('*', 'before', { status: 500 }, 1_000),
  ],
] as const;

describe.each([
  ['signed HTTP', false, TROUBLES],
  ['Socket Mode', true, TROUBLES.slice(0, 2)],
] as const)('over %s, while auth.test', (_how, socket, troubles) => {
  it.each(troubles)(
    '%s, what ends works at once and what opens is answered in words (D5, B5, B11)',
    async (_what, turn) => {
      installation = await openInstallation({ socket });
      const active = await asked('riley', 'restart-service');
      const withdrawn = await asked('riley', 'read-logs');
      const typed = await asked('casey', 'restart-service');
      const waiting = await asked('casey', 'read-logs');
      await clickOn('avery', active, 'approve');
      await installation.reaches(active, 'granting');
      expect(await stateOf(active)).toBe('active');

      turn();
      const { started, ready } = await installation.restart();
      const { dials } = installation.slack;
      const isConnected = async () => dials.calls('apps.connections.open').length > 1 && dials.sockets() === 1;
      if (socket) await until(isConnected, 'a connection of its own');
      const isReady = () =>
        ready().then(
          () => true,
          () => false,
        );
      await until(isReady, 'readiness');

      expect((await clickOn('avery', waiting, 'approve')).ok).toBe(true);
      await told('avery', STARTING);
      expect((await command('riley', '')).shown.join()).toMatch(STARTING);
      expect(as('riley').modal()).toBeUndefined();
      expect((await command('sasha', 'thaw')).shown.join()).toMatch(STARTING);

      expect((await command('riley', `end ${active}`)).ok).toBe(true);
      await told('riley', /I am taking the access away now/);
      await clickOn('riley', withdrawn, 'withdraw');
      await command('avery', `deny ${typed} not tonight`);
      await told('avery', /Your denial is recorded/);
      await command('sasha', 'freeze just in case');
      await told('sasha', /Openings are frozen/);

      expect(await stateOf(active)).toBe('revoking');
      expect((await installation.row(withdrawn)).request).toMatchObject({ state: 'closed', outcome: 'withdrawn' });
      expect((await installation.row(typed)).request).toMatchObject({ state: 'closed', outcome: 'denied' });
      expect(await stateOf(waiting)).toBe('pending');
      expect(installation.logs.join('\n')).not.toMatch(/is not a function|Authorization of incoming event/);
      installation.slack.dials.clearFaults();
      await Promise.allSettled([started]);
    },
  );
});

describe('until Slack said who we are', () => {
  it('a form that is sent is refused beside its field, and what was typed can be sent again', async () => {
    installation = await openInstallation();
    await as('riley').command('/breakglass', 'INC-1', 'C0INCIDENT');
    await as('riley').awaitModal();
    await as('riley').choose('bg_pick_role', 'restart-service');
    await as('riley').awaitModal((modal) => modal.blocks.some(({ block_id: id }) => String(id).startsWith('terms/')));
    const typed = { reason: 'recovery', purpose: 'Restart the checkout service', commander: user('casey') };
    for (const [name, value] of Object.entries(typed)) await as('riley').choose(name, value);
    installation.slack.dials.fail('auth.test', 'before', { status: 500 }, 1);
    const { started } = await installation.restart();
    await expect(started).rejects.toMatchObject({ code: 'CHAT_UNAVAILABLE' });
    expect(Object.values((await as('riley').submit()).errors ?? {}).join()).toMatch(STARTING);
    expect(await installation.store.list({ limit: 1 })).toEqual([]);

    await (await installation.restart()).started;
    expect((await as('riley').submit()).ok).toBe(true);
    expect(await installation.store.list({ limit: 5 })).toHaveLength(1);
  });

  it('at the very first start nothing is heard, everything is answered, and we are not ready', async () => {
    installation = await openInstallation({ knowsNobody: true });
    installation.slack.dials.fail('auth.test', 'before', { status: 500 }, 1);
    const first = await installation.restart();
    await expect(first.ready()).rejects.toThrow('Slack has not said yet who we are');
    await expect(first.started).rejects.toMatchObject({ code: 'CHAT_UNAVAILABLE' });
    for (const text of ['', 'end 01', 'freeze', 'list']) {
      expect((await command('sasha', text)).shown.join()).toMatch(STARTING);
    }
    expect(await installation.store.freeze()).toBeUndefined();
    const second = await installation.restart();
    await second.started;
    await second.ready();
  });

  it('in Socket Mode we are not ready before a connection stood, though we know ourselves from an earlier start', async () => {
    installation = await openInstallation({ socket: true });
    installation.slack.dials.fail('apps.connections.open', 'before', { error: 'invalid_auth' }, 1);
    const refused = await installation.restart();
    await expect(refused.started).rejects.toThrow('invalid_auth');
    await expect(refused.ready()).rejects.toThrow('no Socket Mode connection to Slack has stood yet');
    const taken = await installation.restart();
    await taken.started;
    await taken.ready();
  });

  it('what it says now counts, whatever it said before, and a difference is logged', async () => {
    installation = await openInstallation();
    const last = { team: 'T0FORMER', botUser: 'U0BOT', bot: installation.slack.app.botId };
    await installation.store.chat.keepIdentity('slack', installation.slack.app.id, last);
    await (await installation.restart()).started;
    expect(installation.logs.join('\n')).toMatch(/others than at the last start.*T0FORMER.*T0BREAK/);
    expect(await installation.store.chat.identity('slack', installation.slack.app.id)).toEqual({
      ...last,
      team: 'T0BREAK',
    });
    await asked('riley', 'restart-service');
  });
});
