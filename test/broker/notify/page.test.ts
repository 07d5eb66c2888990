import { type Broker, broker } from '../../../src/broker/broker.ts';
import type { BrokerDeps } from '../../../src/broker/deps.ts';
import { Failure } from '../../../src/core/failure.ts';
import type { AccessRequest } from '../../../src/core/request/request.ts';
import { type Work, workFor } from '../../../src/core/request/work.ts';
import { pagersOf } from '../../../src/paging/pagers.ts';
import { applyPolicy } from '../../../src/policy-in-force.ts';
import type { Page, Pager } from '../../../src/ports/pager.ts';
import { type Desk, openDesk } from '../../support/desk.ts';
import { type LocalPagerDuty, type LocalWebhook, startPagerDuty, startWebhook } from '../../support/pagers.ts';
import { KEYS, MINUTE, personActor } from '../../support/requests.ts';
import { until } from '../../support/until.ts';

/** What a direct message said, and to whom. */
interface Direct {
  readonly person: string;
  readonly page: Page;
}

describe('paging about an ending that keeps failing (D6)', () => {
  let desk: Desk;
  let usual: Desk['dials'];
  let duty: LocalPagerDuty;
  let hook: LocalWebhook;
  let turned = 0;
  let direct: Direct[];
  /** Pagers that have answered, by name. */
  let answered: string[];
  let chat: 'up' | 'down' | 'hangs' | 'knows nobody';
  let deps: BrokerDeps;
  let paging: Broker;

  beforeAll(async () => {
    desk = await openDesk();
    usual = { ...desk.dials };
    const inForce = await desk.store.policyInForce();
    if (inForce === undefined) throw new Error('no policy');
    const policy = { ...inForce.policy, security: { teams: ['security'], page: [] } };
    await applyPolicy(desk.store, policy, '', 'operator:test', inForce);
  });
  afterAll(() => desk.close());
  beforeEach(async () => {
    direct = [];
    answered = [];
    chat = 'up';
    [duty, hook] = await Promise.all([startPagerDuty(), startWebhook(() => Date.now() + turned)]);
    const settings = {
      pagerDuty: { routingKey: duty.routingKey, url: duty.url },
      webhook: { url: hook.url, secret: hook.secret },
    };
    const page = async (content: Page, { id }: { readonly id: string }) => {
      if (chat === 'down') throw new Failure('CHAT_UNAVAILABLE', 'Slack is away');
      if (chat === 'hangs') await new Promise(() => undefined);
      if (chat === 'knows nobody') return false;
      direct.push({ person: id, page: content });
      return true;
    };
    const pagers = pagersOf(settings, desk.store.clock).map((pager) => ({
      ...pager,
      page: (...rest: Parameters<Pager['page']>) => pager.page(...rest).finally(() => answered.push(pager.name)),
    }));
    deps = { ...desk.deps, pagers, announce: { ...desk.deps.announce, page } };
    paging = broker(deps);
  });
  afterEach(async () => {
    Object.assign(desk.dials, usual);
    desk.aws.dials.clear();
    await Promise.all([duty.close(), hook.close()]);
  });

  const wait = (ms: number): void => {
    turned += ms;
    desk.wait(ms);
  };
  /** Somebody took the boundary off, so AWS refuses the broker the Deny; put back, it does not. */
  const boundary = (id: string, there: boolean): void => {
    const role = desk.role(id);
    if (role === undefined) throw new Error('no role');
    const arn = `arn:aws:iam::111122223333:policy/breakglass-guardrails/boundary-b`;
    role.policies = { ...role.policies, boundary: there ? arn : undefined };
  };
  const fails = async (id: string, times = 1): Promise<void> => {
    for (let time = 0; time < times; time += 1) {
      await expect(desk.perform('revoke', id, paging)).rejects.toThrow('99-revoked');
    }
  };
  /** Open access whose ending failed so often. */
  const failing = async (id: string, times = 2): Promise<void> => {
    await desk.opened(id);
    boundary(id, false);
    expect((await desk.broker.end(id, personActor('riley'))).ok).toBe(true);
    await fails(id, times);
  };
  const pagesDue = async (id: string): Promise<readonly Work[]> => {
    const now = await desk.store.clock.now();
    return workFor(await desk.row(id)).filter(({ name, dueAt }) => name === 'page' && dueAt <= now);
  };
  const page = async (id: string, signal = AbortSignal.timeout(60_000), by = paging): Promise<void> => {
    const [work] = await pagesDue(id);
    if (work === undefined) throw new Error(`no page is due for ${id}`);
    await by.perform(work, signal);
  };
  /** Pages, and is cut off as soon as all others have answered: however long that takes. */
  const pageCutOff = async (id: string, others: () => boolean): Promise<void> => {
    const cutting = new AbortController();
    const paged = page(id, cutting.signal);
    paged.catch(() => undefined);
    await until(others, 'the others to answer');
    cutting.abort(new Error('cut off'));
    await paged;
  };
  const eventsOf = async (id: string, type: string) =>
    (await desk.store.events(`request/${id}`)).filter((event) => event.type === type).map(({ data }) => data);
  const stateOf = async (id: string): Promise<AccessRequest['state']> => (await desk.row(id)).request.state;
  const closes = async (id: string): Promise<void> => {
    boundary(id, true);
    await desk.perform('revoke', id, paging);
    wait(5 * MINUTE);
    await desk.perform('verify_sessions', id, paging);
    expect(await stateOf(id)).toBe('closed');
  };
  const keyOf = async (id: string): Promise<string> => `${(await desk.store.installation()).installationId}/${id}`;
  const alerts = () => [...duty.alerts].map(([key, { triggers, resolved }]) => ({ key, triggers, resolved }));

  it('turns the card red at the first failure, pages at the second and again after 5 minutes, and stands down when it ended', async () => {
    await failing('P1', 1);
    expect((await paging.view(await desk.row('P1'))).manualCommands).toEqual([
      expect.stringContaining('--role-name bg-p1'),
    ]);
    expect(await pagesDue('P1')).toEqual([]);
    await fails('P1');
    const key = await keyOf('P1');
    await page('P1');
    expect(direct.map(({ person }) => person)).toEqual(['sasha', 'casey']);
    expect(direct[0]?.page).toMatchObject({
      key,
      round: 1,
      summary: 'Emergency access could not be ended: Restart a service of Riley in account prod-main',
      commands: [
        expect.stringMatching(/^aws iam put-role-policy --role-name bg-p1 .*\naws iam update-assume-role-policy/),
      ],
    });
    expect(alerts()).toEqual([{ key: `${key}/1`, triggers: 1, resolved: false }]);
    expect(hook.taken.map(({ id }) => id)).toEqual([`${key}/1`]);
    const everybody = ['sasha', 'casey', 'pager:PagerDuty', 'pager:webhook'];
    expect(await eventsOf('P1', 'oncall_paged')).toEqual([{ count: 1, reached: everybody, missed: [] }]);

    wait(4 * MINUTE);
    expect(await pagesDue('P1')).toEqual([]);
    wait(MINUTE);
    await fails('P1');
    await page('P1');
    expect(alerts().map((alert) => alert.key)).toEqual([`${key}/1`, `${key}/2`]);
    expect(direct).toHaveLength(4);

    await closes('P1');
    expect((await paging.view(await desk.row('P1'))).manualCommands).toEqual([]);
    await desk.perform('stand_down', 'P1', paging);
    expect(alerts().map(({ resolved }) => resolved)).toEqual([true, true]);
    expect(hook.taken.at(-1)).toMatchObject({ type: 'resolved', round: 2 });
    expect(await eventsOf('P1', 'page_resolved')).toEqual([{ pages: 2 }]);
    expect(workFor(await desk.row('P1')).map(({ name }) => name)).toEqual(['delete_tombstone', 'draw', 'post']);
  });

  it('keeps nobody waiting for a pager that hangs, is away or refuses: it says who was missed, and tries again whoever may answer', async () => {
    await failing('P2');
    duty.fault('hang');
    hook.fault({ status: 400 });
    const others = () => direct.length === 2 && answered.includes('webhook');
    await expect(pageCutOff('P2', others)).rejects.toThrow('not reached yet: pager:PagerDuty');
    expect(await eventsOf('P2', 'oncall_paged')).toEqual([
      { count: 1, reached: ['sasha', 'casey'], missed: ['pager:PagerDuty', 'pager:webhook'] },
    ]);
    duty.fault({ status: 429 });
    await expect(page('P2')).rejects.toThrow('not reached yet');
    expect(await eventsOf('P2', 'oncall_paged')).toHaveLength(1);
    await page('P2');
    expect(await eventsOf('P2', 'oncall_paged')).toEqual([
      expect.anything(),
      { count: 1, reached: ['pager:PagerDuty'], missed: [] },
    ]);
    expect(direct).toHaveLength(2);
    expect(hook.answers).toEqual([400]);
    expect(await pagesDue('P2')).toEqual([]);
    await closes('P2');
  });

  it.each(['down', 'hangs', 'knows nobody'] as const)('pages elsewhere while the chat %s', async (how) => {
    const id = `P3-${how.slice(0, 4)}`.replace(' ', '');
    chat = how;
    await failing(id);
    const paged = pageCutOff(id, () => answered.length === 2);
    if (how === 'knows nobody') await paged;
    else await expect(paged).rejects.toThrow('not reached yet: sasha, casey');
    expect(await eventsOf(id, 'oncall_paged')).toEqual([
      { count: 1, reached: ['pager:PagerDuty', 'pager:webhook'], missed: ['sasha', 'casey'] },
    ]);
    chat = 'up';
    if (how !== 'knows nobody') await page(id);
    expect(direct.map(({ person }) => person)).toEqual(how === 'knows nobody' ? [] : ['sasha', 'casey']);
    expect(alerts()).toHaveLength(1);
  });

  it('ends while paging fails: nothing waits for it', async () => {
    await failing('P4');
    duty.fault('drop', 5);
    await expect(page('P4')).rejects.toThrow('not reached yet');
    await closes('P4');
    await expect(desk.perform('stand_down', 'P4', paging)).rejects.toThrow('not called off yet: pager:PagerDuty');
    expect(hook.taken.at(-1)).toMatchObject({ type: 'resolved' });
    expect(await eventsOf('P4', 'page_resolved')).toHaveLength(1);
    for (const _again of [1, 2, 3])
      await expect(desk.perform('stand_down', 'P4', paging)).rejects.toThrow('not called');
    await desk.perform('stand_down', 'P4', paging);
    expect(hook.taken.filter(({ type }) => type === 'resolved')).toHaveLength(1);
    expect(await eventsOf('P4', 'page_resolved')).toHaveLength(1);
  });

  it('pages once though two workers page at one instant', async () => {
    await failing('P5');
    await Promise.allSettled([page('P5'), page('P5', AbortSignal.timeout(60_000), broker(deps))]);
    expect(await eventsOf('P5', 'oncall_paged')).toHaveLength(1);
    expect(duty.alerts.size).toBe(1);
    expect(hook.taken).toHaveLength(1);
    expect((await desk.row('P5')).request.pages?.count).toBe(1);
    expect(await pagesDue('P5')).toEqual([]);
  });

  it('pages again under the same keys after it died between paging and recording, and calls it off if the ending came first', async () => {
    const deaf = (id: string): BrokerDeps => ({
      ...deps,
      store: {
        ...deps.store,
        change: async (requestId, actor, decide) => {
          if (requestId === id && direct.length > 0) throw new Error('killed');
          return deps.store.change(requestId, actor, decide);
        },
      },
    });
    await failing('P6');
    await expect(page('P6', AbortSignal.timeout(60_000), broker(deaf('P6')))).rejects.toThrow('killed');
    expect(await eventsOf('P6', 'oncall_paged')).toEqual([]);
    await page('P6');
    expect(alerts()).toEqual([{ key: `${await keyOf('P6')}/1`, triggers: 2, resolved: false }]);
    expect(hook.taken).toHaveLength(1);
    expect(await eventsOf('P6', 'oncall_paged')).toHaveLength(1);

    direct = [];
    await failing('P7');
    await expect(page('P7', AbortSignal.timeout(60_000), broker(deaf('P7')))).rejects.toThrow('killed');
    direct = [];
    await closes('P7');
    await desk.perform('stand_down', 'P7', paging);
    expect((await desk.row('P7')).request.pages?.notified.map(({ id }) => id)).toEqual(['sasha', 'casey']);
    expect(duty.alerts.get(`${await keyOf('P7')}/1`)?.resolved).toBe(true);
  });

  it('pages who approved it, and the commander, when the directory does not answer', async () => {
    await failing('P8');
    desk.dials.directoryDown = true;
    await page('P8');
    expect(direct.map(({ person }) => person)).toEqual(['avery', 'casey']);
  });

  it('stands down when two security people attest what nothing could prove (E5)', async () => {
    await failing('P10');
    await page('P10');
    wait(32 * MINUTE);
    const people = usual.directory.people.map((one) => (one.id === 'blake' ? { ...one, teams: ['security'] } : one));
    desk.dials.directory = { ...usual.directory, people };
    for (const name of ['sasha', 'blake'] as const) {
      const said = await paging.attest('P10', { type: 'person', key: KEYS[name] }, 'seen closed in the console');
      expect(said.ok).toBe(true);
    }
    expect(await stateOf('P10')).toBe('closed');
    await desk.perform('stand_down', 'P10', paging);
    expect(alerts().map(({ resolved }) => resolved)).toEqual([true]);
  });

  it('keeps key and secret out of every log line', async () => {
    await failing('P9');
    duty.fault({ status: 500 });
    hook.fault('drop');
    await expect(page('P9')).rejects.toThrow('not reached yet');
    const logged = JSON.stringify(desk.logger.lines);
    expect(logged).toContain('somebody could not be paged');
    for (const secret of [duty.routingKey, hook.secret]) expect(logged).not.toContain(secret);
  });

  describe('about what is no request', () => {
    const trouble = { key: 'cloud-sweep', summary: 'Five roles nobody knows', details: ['In account 111122223333.'] };
    it('pages who is on duty, at most once each five minutes whoever asks, and calls it off once', async () => {
      const both = await Promise.all([paging.pageTrouble(trouble), paging.pageTrouble(trouble)]);
      expect(both.flatMap((one) => one ?? []).flatMap(({ reached }) => reached)).toContain('sasha');
      expect(await paging.pageTrouble(trouble)).toBeUndefined();
      const installationId = (await desk.store.installation()).installationId;
      expect([...duty.alerts.keys()]).toEqual([`${installationId}/cloud-sweep/1`]);
      wait(5 * MINUTE);
      expect((await paging.pageTrouble(trouble))?.reached).toEqual(['sasha', 'pager:PagerDuty', 'pager:webhook']);
      await paging.troubleOver('cloud-sweep');
      await paging.troubleOver('cloud-sweep');
      expect(alerts().map(({ resolved }) => resolved)).toEqual([true, true]);
      const notified = (await desk.store.events('system')).filter(({ type }) => type === 'page_resolved');
      expect(notified.map(({ data }) => data)).toEqual([{ key: 'cloud-sweep', pages: 2 }]);
    });

    it('is called off by the sweep where a pager did not take it, until it does, and no round twice', async () => {
      const slow = { ...trouble, key: 'slow' };
      const state = () => alerts().map(({ key, resolved }) => [key.split('/').at(-1), resolved]);
      await paging.pageTrouble(slow);
      duty.fault('drop', 2);
      await paging.troubleOver('slow');
      await paging.notifyAgain();
      expect(state()).toEqual([['1', false]]);
      await broker(deps).notifyAgain();
      expect(state()).toEqual([['1', true]]);
      const before = duty.answers.length;
      await paging.notifyAgain();
      expect(duty.answers).toHaveLength(before);
      expect(hook.taken.filter(({ type }) => type === 'resolved')).toHaveLength(1);

      wait(5 * MINUTE);
      await paging.pageTrouble(slow);
      const paged = duty.answers.length;
      await paging.troubleOver('slow');
      expect(state()).toEqual([
        ['1', true],
        ['2', true],
      ]);
      expect(duty.answers.length - paged).toBe(1);
    });

    it('makes a round again that reached nobody, and none that reached somebody', async () => {
      const other = { ...trouble, key: 'other' };
      chat = 'down';
      duty.fault('drop');
      hook.fault('drop');
      expect((await paging.pageTrouble(other))?.reached).toEqual([]);
      expect((await paging.pageTrouble(other))?.reached).toEqual(['pager:PagerDuty', 'pager:webhook']);
      expect(await paging.pageTrouble(other)).toBeUndefined();
    });
  });
});
