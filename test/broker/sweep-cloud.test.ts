import type { BrokerDeps } from '../../src/broker/deps.ts';
import { sweepCloud } from '../../src/broker/sweep-cloud.ts';
import { canonical } from '../../src/core/canonical.ts';
import { Failure } from '../../src/core/failure.ts';
import type { Plan } from '../../src/core/request.ts';
import type { Role as CloudRole } from '../../src/demo/aws/accounts.ts';
import type { Provider } from '../../src/ports/provider.ts';
import { type CloudSweep, startCloudSweep } from '../../src/queue/cloud-sweep.ts';
import { openStore } from '../../src/store/open-store.ts';
import { freshDatabase, withClient } from '../support/database.ts';
import { type Desk, openDesk } from '../support/desk.ts';
import { HOUR, MINUTE } from '../support/requests.ts';

const REVOKED = '99-revoked';
const soon = (): AbortSignal => AbortSignal.timeout(20_000);

describe('comparing the clouds with the rows (D2, C6)', () => {
  let desk: Desk;
  let mark: string;
  let accountId: string;
  let alarms: string[];
  let chatDown = false;

  beforeAll(async () => {
    desk = await openDesk();
    ({ mark } = await desk.store.installation());
    accountId = (await desk.ask('TEMPLATE')).request.ask.terms.account.id;
  });
  beforeEach(() => {
    alarms = [];
    chatDown = false;
  });
  afterEach(async () => {
    desk.aws.dials.clear();
    desk.aws.dials.setListLag(0);
    // What one test left standing is not the next one's.
    for (const plan of ghosts.splice(0)) await desk.deps.providers.aws.bury(plan, soon());
    await sweep();
  });
  afterAll(() => desk.close());

  const ghosts: Plan[] = [];
  /** A pass by a process that nobody else knows of; `change` replaces parts of the provider. */
  const sweep = (
    change: Partial<Provider> = {},
    { signal = soon(), store = desk.store, everyMs = 0 } = {},
  ): Promise<void> => {
    const aws = { ...desk.deps.providers.aws, ...change };
    const alarm = async (text: string) => {
      if (chatDown) throw new Error('the chat does not answer');
      alarms.push(text);
    };
    const deps: BrokerDeps = { ...desk.deps, store, providers: { aws }, announce: { ...desk.deps.announce, alarm } };
    return sweepCloud(deps, { everyMs, signal });
  };
  /** An open role that no request asked for; its end is long past, so that it can be buried when the test is over. */
  const ghost = async (grantId: string, madeBy = mark): Promise<Plan> => {
    const { request } = await desk.row('TEMPLATE');
    const { ask } = request;
    const { role, account } = ask.terms;
    const person = desk.dials.directory.people.find(({ id }) => id === 'riley');
    if (person?.aws === undefined) throw new Error('Riley has no AWS identity');
    const plan = desk.deps.providers.aws.plan({
      grantId,
      mark: madeBy,
      head: 'a'.repeat(64),
      plannedEnd: new Date((await desk.store.clock.now()).getTime() - 13 * HOUR),
      offsetMs: 0,
      target: { provider: role.provider, account: account.id, principal: person.aws },
      ask,
      approvers: [],
    });
    await desk.deps.providers.aws.open(plan, soon());
    ghosts.push(plan);
    return plan;
  };
  const standing = (id: string): CloudRole => {
    const role = desk.role(id);
    if (role === undefined) throw new Error(`there is no role for ${id}`);
    return role;
  };
  const isShut = (id: string): boolean => {
    const { inline, trust } = standing(id).policies;
    return inline[REVOKED] !== undefined && trust.includes('"Deny"') && !trust.includes('"Allow"');
  };
  const isUntouched = (id: string): boolean => standing(id).policies.inline[REVOKED] === undefined;
  const systemEvents = async (type: string) =>
    (await desk.store.events('system')).filter((event) => event.type === type);
  const eventsAbout = async (name: string) =>
    (await desk.store.events('system')).filter(({ data }) => JSON.stringify(data).includes(name));
  /** Somebody deletes a role by hand. */
  const vanish = async (id: string): Promise<Plan> => {
    const { request } = await desk.row(id);
    const plan = request.state === 'active' ? request.grants[0]?.plan : undefined;
    if (plan === undefined) throw new Error(`request ${id} is not open`);
    await desk.deps.providers.aws.bury({ ...plan, plannedEnd: new Date(0) }, soon());
    return plan;
  };
  const stateOf = async (id: string): Promise<string> => (await desk.row(id)).request.state;

  describe('ours without a row', () => {
    it('is closed and read back, and security hears of it once', async () => {
      await ghost('G1');
      await sweep();
      await sweep();
      expect(isShut('G1')).toBe(true);
      expect(alarms).toEqual([expect.stringMatching(/bg-g1 in account .* I closed it/)]);
      expect(await eventsAbout('bg-g1')).toMatchObject([
        { type: 'stray_revoked', actor: 'system:cloud-sweep', data: { grantId: 'G1', wasOpen: true } },
      ]);
    });

    it('is closed too where a request of that id exists that was never planned', async () => {
      await desk.approved('G2');
      await ghost('G2');
      await sweep();
      expect(isShut('G2')).toBe(true);
      expect(await stateOf('G2')).toBe('granting');
    });

    it('is left as it is where somebody closed it by hand, and reported', async () => {
      const plan = await ghost('G3');
      await desk.deps.providers.aws.close(plan, soon());
      const before = desk.aws.dials.log().length;
      await sweep();
      const written = desk.aws.dials.log(before).filter(({ action }) => /^(Put|Update|Create|Delete)/.test(action));
      expect(written.map(({ action }) => action)).toEqual(['PutRolePolicy', 'UpdateAssumeRolePolicy']);
      expect(alarms).toEqual([expect.stringMatching(/bg-g3 .* closed already/)]);
    });

    it('is closed and told of anew when somebody opens it again', async () => {
      await ghost('G4');
      await sweep();
      const role = standing('G4');
      const { [REVOKED]: _revoked, ...inline } = role.policies.inline;
      role.policies = { ...role.policies, inline };
      await sweep();
      expect(isShut('G4')).toBe(true);
      expect(alarms).toHaveLength(2);
    });

    it('D6: that cannot be closed is said once, and tried by each pass until it is', async () => {
      await ghost('G5');
      const fail = () => desk.aws.dials.add({ kind: 'fail_before', action: 'PutRolePolicy', times: 100 });
      fail();
      await sweep();
      await sweep();
      expect(alarms).toEqual([expect.stringMatching(/bg-g5 .*could not close it \(PROVIDER_UNAVAILABLE\).*by hand/)]);
      desk.aws.dials.clear();
      await sweep();
      expect(isShut('G5')).toBe(true);
      expect(alarms.at(-1)).toMatch(/I closed it/);
      expect((await eventsAbout('bg-g5')).map(({ type }) => type)).toEqual(['alarm', 'stray_revoked']);
    });

    it('is told of once though the process dies between closing and writing it down', async () => {
      await ghost('G6');
      const dying = new AbortController();
      const closeStray: Provider['closeStray'] = async (...rest) => {
        await desk.deps.providers.aws.closeStray(...rest);
        dying.abort(new Error('killed'));
        throw new Error('killed');
      };
      await expect(sweep({ closeStray }, { signal: dying.signal })).rejects.toThrow('killed');
      expect(alarms).toEqual([]);
      await sweep();
      await sweep();
      expect(alarms).toEqual([expect.stringMatching(/bg-g6 .* I closed it/)]);
      expect(await eventsAbout('bg-g6')).toMatchObject([{ type: 'stray_revoked', data: { wasOpen: true } }]);
    });

    it('is told of when the chat answers again', async () => {
      await ghost('G7');
      chatDown = true;
      await sweep();
      expect(isShut('G7')).toBe(true);
      chatDown = false;
      await sweep();
      expect(alarms).toEqual([expect.stringMatching(/bg-g7 /)]);
    });

    it('is not touched while its plan is being committed after the cloud was listed', async () => {
      const open = await desk.opened('G8');
      expect(open.request.state).toBe('active');
      await sweep();
      expect(isUntouched('G8')).toBe(true);
      expect(alarms).toEqual([]);
    });
  });

  describe('what is not ours', () => {
    it('is reported once and never touched, whether it carries another mark or none', async () => {
      await ghost('F1', '0123456789abcdef');
      await ghost('F2');
      const unmarked = standing('F2');
      const { tags } = unmarked.policies;
      unmarked.policies = { ...unmarked.policies, tags: [] };
      await sweep();
      await sweep();
      expect([isUntouched('F1'), isUntouched('F2')]).toEqual([true, true]);
      expect(alarms).toEqual([
        expect.stringMatching(/bg-f1 \(of installation 0123456789abcdef\), bg-f2 \(without a mark\).*touch none/),
      ]);
      expect(await eventsAbout('bg-f1')).toHaveLength(1);
      unmarked.policies = { ...unmarked.policies, tags };
    });

    it('is reported and left alone where it may not even be read', async () => {
      await ghost('F3', '0123456789abcdef');
      const inspect: Provider['inspect'] = (account, name, signal) =>
        desk.deps.providers.aws.inspect({ ...account, externalId: 'not-the-right-one' }, name, signal);
      await sweep({ inspect });
      expect(alarms).toEqual([expect.stringMatching(/bg-f3 \(without a mark\)/)]);
    });
  });

  describe('more than three of ours', () => {
    it('stop it: none is touched and people are called once, until few are left', async () => {
      const plans = [];
      for (const id of ['T1', 'T2', 'T3', 'T4']) plans.push(await ghost(id));
      const stopped = (await systemEvents('cloud_sweep_stopped')).length;
      await sweep();
      await sweep();
      expect(['T1', 'T2', 'T3', 'T4'].every(isUntouched)).toBe(true);
      expect(alarms).toEqual([expect.stringMatching(/More than 3 roles .* I touch none/)]);
      expect(await systemEvents('cloud_sweep_stopped')).toHaveLength(stopped + 1);
      const [first] = plans;
      if (first === undefined) throw new Error('no plan');
      await desk.deps.providers.aws.bury(first, soon());
      await sweep();
      expect(['T2', 'T3', 'T4'].map(isShut)).toEqual([true, true, true]);
      expect(alarms).toHaveLength(4);
    });
  });

  describe('open access', () => {
    it('that a listing leaves out is read by name, and nothing happens', async () => {
      desk.aws.dials.setListLag(HOUR);
      await desk.opened('L1');
      for (let minutes = 0; minutes < 18; minutes += 6) {
        await sweep();
        desk.wait(6 * MINUTE);
      }
      expect(await stateOf('L1')).toBe('active');
      expect(alarms).toEqual([]);
    });

    it('is lost only after two looks by name five minutes apart, with a closed role in its place, and its ending is proven', async () => {
      await desk.opened('L2');
      const plan = await vanish('L2');
      await sweep();
      desk.wait(5 * MINUTE - 1000);
      await sweep();
      expect(await stateOf('L2')).toBe('active');
      expect(desk.role('L2')).toBeUndefined();
      desk.wait(1000);
      await sweep();
      expect((await desk.row('L2')).request).toMatchObject({ state: 'revoking', cause: 'lost' });
      expect(isShut('L2')).toBe(true);
      // Whoever was late with opening it meets the closed role.
      await expect(desk.deps.providers.aws.open(plan, soon())).rejects.toThrow('PROVIDER_CONFLICT');
      expect(await desk.eventsOf('L2')).toContain('access_lost');
      await desk.perform('revoke', 'L2');
      desk.wait(5 * MINUTE);
      await desk.perform('prove', 'L2');
      expect((await desk.row('L2')).request).toMatchObject({ state: 'closed', outcome: 'ended' });
    });

    it('that is there again at the second look was never lost, and a later miss counts anew', async () => {
      await desk.opened('L3');
      const plan = await vanish('L3');
      await sweep();
      await desk.deps.providers.aws.open(plan, soon());
      desk.wait(6 * MINUTE);
      await sweep();
      await vanish('L3');
      await sweep();
      expect(await stateOf('L3')).toBe('active');
      desk.wait(6 * MINUTE);
      await sweep();
      expect(await stateOf('L3')).toBe('revoking');
    });

    it('stays as it is while the closed role cannot be written', async () => {
      await desk.opened('L4');
      await vanish('L4');
      await sweep();
      desk.wait(6 * MINUTE);
      desk.aws.dials.add({ kind: 'fail_before', action: 'CreateRole', times: 100 });
      await sweep();
      expect(await stateOf('L4')).toBe('active');
      desk.aws.dials.clear();
      await sweep();
      expect(await stateOf('L4')).toBe('revoking');
    });

    it('that somebody closed by hand is neither lost nor a stray: its row ends it', async () => {
      await desk.opened('L5');
      const { request } = await desk.row('L5');
      const plan = request.state === 'active' ? request.grants[0]?.plan : undefined;
      if (plan === undefined) throw new Error('not open');
      await desk.deps.providers.aws.close(plan, soon());
      await sweep();
      desk.wait(6 * MINUTE);
      await sweep();
      expect(await stateOf('L5')).toBe('active');
      expect(alarms).toEqual([]);
    });
  });

  describe('a pass', () => {
    const processes: CloudSweep[] = [];
    afterEach(() => Promise.all(processes.splice(0).map((one) => one.stop())));
    /** Another process's timer, which never rings by itself here. */
    const aProcess = (): CloudSweep => {
      const { store, broker, logger } = desk;
      const started = startCloudSweep({ store, broker, logger, lookMs: HOUR });
      processes.push(started);
      return started;
    };
    /** The real listing, cut into pages of two; remembers which cursors were asked for. */
    const inTwos = (asked: (string | undefined)[], between: (cursor: string | undefined) => void = () => undefined) => {
      const list: Provider['list'] = async (account, cursor, signal) => {
        asked.push(cursor);
        between(cursor);
        const { objects } = await desk.deps.providers.aws.list(account, undefined, signal);
        const at = Number(cursor ?? 0);
        return { objects: objects.slice(at, at + 2), next: at + 2 < objects.length ? String(at + 2) : undefined };
      };
      return { list };
    };
    const fill = async (ids: readonly string[]): Promise<void> => {
      for (const id of ids) await ghost(id, '0123456789abcdef');
    };

    it('goes on at the page where a killed process left it, and sees each object once', async () => {
      await fill(['P1', 'P2', 'P3']);
      await ghost('P4');
      const dying = new AbortController();
      const asked: (string | undefined)[] = [];
      const kill = (cursor: string | undefined) => {
        if (cursor !== '2') return;
        dying.abort(new Error('killed'));
        throw new Error('killed');
      };
      await expect(sweep(inTwos(asked, kill), { signal: dying.signal })).rejects.toThrow('killed');
      await sweep(inTwos(asked));
      expect(asked.slice(0, 3)).toEqual([undefined, '2', '2']);
      expect(isShut('P4')).toBe(true);
      expect(new Set(asked.slice(3)).size).toBe(asked.length - 3);
      expect(await eventsAbout('bg-p1')).toHaveLength(1);
    });

    it('begins an account anew whose cursor the cloud has forgotten', async () => {
      await fill(['P5', 'P6', 'P7']);
      const asked: (string | undefined)[] = [];
      let forgotten = false;
      const forget = (cursor: string | undefined) => {
        if (cursor === undefined || forgotten) return;
        forgotten = true;
        throw new Failure('PROVIDER_REFUSED', 'Invalid Marker.');
      };
      await sweep(inTwos(asked, forget));
      expect(asked.slice(0, 4)).toEqual([undefined, '2', undefined, '2']);
      expect(await eventsAbout('bg-p7')).toHaveLength(1);
    });

    it('holds a page of a thousand objects at a time, looks at each once, and tells of all of them in one message', async () => {
      const pages: number[] = [];
      const looks: string[] = [];
      const list: Provider['list'] = async (_account, cursor) => {
        const at = Number(cursor ?? 0);
        pages.push(at);
        const objects = Array.from({ length: 100 }, (_, index) => ({ name: `x${at + index}`, id: `X${at + index}` }));
        return { objects, next: at + 100 < 1000 ? String(at + 100) : undefined };
      };
      const inspect: Provider['inspect'] = async (_account, name) => {
        looks.push(name);
        return { name, id: name.toUpperCase(), mark: undefined, grantId: undefined, revoked: false };
      };
      await sweep({ list, inspect });
      await sweep({ list, inspect });
      expect(pages).toHaveLength(20);
      expect(looks).toHaveLength(1000);
      expect(alarms).toEqual([expect.stringContaining('and 990 more')]);
    });

    it('is not made again before its time, and then by one process only', async () => {
      await sweep();
      // A listing that is signed by a clock five minutes behind is asked for twice.
      const isListing = ({ action, outcome }: { action: string; outcome: string }) =>
        action === 'ListRoles' && outcome === 'ok';
      const listings = () => desk.aws.dials.log().filter(isListing).length;
      const before = listings();
      await sweep({}, { everyMs: 5 * MINUTE });
      expect(listings()).toBe(before);
      desk.wait(5 * MINUTE);
      desk.aws.dials.add({ kind: 'hold_before', action: 'ListRoles' });
      const [one, other] = [aProcess(), aProcess()];
      const first = one.pass();
      await desk.aws.dials.whenHeld(5_000);
      expect(await other.pass()).toBe(false);
      desk.aws.dials.releaseAll();
      expect(await first).toBe(true);
      expect(listings()).toBe(before + 1);
    });

    it('is cut off when its process stops, and lets go of its lock', async () => {
      desk.wait(5 * MINUTE);
      desk.aws.dials.add({ kind: 'hold_before', action: 'ListRoles' });
      const stopped = aProcess();
      const pass = stopped.pass();
      await desk.aws.dials.whenHeld(5_000);
      await stopped.stop();
      expect(await pass).toBe(false);
      desk.aws.dials.releaseAll('drop');
      expect(await aProcess().pass()).toBe(true);
    });
  });

  describe('a copy of this database', () => {
    /** Another database with this installation's mark and policy, and none of its rows: made before anything was asked. */
    const copied = async (work: (store: Desk['store']) => Promise<void>): Promise<void> => {
      const database = await freshDatabase({ copied: true });
      await withClient(database.adminUrl, (admin) => admin.query('UPDATE installation SET mark = $1', [mark]));
      const store = openStore({ url: database.appUrl, logger: desk.logger });
      const policy = (await desk.store.policyInForce())?.policy;
      if (policy === undefined) throw new Error('no policy');
      await store.applyPolicy(policy, canonical(policy), 'operator:test', 0, { type: 'policy_changed', data: {} });
      try {
        await work(store);
      } finally {
        await store.close();
        await database.drop();
      }
    };

    it('looks at no cloud until somebody says what it is', async () => {
      await copied(async (store) => {
        await ghost('S1');
        const before = desk.aws.dials.log().length;
        await sweep({}, { store });
        expect(desk.aws.dials.log()).toHaveLength(before);
      });
    });

    it('as staging, reports what production opened and touches none of it', async () => {
      await desk.opened('S2');
      await copied(async (store) => {
        await store.adopt('copy', 'operator:test');
        await sweep({}, { store });
        await sweep({}, { store });
        expect(isUntouched('S2')).toBe(true);
        expect(alarms).toEqual([expect.stringMatching(/bg-s2 \(of installation .*touch none/)]);
      });
    });

    /** Roles of ours, with all that they let through. */
    const standingNow = () =>
      desk.aws
        .roles(accountId)
        .filter(({ name }) => name.startsWith('bg-'))
        .map(({ name, policies }) => ({ name, policies }));

    it('as a restored backup that lost many rows, touches nothing and calls people', async () => {
      const before = standingNow();
      expect(before.length).toBeGreaterThan(3);
      await copied(async (store) => {
        await store.adopt('moved', 'operator:test');
        await sweep({}, { store });
      });
      expect(standingNow()).toEqual(before);
      expect(alarms).toEqual([expect.stringMatching(/I touch none: rows are probably missing, as after a restore/)]);
    });

    it('as a restored backup that lost few rows, closes what they opened', async () => {
      for (const { request } of await desk.store.list({ limit: 100 })) {
        const plan = request.state === 'pending' ? undefined : request.grants[0]?.plan;
        if (plan) await desk.deps.providers.aws.bury({ ...plan, plannedEnd: new Date(0) }, soon());
      }
      await desk.opened('S3');
      await copied(async (store) => {
        await store.adopt('moved', 'operator:test');
        await sweep({}, { store });
      });
      expect(isShut('S3')).toBe(true);
      expect(alarms).toEqual([expect.stringMatching(/bg-s3 .* I closed it/)]);
    });
  });

  describe('an account that cannot be listed', () => {
    it('stops no other, and is told of when it fails for the second time in a row', async () => {
      const inForce = await desk.store.policyInForce();
      const [account] = inForce?.policy.accounts ?? [];
      if (inForce === undefined || account === undefined) throw new Error('no policy');
      const brokerRole = 'arn:aws:iam::444455556666:role/breakglass-broker';
      const lost = { ...account, id: '444455556666', brokerRole };
      const policy = { ...inForce.policy, accounts: [lost, account] };
      const applied = { type: 'policy_changed', data: {} } as const;
      await desk.store.applyPolicy(policy, canonical(policy), 'operator:test', inForce.number, applied);
      await ghost('U1');
      await sweep();
      expect(isShut('U1')).toBe(true);
      expect(alarms).toEqual([expect.stringMatching(/bg-u1/)]);
      await sweep();
      await sweep();
      expect(alarms.slice(1)).toEqual([expect.stringMatching(/cannot list .* 444455556666 \(PROVIDER_DENIED_US\)/)]);
    });
  });
});
