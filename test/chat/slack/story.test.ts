import { requestStream } from '../../../src/core/events.ts';
import { ask, cardSeen, openInstallation, type TestInstallation, user } from './installation.ts';

let installation: TestInstallation;
beforeEach(async () => {
  installation = await openInstallation();
});
afterEach(() => installation.close());

const TIME = String.raw`\S+ \d?\d:\d\d [AP]M \(\d\d:\d\d UTC\)`;

it('a request from question to end is one card, one timeline and private notes (A1, B10, D7, E1)', async () => {
  const [riley, avery] = [installation.slack.as(user('riley')), installation.slack.as(user('avery'))];
  expect(await ask(installation, 'riley', { minutes: '60' })).toMatchObject({ ok: true, errors: {} });
  await installation.work();
  const { request } = await installation.newest();
  expect(request).toMatchObject({ state: 'pending', invited: { reached: ['avery'], missed: [] } });

  const card = cardSeen(installation, 'avery');
  expect(card.words).toContain('Access wanted: Restart a service');
  expect(card.words).toContain('1 × Platform: 2 people can give it now; on call: @avery.');
  await avery.click(card, 'bg_approve');
  await installation.reaches(request.details.id, 'granting');
  expect(cardSeen(installation, 'riley')).toMatchObject({ ts: card.ts, words: expect.stringContaining('Access open') });
  const usage = riley.dms().at(-1);
  expect(usage?.words).toMatch(/Access is open.*Switch to the role in the console.*role_arn/s);

  installation.levers.aheadMs += 56 * 60_000;
  await installation.work();
  expect(riley.dms().at(-1)?.words).toMatch(new RegExp(`Access ends ${TIME}.*finish or make safe`));

  installation.levers.aheadMs += 5 * 60_000;
  await installation.work();
  expect(cardSeen(installation, 'riley').words).toMatch(/Access removed.*because the time is over; sessions end by/s);
  installation.levers.aheadMs += 6 * 60_000;
  await installation.work();
  expect(cardSeen(installation, 'riley').words).toContain('Access was removed and sessions ended; both were proven.');

  const thread = installation.slack.as(user('casey')).thread(card.channel, card.ts).slice(1);
  const expected: readonly [loud: boolean, words: RegExp][] = [
    [false, /^@riley asks for Restart a service, 60 minutes, for incident INC-1\..*“Restart the checkout service”$/s],
    [false, /^Asked directly: @avery\.$/],
    [false, /^@avery approved \(chat: no second sign-in was asked\)\. Nothing else is needed\.$/],
    [false, /^All approvals are there\. I am opening the access now/],
    [false, /^Writing bg-\w+ in account 111122223333\./],
    [
      true,
      new RegExp(
        `^Access is open for @riley: read back from the cloud\\. I end it ${TIME}; the cloud itself refuses from ${TIME}\\.$`,
      ),
    ],
    [false, /^Access ends .*@riley, finish or make safe/],
    [false, /^Taking the access away: the time is over\.$/],
    [true, /^Access removed, and read back /],
    [true, /^Sessions ended: /],
    [false, /^Closed: Ended\.$/],
  ];
  expect(thread.map(({ broadcast }) => broadcast)).toEqual(expected.map(([loud]) => loud));
  for (const [at, [, words]] of expected.entries()) expect(thread[at]?.words).toMatch(words);

  const events = await installation.store.events(requestStream(request.details.id));
  const ids = installation.slack.dials
    .calls('chat.postMessage')
    .map(({ args }) => JSON.parse(String(args.metadata)) as { event_type: string; event_payload: { id?: string } })
    .filter(({ event_type: type }) => type === 'breakglass_event')
    .map(({ event_payload: { id } }) => id);
  expect(ids).toEqual(events.map(({ id }) => id));
  const row = await installation.row(request.details.id);
  expect(row).toMatchObject({ postedSeq: row.seq, drawnVersion: row.version });
});

it('the requester is told privately of a refusal, and can ask again from there', async () => {
  await ask(installation, 'riley', { purpose: 'Too late' });
  await installation.work();
  installation.levers.aheadMs += 16 * 60_000;
  await installation.work();
  const note = installation.slack.as(user('riley')).dms().at(-1);
  expect(note?.words).toMatch(/It was not approved in time, so it lapsed\..*Asked: @avery\..*phone \+49 30 123456/s);
  expect(JSON.stringify(note?.blocks)).toContain('bg_ask_again');
});

it('an alarm reaches the security channel as words', async () => {
  await installation.announce.alarm('Role <!channel> *is* gone');
  const [line] = installation.slack.as(user('sasha')).messages('C0SECURITY');
  expect(line?.words).toBe('🔴 Role <!channel> ∗is∗ gone');
  expect(line?.inks.every(({ kind }) => kind === 'text')).toBe(true);
});
