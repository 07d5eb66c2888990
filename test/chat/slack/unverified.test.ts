import { PRODUCTION_FLOORS, policySchema } from '../../../src/core/policy/policy.ts';
import { DEFINITIONS } from '../../../src/definitions.ts';
import { policyDocument } from '../../support/requests.ts';
import { until } from '../../support/until.ts';
import { ask, cardSeen, openInstallation, type TestInstallation, user } from './installation.ts';

/* A3: the incident turns unverified at the requester's own approval, in a zone that asks for nobody else. */

const ALONE = [{ who: 'requester', name: 'Requester', assurance: 'chat' }];
const policy = policySchema(PRODUCTION_FLOORS, DEFINITIONS).parse({
  ...policyDocument(),
  zones: { ...policyDocument().zones, A: { maxMinutes: 60, approvals: ALONE } },
});

let installation: TestInstallation;
beforeAll(async () => {
  installation = await openInstallation({ policy });
});
afterAll(() => installation.close());

it('says what is wanted besides on the card, and sends the card to whoever is on call for it', async () => {
  await ask(installation, 'riley', { role: 'read-logs' });
  await installation.work();
  const { id } = (await installation.newest()).request.details;
  installation.levers.incidentsDown = true;
  await installation.slack.as(user('riley')).click(cardSeen(installation, 'riley'), 'bg_approve');
  await until(async () => (await installation.row(id)).request.approvals.length > 0, 'the approval');
  await installation.work();
  expect((await installation.row(id)).request).toMatchObject({ state: 'pending', incidentVerified: false });
  expect(JSON.stringify(cardSeen(installation, 'riley').blocks)).toMatch(
    /Somebody else, as the incident is unverified.*2 people can give it now/,
  );
  const avery = installation.slack.as(user('avery'));
  await avery.sees('the note', (one) =>
    one.dms().find(({ words }) => /approved .*unverified then.*Answer it/.test(words)),
  );
  await avery.click(cardSeen(installation, 'avery'), 'bg_approve');
  await until(async () => (await installation.row(id)).request.state === 'granting', 'the last approval');
});
