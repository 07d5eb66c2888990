import { aPolicy, KEYS } from '../../support/requests.ts';
import {
  anIncident,
  ask,
  CHANNELS,
  cardSeen,
  openInstallation,
  type TestInstallation,
  user,
  type Who,
} from './installation.ts';

/** In a channel of their own with the bot alone, somebody could open zone A and nobody would hear of it. */
const ALONE = { id: 'G0ALONE', name: 'alone', private: true, members: ['U0BOT', user('riley')] };

const SELF = { who: 'requester', name: 'Self', assurance: 'chat' } as const;
const policy = () => {
  const base = aPolicy();
  const [incident] = base.incidentList;
  if (incident === undefined) throw new Error('the test policy has no incident');
  return {
    ...base,
    zones: { ...base.zones, A: { ...base.zones.A, approvals: [SELF] } },
    incidentList: [
      incident,
      { id: 'INC-2', title: 'No channel of its own', state: 'open' as const },
      {
        id: 'INC-3',
        title: 'In the default channel',
        state: 'open' as const,
        channels: { slack: base.channels.slack?.default ?? '' },
      },
    ],
  };
};

let installation: TestInstallation;
beforeAll(async () => {
  installation = await openInstallation({ policy: policy(), slack: { channels: [...CHANNELS, ALONE] } });
});
afterAll(() => installation.close());
afterEach(async () => {
  for (const channel of ['C0DEFAULT', 'C0INCIDENT', 'C0SECURITY']) installation.slack.dials.archive(channel, false);
  if (as('riley').modal()) await as('riley').close();
  for (const { request } of await installation.store.list({ states: ['pending'], limit: 10 })) {
    await installation.broker.withdraw(request.details.id, { type: 'person', key: KEYS.riley });
  }
  await installation.work();
});

const as = (who: Who) => installation.slack.as(user(who));
const cardOf = async (id: string) => (await installation.store.chat.refs(id)).find(({ kind }) => kind === 'card');
const asked = async (change: Readonly<Record<string, string>> = {}) => {
  await ask(installation, 'riley', change);
  await installation.work();
  return (await installation.newest()).request.details;
};
const lines = (channel: string, id: string) =>
  as('sasha')
    .messages(channel)
    .filter(({ words }) => words.includes('approved their own') && words.includes(id));
/** Riley approves what Riley asked for, in zone A. */
const alone = async (incident: string) => {
  const { id } = await asked({ role: 'read-logs', text: incident, in: 'G0ALONE' });
  const card = await cardOf(id);
  if (card?.message === undefined) throw new Error('there is no card');
  await as('riley').click({ channel: card.place, ts: card.message }, 'bg_approve');
  await installation.reaches(id, 'granting');
  return id;
};

describe('where a card stands', () => {
  it.each([
    ['INC-2.1', 'C0DEFAULT'],
    ['INC-1.x1', 'C0INCIDENT'],
  ])('is never only where it was typed: for %s in %s', async (incident, channel) => {
    const {
      id,
      channels: { slack: wanted },
    } = await asked({ text: incident, in: 'G0ALONE' });
    expect([wanted, (await cardOf(id))?.place]).toEqual([channel, channel]);
    expect(
      as('riley')
        .messages('G0ALONE')
        .filter(({ words }) => words.includes(id)),
    ).toEqual([]);
  });

  it('is the security channel where neither takes it, and the requester alone last of all', async () => {
    installation.slack.dials.archive('C0INCIDENT');
    installation.slack.dials.archive('C0DEFAULT');
    const first = await asked();
    expect((await cardOf(first.id))?.place).toBe('C0SECURITY');
    installation.slack.dials.archive('C0SECURITY');
    const second = await asked();
    expect((await cardOf(second.id))?.place).toMatch(/^D/);
  });
});

describe('what no second person approved (B2)', () => {
  it('is said once, in one line, in the default channel, however often it is told', async () => {
    const id = await alone('INC-1.a1');
    const [line, ...more] = lines('C0DEFAULT', id);
    expect(more).toEqual([]);
    expect(line?.words).toMatch(
      /@riley approved their own access, and nobody else had to: Read logs \(zone A, account prod-main\), 15 minutes, for incident INC-1\.a1\. \/breakglass status \S+ shows it\.\s+“Restart the checkout service”/,
    );
    await installation.announce.post(await installation.row(id));
    expect(lines('C0DEFAULT', id)).toHaveLength(1);
    expect(lines('C0SECURITY', id)).toHaveLength(0);
  });

  it('is not said twice where the card stands in the default channel', async () => {
    for (const incident of ['INC-3.a1', 'INC-2.a2']) expect(lines('C0DEFAULT', await alone(incident))).toEqual([]);
  });

  it('is said in the security channel where the default one takes nothing', async () => {
    installation.slack.dials.archive('C0DEFAULT');
    const id = await alone('INC-1.a3');
    expect(lines('C0SECURITY', id)).toHaveLength(1);
  });

  it('is nothing that somebody else approved', async () => {
    const { id } = await asked();
    await as('avery').click(cardSeen(installation, 'avery'), 'bg_approve');
    await installation.reaches(id, 'granting');
    expect(lines('C0DEFAULT', id)).toEqual([]);
  });
});

describe('asking again (A11)', () => {
  it('points to the request that stands, with its id and where its card is', async () => {
    const incident = anIncident();
    const { id } = await asked({ text: incident });
    await ask(installation, 'riley', { text: incident });
    expect(as('riley').modal()?.words).toMatch(
      new RegExp(
        `You asked for this role for this incident already: request ${id} waits for its approvals.*inc-1`,
        's',
      ),
    );
    expect((await installation.newest()).request.details.id).toBe(id);
  });

  it('says so on card and timeline where it follows a denial', async () => {
    const { id } = await asked();
    await installation.broker.deny(id, { type: 'person', key: KEYS.avery }, 'Use <the> runbook');
    await installation.work();
    const again = await asked();
    const card = cardSeen(installation, 'avery');
    expect(again.follows).toMatchObject({ id, outcome: 'denied', by: 'Avery', reason: 'Use <the> runbook' });
    const said = new RegExp(`Denied .* UTC\\)? by Avery: “Use <the> runbook” \\(request ${id}\\)`);
    expect(card.words).toMatch(said);
    expect(
      as('riley')
        .thread(card.channel, card.ts)
        .map(({ words }) => words)
        .join('\n'),
    ).toMatch(/It was asked before. Denied/);
  });
});
