import type { Row } from '../../../src/core/request/work.ts';
import type { Store } from '../../../src/ports/store.ts';
import { aPolicy } from '../../support/requests.ts';
import { until } from '../../support/until.ts';
import { ask, cardSeen, openInstallation, PEOPLE, type TestInstallation, user, type Who } from './installation.ts';
import { signed } from './signed.ts';

let installation: TestInstallation;
let row: Row;
/** What the store is asked of requests, in order. */
let asked: string[] = [];
const listening = (store: Store): Store => ({
  ...store,
  find: (id) => {
    asked.push(`find ${id}`);
    return store.find(id);
  },
  change: (id, ...rest) => {
    asked.push(`change ${id}`);
    return store.change(id, ...rest);
  },
});
beforeAll(async () => {
  installation = await openInstallation({ store: listening });
});
afterAll(() => installation.close());
beforeEach(async () => {
  installation.levers.directoryDown = false;
  installation.levers.patient = true;
  installation.slack.dials.clearFaults();
  for (const who of PEOPLE) if (as(who).modal()) await as(who).close();
  await ask(installation, 'riley');
  await installation.work();
  row = await installation.newest();
});

const as = (who: Who) => installation.slack.as(user(who));
const state = async () => (await installation.row(row.request.details.id)).request.state;
const click = (who: Who, action: string) => as(who).click(cardSeen(installation, who), `bg_${action}`);
/** What somebody was told privately since the click. */
async function told(who: Who, look: RegExp): Promise<string> {
  return as(who).sees(String(look), (one) => one.ephemerals().findLast(({ words }) => look.test(words))?.words);
}

describe('an approving click', () => {
  it('reads the row once before the transaction that decides (§10.7)', async () => {
    const { id } = row.request.details;
    asked = [];
    await click('avery', 'approve');
    await until(() => asked.includes(`change ${id}`), 'the decision');
    expect(asked).toEqual([`find ${id}`, `change ${id}`]);
    await installation.reaches(id, 'granting');
  });

  it.each<[who: Who, words: RegExp]>([
    ['riley', /You asked for this, so you cannot approve it\. These can: Avery, Blake\./],
    ['jordan', /You share a team with the requester.*These can: Avery, Blake\./],
    ['sasha', /You are in none of the groups.*These can: Avery, Blake\./],
  ])('of %s is answered privately with why, and who can (B1, B2)', async (who, words) => {
    await click(who, 'approve');
    await told(who, words);
    expect(await state()).toBe('pending');
  });

  it('of a person of another organisation does not count', async () => {
    const olga = installation.slack.as('U0OLGA');
    await olga.click(cardSeen(installation, 'riley'), 'bg_approve');
    await olga.sees('the refusal', (one) => one.ephemerals().find(({ words }) => /another organisation/.test(words)));
    expect(await state()).toBe('pending');
  });

  it.each([
    ['guest', { guest: 'multi_channel' }, /Guests can neither ask nor approve/],
    ['bot', { bot: true }, /Bots can neither ask nor approve/],
  ] as const)('of a %s does not count', async (_what, change, words) => {
    await installation.slack.dials.changePerson(user('avery'), change);
    await click('avery', 'approve');
    await told('avery', words);
    expect(await state()).toBe('pending');
    await installation.slack.dials.changePerson(user('avery'), { guest: undefined, bot: false } as object);
  });

  it('does not count while Slack does not say who it is: a failed look-up is a no', async () => {
    installation.slack.dials.fail('users.info', 'before', { status: 500 });
    await click('avery', 'approve');
    await told('avery', /The chat did not say who you are.*press again/);
    expect(await state()).toBe('pending');
  });

  it('does not count on a message that only looks like the card', async () => {
    const card = cardSeen(installation, 'avery');
    const blocks = card.blocks.map((block) =>
      JSON.parse(JSON.stringify(block, (name, value) => (name === 'inks' ? undefined : value))),
    );
    const response = await fetch(`${installation.slack.apiUrl}chat.postMessage`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${installation.slack.app.botToken}` },
      body: JSON.stringify({ channel: 'C0DEFAULT', text: 'a copy', blocks }),
    });
    const { ts } = (await response.json()) as { ts: string };
    await as('avery').click({ channel: 'C0DEFAULT', ts }, 'bg_approve');
    await told('avery', /not a card of this request/);
    expect(await state()).toBe('pending');
  });

  it.each([
    ['another app', (payload: object) => ({ ...payload, api_app_id: 'A0OTHER' })],
    [
      'terms that the card does not show',
      (payload: object) => JSON.parse(JSON.stringify(payload).replace(/"bg:[0-9a-f]{64}"/g, `"bg:${'0'.repeat(64)}"`)),
    ],
    [
      'another channel',
      (payload: object) => ({
        ...payload,
        container: { type: 'message', message_ts: '1.000001', channel_id: 'C0DEFAULT' },
      }),
    ],
  ])('signed for %s does not count', async (_what, alter) => {
    await click('riley', 'approve');
    await signed(installation, (payload) => ({ ...alter(payload), user: { ...payload.user, id: user('avery') } }))();
    await click('sasha', 'approve');
    await told('sasha', /none of the groups/);
    expect(await state()).toBe('pending');
  });

  it('with a bad signature or an old timestamp never arrives', async () => {
    await click('riley', 'approve');
    const { number = 0 } = installation.slack.dials.sent().at(-1) ?? {};
    expect(await installation.slack.dials.resend(number, { signature: 'v0=00' })).toMatchObject({ status: 401 });
    const old = Math.floor(Date.now() / 1000) - 600;
    expect(await installation.slack.dials.resend(number, { timestamp: old })).toMatchObject({ status: 401 });
  });

  it('counts from a direct message as from the channel, and every copy is redrawn alike', async () => {
    const copy = as('avery').dms().at(-1);
    if (copy === undefined) throw new Error('avery got no card');
    await as('avery').click(copy, 'bg_approve');
    await installation.reaches(row.request.details.id, 'granting');
    const redrawn = as('avery')
      .dms()
      .find(({ ts }) => ts === copy.ts);
    expect(redrawn?.words).toBe(cardSeen(installation, 'avery').words);
    expect(redrawn?.words).toContain('Access open');
  });

  it('that takes long is announced, and answered once it is known', async () => {
    installation.levers.patient = false;
    installation.slack.dials.delay('users.info', 2600);
    await click('avery', 'approve');
    await told('avery', /Still working on it/);
    await told('avery', /^Done\. The card shows where it stands\.$/);
    expect(await state()).toBe('granting');
  });

  it('is refused when the policy changed since the request, and says what to do (B4)', async () => {
    const policy = aPolicy();
    await installation.apply({ ...policy, zones: { ...policy.zones, B: { ...policy.zones.B, maxMinutes: 30 } } });
    await click('avery', 'approve');
    await told('avery', /policy of this role changed.*must ask again/);
    expect(await state()).toBe('pending');
    await installation.apply(policy);
  });

  it('of two people at once opens once; the later one is told that it is done', async () => {
    await Promise.all([click('avery', 'approve'), click('blake', 'approve')]);
    await until(async () => (await state()) === 'granting', 'the approval');
    const late = await installation.slack.until('an answer to one of them', () =>
      (['avery', 'blake'] as const).find((who) =>
        as(who)
          .ephemerals()
          .some(({ words }) => /Already approved|already filled/.test(words)),
      ),
    );
    expect(['avery', 'blake']).toContain(late);
    expect((await installation.row(row.request.details.id)).request.approvals).toHaveLength(1);
  });
});

describe('zone C', () => {
  beforeEach(async () => {
    await ask(installation, 'riley', { role: 'rotate-keys', purpose: 'Rotate the leaked key' });
    await installation.work();
    row = await installation.newest();
  });

  it('asks again in a form drawn from the row, whose submission is the decision', async () => {
    for (const who of ['avery', 'sasha'] as const) {
      await click(who, 'approve');
      const modal = await as(who).awaitModal();
      expect(modal.words).toContain('Rotate the leaked key');
      expect(modal.words).toContain('How it ends');
      expect(modal.privateMetadata).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
      expect((await installation.row(row.request.details.id)).request.state).toBe('pending');
      expect(await as(who).submit()).toMatchObject({ ok: true });
    }
    await installation.reaches(row.request.details.id, 'granting');
    const shown = cardSeen(installation, 'riley').words;
    expect(shown.match(/no second sign-in was asked/g)).toHaveLength(2);
  });

  it('counts each form once: the same submission again changes nothing', async () => {
    await click('avery', 'approve');
    await as('avery').awaitModal();
    await as('avery').submit();
    const { number = 0 } = installation.slack.dials.sent().at(-1) ?? {};
    expect((await installation.slack.dials.resend(number)).body).toContain('sent already and counted once');
    expect((await installation.row(row.request.details.id)).request.approvals).toHaveLength(1);
  });

  it('answers in the form when the approval does not count', async () => {
    await click('jordan', 'approve');
    await as('jordan').awaitModal();
    await as('jordan').submit();
    expect(as('jordan').modal()?.words).toMatch(/You share a team with the requester/);
    expect(await state()).toBe('pending');
  });
});

describe('taking away asks nobody (D5)', () => {
  it('denies with a reason that everybody reads as it was typed, with every look-up failing', async () => {
    await click('avery', 'deny');
    await as('avery').awaitModal();
    await as('avery').choose('reason', 'Use *the* runbook <https://evil.example|here>');
    installation.levers.directoryDown = true;
    installation.slack.dials.fail('users.info', 'before', { status: 500 }, 10);
    expect(await as('avery').submit()).toMatchObject({ ok: true });
    await installation.reaches(row.request.details.id, 'closed');
    const card = cardSeen(installation, 'riley');
    expect(card.words).toContain('Denied: Restart a service');
    const thread = as('casey')
      .thread(card.channel, card.ts)
      .map(({ words }) => words);
    expect(thread.join('\n')).toContain('“Use *the* runbook <https://evil.example|here>”');
    expect(as('riley').dms().at(-1)?.words).toContain('@avery denied it');
  });

  it.each<[who: Who, action: string, words: RegExp]>([
    ['riley', 'withdraw', /./],
    ['avery', 'withdraw', /You cannot do that on this request\. These can: Riley\./],
    ['jordan', 'withdraw', /These can: Riley\./],
  ])('%s presses %s', async (who, action, words) => {
    installation.levers.directoryDown = true;
    await click(who, action);
    if (who === 'riley') await installation.reaches(row.request.details.id, 'closed');
    else await told(who, words);
  });

  it('keeps a deny from whoever could not have approved, and says who can', async () => {
    await click('riley', 'deny');
    await as('riley').awaitModal();
    await as('riley').choose('reason', 'changed my mind');
    await as('riley').submit();
    expect(as('riley').modal()?.words).toMatch(/You cannot do that.*These can: Casey, Avery, Blake/);
    expect(await state()).toBe('pending');
  });

  it('ends an open access from the card and from the command, by whoever could have approved it', async () => {
    await click('avery', 'approve');
    await installation.reaches(row.request.details.id, 'granting');
    installation.levers.directoryDown = true;
    installation.slack.dials.fail('users.info', 'before', { status: 500 }, 10);
    await as('sasha').command('/breakglass', `end ${row.request.details.id}`, 'C0INCIDENT');
    await told('sasha', /You cannot do that.*These can: Riley, Casey, Avery, Blake/);
    await as('blake').command('/breakglass', `end ${row.request.details.id}`, 'C0INCIDENT');
    await told('blake', /taking the access away now/);
    await installation.reaches(row.request.details.id, 'revoking');
    expect(cardSeen(installation, 'riley').words).toMatch(/Access removed.*sessions end by/s);
    await click('riley', 'end').catch((error: unknown) => expect(String(error)).toContain('bg_end'));
  });

  it('ends the access of a requester whose account was deactivated, as soon as Slack says so', async () => {
    await click('avery', 'approve');
    await installation.reaches(row.request.details.id, 'granting');
    await installation.slack.dials.changePerson(user('riley'), { deleted: true });
    await installation.reaches(row.request.details.id, 'revoking');
    const { request } = await installation.row(row.request.details.id);
    expect(request).toMatchObject({ cause: 'requester_barred' });
    await installation.slack.dials.changePerson(user('riley'), { deleted: false });
  });
});

it('a card is red while the cloud does not confirm an ending, and says what happens (D6)', async () => {
  await click('avery', 'approve');
  await installation.reaches(row.request.details.id, 'granting');
  installation.levers.cloudRefuses = true;
  await click('riley', 'end');
  await until(async () => (await state()) === 'revoking', 'the ending');
  await expect(installation.work()).rejects.toThrow('PROVIDER_UNAVAILABLE');
  installation.levers.cloudRefuses = false;
  await installation.work(['draw', 'post']);
  expect(cardSeen(installation, 'riley').words).toContain('🔴 Access could not be ended yet');
  await installation.work();
  expect(cardSeen(installation, 'riley').words).toContain('Access removed');
});
