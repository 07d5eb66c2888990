import { broker } from '../../../src/broker/broker.ts';
import type { BrokerDeps } from '../../../src/broker/deps.ts';
import { followFreeze } from '../../../src/broker/notify/follow-freeze.ts';
import { decide } from '../../../src/core/request/decide.ts';
import { decideFreeze } from '../../../src/core/request/decide-freeze.ts';
import { NO_FACTS } from '../../../src/core/request/facts.ts';
import { workFor } from '../../../src/core/request/work.ts';
import { type Desk, openDesk } from '../../support/desk.ts';
import { accepted, type CastName, KEYS, MINUTE, okFacts, personActor, storyOf } from '../../support/requests.ts';

const WHY = { all: false, reason: 'a leak' };
const OPERATOR = { type: 'operator', name: 'root' } as const;

let desk: Desk;
let usual: Desk['dials'];
beforeAll(async () => {
  desk = await openDesk();
  usual = { ...desk.dials };
});
afterAll(() => desk.close());

describe('a freeze (B11)', () => {
  afterEach(async () => {
    Object.assign(desk.dials, usual);
    desk.aws.dials.clear();
    await thaw();
  });

  const person = (name: CastName) => ({ type: 'person', key: KEYS[name] }) as const;
  const freeze = async (change: Partial<typeof WHY> = {}) => {
    const frozen = await desk.broker.freeze(person('sasha'), { ...WHY, ...change });
    if (!frozen.ok) throw new Error(frozen.refusal.code);
    return frozen.followed;
  };
  const thaw = async () => {
    if ((await desk.store.freeze()) === undefined) return;
    for (const name of ['sasha', 'quinn'] as const) {
      const said = await desk.broker.thaw(person(name));
      if (said.ok) await said.followed;
    }
    expect(await desk.store.freeze()).toBeUndefined();
  };
  const stateOf = async (id: string) => (await desk.row(id)).request.state;
  const eventOf = async (id: string, type: string) =>
    (await desk.store.events(`request/${id}`)).find((event) => event.type === type)?.data;
  /** Another process, with something of its own in the way. */
  const process = (change: Partial<BrokerDeps>) => broker({ ...desk.deps, ...change });
  const refusedAs = async (run: Promise<{ ok: boolean; refusal?: { code: string } }>) => (await run).refusal?.code;

  it('refuses asking, approving and opening, with who froze and why; deny, withdraw and end go on', async () => {
    await desk.opened('F1');
    await desk.approved('F2');
    const { digest } = (await desk.ask('F3')).request.details;
    await desk.ask('F4');
    await freeze();
    await expect(desk.ask('F5')).rejects.toThrow('frozen');
    expect(await desk.broker.approve('F3', person('avery'), digest)).toMatchObject({
      refusal: { code: 'frozen', detail: { by: 'Sasha', reason: 'a leak' } },
    });
    await desk.perform('grant', 'F2');
    expect((await desk.row('F2')).request).toMatchObject({ state: 'closed', outcome: 'refused' });
    expect(await eventOf('F2', 'request_refused')).toMatchObject({ why: 'frozen', by: 'Sasha', reason: 'a leak' });
    expect(desk.role('F2')).toBeUndefined();
    expect(await stateOf('F1')).toBe('active');
    expect((await desk.broker.deny('F4', person('avery'), 'no')).ok).toBe(true);
    expect((await desk.broker.withdraw('F3', person('riley'))).ok).toBe(true);
    expect((await desk.broker.end('F1', person('riley'))).ok).toBe(true);
    await desk.perform('revoke', 'F1');
    expect(await eventOf('F1', 'access_removed')).toBeDefined();
  });

  it('works with Slack’s look-ups failing; lifting it does not', async () => {
    const down = Object.fromEntries(Object.values(KEYS).map((key) => [key, 'down' as const]));
    desk.dials.accounts = down;
    await freeze();
    expect(await refusedAs(desk.broker.thaw(person('quinn')))).toBe('account_unavailable');
    desk.dials.accounts = {};
    expect(await desk.broker.thaw(person('sasha'))).toMatchObject({ ok: true, next: { lifts: [{}] } });
    desk.dials.accounts = { [KEYS.sasha]: 'down' };
    expect(await refusedAs(desk.broker.thaw(person('quinn')))).toBe('account_unavailable');
    desk.dials.accounts = {};
    expect(await desk.broker.thaw(person('quinn'))).toMatchObject({ ok: true, next: undefined });
  });

  it('is not lifted by a word for an earlier one, which was being looked into while another freeze began', async () => {
    await freeze();
    const again = { all: false, reason: 'another leak' };
    const late = process({
      directory: {
        read: async (policy) => {
          await thaw();
          await desk.broker.freeze(person('sasha'), again);
          return desk.deps.directory.read(policy);
        },
      },
    });
    expect(await refusedAs(late.thaw(person('quinn')))).toBe('stale_facts');
    expect(await desk.store.freeze()).toMatchObject({ reason: 'another leak', lifts: [] });
    // Nor where the first word was taken back meanwhile.
    await desk.broker.thaw(person('sasha'));
    const refrozen = process({
      directory: {
        read: async (policy) => {
          await desk.broker.freeze(person('sasha'), again);
          return desk.deps.directory.read(policy);
        },
      },
    });
    expect(await refusedAs(refrozen.thaw(person('quinn')))).toBe('stale_facts');
    expect(await desk.store.freeze()).toMatchObject({ lifts: [] });
  });

  it('needs to know who is of the security group: without a directory nobody freezes, and nothing opens', async () => {
    desk.dials.directoryDown = true;
    expect(await refusedAs(desk.broker.freeze(person('sasha'), WHY))).toBe('directory_unavailable');
    expect((await desk.broker.freeze(OPERATOR, WHY)).ok).toBe(true);
  });

  it('tells every waiting request once, and once that it is over; then an approval counts', async () => {
    const { digest } = (await desk.ask('W1')).request.details;
    await freeze();
    await followFreeze(desk.deps);
    const { request, version, drawnVersion } = await desk.row('W1');
    expect(request).toMatchObject({ state: 'pending', held: { by: 'Sasha', reason: 'a leak', at: expect.any(Date) } });
    expect(version).toBeGreaterThan(drawnVersion);
    await thaw();
    await followFreeze(desk.deps);
    expect(await desk.eventsOf('W1')).toEqual(['request_opened', 'request_held', 'request_resumed']);
    expect((await desk.broker.approve('W1', person('avery'), digest)).ok).toBe(true);
  });

  it('is told to each channel until it has taken it, in order, once, whoever froze and died', async () => {
    const notified: string[] = [];
    let down: string | undefined = 'default';
    const announce: BrokerDeps['announce'] = {
      ...desk.deps.announce,
      freeze: async ({ channel }, { type }) => {
        if (channel === down) throw new Error('Slack is away');
        notified.push(`${channel} ${type}`);
        return !type.startsWith('thaw');
      },
    };
    await desk.broker.notifyAgain();
    const ours = process({ announce });
    await ours.freeze(OPERATOR, WHY);
    await expect(ours.notifyAgain()).rejects.toThrow('Slack is away');
    expect(notified).toEqual(['security openings_frozen']);
    await desk.store.changeFreeze('test', (current, now) =>
      decideFreeze(current, { type: 'freeze', all: true, reason: '' }, OPERATOR, NO_FACTS, now),
    );
    down = undefined;
    const other = process({ announce });
    await Promise.all([ours.notifyAgain(), other.notifyAgain()]);
    const both = (type: string) => ['security', 'default'].map((place) => `${place} ${type}`);
    expect(notified.toSorted()).toEqual([...both('openings_frozen'), ...both('openings_frozen')].toSorted());
    // A channel that never takes it is given up, with a line in the log.
    await ours.thaw(person('sasha'));
    await ours.notifyAgain();
    await ours.notifyAgain();
    expect(notified.slice(4).toSorted()).toEqual(both('thaw_requested').toSorted());
    expect(JSON.stringify(desk.logger.lines)).toContain('a channel cannot be told of the freeze');
  });

  describe('that comes while access is being opened', () => {
    it('after everything was looked up: it is not issued', async () => {
      await desk.approved('I1');
      const late = process({
        directory: {
          read: async (policy) => {
            const answer = await desk.deps.directory.read(policy);
            await freeze();
            return answer;
          },
        },
      });
      await desk.perform('grant', 'I1', late);
      expect((await desk.row('I1')).request).toMatchObject({ state: 'closed', outcome: 'refused' });
      expect(desk.role('I1')).toBeUndefined();
    });

    it('after the plan was committed: nothing is written, and what the plan names is ended', async () => {
      await desk.approved('I2');
      const late = process({
        store: {
          ...desk.store,
          withLock: async (...all) => {
            await freeze();
            return desk.store.withLock(...all);
          },
        },
      });
      await desk.perform('grant', 'I2', late);
      expect(desk.role('I2')).toBeUndefined();
      expect((await desk.row('I2')).request).toMatchObject({ state: 'revoking', cause: 'grant_failed' });
      expect(await eventOf('I2', 'grant_failed')).toMatchObject({ why: 'frozen', by: 'Sasha', planned: true });
    });

    it('and a look at it that fails just before the first write: nothing is written, and it is tried again', async () => {
      await desk.approved('I3');
      const blind = process({ store: { ...desk.store, freeze: () => Promise.reject(new Error('no answer')) } });
      await expect(desk.perform('grant', 'I3', blind)).rejects.toThrow('no answer');
      expect(desk.role('I3')).toBeUndefined();
      await desk.perform('grant', 'I3');
      expect(await stateOf('I3')).toBe('active');
    });

    it('at any write to the cloud, before it arrives or after: it is undone, never confirmed', async () => {
      desk.aws.dials.clear();
      const seen = desk.aws.dials.log().length;
      await desk.opened('J0');
      const writes = desk.aws.dials
        .log()
        .slice(seen)
        .filter(({ action }) => /^(Create|Put|Update|Attach|Delete|Tag)/.test(action))
        .map(({ action, params }) => ({
          action,
          ...(params.PolicyName ? { where: { PolicyName: params.PolicyName } } : {}),
        }));
      expect(writes.length).toBeGreaterThanOrEqual(3);
      const points = writes.flatMap((write) => [
        { ...write, kind: 'hold_before' as const },
        { ...write, kind: 'hold_after' as const },
      ]);
      for (const [index, point] of points.entries()) {
        const id = `J${index + 1}`;
        await desk.approved(id);
        desk.aws.dials.add(point);
        const opening = desk.perform('grant', id);
        const [held] = await desk.aws.dials.whenHeld(60_000);
        if (held === undefined) throw new Error(`nothing was held at ${JSON.stringify(point)}`);
        await freeze();
        desk.aws.dials.release(held.id, 'proceed');
        await opening;
        expect([point, await stateOf(id)]).toEqual([point, 'revoking']);
        expect(await desk.eventsOf(id)).not.toContain('access_opened');
        await desk.perform('revoke', id);
        expect(desk.role(id)?.policies.inline['99-revoked']).toBeDefined();
        await thaw();
      }
    });
  });

  describe('of everything', () => {
    /** Open, as far as the rows say, without a cloud: so many at once. */
    async function rowsOpen(ids: readonly string[]): Promise<void> {
      const { installationId } = await desk.store.installation();
      const open = async (id: string): Promise<void> => {
        const steps = storyOf(id);
        const last = steps.findIndex(({ state }) => state === 'active');
        for (const { actor, command } of steps.slice(0, last + 1)) {
          await desk.store.change(id, 'test', (row, now) => {
            const wanted = command(row?.request, now);
            const marked =
              wanted.type === 'issue' && wanted.plan ? { ...wanted, plan: { ...wanted.plan, installationId } } : wanted;
            return accepted(decide(row?.request, marked, actor, okFacts(now), now));
          });
        }
      };
      await Promise.all(ids.map(open));
    }

    it('ends whatever is open or being opened, page by page, and one that fails keeps none of the others', async () => {
      const ids = Array.from({ length: 104 }, (_, index) => `N${String(index).padStart(3, '0')}`);
      await rowsOpen(ids);
      await desk.approved('N-granting');
      const broken = process({
        store: {
          ...desk.store,
          change: (id, ...rest) =>
            id === 'N003' ? Promise.reject(new Error('no row')) : desk.store.change(id, ...rest),
        },
      });
      const frozen = await broken.freeze(person('quinn'), { ...WHY, all: true });
      expect(frozen.ok && (await frozen.followed)).toMatchObject({ failed: 1 });
      const open = async () =>
        (await desk.store.list({ states: ['granting', 'active'], limit: 500 })).map((row) => row.request.details.id);
      expect(await open()).toEqual(['N003']);
      expect((await desk.row('N004')).request).toMatchObject({ state: 'revoking', cause: 'frozen' });
      expect(await eventOf('N004', 'end_requested')).toMatchObject({ cause: 'frozen', why: 'Quinn: a leak' });
      expect((await desk.row('N-granting')).request).toMatchObject({ state: 'closed' });
      // The sweep's turn; it learns where somebody could not be moved, and is then not noted as whole.
      await expect(broken.followFreeze()).rejects.toThrow('1 of the requests could not be moved');
      await desk.broker.followFreeze();
      expect(await open()).toEqual([]);
    });

    it('waits for a queue that does not answer once, not at every row', async () => {
      await rowsOpen(Array.from({ length: 12 }, (_, index) => `Q${index}`));
      let asked = 0;
      const deaf = process({
        schedule: {
          add: () => {
            asked += 1;
            return Promise.reject(new Error('no answer'));
          },
        },
      });
      const frozen = await deaf.freeze(person('sasha'), { ...WHY, all: true });
      expect(frozen.ok && (await frozen.followed)).toMatchObject({ ended: 12, failed: 0 });
      expect(asked).toBeLessThanOrEqual(5);
    });

    it('is ended by the next sweep when whoever froze died before anything else', async () => {
      await desk.opened('C1');
      await desk.store.changeFreeze('operator:root', (current, now) =>
        decideFreeze(current, { type: 'freeze', all: true, reason: '' }, OPERATOR, NO_FACTS, now),
      );
      expect(await stateOf('C1')).toBe('active');
      await desk.broker.followFreeze();
      expect(await stateOf('C1')).toBe('revoking');
      await desk.perform('revoke', 'C1');
      expect(desk.role('C1')?.policies.inline['99-revoked']).toBeDefined();
    });

    it('leaves alone what another installation opened, whose database this one was copied from', async () => {
      await desk.opened('C2');
      const copy = { ...desk.store, installation: async () => ({ installationId: 'f'.repeat(16), copy: undefined }) };
      await freeze();
      await desk.store.changeFreeze('operator:root', (current, now) =>
        decideFreeze(current, { type: 'freeze', all: true, reason: '' }, OPERATOR, NO_FACTS, now),
      );
      await followFreeze({ ...desk.deps, store: copy });
      expect(await stateOf('C2')).toBe('active');
      await desk.broker.followFreeze();
    });
  });
});

describe('an ending that the cloud never confirms (D6, E5)', () => {
  it('is closed after its planned end by two security people, not compliant; the tombstone of what still stands is deleted', async () => {
    /** One attempt, for as long as it takes to hear no. */
    const inVain = async () => {
      const [work] = workFor(await desk.row('T1')).filter(({ name }) => name === 'revoke');
      if (work === undefined) throw new Error('no ending is owed');
      await expect(desk.broker.perform(work, AbortSignal.timeout(500))).rejects.toThrow();
    };
    await desk.opened('T1');
    await desk.broker.end('T1', personActor('riley'));
    desk.aws.dials.add({
      kind: 'fail_before',
      action: 'PutRolePolicy',
      where: { PolicyName: '99-revoked' },
      times: 1000,
    });
    const attest = (name: CastName) =>
      desk.broker.attest('T1', { type: 'person', key: KEYS[name] }, 'I looked: nothing.');
    await inVain();
    expect((await desk.row('T1')).request).toMatchObject({ state: 'revoking', failures: 1 });
    expect(await attest('sasha')).toMatchObject({ refusal: { code: 'not_due' } });

    desk.wait(32 * MINUTE);
    await inVain();
    expect(await attest('avery')).toMatchObject({ refusal: { code: 'not_security' } });
    expect((await attest('sasha')).ok).toBe(true);
    expect(await attest('sasha')).toMatchObject({ refusal: { code: 'already_said' } });
    expect((await attest('quinn')).ok).toBe(true);
    expect((await desk.row('T1')).request).toMatchObject({ state: 'closed', outcome: 'ended_unproven' });
    expect(await desk.eventsOf('T1')).toEqual(expect.arrayContaining(['ending_attested', 'request_closed']));

    desk.aws.dials.clear();
    expect(desk.role('T1')).toBeDefined();
    desk.wait(13 * 60 * MINUTE);
    await desk.perform('delete_tombstone', 'T1');
    expect(desk.role('T1')).toBeUndefined();
    expect(await desk.eventsOf('T1')).toContain('tombstone_deleted');
  });
});
