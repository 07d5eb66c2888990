import { PRODUCTION_FLOORS, policySchema } from '../../../src/core/policy.ts';
import { policyDocument } from '../../support/requests.ts';
import { until } from '../../support/until.ts';
import { ask, cardSeen, type House, openHouse, user } from './house.ts';

/* A3: the incident turns unverified at the requester's own approval, in a zone that asks for nobody else. */

const ALONE = [{ who: 'requester', name: 'Requester', assurance: 'chat' }];
const policy = policySchema(PRODUCTION_FLOORS).parse({
  ...policyDocument(),
  zones: { ...policyDocument().zones, A: { maxMinutes: 60, approvals: ALONE } },
});

let house: House;
beforeAll(async () => {
  house = await openHouse({ policy });
});
afterAll(() => house.close());

it('says what is wanted besides on the card, and sends the card to whoever is on call for it', async () => {
  await ask(house, 'riley', { role: 'read-logs' });
  await house.work();
  const { id } = (await house.newest()).request.ask;
  house.levers.incidentsDown = true;
  await house.slack.as(user('riley')).click(cardSeen(house, 'riley'), 'bg_approve');
  await until(async () => (await house.row(id)).request.approvals.length > 0, 'the approval');
  await house.work();
  expect((await house.row(id)).request).toMatchObject({ state: 'pending', incidentVerified: false });
  expect(JSON.stringify(cardSeen(house, 'riley').blocks)).toMatch(
    /Somebody else, as the incident is unverified.*2 people can give it now/,
  );
  const avery = house.slack.as(user('avery'));
  await avery.sees('the note', (one) =>
    one.dms().find(({ words }) => /approved .*unverified then.*Answer it/.test(words)),
  );
  await avery.click(cardSeen(house, 'avery'), 'bg_approve');
  await until(async () => (await house.row(id)).request.state === 'granting', 'the last approval');
});
