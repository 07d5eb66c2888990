import { isFinal } from '../../../src/chat/slack/final-answers.ts';
import { METADATA } from '../../../src/chat/slack/ids.ts';
import { slackWorkspace } from '../../../src/chat/slack/workspace.ts';
import { Failure } from '../../../src/core/failure.ts';
import type { FailureShape } from '../../../src/demo/slack/faults.ts';
import { ask, cardSeen, openInstallation, type TestInstallation, user, type Who } from './installation.ts';

let installation: TestInstallation;

const as = (who: Who) => installation.slack.as(user(who));
const dials = () => installation.slack.dials;
const cardsOf = (who: Who) =>
  as(who)
    .dms()
    .filter(({ blocks }) => blocks[0]?.type === 'header');
const copyOf = async (person: string) =>
  (await installation.store.chat.refs((await installation.newest()).request.details.id)).find(
    (one) => one.person === person,
  );
/** The work of a minute, whatever fails. */
const minute = () => installation.work().catch((error: unknown) => expect(error).toBeInstanceOf(Failure));

/** What says neither yes nor a documented no. */
const UNCLEAR: readonly (readonly [what: string, shape: FailureShape])[] = [
  ['HTML', { body: '<html><body>Bad gateway</body></html>' }],
  ['nothing', { body: '' }],
  ['JSON that was cut', { body: '{"ok":true,"chan' }],
  ['null', { body: 'null' }],
  ['a list', { body: '[]' }],
  ['an `ok` that is a word', { body: '{"ok":"false","channel":{"id":"D0WRONG"},"ts":"1.2"}' }],
  ['an `ok` that is a number', { body: '{"ok":1,"channel":{"id":"D0WRONG"},"ts":"1.2"}' }],
  ['a yes without what was asked for', { body: '{"ok":true}' }],
  ['an error that is no text', { body: '{"ok":false,"error":{"code":"channel_not_found"}}' }],
  ['a code that nobody documents', { error: 'wobbly_flux_capacitor' }],
  ['a final code of another method', { error: 'hash_conflict' }],
  ['Slack’s own trouble', { error: 'internal_error' }],
  ['a code with a NUL in it', { error: 'channel_not_found\u0000' }],
];

/** Asks once more, does what follows, and withdraws it again. */
async function once(during: (id: string) => Promise<void>): Promise<void> {
  dials().clearFaults();
  await ask(installation, 'riley');
  const { id } = (await installation.newest()).request.details;
  await during(id);
  dials().clearFaults();
  const card = as('riley')
    .messages('C0INCIDENT')
    .findLast(({ blocks, words }) => blocks[0]?.type === 'header' && words.includes(id));
  await as('riley').click(card ?? { channel: '', ts: '' }, 'bg_withdraw');
  await installation.reaches(id, 'closed');
}
const about = <T extends { readonly words: string }>(id: string, messages: readonly T[]) =>
  messages.filter(({ words }) => words.includes(id));

describe('an answer that says neither yes nor a documented no', () => {
  beforeAll(async () => {
    installation = await openInstallation();
  });
  afterAll(() => installation.close());

  it.each(UNCLEAR)('of conversations.open gives up nobody’s copy: %s (B10, E1)', async (_what, shape) => {
    await once(async (id) => {
      dials().fail('conversations.open', 'before', shape, 2);
      await minute();
      expect((await copyOf('avery'))?.state).not.toBe('gone');
      await minute();
      await installation.work();
      expect(about(id, cardsOf('avery'))).toHaveLength(1);
      expect(await copyOf('avery')).toMatchObject({ state: 'sent' });
    });
  });

  it.each(UNCLEAR)('of chat.postMessage loses nothing and doubles nothing: %s (E1)', async (_what, shape) => {
    await once(async (id) => {
      for (const when of ['before', 'after'] as const) {
        dials().fail('chat.postMessage', when, shape, 2);
        await minute();
      }
      dials().clearFaults();
      await minute();
      await installation.work();
      const row = await installation.newest();
      expect(row).toMatchObject({ postedSeq: row.seq, drawnVersion: row.version });
      const channel = as('casey').messages('C0INCIDENT');
      const cards = about(
        id,
        channel.filter(({ blocks }) => blocks[0]?.type === 'header'),
      );
      expect(cards).toHaveLength(1);
      expect(as('casey').thread('C0INCIDENT', cards[0]?.ts ?? '')).toHaveLength(1 + row.seq);
      expect(about(id, cardsOf('avery'))).toHaveLength(1);
    });
  });
});

describe('an unclear answer that does not end', () => {
  beforeEach(async () => {
    installation = await openInstallation();
  });
  afterEach(() => installation.close());

  it.each(['chat.postMessage', 'chat.update', 'conversations.open'])(
    'of %s is tried again for 15 minutes, over restarts, then passed over loudly; what comes after it is told',
    async (method) => {
      await ask(installation, 'riley');
      if (method === 'chat.update') {
        await installation.work();
        await as('jordan').click(cardSeen(installation, 'jordan'), 'bg_approve');
        await as('casey').click(cardSeen(installation, 'casey'), 'bg_deny');
        await as('casey').awaitModal();
        await as('casey').choose('reason', 'Not tonight');
        await as('casey').submit();
      }
      dials().fail(method, 'before', { body: '<html>\0' }, 100_000);
      const passedOver = () => installation.logs.filter((line) => line.includes('is passed over'));
      await minute();
      installation.levers.aheadMs += 14 * 60_000;
      await minute();
      expect(passedOver()).toEqual([]);
      installation.levers.aheadMs += 2 * 60_000;
      for (let again = 0; again < 12; again++) await minute();
      expect(passedOver().length).toBeGreaterThan(0);
      dials().clearFaults();
      await minute();
      await installation.work();
      const row = await installation.newest();
      expect(row).toMatchObject({ postedSeq: row.seq, drawnVersion: row.version });
    },
  );
});

describe('no answer at all', () => {
  afterEach(() => installation.close());

  it('is no answer: however long Slack is away, nothing is given up', async () => {
    installation = await openInstallation();
    await ask(installation, 'riley');
    dials().fail('*', 'before', { status: 503 }, 100_000);
    await minute();
    installation.levers.aheadMs += 5 * 60_000;
    await minute();
    dials().clearFaults();
    await minute();
    await installation.work();
    const refs = await installation.store.chat.refs((await installation.newest()).request.details.id);
    expect(refs.filter(({ state }) => state === 'gone')).toEqual([]);
    expect(cardsOf('avery')).toHaveLength(1);
  });
});

describe('a copy whose sending failed, and whose second answer was lost', () => {
  afterEach(() => installation.close());
  beforeEach(async () => {
    installation = await openInstallation();
    await ask(installation, 'riley');
    // The channel's own card first, so that what fails is the copy.
    await installation.work(['draw']);
    dials().fail('chat.postMessage', 'before', { drop: true }, 1);
    dials().fail('chat.postMessage', 'after', { drop: true }, 1);
    await installation.work(['invite']);
    expect(cardsOf('avery')).toHaveLength(1);
    expect(await copyOf('avery')).toMatchObject({ state: 'sending', message: undefined });
  });
  const click = () => as('avery').click(cardsOf('avery').at(-1) ?? { channel: '', ts: '' }, 'bg_approve');

  it('is found by its mark and kept up to date (E1)', async () => {
    await installation.work();
    expect(await copyOf('avery')).toMatchObject({ state: 'sent' });
    await as('riley').click(cardSeen(installation, 'riley'), 'bg_withdraw');
    await installation.reaches((await installation.newest()).request.details.id, 'closed');
    expect(cardsOf('avery')).toHaveLength(1);
    expect(cardsOf('avery').at(-1)?.words).not.toContain('Access wanted');
  });

  it('is adopted at its reader’s first click, which counts (B5)', async () => {
    await click();
    await installation.reaches((await installation.newest()).request.details.id, 'granting');
    expect(await copyOf('avery')).toMatchObject({ state: 'sent' });
  });

  const bot = () =>
    slackWorkspace(
      {
        botToken: installation.slack.app.botToken,
        appId: installation.slack.app.id,
        apiUrl: installation.slack.apiUrl,
      },
      { info: () => undefined, warn: () => undefined, error: () => undefined },
    ).client;
  /** What came of so many clicks, each of which waits for a sending that may be under way. */
  const answers = (times: number) =>
    as('avery').sees(
      `${times} answers`,
      (one) => {
        const said = one.ephemerals().filter(({ words }) => !words.startsWith('Still working'));
        return said.length === times && said.map(({ words }) => words);
      },
      60_000,
    );

  it('is not adopted while Slack does not say whose it is, by somebody else, nor for another message', async () => {
    dials().fail('conversations.history', 'before', { status: 500 }, 100);
    await click();
    await answers(1);
    dials().clearFaults();
    expect(await copyOf('avery')).toMatchObject({ state: 'sending' });
    const [{ channel, ts } = { channel: '', ts: '' }] = cardsOf('avery');
    const ofAnother = {
      event_type: METADATA.card,
      event_payload: { request: 'another', kind: 'copy', person: 'avery' },
    };
    const others = [
      as('avery').post(channel, 'My own words').ts,
      (await bot().chat.postMessage({ channel, text: 'No card' })).ts,
      (await bot().chat.postMessage({ channel, text: 'A card of another request', metadata: ofAnother })).ts,
    ];
    // The signed click, as if it stood on each of these, and as if somebody else had made it.
    const sent = JSON.stringify(dials().sent().at(-1)?.payload ?? {});
    const forged = [
      ...others.map((other) => sent.replaceAll(ts, String(other))),
      sent.replaceAll(user('avery'), user('blake')),
    ];
    for (const payload of forged) {
      expect(await installation.post(new URLSearchParams({ payload }).toString())).toBe(200);
    }
    const [, ...said] = await answers(1 + forged.length);
    expect(said).toEqual(forged.map(() => expect.stringContaining('is not a card of this request')));
    expect(await copyOf('avery')).toMatchObject({ state: 'sending' });
    expect((await installation.newest()).request.state).toBe('pending');
  });

  it('is given up where it stands nowhere and nobody is asked any more', async () => {
    for (const { channel, ts } of cardsOf('avery')) await bot().chat.delete({ channel, ts });
    await as('riley').click(cardSeen(installation, 'riley'), 'bg_withdraw');
    await installation.reaches((await installation.newest()).request.details.id, 'closed');
    expect(await copyOf('avery')).toMatchObject({ state: 'gone' });
    expect(cardsOf('avery')).toEqual([]);
  });
});

describe('while Slack opens no form', () => {
  afterEach(() => installation.close());

  it.each([
    ['answers nothing', { drop: true }],
    ['answers HTML', { body: '<html>' }],
    ['is away', { status: 503 }],
  ] as const)('because it %s, /breakglass and Deny say what is true of it (B10)', async (_why, shape) => {
    installation = await openInstallation();
    await ask(installation, 'riley');
    await installation.work();
    dials().fail('views.open', 'before', shape, 2);
    await as('riley').command('/breakglass', '', 'C0INCIDENT');
    const told = (who: Who, words: RegExp) =>
      as(who).sees(String(words), (one) => one.ephemerals().find((message) => words.test(message.words)));
    await told('riley', /no form was opened that I know of, and nothing was recorded\. If you see none, type it again/);
    await as('avery').click(cardSeen(installation, 'avery'), 'bg_deny');
    await told('avery', /no form was opened.*\/breakglass deny [0-9a-z]{26}/s);
    expect(
      as('riley')
        .ephemerals()
        .some(({ words }) => /Look at the card/.test(words)),
    ).toBe(false);
  });
});

describe('the table of final answers', () => {
  it.each([
    ['conversations.open', 'user_disabled', true],
    ['chat.postMessage', 'msg_too_long', true],
    ['chat.postMessage', 'hash_conflict', false],
    ['users.info', 'account_inactive', false],
    ['auth.test', 'channel_not_found', false],
    ['no.such.method', 'channel_not_found', false],
  ])('%s: %s is final: %s', (method, code, final) => {
    expect(isFinal(method, code)).toBe(final);
  });
});
