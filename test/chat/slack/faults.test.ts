import { requestStream } from '../../../src/core/events.ts';
import { Failure } from '../../../src/core/failure.ts';
import { aPolicy } from '../../support/requests.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';
import { until } from '../../support/until.ts';
import { ask, cardSeen, openInstallation, type TestInstallation, user, type Who } from './installation.ts';

let installation: TestInstallation;
afterEach(() => installation.close());

const as = (who: Who) => installation.slack.as(user(who));
/** Lines of the timeline below the newest card, without the card. */
const timeline = (channel = 'C0INCIDENT') => {
  const card = cardSeen(installation, 'casey', channel);
  return as('casey').thread(channel, card.ts).slice(1);
};
const cards = (channel: string) =>
  as('casey')
    .messages(channel)
    .filter(({ byApp, blocks, threadTs }) => byApp && threadTs === undefined && blocks[0]?.type === 'header');
/** Works until nothing fails any more, as the queue's retries would. */
async function workThrough(times = 5): Promise<readonly string[]> {
  const failures: string[] = [];
  for (let time = 0; time < times; time++) {
    try {
      await installation.work();
      return failures;
    } catch (error) {
      failures.push(error instanceof Failure ? error.code : String(error));
    }
  }
  throw new Error(`still failing: ${failures.join(', ')}`);
}

describe('where the card stands', () => {
  beforeEach(async () => {
    installation = await openInstallation();
  });

  it('is the default channel when the bot is not in the incident’s, and the requester learns why and what to do', async () => {
    installation.slack.dials.removeFrom('C0INCIDENT');
    await ask(installation, 'riley', { in: 'C0DEFAULT' });
    await installation.work();
    expect(cards('C0DEFAULT')).toHaveLength(1);
    expect(timeline('C0DEFAULT').length).toBeGreaterThan(0);
    const told = as('riley')
      .dms()
      .filter(({ words }) => /could not post the card/.test(words));
    expect(told.map(({ words }) => words)).toEqual([expect.stringMatching(/I am not in it.*\/invite/s)]);
  });

  it('is a direct message to the requester when no channel takes it', async () => {
    installation.slack.dials.archive('C0INCIDENT');
    installation.slack.dials.archive('C0DEFAULT');
    installation.slack.dials.archive('C0SECURITY');
    await ask(installation, 'riley', { in: 'C0INCIDENT' });
    await installation.work();
    expect(
      as('riley')
        .dms()
        .some(({ words }) => words.includes('Access wanted')),
    ).toBe(true);
    expect(
      as('riley')
        .dms()
        .some(({ words }) => /only you see it/.test(words)),
    ).toBe(true);
    const { request } = await installation.newest();
    await as('avery').click(as('avery').dms().at(-1) ?? { channel: '', ts: '' }, 'bg_approve');
    await installation.reaches(request.details.id, 'granting');
  });

  it('may vanish: the timeline goes on in the default channel, and nothing waits for it', async () => {
    await ask(installation, 'riley');
    await installation.work();
    const { request } = await installation.newest();
    installation.slack.dials.archive('C0INCIDENT');
    await as('avery').click(as('avery').dms().at(-1) ?? { channel: '', ts: '' }, 'bg_approve');
    const row = await installation.reaches(request.details.id, 'granting');
    expect(row).toMatchObject({ postedSeq: row.seq, drawnVersion: row.version, request: { state: 'active' } });
    const moved = as('casey')
      .messages('C0DEFAULT')
      .map(({ words }) => words);
    expect(moved.join('\n')).toContain(`Restart a service (${request.details.id}): Access is open`);
    expect(as('avery').dms().at(-1)?.words).toContain('Access open');
  });
});

describe('the security channel', () => {
  it('that takes nothing loses no alarm: the default channel hears it (D6)', async () => {
    installation = await openInstallation();
    installation.slack.dials.removeFrom('C0SECURITY');
    await ask(installation, 'riley');
    await installation.work();
    const { request } = await installation.newest();
    await as('avery').click(cardSeen(installation, 'avery'), 'bg_approve');
    await installation.reaches(request.details.id, 'granting');
    installation.levers.cloudRefuses = true;
    await as('riley').click(cardSeen(installation, 'riley'), 'bg_end');
    await expect(installation.reaches(request.details.id, 'revoking')).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
    });
    await installation.work(['post']);
    const heard = as('casey').messages('C0DEFAULT');
    expect(heard.map(({ words }) => words)).toEqual([expect.stringContaining(`(${request.details.id})`)]);
  });
});

describe('who is told at once', () => {
  it('is every on-call approver by itself: one who cannot be written to stops nobody else', async () => {
    const policy = aPolicy();
    installation = await openInstallation({ policy: { ...policy, onCall: { platform: ['avery', 'blake'] } } });
    await installation.slack.dials.changePerson(user('avery'), { deleted: true });
    await ask(installation, 'riley');
    await installation.work();
    expect((await installation.newest()).request.invited).toEqual({ reached: ['blake'], missed: ['avery'] });
    expect(as('blake').dms().at(-1)?.words).toContain('Access wanted');
    expect(timeline().some(({ words }) => words === 'Asked directly: @blake. Not reached: @avery.')).toBe(true);
  });

  it('is the requester, with whom to phone, when nobody could be reached', async () => {
    installation = await openInstallation({ policy: { ...aPolicy(), onCall: {} } });
    await ask(installation, 'riley');
    await installation.work();
    expect(as('riley').dms().at(-1)?.words).toMatch(/nobody on call could be reached.*phone \+49 30 123456/);
  });

  it('is not everybody twice when the job runs again', async () => {
    installation = await openInstallation();
    await ask(installation, 'riley');
    const row = await installation.newest();
    await installation.announce.invite(row);
    expect(await installation.announce.invite(row)).toEqual({ reached: ['avery'], missed: [] });
    expect(as('avery').dms()).toHaveLength(1);
  });
});

describe('a send whose outcome is unknown', () => {
  beforeEach(async () => {
    installation = await openInstallation();
  });

  it.each([
    ['dropped after it was done', { drop: true } as const, 'after'],
    ['dropped before it was done', { drop: true } as const, 'before'],
    ['answered 500 after it was done', { status: 500 } as const, 'after'],
    ['answered internal_error after it was done', { error: 'internal_error' } as const, 'after'],
  ] as const)(
    'of every message, %s, leaves one card, one copy, one line for each event, in order',
    async (_how, shape, when) => {
      await ask(installation, 'riley');
      const failures: unknown[] = [];
      for (const name of ['draw', 'invite', 'post'] as const) {
        installation.slack.dials.fail('chat.postMessage', when, shape, 1);
        await installation.work([name]).catch((error: unknown) => failures.push(error));
      }
      for (let line = 0; line < 3; line++) {
        installation.slack.dials.fail('chat.postMessage', 'after', shape, 1);
        await installation.work(['post']).catch((error: unknown) => failures.push(error));
      }
      installation.slack.dials.clearFaults();
      await installation.work();
      expect(failures.length).toBeGreaterThanOrEqual(2);
      expect(failures.map((error) => error instanceof Failure && error.code)).toEqual(
        failures.map(() => 'CHAT_UNAVAILABLE'),
      );
      expect((await installation.newest()).request.invited).toEqual({ reached: ['avery'], missed: [] });
      expect(as('avery').dms()).toHaveLength(1);
      expect(cards('C0INCIDENT')).toHaveLength(1);
      const events = await installation.store.events(requestStream((await installation.newest()).request.details.id));
      expect(timeline()).toHaveLength(events.length);
      expect(timeline()[0]?.words).toContain('asks for');
    },
  );

  it('that comes back late is deleted as the double it is', async () => {
    await ask(installation, 'riley');
    await installation.work();
    const { request } = await installation.newest();
    const card = cardSeen(installation, 'riley');
    await fetch(`${installation.slack.apiUrl}chat.postMessage`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${installation.slack.app.botToken}` },
      body: JSON.stringify({
        channel: card.channel,
        thread_ts: card.ts,
        text: 'the first line once more',
        metadata: { event_type: 'breakglass_event', event_payload: { id: `${requestStream(request.details.id)}/1` } },
      }),
    });
    expect(timeline().some(({ words }) => words === 'the first line once more')).toBe(true);
    await as('riley').click(card, 'bg_withdraw');
    await installation.reaches(request.details.id, 'closed');
    expect(timeline().some(({ words }) => words === 'the first line once more')).toBe(false);
    expect(timeline().filter(({ words }) => words.includes('asks for'))).toHaveLength(1);
  });
});

it('a message that two workers send at the same time is one message', async () => {
  // The first may take as long as a busy machine lets it.
  installation = await openInstallation({ unknownAfterMs: 20_000 });
  await ask(installation, 'riley');
  installation.slack.dials.delay('chat.postMessage', 100, 20);
  const row = await installation.newest();
  await Promise.allSettled([
    installation.announce.post(row),
    installation.announce.post(row),
    installation.announce.draw(row),
  ]);
  installation.slack.dials.clearFaults();
  await installation.work();
  expect(cards('C0INCIDENT')).toHaveLength(1);
  expect(timeline().filter(({ words }) => words.includes('asks for'))).toHaveLength(1);
});

it('a card that two workers send at the same time is one card, and both tell in its thread', async () => {
  // Neither waits for the other: each finds nothing in the channel yet, and notes its card only when the other does too.
  installation = await openInstallation({ unknownAfterMs: 0 });
  await ask(installation, 'riley');
  const { sent } = installation.store.chat;
  const noting: (() => void)[] = [];
  const both: typeof sent = async (key, at) => {
    if (key.kind === 'card' && noting.length < 2) {
      await new Promise<void>((resolve) => {
        noting.push(resolve);
        if (noting.length === 2) for (const goOn of noting) goOn();
      });
    }
    return sent(key, at);
  };
  Object.assign(installation.store.chat, { sent: both });
  installation.slack.dials.delay('chat.postMessage', 300, 2);
  const row = await installation.newest();
  await Promise.all([installation.announce.post(row), installation.announce.post(row)]);
  await installation.work();
  expect(noting).toHaveLength(2);
  expect(cards('C0INCIDENT')).toHaveLength(1);
  const events = await installation.store.events(requestStream(row.request.details.id));
  expect(timeline()).toHaveLength(events.length);
});

describe('a rate limit', () => {
  beforeEach(async () => {
    installation = await openInstallation();
  });

  it('that is short is waited for, one that is long is left to the queue; nothing is lost', async () => {
    await ask(installation, 'riley');
    installation.slack.dials.rateLimit('chat.postMessage', 1, 1);
    await installation.work(['draw']);
    expect(cards('C0INCIDENT')).toHaveLength(1);
    installation.slack.dials.rateLimit('chat.postMessage', 1, 120);
    const posted = () => installation.slack.dials.calls('chat.postMessage').length;
    const before = posted();
    await expect(installation.work(['post'])).rejects.toMatchObject({ code: 'CHAT_UNAVAILABLE', retry: true });
    await expect(installation.work(['post'])).rejects.toMatchObject({ code: 'CHAT_UNAVAILABLE', retry: true });
    expect(posted() - before).toBe(1);
    installation.levers.aheadMs += 120_000;
    await installation.work();
    expect(timeline()[0]?.words).toContain('asks for');
  });

  it('of updates leads to a card of the newest version', async () => {
    await ask(installation, 'riley');
    await installation.work();
    const { request } = await installation.newest();
    await as('riley').click(cardSeen(installation, 'riley'), 'bg_withdraw');
    await installation.slack.until('the click', () => true);
    installation.slack.dials.rateLimit('chat.update', 1, 120);
    await installation
      .reaches(request.details.id, 'closed')
      .catch((error: unknown) => expect(error).toMatchObject({ code: 'CHAT_UNAVAILABLE' }));
    installation.levers.aheadMs += 120_000;
    await workThrough();
    expect(cardSeen(installation, 'riley').words).toContain('Withdrawn');
  });
});

describe('a refusal of one message', () => {
  beforeEach(async () => {
    installation = await openInstallation();
    await ask(installation, 'riley');
  });
  const withdrawn = async () => {
    const { request } = await installation.newest();
    const changed = await installation.broker.withdraw(request.details.id, {
      type: 'person',
      key: `slack:T0BREAK:${user('riley')}`,
    });
    expect(changed.ok).toBe(true);
  };

  it('by its place, when a card is drawn, ends that copy and keeps no other one stale', async () => {
    await installation.work();
    await withdrawn();
    installation.slack.dials.fail('chat.update', 'before', { error: 'restricted_action' });
    await installation.work();
    const row = await installation.newest();
    expect(row.drawnVersion).toBe(row.version);
    const refs = await installation.store.chat.refs(row.request.details.id);
    const cardsKept = refs.filter(({ kind }) => kind === 'card' || kind === 'copy').map(({ state }) => state);
    expect(cardsKept.toSorted()).toEqual(['gone', 'sent']);
  });

  it('for another reason leaves the drawing to the queue, after every other copy was drawn', async () => {
    await installation.work();
    await withdrawn();
    installation.slack.dials.fail('chat.update', 'before', { error: 'not_authed' });
    await expect(installation.work(['draw'])).rejects.toMatchObject({ code: 'CHAT_UNAVAILABLE' });
    const { version, request } = await installation.newest();
    const refs = (await installation.store.chat.refs(request.details.id)).filter(
      ({ kind }) => kind !== 'post' && kind !== 'note',
    );
    expect(refs.filter(({ drawnVersion }) => drawnVersion === version)).toHaveLength(refs.length - 1);
    await installation.work();
    expect(cardSeen(installation, 'riley').words).toContain('Withdrawn');
  });

  it.each(['invalid_blocks', 'msg_too_long', 'msg_blocks_too_long', 'invalid_arguments'])(
    'as it is written (%s) sends its bare words once instead',
    async (error) => {
      await installation.work(['draw', 'invite']);
      installation.slack.dials.fail('chat.postMessage', 'before', { error });
      await installation.work();
      expect(timeline()[0]?.text).toContain('asks for');
      expect(timeline()[0]?.blocks).toEqual([]);
      expect(installation.logs.join('\n')).toContain(error);
    },
  );

  it('whose bare words are refused too is given up and logged, and the timeline goes on', async () => {
    await installation.work(['draw', 'invite']);
    installation.slack.dials.fail('chat.postMessage', 'before', { error: 'invalid_metadata_format' }, 6);
    await installation.work();
    const row = await installation.newest();
    expect(row.postedSeq).toBe(row.seq);
    expect(timeline().some(({ words }) => words.includes('asks for'))).toBe(false);
    expect(timeline().length).toBeGreaterThan(0);
    expect(installation.logs.join('\n')).toMatch(/given up.*invalid_metadata_format/);
  });

  it('of reading, for want of a scope, is not waited for: the message is sent', async () => {
    installation.slack.dials.fail('chat.postMessage', 'before', { drop: true });
    await expect(installation.work(['draw'])).rejects.toMatchObject({ code: 'CHAT_UNAVAILABLE' });
    installation.slack.dials.fail('conversations.history', 'before', { error: 'missing_scope' }, 3);
    await installation.work(['draw']);
    expect(cards('C0INCIDENT')).toHaveLength(1);
  });
});

describe('a database that does not answer', () => {
  let proxy: TcpProxy | undefined;
  beforeEach(async () => {
    installation = await openInstallation({
      patient: false,
      url: async (url) => {
        proxy = await startTcpProxy(url);
        return proxy.through(url);
      },
    });
  });
  afterEach(() => proxy?.close());
  const judge = (verdict: Parameters<TcpProxy['judge']>[0]) => proxy?.judge(verdict);

  it('is told at once to whoever types or clicks: nothing was recorded', async () => {
    await ask(installation, 'riley');
    await installation.work();
    const card = cardSeen(installation, 'avery');
    judge(() => 'cut');
    expect(await as('avery').click(card, 'bg_approve')).toMatchObject({ ok: true, timedOut: false });
    await as('avery').sees('the answer', (one) =>
      one.ephemerals().find(({ words }) => /Nothing was recorded/.test(words)),
    );
    await as('riley').command('/breakglass', 'list', 'C0INCIDENT');
    await as('riley').sees('the answer', (one) =>
      one.ephemerals().find(({ words }) => /Nothing was recorded/.test(words)),
    );
    judge(() => 'pass');
    expect((await installation.newest()).request.state).toBe('pending');
  });

  it('is told in the form, which can be submitted again', async () => {
    judge((chunk) => (chunk.includes('request_opened') ? 'cut' : 'pass'));
    expect(await ask(installation, 'riley')).toMatchObject({ timedOut: false });
    expect(as('riley').modal()?.words).toContain('Nothing was recorded');
    judge(() => 'pass');
    await as('riley').close();
    expect(await as('riley').submit()).toMatchObject({ ok: true, errors: {} });
    expect(await installation.store.list({ limit: 10 })).toHaveLength(1);
  });

  it('that loses the commit’s answer is told as unknown, and pressing again is safe', async () => {
    judge((chunk) => (chunk.includes('COMMIT') ? 'pass_and_cut' : 'pass'));
    await ask(installation, 'riley');
    expect(as('riley').modal()?.words).toMatch(/do not know whether that was recorded.*Pressing again is safe/);
    judge(() => 'pass');
    await as('riley').close();
    expect(await as('riley').submit()).toMatchObject({ ok: true, errors: {} });
    expect(await installation.store.list({ limit: 10 })).toHaveLength(1);
  });

  it('that is slow keeps nobody waiting past Slack’s 3 s: the result comes as a message', async () => {
    judge((chunk) => (chunk.includes('request_opened') ? 'swallow' : 'pass'));
    expect(await ask(installation, 'riley')).toMatchObject({ ok: true, timedOut: false });
    expect(as('riley').modal()?.words).toContain('Still working on it');
    await as('riley').sees('the result', (one) => one.dms().find(({ words }) => /recorded/.test(words)), 25_000);
  }, 40_000);
});

describe('over Socket Mode', () => {
  it('the same form asks and the same card approves', async () => {
    installation = await openInstallation({ socket: true });
    expect(await ask(installation, 'riley')).toMatchObject({ ok: true, errors: {} });
    await installation.work();
    const { request } = await installation.newest();
    await as('avery').click(cardSeen(installation, 'avery'), 'bg_approve');
    await installation.reaches(request.details.id, 'granting');
    expect(cardSeen(installation, 'riley').words).toContain('Access open');
  });

  it('the bot comes back when Slack is away just as the connection is renewed', async () => {
    installation = await openInstallation({ socket: true });
    const { dials } = installation.slack;
    dials.fail('apps.connections.open', 'before', { drop: true });
    dials.recycleSockets();
    const asked = () => dials.calls('apps.connections.open').length;
    await until(() => asked() >= 3, 'another address to be asked for until it is given', 25_000);
    const answered = async () => (await as('riley').command('/breakglass', 'help', 'C0INCIDENT')).ok;
    await until(answered, 'an answer over the new connection', 10_000);
  }, 60_000);
});
