import { ask, cardSeen, type House, openHouse, user } from './house.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

describe('the main job in Slack', () => {
  it('asks, approves, opens, warns and ends, with one card and one timeline (A1, B10, E1)', async () => {
    const seen = await ask(house, 'riley');
    if (!seen.ok) console.log(seen, house.logs, house.slack.as(user('riley')).modal()?.words);
    expect(seen).toMatchObject({ ok: true, errors: {} });
    await house.work();
    const { request } = await house.newest();
    expect(request).toMatchObject({ state: 'pending', invited: { reached: ['avery'], missed: [] } });

    const card = cardSeen(house, 'avery');
    expect(card.words).toContain('Access wanted: Restart a service');
    expect(card.words).toContain('1 × Platform');
    await house.slack.as(user('avery')).click(card, 'bg_approve');
    await house.reaches(request.ask.id, 'granting');
    expect(cardSeen(house, 'riley').words).toContain('Access open');
    const dms = house.slack
      .as(user('riley'))
      .dms()
      .map(({ words }) => words);
    expect(dms.at(-1)).toContain('For the command line');

    await house.slack.as(user('riley')).click(cardSeen(house, 'riley'), 'bg_end');
    await house.reaches(request.ask.id, 'revoking');
    house.levers.aheadMs += 3_600_000;
    await house.work();
    expect(cardSeen(house, 'riley').words).toContain('Ended');
    const thread = house.slack.as(user('casey')).thread('C0INCIDENT', card.ts).slice(1);
    console.log(
      thread.map(({ words, broadcast }) => `${broadcast ? '*' : ' '} ${words}`).join('\n'),
      '\n',
      cardSeen(house, 'riley').words,
    );
  });
});
