import { broker } from '../../../src/broker/broker.ts';
import { expire, revoke } from '../../../src/broker/grant/end.ts';
import { writerLock } from '../../../src/broker/grant/open.ts';
import { Failure } from '../../../src/core/failure.ts';
import { decide } from '../../../src/core/request/decide.ts';
import { NO_FACTS } from '../../../src/core/request/facts.ts';
import { workFor } from '../../../src/core/request/work.ts';
import type { Role as CloudRole } from '../../../src/demo/aws/accounts.ts';
import { type Desk, openDesk } from '../../support/desk.ts';
import { after, MINUTE, personActor, SECOND, SYSTEM } from '../../support/requests.ts';

const REVOKED = '99-revoked';

describe('ending a grant', () => {
  let desk: Desk;
  let usual: Desk['dials'];

  beforeAll(async () => {
    desk = await openDesk();
    usual = { ...desk.dials };
  });
  afterEach(() => {
    Object.assign(desk.dials, usual);
    desk.aws.dials.clear();
    desk.wire.judge(() => 'pass');
  });
  afterAll(() => desk.close());

  const ended = async (id: string): Promise<void> => {
    await desk.opened(id);
    const said = await desk.broker.end(id, personActor('riley'));
    expect(said.ok).toBe(true);
  };
  const eventOf = async (id: string, type: string) =>
    (await desk.store.events(`request/${id}`)).find((event) => event.type === type);
  const deniesAll = (id: string): boolean => desk.role(id)?.policies.inline[REVOKED] !== undefined;
  const stateOf = async (id: string): Promise<string> => (await desk.row(id)).request.state;

  it('D3: proves an expired window by the end that the cloud itself keeps', async () => {
    await desk.opened('E1');
    desk.wait(30 * MINUTE);
    await desk.perform('expire', 'E1');
    expect(deniesAll('E1')).toBe(true);
    expect(workFor(await desk.row('E1')).map(({ name }) => name)).not.toContain('revoke');
    desk.wait(2 * MINUTE);
    await desk.perform('verify_sessions', 'E1');
    expect((await eventOf('E1', 'sessions_ended'))?.data.by).toBe('native_end');
    expect(await stateOf('E1')).toBe('closed');
  });

  it('D3: says that access is removed once it was read back, whatever becomes of tidying up after it', async () => {
    await ended('E18');
    const { aws } = desk.deps.providers;
    const close: typeof aws.close = async (plan, signal, removed) => {
      removed?.(await aws.close(plan, signal));
      throw new Failure('PROVIDER_UNAVAILABLE', 'the permissions could not be removed');
    };
    await desk.perform('revoke', 'E18', broker({ ...desk.deps, providers: { aws: { ...aws, close } } }));
    const { request } = await desk.row('E18');
    expect(request).toMatchObject({ state: 'revoking', failures: 0, grants: [{ accessRemoved: expect.anything() }] });
    expect(await eventOf('E18', 'access_removed')).toBeDefined();
  });

  it('D3: proves an early end by propagation, and not before', async () => {
    await ended('E2');
    await desk.perform('revoke', 'E2');
    await expect(desk.perform('verify_sessions', 'E2')).rejects.toThrow('not proven ended yet');
    expect(await stateOf('E2')).toBe('revoking');
    desk.wait(5 * MINUTE);
    await desk.perform('verify_sessions', 'E2');
    expect((await eventOf('E2', 'sessions_ended'))?.data.by).toBe('propagation');
    expect(await stateOf('E2')).toBe('closed');
  });

  it('D6: does not turn red by a failure that comes after another worker proved the removal', async () => {
    await ended('E9B');
    const { aws } = desk.deps.providers;
    const close: typeof aws.close = async () => {
      await desk.perform('revoke', 'E9B');
      throw new Failure('PROVIDER_UNAVAILABLE', 'this worker was stopped meanwhile');
    };
    const withLock: typeof desk.store.withLock = async (_name, _waitMs, work) => ({
      value: await work(AbortSignal.timeout(MINUTE)),
    });
    const late = { ...desk.deps, store: { ...desk.store, withLock }, providers: { aws: { ...aws, close } } };
    await expect(revoke(late, 'E9B', 'E9B', AbortSignal.timeout(MINUTE))).rejects.toThrow('stopped meanwhile');
    expect((await desk.row('E9B')).request).toMatchObject({ state: 'revoking', failures: 0 });
    expect(await eventOf('E9B', 'revoke_failed')).toBeUndefined();
  });

  it('ends with the directory, the incident source, the chat and the queue down, and opening off', async () => {
    await ended('E3');
    const down = { directoryDown: true, incident: 'down', accounts: {}, queueDown: true, openingOff: 'a bad file' };
    Object.assign(desk.dials, down);
    await desk.perform('revoke', 'E3');
    desk.wait(5 * MINUTE);
    await desk.perform('verify_sessions', 'E3');
    expect(await stateOf('E3')).toBe('closed');
  });

  it.each<[how: string, withLock: () => Promise<undefined>]>([
    ['cannot be asked for', () => Promise.reject(new Error('timeout exceeded when trying to connect'))],
    ['never answers', () => new Promise(() => {})],
  ])('ends although its lock %s, and says that it went on without', async (how, withLock) => {
    const id = how.startsWith('cannot') ? 'L1' : 'L2';
    await ended(id);
    const store = { ...desk.store, withLock };
    await revoke({ ...desk.deps, store }, id, id, AbortSignal.timeout(30_000));
    expect(deniesAll(id)).toBe(true);
    expect((await desk.row(id)).request).toMatchObject({ grants: [{ accessRemoved: { contested: true } }] });
  });

  it('takes expired access away from the plan although saving breaks in an unforeseen way', async () => {
    const { request } = await desk.opened('L3');
    const endsAt = request.state === 'active' ? request.endsAt : new Date(0);
    desk.wait(30 * MINUTE);
    const store = { ...desk.store, change: () => Promise.reject(new Error('nobody foresaw this')) };
    await expect(expire({ ...desk.deps, store }, 'L3', endsAt, AbortSignal.timeout(30_000))).rejects.toThrow(
      'nobody foresaw',
    );
    expect(deniesAll('L3')).toBe(true);
  });

  it('D6: stays open, counted and red while the cloud refuses, and ends when it no longer does', async () => {
    await ended('E4');
    desk.aws.dials.add({ kind: 'fail_before', action: '*', times: 40 });
    await expect(desk.perform('revoke', 'E4')).rejects.toThrow('PROVIDER_UNAVAILABLE');
    const { request } = await desk.row('E4');
    expect(request).toMatchObject({ state: 'revoking', failures: 1 });
    expect(await desk.eventsOf('E4')).toContain('revoke_failed');
    desk.aws.dials.clear();
    await desk.perform('revoke', 'E4', desk.another());
    expect(deniesAll('E4')).toBe(true);
  });

  it('starts anew when somebody takes the Deny away again, and says so', async () => {
    await ended('E5');
    await desk.perform('revoke', 'E5');
    const role = desk.role('E5');
    if (role === undefined) throw new Error('no tombstone');
    const { [REVOKED]: _revoked, ...inline } = role.policies.inline;
    role.policies = { ...role.policies, inline };
    desk.wait(5 * MINUTE);
    await desk.perform('verify_sessions', 'E5');
    expect(await stateOf('E5')).toBe('revoking');
    expect(await desk.eventsOf('E5')).toContain('alarm');
    await desk.perform('revoke', 'E5');
    expect(deniesAll('E5')).toBe(true);
    await expect(desk.perform('verify_sessions', 'E5')).rejects.toThrow('not proven ended yet');
  });

  /** Somebody with rights in the account undoes one part of an ending, whichever it is. */
  const undo = {
    'the Deny is deleted': (role: CloudRole) => {
      const { [REVOKED]: _revoked, ...inline } = role.policies.inline;
      role.policies = { ...role.policies, inline };
    },
    'the Deny is rewritten': (role: CloudRole) => {
      const weak = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}';
      role.policies = { ...role.policies, inline: { ...role.policies.inline, [REVOKED]: weak } };
    },
    'somebody is let in again': (role: CloudRole) => {
      const trust = role.policies.trust.replace('"Deny"', '"Allow"');
      role.policies = { ...role.policies, trust };
    },
  };

  it.each(Object.entries(undo))(
    'D3: where %s, that is seen within a minute and undone, long before the proof',
    async (what, by) => {
      const id = `E5-${what.replace(/\W/g, '')}`;
      await ended(id);
      await desk.perform('revoke', id);
      const role = desk.role(id);
      if (role === undefined) throw new Error('no tombstone');
      by(role);
      desk.wait(MINUTE);
      await desk.perform('observe', id);
      expect((await desk.row(id)).request).toMatchObject({ state: 'revoking', undone: { times: 1 } });
      expect((await eventOf(id, 'alarm'))?.data).toMatchObject({ what: 'removal_lost' });
      expect(desk.queued.at(-1)).toMatchObject({ name: 'post', requestId: id });
      expect(desk.queued.some(({ name, requestId }) => name === 'revoke' && requestId === id)).toBe(true);
      await desk.perform('revoke', id);
      expect(deniesAll(id)).toBe(true);
      expect(desk.role(id)?.policies.trust).not.toContain('Allow');
    },
  );

  it('D3: looks at a removal with two questions, notes nothing where it stands, and looks again in a minute', async () => {
    await ended('E10');
    await desk.perform('revoke', 'E10');
    const { version } = await desk.row('E10');
    desk.wait(MINUTE);
    const before = desk.aws.dials.log().at(-1)?.seq;
    await desk.perform('observe', 'E10');
    expect(
      desk.aws.dials
        .log(before)
        .map(({ action }) => action)
        .toSorted(),
    ).toEqual(['GetRole', 'GetRolePolicy']);
    expect((await desk.row('E10')).version).toBe(version);
    const { request } = await desk.row('E10');
    const readAt = request.state === 'revoking' ? request.grants[0]?.accessRemoved?.readAt : undefined;
    const next = desk.queued.filter(({ name, requestId }) => name === 'observe' && requestId === 'E10').at(-1);
    expect(next?.dueAt).toEqual(after(readAt ?? new Date(0), 2 * MINUTE));
  });

  it('leaves a tombstone even where nothing was ever created', async () => {
    await desk.approved('E6');
    desk.aws.dials.add({ kind: 'fail_before', action: 'CreateRole', times: 20 });
    await expect(desk.perform('grant', 'E6')).rejects.toThrow('PROVIDER_UNAVAILABLE');
    desk.aws.dials.clear();
    await desk.broker.withdraw('E6', personActor('riley'));
    await desk.perform('revoke', 'E6');
    expect(deniesAll('E6')).toBe(true);
  });

  it('waits for a writer that holds the lock no longer than five seconds, and notes that it did', async () => {
    await ended('E7');
    let letGo = (): void => undefined;
    let held: Promise<unknown> | undefined;
    await new Promise<void>((hasIt, fails) => {
      held = desk.store.withLock(writerLock('E7'), 0, async () => {
        hasIt();
        await new Promise<void>((resolve) => {
          letGo = resolve;
        });
      });
      held.catch(fails);
    });
    await desk.perform('revoke', 'E7');
    expect(deniesAll('E7')).toBe(true);
    const { request } = await desk.row('E7');
    expect(request.state === 'revoking' && request.grants[0]?.accessRemoved?.contested).toBe(true);
    letGo();
    await held;
  });

  it('takes access away from the plan it read when the store does not take the end of the window', async () => {
    await desk.opened('E8');
    desk.wait(30 * MINUTE);
    desk.wire.judge((chunk) => (chunk.includes('lock_request') || chunk.includes('BEGIN') ? 'cut' : 'pass'));
    await expect(desk.perform('expire', 'E8')).rejects.toThrow('STORE_UNAVAILABLE');
    expect(deniesAll('E8')).toBe(true);
    desk.wire.judge(() => 'pass');
    expect(await stateOf('E8')).toBe('active');
    await desk.perform('expire', 'E8');
    expect(await stateOf('E8')).toBe('revoking');
  });

  it('D6: an expired window whose removal the cloud refuses is left to `revoke`, counted once', async () => {
    await desk.opened('X1');
    desk.wait(30 * MINUTE);
    desk.aws.dials.add({ kind: 'fail_before', action: '*', times: 40 });
    await desk.perform('expire', 'X1');
    expect((await desk.row('X1')).request).toMatchObject({ state: 'revoking', failures: 1 });
    expect(desk.queued.some(({ name, requestId }) => name === 'revoke' && requestId === 'X1')).toBe(true);
    desk.aws.dials.clear();
    await desk.perform('revoke', 'X1');
    expect(deniesAll('X1')).toBe(true);
  });

  it('D2: a worker that died between recording the end and removing the access is gone on after', async () => {
    await desk.opened('X2');
    desk.wait(30 * MINUTE);
    const [work] = workFor(await desk.row('X2')).filter(({ name }) => name === 'expire');
    if (work === undefined) throw new Error('no end was due');
    await desk.store.change('X2', 'system:worker', (row, now) =>
      decide(row?.request, { type: 'expire' }, SYSTEM, NO_FACTS, now),
    );
    expect(deniesAll('X2')).toBe(false);
    await desk.broker.perform(work, AbortSignal.timeout(20_000));
    expect(deniesAll('X2')).toBe(true);
  });

  it('buries the tombstone half a day after the planned end, and not before', async () => {
    await ended('E9');
    await desk.perform('revoke', 'E9');
    desk.wait(5 * MINUTE);
    await desk.perform('verify_sessions', 'E9');
    await expect(desk.perform('delete_tombstone', 'E9')).rejects.toThrow('must stand until');
    desk.wait(13 * 60 * MINUTE + SECOND);
    await desk.perform('delete_tombstone', 'E9');
    expect(desk.role('E9')).toBeUndefined();
    expect(await desk.eventsOf('E9')).toContain('tombstone_deleted');
  });
});
