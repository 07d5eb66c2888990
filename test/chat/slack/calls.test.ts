import type { WorkName } from '../../../src/core/request/work.ts';
import { aPolicy, MINUTE, personActor } from '../../support/requests.ts';
import { ask, cardSeen, openInstallation, type TestInstallation, user, type Who } from './installation.ts';

let installation: TestInstallation;
afterEach(() => installation.close());

const as = (who: Who) => installation.slack.as(user(who));
const CHAT: readonly WorkName[] = ['draw', 'post'];
const dms = (who: Who) =>
  as(who)
    .dms()
    .map(({ words }) => words);
const timeline = () =>
  as('casey')
    .thread('C0INCIDENT', cardSeen(installation, 'casey').ts)
    .slice(1)
    .map(({ words }) => words);
/** Moves on to so many minutes after the start, and does what is due then. */
const at = async (minutes: number, names: readonly WorkName[] = ['remind', 'lapse', ...CHAT]): Promise<void> => {
  installation.levers.aheadMs = minutes * MINUTE + 1000;
  await installation.work(names);
};
const asked = async () => {
  await ask(installation, 'riley');
  await installation.work();
  return (await installation.newest()).request.details.id;
};

describe('while nobody answers (B6)', () => {
  it('reminds those on call, asks the others with a card of their own, then the commander, and lapses saying who was asked', async () => {
    installation = await openInstallation();
    await asked();
    expect(dms('avery')).toHaveLength(1);
    await at(2);
    expect(dms('avery')).toHaveLength(2);
    expect(dms('avery').at(-1)).toMatch(
      /^@riley asks for Restart a service, for incident INC-1[.0-9]*: Checkout is down, and it still waits for approval\. Approve or deny it on the card\. It lapses .*UTC\).*Open the card$/s,
    );
    const [card] = as('avery').dms();
    const link = JSON.stringify(as('avery').dms().at(-1)?.blocks);
    expect(link).toContain(`/archives/${card?.channel}/p${card?.ts.replace('.', '')}`);
    expect(timeline().at(-1)).toMatch(/^Still waiting\. I am asking @avery\. I ask whoever is on call, again /);
    await at(5);
    expect(dms('avery')).toHaveLength(3);
    expect(dms('blake')).toHaveLength(0);

    // Nobody is told twice of one step, though the answers to post, card and note are lost one after the other.
    await at(8, ['remind']);
    installation.slack.dials.fail('chat.postMessage', 'after', { drop: true }, 3);
    for (const _lost of [1, 2, 3])
      await expect(installation.work(CHAT)).rejects.toMatchObject({ code: 'CHAT_UNAVAILABLE' });
    await installation.work(CHAT);
    expect(dms('avery')).toHaveLength(3);
    expect(dms('blake')).toEqual([expect.stringContaining('Access wanted'), expect.stringContaining('still waits')]);
    expect(timeline().at(-1)).toMatch(/I am asking @blake\. I ask the incident commander /);
    await at(11);
    expect(dms('casey').at(-1)).toContain(
      'You command the incident: find somebody who can approve it, or phone +49 30 123456.',
    );
    await at(15);
    expect(timeline().at(-2)).toBe(
      'It was not approved in time, so it lapsed. Nothing was opened. Asked: @avery, @blake, @casey. Ask again, or phone +49 30 123456.',
    );
    expect(dms('blake')[0]).toContain('Lapsed');
    expect(dms('riley').at(-1)).toContain('It was not approved in time');
  });

  it('lets the one who was asked later approve on their own card, and keeps that card up to date', async () => {
    installation = await openInstallation();
    const id = await asked();
    await at(8);
    const [copy] = as('blake').dms();
    await as('blake').click(copy ?? { channel: '', ts: '' }, 'bg_approve');
    await installation.reaches(id, 'granting');
    expect(dms('blake')[0]).toContain('Access open');
  });

  it('reminds the requester where a clause wants their own approval', async () => {
    const { zones, ...policy } = aPolicy();
    const own = { who: 'requester', name: 'Self', assurance: 'chat' } as const;
    installation = await openInstallation({
      policy: { ...policy, zones: { ...zones, A: { ...zones.A, approvals: [own] } } },
    });
    await ask(installation, 'riley', { role: 'read-logs' });
    await installation.work();
    await at(2);
    expect(dms('riley').at(-1)).toContain('it still waits for your own approval');
    const { request } = await installation.newest();
    await as('riley').click(
      as('riley')
        .dms()
        .findLast(({ words }) => words.includes('Access wanted')) ?? { channel: '', ts: '' },
      'bg_approve',
    );
    await installation.reaches(request.details.id, 'granting');
  });

  it('says that nobody is on call, and goes on to the next step at its time', async () => {
    installation = await openInstallation({ policy: { ...aPolicy(), onCall: {} } });
    await asked();
    await at(2);
    expect(timeline().at(-1)).toMatch(
      /^Still waiting, and nobody who is on call could approve it\. Phone \+49 30 123456\. I ask whoever is on call, again /,
    );
    await at(8);
    expect(dms('avery').at(-1)).toContain('still waits for approval');
  });

  it('asks those who could approve when it was asked if the directory is down, and loses nobody to a Slack that is away', async () => {
    installation = await openInstallation();
    await asked();
    installation.levers.directoryDown = true;
    installation.slack.dials.fail('chat.postMessage', 'before', { status: 500 });
    await expect(at(2)).rejects.toMatchObject({ code: 'CHAT_UNAVAILABLE' });
    await at(2);
    expect(dms('avery').filter((words) => words.includes('still waits'))).toHaveLength(1);
    expect(timeline().filter((words) => words.startsWith('Still waiting'))).toHaveLength(1);
  });

  it('sends nobody to a button that refuses while openings are frozen, and says so in line, note and lapse (B11)', async () => {
    installation = await openInstallation();
    await asked();
    const frozen = await installation.broker.freeze(
      { type: 'operator', name: 'root' },
      { all: false, reason: 'a leak' },
    );
    if (frozen.ok) await frozen.followed;
    await at(2);
    for (const said of [dms('avery').at(-1), timeline().at(-1)]) {
      expect(said).toMatch(/Openings are frozen by root since .*\(a leak\)\. Approvals are refused until two security/);
      expect(said).not.toContain('Approve or deny');
    }
    await at(15);
    expect(timeline().at(-2)).toMatch(/so it lapsed\..*Openings are frozen by root.*Then ask again\.$/);
  });

  it.each<[who: Who, by: string, minutes: number, names: readonly WorkName[]]>([
    ['avery', 'the invitation', 0, ['invite']],
    ['blake', 'the reminder', 8, ['remind', 'post']],
  ])(
    'leaves no button on the copy that %s gets by %s while the request is withdrawn and drawn',
    async (who, _by, minutes, names) => {
      let id = '';
      installation = await openInstallation({
        store: (real) => ({
          ...real,
          chat: {
            ...real.chat,
            claim: async (key, ...rest) => {
              const claimed = await real.chat.claim(key, ...rest);
              if (key.kind === 'copy' && key.person === who && claimed.fresh) {
                expect((await installation.broker.withdraw(id, personActor('riley'))).ok).toBe(true);
                await installation.announce.draw(await installation.row(id));
              }
              return claimed;
            },
          },
        }),
      });
      await ask(installation, 'riley');
      id = (await installation.newest()).request.details.id;
      await installation.work(CHAT);
      if (minutes > 0) await installation.work(['invite', ...CHAT]);
      await at(minutes, names);
      // The invitation leaves a newer row behind, which is drawn.
      if (minutes === 0) await installation.work(['draw']);
      const [copy] = as(who).dms();
      expect(copy?.words).toContain('Withdrawn');
      expect(copy?.blocks.some(({ type }) => type === 'actions')).toBe(false);
    },
  );

  it('sends nobody to a card that was decided meanwhile', async () => {
    installation = await openInstallation();
    const id = await asked();
    await at(2, ['remind']);
    await installation.broker.withdraw(id, personActor('riley'));
    await installation.work(CHAT);
    expect(dms('avery')).toHaveLength(1);
    expect(timeline().some((words) => words.startsWith('Still waiting'))).toBe(true);
  });
});

describe('while an ending fails (D6)', () => {
  const command = (id: string) => `aws iam put-role-policy --role-name bg-${id.toLowerCase()} --policy-name 99-revoked`;
  const failed = async (): Promise<string> => {
    const policy = aPolicy();
    installation = await openInstallation({ policy: { ...policy, security: { teams: ['security'], page: [] } } });
    const id = await asked();
    await as('avery').click(cardSeen(installation, 'avery'), 'bg_approve');
    await installation.reaches(id, 'granting');
    installation.levers.cloudRefuses = true;
    await installation.broker.end(id, personActor('riley'));
    await expect(installation.work(['revoke'])).rejects.toThrow('the cloud is down');
    return id;
  };

  it('shows a red card with the command at once, pages by direct message, tells security, and tells all of them that it is over', async () => {
    const id = await failed();
    await installation.work(CHAT);
    const red = cardSeen(installation, 'casey');
    expect(red.words).toContain('🔴 Access could not be ended yet');
    const commands = red.blocks.flatMap((block) => (block.type === 'rich_text' ? [JSON.stringify(block)] : []));
    expect(commands).toEqual([expect.stringContaining(command(id))]);

    await expect(installation.work(['revoke'])).rejects.toThrow('the cloud is down');
    await installation.work(['page', ...CHAT]);
    for (const who of ['sasha', 'casey'] as const) {
      expect(dms(who).filter((words) => words.includes('Emergency access could not be ended'))).toHaveLength(1);
      const paged = as(who).dms().at(-1);
      expect(paged?.blocks.map(({ type }) => type)).toEqual(['section', 'section', 'rich_text']);
      expect(JSON.stringify(paged?.blocks.at(-1))).toContain(command(id));
    }
    expect(timeline().at(-1)).toMatch(
      /^On-call was paged \(round 1\).*Reached: @sasha, @casey\..*in account prod-main \(111122223333\) can end it by hand/s,
    );
    const security = as('sasha').messages('C0SECURITY').at(-1);
    expect(security?.words).toContain(`(${id}): On-call was paged`);
    expect(JSON.stringify(security?.blocks)).toContain(command(id));

    installation.levers.cloudRefuses = false;
    await installation.work(['revoke', ...CHAT]);
    expect(cardSeen(installation, 'casey').words).not.toContain('🔴');
    installation.levers.aheadMs = 6 * MINUTE;
    await installation.work(['verify_sessions', 'stand_down', ...CHAT]);
    for (const who of ['sasha', 'casey'] as const) expect(dms(who).at(-1)).toContain('On-call can stand down');
    expect(cardSeen(installation, 'casey').blocks.some(({ type }) => type === 'rich_text')).toBe(false);
  });

  it('pages once a round, also when the answer of Slack was lost', async () => {
    const id = await failed();
    await expect(installation.work(['revoke'])).rejects.toThrow('the cloud is down');
    installation.slack.dials.fail('chat.postMessage', 'after', { drop: true }, 2);
    await expect(installation.work(['page'])).rejects.toThrow('not reached yet: sasha, casey');
    await installation.work(['page', ...CHAT]);
    for (const who of ['sasha', 'casey'] as const) {
      expect(dms(who).filter((words) => words.includes('Emergency access could not be ended'))).toHaveLength(1);
    }
    installation.levers.aheadMs = 6 * MINUTE;
    await installation.work(['page']);
    expect(dms('sasha').filter((words) => words.includes('Emergency access could not be ended'))).toHaveLength(2);
    expect((await installation.row(id)).request.pages).toMatchObject({ count: 2, again: [] });
  });
});
