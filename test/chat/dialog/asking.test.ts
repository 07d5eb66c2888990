import type { FormValues, FormView } from '../../../src/chat/dialog/form-view.ts';
import { applyPolicy } from '../../../src/policy-in-force.ts';
import { type Desk, openDesk } from '../../support/desk.ts';
import { KEYS } from '../../support/requests.ts';
import { fieldsOf, formIn, sentOf, someone, type Talk, talkAt, unsaid, wordsIn } from './talk.ts';

let desk: Desk;
let talk: Talk;
beforeAll(async () => {
  desk = await openDesk();
  talk = talkAt(desk);
});
afterAll(() => desk.close());
afterEach(async () => {
  desk.dials.directoryDown = false;
  for (const { request } of await desk.store.list({ states: ['pending'], limit: 20 })) {
    await desk.broker.withdraw(request.details.id, { type: 'person', key: KEYS.riley });
  }
});

let incidents = 0;
const incident = (): string => {
  incidents += 1;
  return `INC-${incidents}`;
};
/** What Riley fills in besides what was typed. */
const FILLED: FormValues = { reason: 'recovery', purpose: 'Restart the checkout service', commander: [KEYS.casey] };
const opened = async (text: string, who: 'riley' | 'avery' = 'riley'): Promise<FormView> =>
  formIn(await talk.type(who, text));
const waiting = async () =>
  (await desk.store.list({ states: ['pending'], limit: 20 })).map(({ request }) => request.details);

describe('asking', () => {
  it('opens a form, shows what a choice means, and asks with what was sent', async () => {
    const typed = incident();
    const form = await opened(typed);
    expect(fieldsOf(form).map(({ field }) => field)).toEqual([
      ...['incident', 'runbook', 'role', 'reason', 'purpose', 'minutes', 'commander'],
    ]);
    const values = { ...sentOf(form).values, role: 'rotate-keys' };
    const choice = { ...sentOf(form), values, changed: 'role' };
    const next = formIn(await talk.dialog.change(someone('riley'), choice));
    expect(wordsIn(next)).toContain('It allows: Rotate keys, for tests.');
    expect(wordsIn(next)).toContain('What was started goes on.');
    expect(fieldsOf(next).find(({ field }) => field === 'minutes')).toMatchObject({ madeFor: ['rotate-keys', ''] });
    expect(await talk.send('riley', next, FILLED)).toMatchObject({
      done: expect.stringContaining('Recorded: your request'),
    });
    expect(await waiting()).toMatchObject([
      { incident: { id: typed }, terms: { role: { id: 'rotate-keys' } }, commander: { id: 'casey' } },
    ]);
  });

  it('fills in by a runbook what the runbook says, which can still be changed (A10)', async () => {
    const form = await opened(incident());
    const values = { ...FILLED, ...sentOf(form).values, runbook: 'service-down', reason: '' };
    const next = formIn(await talk.dialog.change(someone('riley'), { ...sentOf(form), values, changed: 'runbook' }));
    expect(sentOf(next).values).toMatchObject({
      role: 'restart-service',
      minutes: '30',
      reason: 'service_restoration',
    });
    expect(wordsIn(next)).toContain('Use it when: Error rate above 50 % for five minutes.');
    const other = { ...sentOf(next).values, role: 'read-logs' };
    const letGo = await talk.dialog.change(someone('riley'), { ...sentOf(next), values: other, changed: 'role' });
    const reason = fieldsOf(formIn(letGo)).find(({ field }) => field === 'reason');
    expect(reason).toMatchObject({ madeFor: [''] });
  });

  it('makes one request of one form, however often it arrives', async () => {
    const form = await opened(`${incident()} restart-service`);
    await talk.send('riley', form, FILLED);
    await talk.send('riley', form, FILLED);
    expect(await waiting()).toHaveLength(1);
  });

  it.each<[what: string, forge: (form: FormView) => [who: 'riley' | 'jordan', form: FormView], words: RegExp]>([
    ['somebody else', (form) => ['jordan', form], /opened by somebody else/],
    ['an id that nobody was given', (form) => ['riley', { ...form, id: '01FORGED' }], /not one of mine any more/],
    ['the id of another kind of form', (form) => ['riley', { ...form, kind: 'approve' }], /not one of mine any more/],
  ])('counts for nothing from %s', async (_what, forge, words) => {
    const [who, form] = forge(await opened(`${incident()} restart-service`));
    expect(await talk.send(who, form, FILLED)).toMatchObject({ said: expect.stringMatching(words) });
    expect(await waiting()).toEqual([]);
  });

  it('is refused beside the field that it is about', async () => {
    const form = await opened(`${incident()} restart-service`);
    expect(await talk.send('riley', form, { ...FILLED, commander: ['slack:T0ELSE:U0CASEY'] })).toMatchObject({
      fieldErrors: { commander: expect.stringContaining('Name the incident commander again') },
    });
    expect(await talk.send('riley', form, { ...FILLED, purpose: '' })).toMatchObject({
      fieldErrors: { purpose: expect.stringContaining('Say in 3 to 1,000 characters') },
    });
    expect(await talk.send('riley', form, FILLED)).toHaveProperty('done');
  });

  it('shows the form anew where the terms changed meanwhile, and then takes it (B4)', async () => {
    const form = await opened(`${incident()} restart-service`);
    const policy = (await desk.store.policyInForce())?.policy;
    if (policy === undefined) throw new Error('no policy');
    const stricter = { ...policy, zones: { ...policy.zones, B: { ...policy.zones.B, maxMinutes: 30 } } };
    await applyPolicy(desk.store, stricter, 'stricter', 'operator:test', await desk.store.policyInForce());
    const reply = await talk.send('riley', form, FILLED);
    expect(reply).toMatchObject({ said: expect.stringContaining('The terms changed since this was drawn') });
    const next = formIn(reply);
    expect(wordsIn(next)).toContain('The terms changed since this was drawn');
    expect(sentOf(next).values).toMatchObject({ purpose: FILLED.purpose, commander: [KEYS.casey] });
    expect(await talk.send('riley', next)).toHaveProperty('done');
    await applyPolicy(desk.store, policy, '', 'operator:test', await desk.store.policyInForce());
  });

  it('points to the request that stands, and asks for the same again once it is over', async () => {
    const typed = incident();
    await talk.send('riley', await opened(`${typed} restart-service`), FILLED);
    const [first] = await waiting();
    const id = first?.id ?? '';
    const again = await talk.send('riley', await opened(`${typed} restart-service`), FILLED);
    expect(again).toMatchObject({ update: { kind: 'page' }, said: expect.stringContaining(id) });
    expect(wordsIn(formIn(again))).toContain('Its card is not posted yet.');
    await desk.broker.withdraw(id, { type: 'person', key: KEYS.riley });
    const button = { action: 'ask_again', value: id } as const;
    expect(await talk.press('jordan', button)).toMatchObject({
      say: expect.stringContaining('opened by somebody else'),
    });
    const form = formIn(await talk.press('riley', button));
    expect(sentOf(form).values).toMatchObject({ incident: typed, purpose: FILLED.purpose });
    expect(await talk.send('riley', form)).toHaveProperty('done');
  });

  it('says with whom to phone where no form can be of use', async () => {
    expect(await talk.type('avery', '')).toMatchObject({
      say: expect.stringMatching(/no role that your teams.*\+49 30/),
    });
    desk.dials.directoryDown = true;
    expect(await talk.type('riley', '')).toMatchObject({ say: expect.stringMatching(/does not answer.*\+49 30/) });
  });

  it('is not begun for somebody of whom the platform does not say who it is', async () => {
    const nobody = unsaid(KEYS.riley);
    await expect(talk.dialog.command(nobody, { text: '', delivery: 'x' })).rejects.toMatchObject({
      code: 'SENDER_UNKNOWN',
    });
    const sent = sentOf(await opened(`${incident()} restart-service`), FILLED);
    await expect(talk.dialog.submit(nobody, sent)).rejects.toMatchObject({ code: 'SENDER_UNKNOWN' });
    expect(await waiting()).toEqual([]);
  });
});

it.each([
  ['frobnicate', /I do not know “frobnicate”/],
  ['help', /What to type/],
  ['list', /No request is open now/],
  ['status', /You have no open request/],
  ['end', /End which\?/],
  ['deny', /Deny which, and why\?/],
  ['extend', /You have no open access/],
])('hears %s', async (text, words) => {
  expect(await talk.type('riley', text)).toMatchObject({ say: expect.stringMatching(words) });
});
