import type { AccessRequest } from '../../../src/core/request/request.ts';
import { KEYS, MINUTE } from '../../support/requests.ts';
import { until } from '../../support/until.ts';
import { ask, cardSeen, openInstallation, PEOPLE, type TestInstallation, user, type Who } from './installation.ts';
import { signed } from './signed.ts';

let installation: TestInstallation;
let id = '';
beforeAll(async () => {
  installation = await openInstallation();
});
afterAll(() => installation.close());
afterEach(async () => {
  installation.levers.directoryDown = false;
  installation.levers.cloudRefuses = false;
  installation.levers.aheadMs = 0;
  installation.levers.onCall = undefined;
  for (const who of PEOPLE) if (as(who).modal()) await as(who).close();
  // What is still open would be somebody's newest access in the next test.
  await installation.broker.end(id, { type: 'operator', name: 'test' });
});

const as = (who: Who) => installation.slack.as(user(who));
const click = (who: Who, action: string) => as(who).click(cardSeen(installation, who), `bg_${action}`);
const request = async (): Promise<AccessRequest> => (await installation.row(id)).request;
const active = async () => {
  const found = await request();
  if (found.state !== 'active') throw new Error(`it is ${found.state}`);
  return found;
};
const told = (who: Who, look: RegExp) =>
  as(who).sees(String(look), (one) => one.ephemerals().findLast(({ words }) => look.test(words))?.words);
const lastNote = (who: Who) => as(who).dms().at(-1)?.words ?? '';
const looks = (all: readonly { words: string }[]) => all.filter(({ words }) => /Look at them again/.test(words)).length;
const card = () => cardSeen(installation, 'riley').words;

/** Riley's access, open, and every word about it said. */
async function opened(role = 'restart-service', minutes = '30', approvers: readonly Who[] = ['avery']): Promise<void> {
  await ask(installation, 'riley', { role, minutes });
  await installation.work();
  id = (await installation.newest()).request.details.id;
  for (const who of approvers) await approves(who, role);
  await installation.reaches(id, 'active').catch(() => installation.work());
  await active();
}
async function approves(who: Who, role = 'restart-service'): Promise<void> {
  const before = JSON.stringify(await request());
  await click(who, 'approve');
  if (role === 'rotate-keys') {
    await as(who).awaitModal();
    await as(who).submit();
  }
  await until(async () => JSON.stringify(await request()) !== before, `the yes of ${who}`);
  await installation.work();
}
/** Riley asks for so much more with the button, and the card shows it. */
async function asksForMore(minutes = '15'): Promise<void> {
  await click('riley', 'extend');
  await as('riley').awaitModal();
  await as('riley').choose('minutes', minutes);
  expect(await as('riley').submit()).toMatchObject({ ok: true });
  await installation.work();
}

it('B8: asked with the button, approved on the card, told to everybody concerned, shown once it is there', async () => {
  await opened();
  const before = (await active()).endsAt;
  await click('riley', 'extend');
  const form = (await as('riley').awaitModal()).words;
  expect(form).toMatch(/the access ends .*stays until more time is approved/s);
  expect(form).toMatch(/1 × Platform: 2 people can give it now; on call: @avery/);
  expect(form).toContain('How it ends');
  await as('riley').choose('minutes', '15');
  await as('riley').submit();
  await installation.work();
  expect(card()).toMatch(/Access open, more time wanted.*@riley asks for 15 minutes more\..*this end stays/s);
  expect(card()).toMatch(/Still needed.*1 × Platform/s);
  expect(lastNote('avery')).toMatch(/Restart a service: @riley asks for 15 minutes more.*Answer it on the card/);
  await approves('avery');
  expect((await active()).endsAt.getTime() - before.getTime()).toBe(15 * MINUTE);
  expect(card()).toMatch(/Access open: .*and 15 more.*@avery approved more time/s);
  expect(lastNote('riley')).toMatch(/Restart a service: Access goes on: read back from the cloud/);
  const posts = as('casey').thread('C0INCIDENT', cardSeen(installation, 'casey').ts);
  expect(posts.filter(({ words }) => /Access goes on/.test(words))).toHaveLength(1);
});

it('B8, B10: whoever is on call only by now is asked too, with a card of their own that stays true', async () => {
  await opened();
  const before = as('blake').dms().length;
  installation.levers.onCall = ['blake'];
  await asksForMore();
  const [own, note] = as('blake').dms().slice(before);
  expect(note?.words).toMatch(/@riley asks for 15 minutes more.*Answer it on the card/);
  expect(own?.words).toMatch(/Access open, more time wanted/);
  await as('blake').click(own ?? cardSeen(installation, 'blake'), 'bg_approve');
  await until(async () => (await active()).extension?.approvedAt !== undefined, 'the yes of Blake');
  await installation.work();
  expect(as('blake').dms()[before]?.words).toMatch(/Access open: .*and 15 more/s);
});

it('is asked by the requester alone, from button and command, and once at a time', async () => {
  await opened();
  await click('avery', 'extend');
  await told('avery', /You cannot do that on this request\. These can: Riley\./);
  await as('casey').command('/breakglass', `extend ${id}`, 'C0INCIDENT');
  await told('casey', /These can: Riley\./);
  await as('casey').command('/breakglass', 'extend', 'C0INCIDENT');
  await told('casey', /You have no open access\. Type \/breakglass to ask\./);
  await as('riley').command('/breakglass', 'extend', 'C0INCIDENT');
  await as('riley').awaitModal();
  await as('riley').submit();
  await installation.work();
  expect((await active()).extension).toMatchObject({ number: 1, minutes: 15 });
  await as('riley').command('/breakglass', `extend ${id}`, 'C0INCIDENT');
  await told('riley', /More time was asked for already/);
});

it('one form asks once, however often it arrives, and for nobody else', async () => {
  await opened();
  await asksForMore();
  const { number = 0 } =
    installation.slack.dials.sent().findLast(({ payload }) => payload.type === 'view_submission') ?? {};
  expect((await installation.slack.dials.resend(number)).body).toContain('sent already and counted once');
  const as2 = await signed(installation, (payload) => ({ ...payload, user: { ...payload.user, id: user('avery') } }))();
  expect(as2.body).toContain('opened by somebody else');
  expect((await active()).extended).toMatchObject({ asked: 1 });
});

it.each<[who: Who, words: RegExp]>([
  ['riley', /You asked for this, so you cannot approve it\. These can: Avery, Blake\./],
  ['jordan', /You share a team with the requester.*These can: Avery, Blake\./],
  ['sasha', /You are in none of the groups.*These can: Avery, Blake\./],
])('a yes of %s does not count, and they are told who can (B1, B5)', async (who, words) => {
  await opened();
  await asksForMore();
  await click(who, 'approve');
  await told(who, words);
  expect((await active()).extension?.approvals).toEqual([]);
});

it('a click on an older drawing does not count, nor the same click once more, nor one for the request itself', async () => {
  await opened();
  const { digest } = (await active()).details;
  await asksForMore();
  const drawn = (await active()).extension?.digest ?? '';
  await click('sasha', 'approve');
  const older = (to: string) =>
    signed(installation, (payload) => {
      const text = JSON.stringify(payload).replace(/bg:[0-9a-f]{64}/g, `bg:${to}`);
      return { ...JSON.parse(text), user: { ...payload.user, id: user('avery') } };
    })();
  await older(digest);
  // The answer goes where the click was made: the response URL is Sasha's.
  await told('sasha', /The terms changed since this was drawn\. Look at them again/);
  await click('casey', 'deny');
  await as('casey').awaitModal();
  await as('casey').choose('reason', 'not needed');
  await as('casey').submit();
  await until(async () => (await active()).extension === undefined, 'the no of Casey');
  await installation.work();
  await asksForMore();
  await click('sasha', 'approve');
  await older(drawn);
  await as('sasha').sees('the second no', (one) => looks(one.ephemerals()) === 2);
  expect((await active()).extension).toMatchObject({ number: 2, approvals: [] });
  await approves('avery');
  expect((await active()).extended).toMatchObject({ minutes: 15, asked: 2 });
});

it('of two yeses at once one counts, and the end moves once (B7)', async () => {
  await opened();
  const before = (await active()).endsAt;
  await asksForMore();
  await Promise.all([click('avery', 'approve'), click('blake', 'approve')]);
  await until(async () => (await active()).extension?.approvedAt !== undefined, 'the approval');
  await installation.slack.until('an answer to one of them', () =>
    (['avery', 'blake'] as const).find((who) =>
      as(who)
        .ephemerals()
        .some(({ words }) => /Already approved: the access is open|already filled/.test(words)),
    ),
  );
  await installation.work();
  const after = await active();
  expect(after.endsAt.getTime() - before.getTime()).toBe(15 * MINUTE);
  expect(after.extended?.approvals).toHaveLength(1);
});

it('zone C: each yes is a form of its own, drawn from what is asked', async () => {
  await opened('rotate-keys', '15', ['avery', 'sasha']);
  await asksForMore();
  await click('avery', 'approve');
  expect((await as('avery').awaitModal()).words).toMatch(/asks for 15 minutes more/);
  await as('avery').submit();
  await installation.work();
  expect(card()).toMatch(/@avery approved more time.*Still needed.*1 × Security/s);
  await approves('sasha', 'rotate-keys');
  expect((await active()).extended).toMatchObject({ minutes: 15 });
});

it('a no is for what its form showed: the end stays, and the requester reads why', async () => {
  await opened();
  const before = (await active()).endsAt;
  await asksForMore();
  await click('avery', 'deny');
  expect((await as('avery').awaitModal()).words).toMatch(/no to more time on Restart a service.*goes on to the end/);
  await as('avery').choose('reason', 'the *service* is up');
  await as('avery').submit();
  await installation.work();
  expect(await active()).toMatchObject({ endsAt: before });
  expect(lastNote('riley')).toMatch(/@avery denied more time.*“the .service. is up”/s);
  expect(card()).not.toContain('more time wanted');
});

it('a no to the request itself, sent late, is no answer to more time', async () => {
  await ask(installation, 'riley', { minutes: '30' });
  await installation.work();
  id = (await installation.newest()).request.details.id;
  await click('blake', 'deny');
  await as('blake').awaitModal();
  await as('blake').choose('reason', 'wrong role');
  await approves('avery');
  await asksForMore();
  await as('blake').submit();
  expect(as('blake').modal()?.words).toMatch(/Look at them again/);
  expect((await active()).extension).toMatchObject({ number: 1 });
});

it('unanswered it lapses, refused by the cloud it fails: the end stays, and the requester is told', async () => {
  await opened();
  const before = (await active()).endsAt;
  await asksForMore();
  installation.levers.aheadMs = 16 * MINUTE;
  await installation.work();
  expect(lastNote('riley')).toMatch(/Nobody approved more time\. The access ends/);
  await asksForMore();
  installation.levers.cloudRefuses = true;
  await approves('avery');
  expect(lastNote('riley')).toMatch(/There is no more time\..*The access ends/);
  expect(await active()).toMatchObject({ endsAt: before, extension: { failedWhy: 'PROVIDER_CONFLICT' } });
  expect(card()).toMatch(/The cloud did not take 15 minutes more; this end stays/);
});

it('calls nobody to a card whose buttons are gone by then', async () => {
  await opened();
  const calls = () =>
    as('avery')
      .dms()
      .filter(({ words }) => /Answer it on the card/.test(words)).length;
  const before = calls();
  await click('riley', 'extend');
  await as('riley').awaitModal();
  await as('riley').submit();
  const digest = (await active()).extension?.digest ?? '';
  await installation.broker.approve(id, { type: 'person', key: KEYS.blake }, digest);
  await installation.work();
  expect((await active()).extended).toMatchObject({ minutes: 15 });
  expect(calls()).toBe(before);
});

it('D7: the warning before the end names the button while more time can be had; in the last minutes it is refused', async () => {
  await opened();
  installation.levers.aheadMs = 26 * MINUTE;
  await installation.work();
  expect(lastNote('riley')).toMatch(/if more time is needed, press More time… on the card now/);
  installation.levers.aheadMs = 29 * MINUTE;
  await click('riley', 'extend');
  await as('riley').awaitModal();
  await as('riley').submit();
  expect(as('riley').modal()?.words).toMatch(/Too late: the access is about to end/);
  expect((await active()).extension).toBeUndefined();
});

it('says so in the form’s place when the directory does not answer', async () => {
  await opened();
  installation.levers.directoryDown = true;
  await click('riley', 'extend');
  await told('riley', /The directory does not answer/);
});
