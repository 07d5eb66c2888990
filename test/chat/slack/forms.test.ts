import { SYSTEM_STREAM } from '../../../src/core/events.ts';
import { aPolicy } from '../../support/requests.ts';
import { until } from '../../support/until.ts';
import { anIncident, ask, openInstallation, type TestInstallation, user } from './installation.ts';
import { signed } from './signed.ts';

let installation: TestInstallation;
beforeAll(async () => {
  installation = await openInstallation();
});
afterAll(() => installation.close());
afterEach(async () => {
  for (const who of ['riley', 'avery'] as const)
    if (installation.slack.as(user(who)).modal()) await installation.slack.as(user(who)).close();
  installation.levers.directoryDown = false;
  installation.levers.incidentsDown = false;
  installation.slack.dials.clearFaults();
});

const riley = () => installation.slack.as(user('riley'));
const refusals = async () =>
  (await installation.store.events(SYSTEM_STREAM))
    .filter(({ type }) => type === 'request_refused')
    .map(({ data }) => data.code);
const said = async (what: string, look: RegExp, who = riley()) =>
  who.sees(what, (one) => one.ephemerals().find(({ words }) => look.test(words))?.words);

describe('the request form', () => {
  it.each([
    ['incident', { incident: 'INC-404' }, 'incident_not_found', 'knows no such incident'],
    ['commander', { commander: 'U0OLGA' }, 'unknown_commander', 'Name the incident commander again'],
  ])('shows a refusal on the field %s, records it, and stays usable (A2, A11)', async (field, change, code, words) => {
    const before = (await refusals()).length;
    const seen = await ask(installation, 'riley', change);
    expect(seen.errors).toEqual({ [field]: expect.stringContaining(words) });
    expect((await refusals()).slice(before)).toEqual([code]);
    await riley().choose('incident', anIncident());
    await riley().choose('commander', user('casey'));
    expect(await riley().submit()).toMatchObject({ ok: true, errors: {} });
    expect(riley().modal()).toBeUndefined();
  });

  it('shows what a role means once it is chosen: approvals, people, who is on call, what it allows, how it ends (B10)', async () => {
    await riley().command('/breakglass', 'INC-1', 'C0INCIDENT');
    await riley().awaitModal();
    await riley().choose('bg_pick_role', 'rotate-keys');
    const { words, blocks } = await riley().awaitModal((modal) => modal.words.includes('Approvals it needs'));
    expect(JSON.stringify(blocks)).toMatch(/Zone C.*Rotate keys, up to 30 minutes/);
    expect(words).toMatch(/1 × Security: 2 people can give it now; on call: @sasha/);
    expect(words).toContain('Rotate keys, for tests. (logs:GetLogEvents)');
    expect(words).toContain('By itself: I take it away when the time is over');
    expect(words).toContain('No second sign-in is asked');
    expect(words).not.toContain('60 minutes');
  });

  it('is filled in by a runbook: role, minutes, reason (A10)', async () => {
    await riley().command('/breakglass', anIncident(), 'C0INCIDENT');
    await riley().awaitModal();
    await riley().choose('purpose', 'Follow the runbook');
    await riley().choose('bg_pick_runbook', 'service-down');
    await riley().awaitModal((modal) => modal.words.includes('Approvals it needs'));
    await riley().choose('commander', user('casey'));
    expect(await riley().submit()).toMatchObject({ ok: true, errors: {} });
    expect((await installation.newest()).request.details).toMatchObject({
      runbook: 'service-down',
      minutes: 30,
      reason: 'service_restoration',
      purpose: 'Follow the runbook',
      terms: { role: { id: 'restart-service' } },
    });
  });

  it('takes incident and role from the command, and only roles that the person’s teams may ask for', async () => {
    await riley().command('/breakglass', 'INC-1 read-logs', 'C0INCIDENT');
    const modal = await riley().awaitModal();
    expect(JSON.stringify(modal.values)).toContain('INC-1');
    expect(modal.words).toContain('Read logs, for tests.');
    await riley().close();
    await installation.slack.as(user('avery')).command('/breakglass', '', 'C0INCIDENT');
    expect(
      await said('the refusal', /no role that your teams may ask for/, installation.slack.as(user('avery'))),
    ).toContain('+49 30 123456');
  });

  it('refuses a role that the person’s teams may not ask for, whatever the command preset (over_scope)', async () => {
    const avery = installation.slack.as(user('avery'));
    await avery.command('/breakglass', 'INC-1 read-logs', 'C0INCIDENT');
    await avery.awaitModal();
    for (const [name, value] of [
      ['reason', 'recovery'],
      ['purpose', 'to look'],
      ['commander', user('casey')],
    ] as const) {
      await avery.choose(name, value);
    }
    const { errors } = await avery.submit();
    expect(Object.values(errors)).toEqual([expect.stringContaining('these may: payments')]);
  });

  it('says so when the terms changed while it was open, shows the new ones, and then takes it (B4)', async () => {
    await riley().command('/breakglass', `${anIncident()} restart-service`, 'C0INCIDENT');
    await riley().awaitModal();
    for (const [name, value] of [
      ['reason', 'recovery'],
      ['purpose', 'to restart'],
      ['commander', user('casey')],
    ] as const) {
      await riley().choose(name, value);
    }
    const policy = aPolicy();
    await installation.apply({ ...policy, zones: { ...policy.zones, B: { ...policy.zones.B, maxMinutes: 30 } } });
    expect(await riley().submit()).toMatchObject({ ok: true, errors: {} });
    const modal = riley().modal();
    expect(modal?.words).toContain('The terms changed since this was drawn');
    expect(modal?.words).not.toContain('60 minutes');
    expect(await riley().submit()).toMatchObject({ ok: true, errors: {} });
    expect(riley().modal()).toBeUndefined();
    await installation.apply(policy);
  });

  it('makes at most one request, however often its submission arrives', async () => {
    await ask(installation, 'riley');
    const count = (await installation.store.list({ limit: 100 })).length;
    const last = installation.slack.dials.sent().findLast(({ payload }) => payload.type === 'view_submission');
    expect(await installation.slack.dials.resend(last?.number ?? 0)).toMatchObject({ status: 200 });
    expect((await installation.store.list({ limit: 100 })).length).toBe(count);
  });

  it('counts for nobody but the person it was opened for', async () => {
    await ask(installation, 'riley', { incident: 'INC-404' });
    const count = (await installation.store.list({ limit: 100 })).length;
    const stolen = signed(installation, (payload) => ({ ...payload, user: { ...payload.user, id: user('jordan') } }), {
      incident: 'INC-1',
    });
    expect((await stolen()).body).toContain('opened by somebody else');
    expect((await installation.store.list({ limit: 100 })).length).toBe(count);
  });

  it('carries nothing but a single-use id', async () => {
    await riley().command('/breakglass', 'INC-1', 'C0INCIDENT');
    expect((await riley().awaitModal()).privateMetadata).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
  });

  it('takes a request whose incident source does not answer, marked unverified (A3)', async () => {
    installation.levers.incidentsDown = true;
    expect(await ask(installation, 'riley', { text: 'INC-77' })).toMatchObject({ ok: true });
    expect((await installation.newest()).request.details.incident).toMatchObject({ id: 'INC-77', verified: false });
    expect(await ask(installation, 'riley', { role: 'rotate-keys' })).toMatchObject({ ok: false });
  });

  it('is not opened when the directory does not answer: the person is told, with whom to phone (A2)', async () => {
    installation.levers.directoryDown = true;
    await riley().command('/breakglass', '', 'C0INCIDENT');
    expect(await said('the reason', /directory does not answer/)).toContain('+49 30 123456');
    expect(riley().modal()).toBeUndefined();
  });

  it('tells why a choice shows nothing when the directory does not answer any more, with whom to phone (A2)', async () => {
    await riley().command('/breakglass', 'INC-1', 'C0INCIDENT');
    await riley().awaitModal();
    installation.levers.directoryDown = true;
    await riley().choose('bg_pick_role', 'restart-service');
    const told = await riley().sees('the reason', (one) =>
      one.dms().find(({ words }) => /directory does not answer/.test(words)),
    );
    expect(told.words).toContain('+49 30 123456');
  });

  it('tells somebody the directory does not know what to do', async () => {
    const policy = aPolicy();
    await installation.apply({ ...policy, people: policy.people.filter(({ id }) => id !== 'blake') });
    const blake = installation.slack.as(user('blake'));
    await blake.command('/breakglass', '', 'C0INCIDENT');
    await said('the reason', /does not know your chat account/, blake);
    await installation.apply(policy);
  });

  it('says so when Slack’s trigger ran out', async () => {
    installation.slack.dials.fail('views.open', 'before', { error: 'expired_trigger_id' });
    await riley().command('/breakglass', '', 'C0INCIDENT');
    await said('the reason', /Slack took too long.*Type \/breakglass again/);
  });

  it('opens again, filled in as before, from "Ask again"', async () => {
    await ask(installation, 'riley', { purpose: 'The first try' });
    const { request } = await installation.newest();
    installation.levers.aheadMs += 20 * 60_000;
    await installation.work();
    const note = riley().dms().at(-1);
    expect(note?.words).toContain('lapsed');
    if (note === undefined) throw new Error('no note');
    await riley().click(note, 'bg_ask_again');
    const modal = await riley().awaitModal();
    expect(JSON.stringify(modal.values)).toContain('The first try');
    expect(await riley().submit()).toMatchObject({ ok: true, errors: {} });
    const next = await installation.newest();
    expect(next.request.details.id).not.toBe(request.details.id);
    expect(next.request.details.purpose).toBe('The first try');
  });
});

describe('the sub-commands', () => {
  it('help is the cheat sheet of the live configuration (F5)', async () => {
    await riley().command('/breakglass', 'help', 'C0INCIDENT');
    const sheet = await said('the sheet', /What to type/);
    expect(sheet).toContain('+49 30 123456');
    expect(sheet).toContain('Rotate keys');
  });

  it('list and status show what is open, and a bare end asks which', async () => {
    await ask(installation, 'riley', { purpose: 'Listed' });
    const { request } = await installation.newest();
    await riley().command('/breakglass', 'list', 'C0INCIDENT');
    await said('the list', new RegExp(`${request.details.id}: Access wanted: Restart a service, Riley, INC-1`));
    await riley().command('/breakglass', `status ${request.details.id}`, 'C0INCIDENT');
    await said('the details', /Purpose: Listed/);
    await riley().command('/breakglass', 'status', 'C0INCIDENT');
    await riley().command('/breakglass', 'end', 'C0INCIDENT');
    await said('the question', /End which\?/);
    await riley().command('/breakglass', 'end nonsense', 'C0INCIDENT');
    await said('the answer', /There is no such request/);
  });

  it('an unknown word is answered with a hint, and shown as a word', async () => {
    await riley().command('/breakglass', 'frobnicate <!channel>', 'C0INCIDENT');
    const words = await said('the hint', /I do not know/);
    expect(words).toContain('“frobnicate <!channel>”');
    expect(words).toContain('/breakglass help');
    await until(() => riley().modal() === undefined, 'no form');
  });
});
