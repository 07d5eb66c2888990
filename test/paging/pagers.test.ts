import { Failure } from '../../src/core/failure.ts';
import { pagersOf } from '../../src/paging/pagers.ts';
import type { Page, Pager } from '../../src/ports/pager.ts';
import { type LocalPagerDuty, type LocalWebhook, startPagerDuty, startWebhook } from '../support/pagers.ts';

let duty: LocalPagerDuty;
let hook: LocalWebhook;
let aheadMs: number;
beforeEach(async () => {
  aheadMs = 0;
  [duty, hook] = await Promise.all([startPagerDuty(), startWebhook()]);
});
afterEach(async () => {
  await Promise.all([duty.close(), hook.close()]);
});

const clock = { now: async () => new Date(Date.now() + aheadMs) };
const both = (): readonly [Pager, Pager] => {
  const [first, second] = pagersOf(
    {
      pagerDuty: { routingKey: duty.routingKey, url: duty.url },
      webhook: { url: `${hook.url}/hooks/t0ken-in-the-path?key=k3y`, secret: hook.secret },
    },
    clock,
  );
  if (!first || !second) throw new Error('two pagers are configured');
  return [first, second];
};
const soon = () => AbortSignal.timeout(30_000);
const open = () => [...duty.alerts].filter(([, { resolved }]) => !resolved).map(([key]) => key);
const COMMAND = "aws iam put-role-policy --policy-document '{}'";
const aPage = (round = 1, change: Partial<Page> = {}): Page => ({
  key: 'f00d/R1',
  round,
  summary: 'Access could not be ended',
  details: ['Request R1.', 'It fails since 12:00.'],
  commands: [COMMAND],
  at: new Date('2026-03-01T12:00:00Z'),
  ...change,
});
const failure = async (work: Promise<unknown>): Promise<Failure> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Failure)) throw new Error(`not a failure: ${String(error)}`);
  return error;
};

describe('PagerDuty (D6)', () => {
  it('gets an alert a round, critical, with the command; the same round again is the same alert', async () => {
    const [pager] = both();
    await pager.page(aPage(), soon());
    await pager.page(aPage(), soon());
    await pager.page(aPage(2), soon());
    expect([...duty.alerts.keys()]).toEqual(['f00d/R1/1', 'f00d/R1/2']);
    expect(duty.alerts.get('f00d/R1/1')).toMatchObject({
      triggers: 2,
      resolved: true,
      payload: {
        summary: 'Access could not be ended',
        source: 'breakglass/f00d/R1',
        severity: 'critical',
        timestamp: '2026-03-01T12:00:00.000Z',
        custom_details: { round: 1, 'detail 1': 'Request R1.', 'end it by hand': COMMAND },
      },
    });
  });

  it('hears that every round is over, also of one that it never heard of', async () => {
    const [pager] = both();
    await pager.page(aPage(), soon());
    await pager.page(aPage(3), soon());
    const came: number[] = [];
    await pager.resolve({ key: 'f00d/R1', round: 3, after: 0 }, soon(), (upTo) => came.push(upTo));
    expect(open()).toEqual([]);
    expect(came).toEqual([2]);
    expect(duty.answers).toEqual([202, 202, 202, 202, 202, 202]);
  });

  it('has one alert open at a time: a newer one takes the one before it back', async () => {
    const [pager] = both();
    for (const round of [1, 2, 3]) await pager.page(aPage(round), soon());
    expect(open()).toEqual(['f00d/R1/3']);
    // What cannot be taken back now keeps nobody from being paged.
    duty.fault({ status: 202 });
    duty.fault({ status: 500 });
    await pager.page(aPage(4), soon());
  });

  it('resolves a long night in pieces: a slow server that cuts it off is gone on with, not begun anew', async () => {
    const [pager] = both();
    // The other way round, so that none takes back the one before it.
    for (let round = 40; round >= 1; round -= 1) await pager.page(aPage(round), soon());
    expect(open()).toHaveLength(40);
    duty.slow(40);
    let after = 0;
    let attempts = 0;
    while (open().length > 0 && attempts < 20) {
      attempts += 1;
      const begun = after;
      const cut = new AbortController();
      await pager
        .resolve({ key: 'f00d/R1', round: 40, after }, cut.signal, (upTo) => {
          expect(upTo).toBeGreaterThan(after);
          after = upTo;
          // In the middle of a piece: the server answers none of it so soon.
          if (after - begun >= 8) setTimeout(() => cut.abort(), 5);
        })
        .catch(() => undefined);
    }
    expect(open()).toEqual([]);
    expect(attempts).toBeGreaterThan(1);
  });

  it('takes a summary as long as anybody may write one', async () => {
    await both()[0].page(aPage(1, { summary: 'x'.repeat(5_000) }), soon());
    expect(duty.answers).toEqual([202]);
  });

  it('refuses another key for good', async () => {
    const [pager] = pagersOf({ pagerDuty: { routingKey: 'f'.repeat(32), url: duty.url } }, clock);
    expect(await failure(pager?.page(aPage(), soon()) ?? Promise.resolve())).toMatchObject({
      code: 'PAGER_REFUSED',
      retry: false,
    });
  });
});

describe('the webhook (D6)', () => {
  it('gets what happened, signed, under an id that does not change when it is sent again', async () => {
    const [, pager] = both();
    await pager.page(aPage(), soon());
    aheadMs = 60_000;
    await pager.page(aPage(), soon());
    await pager.resolve({ key: 'f00d/R1', round: 1, after: 0 }, soon(), () => undefined);
    expect(hook.answers).toEqual([200, 200, 200]);
    expect(hook.taken).toEqual([
      {
        version: 1,
        id: 'f00d/R1/1',
        type: 'page',
        key: 'f00d/R1',
        round: 1,
        severity: 'critical',
        summary: 'Access could not be ended',
        details: ['Request R1.', 'It fails since 12:00.'],
        commands: [COMMAND],
        at: '2026-03-01T12:00:00.000Z',
      },
      { version: 1, id: 'f00d/R1/1/over', type: 'resolved', key: 'f00d/R1', round: 1 },
    ]);
  });

  it('can tell what somebody else sends it: changed, under another time, or again much later', async () => {
    await both()[1].page(aPage(), soon());
    const [heard] = hook.heard;
    if (!heard) throw new Error('nothing was heard');
    const sent = async (headers: Record<string, string>, body: string) =>
      (await fetch(hook.url, { method: 'POST', headers, body })).status;
    expect(await sent(heard.headers, heard.body)).toBe(200);
    expect(await sent(heard.headers, heard.body.replace('"round":1', '"round":2'))).toBe(401);
    const later = String(Number(heard.headers['x-breakglass-timestamp']) + 1);
    expect(await sent({ ...heard.headers, 'x-breakglass-timestamp': later }, heard.body)).toBe(401);
    expect(hook.taken).toHaveLength(1);
    aheadMs = -3_600_000;
    expect(await failure(both()[1].page(aPage(2), soon()))).toMatchObject({ code: 'PAGER_REFUSED' });
  });
});

describe.each([
  ['PagerDuty', 0],
  ['the webhook', 1],
] as const)('%s that does not take a page', (_name, index) => {
  const server = () => (index === 0 ? duty : hook);
  it.each<[what: string, fault: Parameters<LocalPagerDuty['fault']>[0], code: string]>([
    ['is too busy (429)', { status: 429 }, 'PAGER_UNAVAILABLE'],
    ['is broken (500)', { status: 500 }, 'PAGER_UNAVAILABLE'],
    ['is away (503)', { status: 503 }, 'PAGER_UNAVAILABLE'],
    ['drops the connection', 'drop', 'PAGER_UNAVAILABLE'],
    ['never answers', 'hang', 'PAGER_UNAVAILABLE'],
    ['refuses it (400)', { status: 400 }, 'PAGER_REFUSED'],
    ['does not know us (403)', { status: 403 }, 'PAGER_REFUSED'],
    ['sends us elsewhere', { redirectTo: 'http://127.0.0.1:1/steal' }, 'PAGER_REFUSED'],
  ])('%s: says so without any secret, and takes the next one', async (_what, fault, code) => {
    const pager = both()[index];
    server().fault(fault);
    const signal = fault === 'hang' ? AbortSignal.timeout(300) : soon();
    const error = await failure(pager.page(aPage(), signal));
    expect(error.code).toBe(code);
    const said = `${error.stack} ${JSON.stringify(error)} ${String(error.cause)} ${JSON.stringify(error.cause ?? {})}`;
    for (const secret of [duty.routingKey, hook.secret, 't0ken-in-the-path', 'k3y']) expect(said).not.toContain(secret);
    await pager.page(aPage(), soon());
    expect(server().answers.at(-1)).toBe(index === 0 ? 202 : 200);
  });
});

it('pages nobody where nothing is configured', () => {
  expect(pagersOf({}, clock)).toEqual([]);
});
