import { requestStream } from '../../../src/core/events.ts';
import type { Row } from '../../../src/core/request/work.ts';
import type { SeenMessage } from '../../../src/demo/slack/screen.ts';
import { MINUTE } from '../../support/requests.ts';
import { until } from '../../support/until.ts';
import { ask, cardSeen, openInstallation, PEOPLE, type TestInstallation, user, type Who } from './installation.ts';

let installation: TestInstallation;
beforeAll(async () => {
  installation = await openInstallation();
});
afterAll(() => installation.close());
afterEach(async () => {
  installation.levers.directoryDown = false;
  installation.levers.cloudRefuses = false;
  installation.slack.dials.clearFaults();
  for (const who of PEOPLE) if (as(who).modal()) await as(who).close();
  for (const name of ['sasha', 'quinn'] as const) {
    if (await installation.store.freeze())
      await installation.broker.thaw({ type: 'person', key: `slack:T0BREAK:${user(name)}` });
  }
  expect(await installation.store.freeze()).toBeUndefined();
  // It is told in the background: what the next test lets fail is not this.
  await installation.broker.notifyAgain();
});

const as = (who: Who) => installation.slack.as(user(who));
const type = (who: Who, text: string) => as(who).command('/breakglass', text, 'C0INCIDENT');
const told = (who: Who, look: RegExp) =>
  as(who).sees(String(look), (one) => one.ephemerals().findLast(({ words }) => look.test(words))?.words);
const heard = (channel: string, look: RegExp) =>
  as('sasha').sees(`${look} in ${channel}`, (one) => one.messages(channel).findLast(({ words }) => look.test(words)));
const isFrozen = async () => (await installation.store.freeze()) !== undefined;
const asked = async (): Promise<Row> => {
  await ask(installation, 'riley');
  await installation.work();
  return installation.newest();
};
const click = (who: Who, action: string) => as(who).click(cardSeen(installation, who), `bg_${action}`);

describe('/breakglass freeze and thaw (B11)', () => {
  it('stops asking and approving for everybody, shows on forms and cards, and is told to both channels', async () => {
    const row = await asked();
    await type('sasha', 'freeze Credentials <leaked> *today*');
    await told('sasha', /Openings are frozen.*two security people type \/breakglass thaw.*freeze all ends it/);
    for (const channel of ['C0SECURITY', 'C0DEFAULT']) {
      await heard(
        channel,
        /⛔ Openings are frozen by Sasha since .*\(Credentials <leaked> ∗today∗\).*What is open goes on/,
      );
    }
    await until(
      async () => (await installation.row(row.request.details.id)).version > row.version,
      'the card to be held',
    );
    await installation.work();
    expect(cardSeen(installation, 'riley').words).toMatch(/Openings are frozen by Sasha.*No approval counts until/);
    await click('avery', 'approve');
    await told(
      'avery',
      /Openings are frozen by Sasha since .*Credentials.*Nothing is opened until two security people/,
    );
    expect((await installation.row(row.request.details.id)).request.state).toBe('pending');

    await click('avery', 'deny');
    expect((await as('avery').awaitModal()).words).toMatch(/Openings are frozen by Sasha.*works all the same/);
    await type('riley', 'INC-1');
    expect((await as('riley').awaitModal()).words).toMatch(
      /Openings are frozen by Sasha since .*Sending this is refused/,
    );
    await as('riley').close();
    const sent = await ask(installation, 'riley');
    expect(JSON.stringify(sent)).toMatch(/Openings are frozen by Sasha/);

    await type('quinn', 'thaw');
    await told('quinn', /Openings stay frozen until another security person types/);
    await heard('C0SECURITY', /Quinn wants openings to go on.*another security person types \/breakglass thaw too/);
    await type('quinn', 'thaw');
    await told('quinn', /You have said so already/);
    await type('sasha', 'thaw');
    await told('sasha', /Openings are not frozen any more/);
    await heard('C0DEFAULT', /not frozen any more; lifted by Quinn and Sasha/);
    await until(async () => {
      const { request } = await installation.row(row.request.details.id);
      return request.state === 'pending' && request.held === undefined;
    }, 'the card to be free');
    await installation.work();
    expect(cardSeen(installation, 'riley').words).not.toContain('frozen');
    await click('avery', 'approve');
    await installation.reaches(row.request.details.id, 'granting');
  });

  it.each<[who: Who, text: string, words: RegExp]>([
    ['avery', 'freeze', /Only people of the security group can do that/],
    ['riley', 'freeze all now', /Only people of the security group can do that/],
    ['avery', 'thaw', /Openings are not frozen, so nothing was changed/],
  ])('answers %s, who types "%s", with why not', async (who, text, words) => {
    await type(who, text);
    await told(who, words);
    expect(await installation.store.freeze()).toBeUndefined();
  });

  it('freezes with Slack’s look-ups failing, and does not thaw with them', async () => {
    installation.slack.dials.fail('users.info', 'before', { status: 500 }, 100);
    await type('sasha', 'freeze');
    await until(isFrozen, 'the freeze');
    await type('quinn', 'thaw');
    await told('quinn', /The chat did not say who you are/);
    expect((await installation.store.freeze())?.lifts).toEqual([]);
  });

  it('says what else can be done where nobody knows who is of the security group', async () => {
    installation.levers.directoryDown = true;
    await type('sasha', 'freeze all');
    await told('sasha', /Nothing was frozen.*breakglass freeze --all --reason/);
  });

  it('is told by the next sweep where Slack was away when it came', async () => {
    installation.slack.dials.fail('chat.postMessage', 'before', { status: 500 }, 2);
    await installation.broker.freeze({ type: 'operator', name: 'root' }, { all: false, reason: 'told late' });
    await until(
      () => installation.logs.some((line) => line.startsWith('the channels could not be told')),
      'the failure',
    );
    await installation.broker.notifyAgain();
    await installation.broker.notifyAgain();
    for (const channel of ['C0SECURITY', 'C0DEFAULT'])
      expect(
        as('sasha')
          .messages(channel)
          .filter(({ words }) => words.includes('told late')),
      ).toHaveLength(1);
  });

  it('counts a command that Slack delivers twice once', async () => {
    await type('sasha', 'freeze once');
    await until(isFrozen, 'the freeze');
    const { number = 0 } = installation.slack.dials.sent().at(-1) ?? {};
    const before = await installation.store.events('system');
    await installation.slack.dials.resend(number);
    await told('sasha', /arrived before and counted then/);
    expect(await installation.store.events('system')).toHaveLength(before.length);
  });

  it('does not freeze anew by a command that is delivered again after two people lifted it', async () => {
    await type('sasha', 'freeze all once more');
    await until(isFrozen, 'the freeze');
    const { number = 0 } = installation.slack.dials.sent().at(-1) ?? {};
    await type('sasha', 'thaw');
    await until(async () => (await installation.store.freeze())?.lifts.length === 1, 'the first word');
    await type('quinn', 'thaw');
    await until(async () => !(await isFrozen()), 'the end of the freeze');
    const before = await installation.store.events('system');
    await installation.slack.dials.resend(number);
    await told('sasha', /arrived before and counted then/);
    expect(await installation.store.events('system')).toHaveLength(before.length);
  });

  it('does not count an old word for lifting, delivered again, against a later freeze', async () => {
    await type('sasha', 'freeze first');
    await until(isFrozen, 'the freeze');
    await type('sasha', 'thaw');
    await until(async () => (await installation.store.freeze())?.lifts.length === 1, 'the first word');
    const { number = 0 } = installation.slack.dials.sent().at(-1) ?? {};
    await type('quinn', 'freeze second');
    await until(async () => (await installation.store.freeze())?.reason === 'first; second', 'the second freeze');
    await installation.slack.dials.resend(number);
    await told('sasha', /arrived before and counted then/);
    expect((await installation.store.freeze())?.lifts).toEqual([]);
    await type('riley', 'list');
    await told('riley', /FROZEN\. Openings are frozen by Sasha since .*, again by Quinn since .*\(first; second\)/);
  });

  /** What they are asked once they typed this, with the button under it. */
  const askedAfter = async (who: Who, text: string) => {
    const before = as(who).ephemerals().length;
    await type(who, text);
    return as(who).sees('the question', (one) =>
      one
        .ephemerals()
        .slice(before)
        .find(({ words }) => /is that to end as well\?/.test(words)),
    );
  };
  /** What they are answered once they pressed it. */
  const pressed = async (who: Who, question: SeenMessage) => {
    const before = as(who).ephemerals().length;
    await as(who).click(question, 'bg_freeze_all');
    return as(who).sees('the answer', (one) => one.ephemerals().slice(before).at(-1)?.words);
  };
  const opened = async () => {
    const row = await asked();
    await click('avery', 'approve');
    await installation.reaches(row.request.details.id, 'granting');
    return row.request.details.id;
  };

  it('freezes at once whatever else is typed, and asks whether what is open ends where that is in doubt', async () => {
    const id = await opened();
    const question = await askedAfter('sasha', 'FREEZE all hands on deck');
    expect(await installation.store.freeze()).toMatchObject({ all: false, reason: 'all hands on deck' });
    expect(question.words).toMatch(
      /Openings are frozen.*(One access is open and goes on|\d+ accesses are open and go on)/,
    );
    expect((await installation.row(id)).request.state).toBe('active');

    // Whoever has left the security group meanwhile ends nothing with it.
    const policy = (await installation.store.policyInForce())?.policy;
    if (policy === undefined) throw new Error('there is no policy');
    await installation.apply({ ...policy, security: { ...policy.security, teams: ['product'] } });
    expect(await pressed('sasha', question)).toMatch(/Only people of the security group can do that/);
    expect(await installation.store.freeze()).toMatchObject({ all: false });
    await installation.apply(policy);

    expect(await pressed('sasha', question)).toMatch(/Everything that is open is being ended/);
    await until(async () => (await installation.row(id)).request.state === 'revoking', 'the ending');
    expect(await installation.store.freeze()).toMatchObject({ all: true, reason: 'all hands on deck' });
    await installation.work();
  });

  it('counts the button once: pressed or delivered again, it takes back nobody’s word and freezes nothing anew', async () => {
    await opened();
    const question = await askedAfter('sasha', 'freeze all hands');
    await pressed('sasha', question);
    expect(await installation.store.freeze()).toMatchObject({ all: true });
    const { number = 0 } = installation.slack.dials.sent().at(-1) ?? {};
    await installation.broker.thaw({ type: 'person', key: `slack:T0BREAK:${user('sasha')}` });
    await installation.slack.dials.resend(number);
    expect(await pressed('sasha', question)).toMatch(/arrived before and counted then/);
    expect((await installation.store.freeze())?.lifts).toHaveLength(1);
    await installation.broker.thaw({ type: 'person', key: `slack:T0BREAK:${user('quinn')}` });
    await installation.slack.dials.resend(number);
    expect(await pressed('sasha', question)).toMatch(/arrived before and counted then/);
    expect(await isFrozen()).toBe(false);
    await installation.work();
  });

  it('does nothing by the button of a freeze that two people lifted, to a later one neither', async () => {
    const id = await opened();
    const question = await askedAfter('sasha', 'freeze all hands');
    for (const who of ['sasha', 'quinn'] as const) {
      await installation.broker.thaw({ type: 'person', key: `slack:T0BREAK:${user(who)}` });
    }
    expect(await pressed('sasha', question)).toMatch(/That freeze was lifted meanwhile, so nothing was changed/);
    expect(await isFrozen()).toBe(false);
    await type('quinn', 'freeze');
    await until(isFrozen, 'the freeze');
    expect(await pressed('sasha', question)).toMatch(/That freeze was lifted meanwhile/);
    expect(await installation.store.freeze()).toMatchObject({ all: false });
    expect((await installation.row(id)).request.state).toBe('active');
  });

  it('asks too where openings were frozen before', async () => {
    await opened();
    await type('quinn', 'freeze');
    await until(isFrozen, 'the freeze');
    expect(await pressed('sasha', await askedAfter('sasha', 'freeze all, please'))).toMatch(/is being ended/);
    expect(await installation.store.freeze()).toMatchObject({ all: true });
    await installation.work();
  });

  it('with "all" ends what is open and says how much; the card and the requester learn why', async () => {
    const row = await asked();
    await click('avery', 'approve');
    await installation.reaches(row.request.details.id, 'granting');
    await type('sasha', 'freeze all: a leak');
    await told('sasha', /Everything that is open is being ended \(\d+ access/);
    await installation.reaches(row.request.details.id, 'revoking');
    expect(cardSeen(installation, 'riley').words).toMatch(/Access removed, because openings were frozen/);
    await as('riley').sees('the note', (one) =>
      one.dms().find(({ words }) => /openings were frozen.*Sasha: a leak/.test(words)),
    );
  });
});

describe('attesting (E5)', () => {
  it('is a button on the red card alone, and closes as not compliant by two security people', async () => {
    const row = await asked();
    const { id } = row.request.details;
    await click('avery', 'approve');
    await installation.reaches(id, 'granting');
    installation.levers.cloudRefuses = true;
    await click('riley', 'end');
    await until(async () => (await installation.row(id)).request.state === 'revoking', 'the ending');
    await expect(installation.work(['revoke'])).rejects.toThrow('PROVIDER_UNAVAILABLE');
    await installation.work(['draw', 'post']);
    const attest = async (who: Who, statement: string) => {
      await click(who, 'attest');
      expect((await as(who).awaitModal()).words).toMatch(/recorded as not compliant/);
      await as(who).choose('statement', statement);
      return as(who).submit();
    };
    await attest('sasha', 'I looked at the account.');
    expect(as('sasha').modal()?.words).toMatch(/^.*Not before .* UTC/s);
    await as('sasha').close();

    installation.levers.aheadMs += 40 * MINUTE;
    await attest('avery', 'I looked too.');
    expect(as('avery').modal()?.words).toMatch(/Only people of the security group/);
    await as('avery').close();
    await attest('sasha', 'I looked at the account.');
    const { number = 0 } = installation.slack.dials.sent().at(-1) ?? {};
    expect((await installation.slack.dials.resend(number)).body).toContain('sent already and counted once');
    await installation.work(['draw', 'post']);
    expect(cardSeen(installation, 'riley').words).toMatch(
      /@sasha attested that it ended; another security person must too/,
    );
    await attest('quinn', 'The role is not there.');
    await installation.work(['draw', 'post']);

    expect((await installation.row(id)).request).toMatchObject({ state: 'closed', outcome: 'ended_unproven' });
    const card = cardSeen(installation, 'riley');
    expect(card.words).toMatch(/🔴 Ended without proof, not compliant.*Attested by @sasha, @quinn/s);
    const thread = as('riley')
      .thread(card.channel, card.ts)
      .map(({ words }) => words)
      .join('\n');
    expect(thread).toContain('“The role is not there.”');
    expect(thread).toContain('closed without proof, which is not compliant');
    await heard('C0SECURITY', /attests that the access ended/);
    const closed = (await installation.store.events(requestStream(id))).find(
      (event) => event.type === 'request_closed',
    );
    expect(closed?.data).toMatchObject({ compliant: false });
    await type('riley', `status ${id}`);
    await told('riley', /not compliant/);
  });
});
