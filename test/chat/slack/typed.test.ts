import { requestStream } from '../../../src/core/events.ts';
import { until } from '../../support/until.ts';
import { anIncident, ask, openInstallation, type TestInstallation, user } from './installation.ts';

/*
 * What phones, editors and pasting make of a command: another letter case, smart quotes, back-ticks. Whoever is under
 * pressure types it once.
 */
let installation: TestInstallation;
beforeAll(async () => {
  installation = await openInstallation();
});
afterAll(() => installation.close());
afterEach(async () => {
  if (riley().modal()) await riley().close();
});

const riley = () => installation.slack.as(user('riley'));

async function answered(text: string): Promise<string> {
  const before = riley().ephemerals().length;
  await riley().command('/breakglass', text, 'C0INCIDENT');
  await until(() => riley().ephemerals().length > before, 'an answer');
  return riley().ephemerals().at(-1)?.words ?? '';
}
async function waiting(): Promise<string> {
  await ask(installation, 'riley');
  await installation.work();
  return (await installation.newest()).request.details.id;
}

it.each(['INC-1 Read-Logs', '“inc-1” `READ-LOGS`', '"read-logs" ‘INC-1’', 'read–logs; INC-1,'])(
  'opens the form filled in for %s',
  async (text) => {
    await riley().command('/breakglass', text, 'C0INCIDENT');
    const modal = await riley().awaitModal();
    expect(JSON.stringify(modal.values).toLowerCase()).toContain('"inc-1"');
    expect(modal.words).toContain('Read logs, for tests.');
  },
);

it('opens the form by the id of a runbook too, with all that it fills in', async () => {
  await riley().command('/breakglass', 'INC-1 “Service-Down”', 'C0INCIDENT');
  const { words, values } = await riley().awaitModal();
  expect(words).toContain('Use it when: Error rate above 50 % for five minutes.');
  expect(JSON.stringify(values)).toContain('service_restoration');
});

it('takes the incident of a form in quotes and back-ticks', async () => {
  const incident = anIncident();
  await ask(installation, 'riley', { incident: `“\`${incident}\`”` });
  expect((await installation.newest()).request.details.incident.id).toBe(incident);
});

it.each(['“LIST”', '`list`', 'List.'])('hears %s', async (text) => {
  await waiting();
  expect(await answered(text)).toContain('Access wanted');
});
it.each(['‘Help’', '"HELP"'])('hears %s', async (text) => {
  expect(await answered(text)).toContain('What to type');
});

it('hears status, deny, end and extend with their ids in any spelling, and leaves a reason as it was typed', async () => {
  const id = await waiting();
  expect(await answered(`STATUS “${id.toUpperCase()}”`)).toContain('Access wanted');
  expect(await answered(`Extend \`${id}\``)).toContain('still waiting for its approvals');
  expect(await answered(`“END” \`${id.toUpperCase()}\``)).toMatch(/waiting for its approvals|taking the access away/);
  const avery = installation.slack.as(user('avery'));
  await avery.command('/breakglass', `“DENY” ‘${id.toUpperCase()}’ not “now”`, 'C0INCIDENT');
  await until(async () => (await installation.row(id)).request.state === 'closed', 'the denial');
  expect((await installation.row(id)).request).toMatchObject({ outcome: 'denied' });
  const events = await installation.store.events(requestStream(id));
  expect(events.find(({ type }) => type === 'request_denied')?.data.reason).toBe('not “now”');
});

it.each(['???', '...', '!!! “why” ?'])('denies for the reason %s, as it was typed', async (reason) => {
  const id = await waiting();
  await installation.slack.as(user('avery')).command('/breakglass', `deny ${id} ${reason}`, 'C0INCIDENT');
  await until(async () => (await installation.row(id)).request.state === 'closed', 'the denial');
  const events = await installation.store.events(requestStream(id));
  expect(events.find(({ type }) => type === 'request_denied')?.data.reason).toBe(reason);
});
