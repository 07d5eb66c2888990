import type { Press } from '../../../src/chat/dialog/press.ts';
import { workFor } from '../../../src/core/request/work.ts';
import { type Desk, openDesk } from '../../support/desk.ts';
import { type CastName, KEYS, MINUTE } from '../../support/requests.ts';
import { until } from '../../support/until.ts';
import { formIn, sentOf, type Talk, talkAt, unsaid, wordsIn } from './talk.ts';

let desk: Desk;
let talk: Talk;
beforeAll(async () => {
  desk = await openDesk();
  talk = talkAt(desk);
});
afterAll(() => desk.close());

const stateOf = async (id: string) => (await desk.row(id)).request.state;
/** A request with its card, and the click on its "Approve". */
const asked = async (id: string, role = 'restart-service'): Promise<Press> =>
  talk.card(await desk.ask(id, { role }), `message-${id}`);
const on = (action: Press['action'], value: string): Press => ({ action, value });
const saying = (words: RegExp) => ({ say: expect.stringMatching(words) });

describe('approving', () => {
  it('is the click itself in zones A and B, on a card that is known, for what it shows', async () => {
    const click = await asked('a1');
    const elsewhere = { chat: 'slack', place: 'ROOM', message: 'another' };
    for (const wrong of [
      { ...click, at: elsewhere },
      { ...click, at: undefined },
      { ...click, digest: undefined },
      { ...(await asked('a2')), value: 'a1' },
    ]) {
      expect(await talk.press('avery', wrong)).toMatchObject(saying(/not a card of this request/));
    }
    expect(await talk.press('avery', { ...click, digest: '0'.repeat(64) })).toMatchObject(saying(/Look at them again/));
    expect(talk.redrawn).toEqual(['a1']);
    expect(await stateOf('a1')).toBe('pending');
    expect(await talk.press('avery', click)).toHaveProperty('done');
    expect(await stateOf('a1')).toBe('granting');
  });

  it('tells whoever cannot who can', async () => {
    const click = await asked('a3');
    expect(await talk.press('riley', click)).toMatchObject(saying(/You asked for this.*These can: Avery, Blake\./));
    expect(await talk.press('sasha', click)).toMatchObject(saying(/none of the groups.*These can: Avery, Blake\./));
  });

  it('asks in zone C by a form, whose sending counts once and for one person', async () => {
    const click = await asked('a4', 'rotate-keys');
    expect(await talk.press('avery', { ...click, digest: '0'.repeat(64) })).toMatchObject(saying(/Look at them again/));
    const form = formIn(await talk.press('avery', click));
    expect(wordsIn(form)).toContain('Rotate keys');
    expect((await desk.row('a4')).request).toMatchObject({ approvals: [] });
    expect(await talk.send('sasha', form)).toMatchObject({ said: expect.stringContaining('opened by somebody else') });
    expect(await talk.send('avery', form)).toMatchObject({ done: 'Your approval is recorded.' });
    expect(await talk.send('avery', form)).toMatchObject({ said: expect.stringContaining('counted once') });
    expect((await desk.row('a4')).request).toMatchObject({ approvals: [{ by: { id: 'avery' } }] });
    const refused = await talk.send('jordan', formIn(await talk.press('jordan', click)));
    expect(refused).toMatchObject({ update: { kind: 'page' }, said: expect.stringContaining('share a team') });
  });

  it('is nothing that a platform can do which does not say who it is', async () => {
    const click = await asked('a5');
    await expect(talk.dialog.press(unsaid(KEYS.avery), click)).rejects.toMatchObject({ code: 'SENDER_UNKNOWN' });
    expect(await stateOf('a5')).toBe('pending');
  });
});

describe('taking away asks the platform nothing (D5)', () => {
  const elsewhere = 'slack:T0ELSE:U0X';

  it('denies by a form, with a reason', async () => {
    await asked('d1');
    const reply = await talk.dialog.press(unsaid(KEYS.avery), on('deny', 'd1'));
    expect(reply).toMatchObject({ unopened: expect.stringContaining('type /breakglass deny d1 and why') });
    const form = formIn(reply);
    const send = (reason: string) => talk.dialog.submit(unsaid(elsewhere, KEYS.avery), sentOf(form, { reason }));
    expect(await send(' ')).toMatchObject({ fieldErrors: { reason: expect.stringContaining('Say why') } });
    expect(await send('Use the runbook')).toMatchObject({ done: 'Your denial is recorded.' });
    expect((await desk.row('d1')).request).toMatchObject({ outcome: 'denied' });
    expect(await send('Once more')).toMatchObject({ said: expect.stringContaining('counted once') });
  });

  it('denies by what was typed', async () => {
    await asked('d2');
    expect(await talk.type('riley', 'deny d2 no')).toMatchObject(saying(/You cannot do that.*These can: Casey, Avery/));
    const typed = { text: 'deny D2 not tonight', delivery: 'x' };
    expect(await talk.dialog.command(unsaid(KEYS.avery), typed)).toMatchObject(saying(/denial is recorded/));
    expect(await stateOf('d2')).toBe('closed');
  });

  it('withdraws and ends under any key that may be theirs', async () => {
    await asked('d3');
    const mine = unsaid(elsewhere, KEYS.riley);
    expect(await talk.press('avery', on('withdraw', 'd3'))).toMatchObject(saying(/These can: Riley\./));
    expect(await talk.dialog.press(mine, on('withdraw', 'd3'))).toHaveProperty('done');
    expect(await stateOf('d3')).toBe('closed');
    await desk.opened('d4');
    expect(await talk.type('sasha', 'end d4')).toMatchObject(
      saying(/You cannot do that.*These can: Riley, Casey, Avery/),
    );
    expect(await talk.dialog.command(mine, { text: 'end D4', delivery: 'x' })).toMatchObject(
      saying(/taking the access away/),
    );
    expect(await stateOf('d4')).toBe('revoking');
    await desk.opened('d5');
    expect(await talk.dialog.press(mine, on('end', 'd5'))).toHaveProperty('done');
    expect(await stateOf('d5')).toBe('revoking');
  });
});

it('asks for more time by a form of the requester’s own, which is approved on the card (B8)', async () => {
  const row = await desk.opened('e1');
  expect(await talk.press('avery', on('extend', 'e1'))).toMatchObject(saying(/You cannot do that.*These can: Riley\./));
  const form = formIn(await talk.type('riley', 'extend'));
  expect(form).toMatchObject({ kind: 'extend', title: 'More time' });
  expect(await talk.send('riley', form, { minutes: '15' })).toMatchObject({
    done: expect.stringContaining('15 minutes more'),
  });
  expect(await talk.send('riley', form, { minutes: '15' })).toMatchObject({
    said: expect.stringContaining('counted once'),
  });
  expect(await talk.press('riley', on('extend', 'e1'))).toMatchObject(saying(/More time was asked for already/));
  const older = { ...(await talk.card(row, 'message-e1')), digest: row.request.details.digest };
  expect(await talk.press('avery', older)).toMatchObject(saying(/Look at them again/));
  const click = await talk.card(await desk.row('e1'), 'message-e1');
  expect(await talk.press('avery', click)).toHaveProperty('done');
  expect((await desk.row('e1')).request).toMatchObject({ extension: { approvals: [{ by: { id: 'avery' } }] } });
});

it('takes a word on an ending that nothing proves, with what was looked at (E5)', async () => {
  await desk.opened('t1');
  await desk.broker.end('t1', { type: 'person', key: KEYS.riley });
  desk.aws.dials.add({
    kind: 'fail_before',
    action: 'PutRolePolicy',
    where: { PolicyName: '99-revoked' },
    times: 1000,
  });
  expect(await talk.press('sasha', on('attest', 't1'))).toMatchObject(
    saying(/Too late: the access is being taken away/),
  );
  const inVain = async () => {
    const [work] = workFor(await desk.row('t1')).filter(({ name }) => name === 'revoke');
    if (work === undefined) throw new Error('no ending is owed');
    await expect(desk.broker.perform(work, AbortSignal.timeout(300))).rejects.toThrow();
  };
  await inVain();
  const form = formIn(await talk.press('sasha', on('attest', 't1')));
  const early = await talk.send('sasha', form, { statement: 'I looked: nothing.' });
  expect(early).toMatchObject({ said: expect.stringContaining('Not before') });
  desk.wait(32 * MINUTE);
  expect(await talk.send('sasha', form, { statement: '' })).toMatchObject({
    fieldErrors: { statement: expect.stringContaining('how you know') },
  });
  expect(await talk.send('sasha', form, { statement: 'I looked: nothing.' })).toHaveProperty('done');
  expect(await talk.send('quinn', form, { statement: 'I too.' })).toMatchObject({
    said: expect.stringContaining('opened by somebody else'),
  });
  expect((await desk.row('t1')).request).toMatchObject({ state: 'revoking' });
  desk.aws.dials.clear();
});

describe('freezing (B11)', () => {
  const thawed = async () => {
    for (const who of ['sasha', 'quinn'] as const) await talk.type(who, 'thaw');
    expect(await desk.store.freeze()).toBeUndefined();
  };
  const freeze = (text: string, delivery: string, who: CastName = 'sasha') => talk.type(who, text, delivery);

  it('counts once for each command, and is lifted by two', async () => {
    expect(await freeze('freeze', 'f0', 'riley')).toMatchObject(saying(/Only people of the security group/));
    expect(await freeze('freeze a leak', 'f1')).toMatchObject(saying(/What is open goes on; \/breakglass freeze all/));
    expect(await talk.type('sasha', 'thaw', 'h1')).toMatchObject(saying(/until another security person types/));
    expect(await talk.type('sasha', 'thaw', 'h1')).toMatchObject(saying(/arrived before and counted then/));
    expect(await talk.type('quinn', 'thaw', 'h2')).toMatchObject(saying(/not frozen any more/));
    expect(await freeze('freeze a leak', 'f1')).toMatchObject(saying(/arrived before and counted then/));
    expect(await desk.store.freeze()).toBeUndefined();
  });

  it('asks by a button where the words leave in doubt whether all of it ends: one person’s, once', async () => {
    await desk.opened('f2');
    const reply = await freeze('freeze all hands are busy', 'f2');
    expect(reply).toMatchObject({
      ...saying(/is that to end as well\?/),
      button: { action: 'freeze_all', value: 'freeze/slack/f2' },
    });
    const press = on('freeze_all', 'freeze/slack/f2');
    expect(await talk.press('quinn', press)).toMatchObject(saying(/opened by somebody else/));
    expect(await talk.press('sasha', on('freeze_all', 'freeze/slack/x'))).toMatchObject(saying(/not one of mine/));
    expect(await stateOf('f2')).toBe('active');
    expect(await talk.press('sasha', press)).toMatchObject(saying(/Everything that is open is being ended/));
    expect(await talk.press('sasha', press)).toMatchObject(saying(/arrived before and counted then/));
    await thawed();
  });

  it('ends all at once where that was typed, and says who froze to whoever cannot know who they are', async () => {
    await desk.opened('f3');
    expect(await freeze('freeze all', 'f3')).toMatchObject(saying(/Everything that is open is being ended/));
    await thawed();
    desk.dials.directoryDown = true;
    expect(await freeze('freeze', 'f4')).toMatchObject(
      saying(/directory does not answer.*Nothing was frozen.*operator/),
    );
    desk.dials.directoryDown = false;
  });
});

it('keeps in the log of its request what is refused before it comes to the broker', async () => {
  const click = await asked('k1');
  await talk.press('casey', { ...click, at: { chat: 'slack', place: 'ROOM', message: 'forged' } });
  await talk.press('blake', { ...click, digest: '0'.repeat(64) });
  await talk.press('avery', on('extend', 'k1'));
  await talk.press('riley', on('extend', 'k1'));
  await talk.press('sasha', on('attest', 'k1'));
  await talk.press('riley', on('withdraw', 'k1'));
  await talk.press('jordan', on('deny', 'k1'));
  const kept = async () =>
    (await desk.store.events('request/k1'))
      .filter(({ type }) => type === 'action_refused')
      .map(({ data: { person, what, code } }) => [person, what, code].join(' '))
      .sort();
  await until(async () => (await kept()).length >= 6, 'the refusals');
  expect(await kept()).toEqual([
    'avery extend not_yours',
    'blake approve look_again',
    'casey approve not_a_card',
    'jordan deny not_in_this_state',
    'riley extend not_in_this_state',
    'sasha attest not_in_this_state',
  ]);
});
