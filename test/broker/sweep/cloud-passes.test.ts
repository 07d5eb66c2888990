import type { CloudPass } from '../../../src/broker/sweep/clouds.ts';
import { canonical } from '../../../src/core/canonical.ts';
import { Failure } from '../../../src/core/failure.ts';
import { DEFINITIONS } from '../../../src/definitions.ts';
import { applyPolicy } from '../../../src/policy-in-force.ts';
import type { NamedGrant } from '../../../src/ports/cloud-memory.ts';
import type { Provider } from '../../../src/ports/provider.ts';
import type { Store } from '../../../src/ports/store.ts';
import { type CloudSweep, startCloudSweep } from '../../../src/queue/cloud-sweep.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { type CloudDesk, openCloudDesk, soon } from '../../support/cloud-desk.ts';
import { freshDatabase, withClient } from '../../support/database.ts';
import { HOUR, MINUTE } from '../../support/requests.ts';

describe('comparing the clouds with the rows, pass by pass (D2, C6)', () => {
  let sky: CloudDesk;

  beforeAll(async () => {
    sky = await openCloudDesk();
  });
  afterEach(() => sky.tidy());
  afterAll(() => sky.desk.close());

  describe('a pass', () => {
    const processes: CloudSweep[] = [];
    afterEach(() => Promise.all(processes.splice(0).map((one) => one.stop())));
    /** Another process's timer, which never rings by itself here. */
    const aProcess = (): CloudSweep => {
      const { store, broker, logger } = sky.desk;
      const started = startCloudSweep({ store, broker, logger, lookMs: HOUR });
      processes.push(started);
      return started;
    };
    /** The real listing, cut into sky.heard.pages of two; remembers which cursors were asked for. */
    const inTwos = (asked: (string | undefined)[], between: (cursor: string | undefined) => void = () => undefined) => {
      const list: Provider['list'] = async (account, cursor, signal) => {
        asked.push(cursor);
        between(cursor);
        const { objects } = await sky.desk.deps.providers.aws.list(account, undefined, signal);
        const at = Number(cursor ?? 0);
        return { objects: objects.slice(at, at + 2), next: at + 2 < objects.length ? String(at + 2) : undefined };
      };
      return { list };
    };
    const fill = async (ids: readonly string[]): Promise<void> => {
      for (const id of ids) await sky.ghost(id, '0123456789abcdef');
    };

    it('goes on at the page where a killed process left it, and sees each object once', async () => {
      await fill(['P1', 'P2', 'P3']);
      await sky.ghost('P4');
      const dying = new AbortController();
      const asked: (string | undefined)[] = [];
      const kill = (cursor: string | undefined) => {
        if (cursor !== '2') return;
        dying.abort(new Error('killed'));
        throw new Error('killed');
      };
      await expect(sky.sweep(inTwos(asked, kill), { signal: dying.signal })).rejects.toThrow('killed');
      await sky.sweep(inTwos(asked));
      expect(asked.slice(0, 3)).toEqual([undefined, '2', '2']);
      expect(sky.isShut('P4')).toBe(true);
      expect(new Set(asked.slice(3)).size).toBe(asked.length - 3);
      expect(await sky.eventsAbout('bg-p1')).toHaveLength(1);
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
      await sky.sweep(inTwos(asked, forget));
      expect(asked.slice(0, 4)).toEqual([undefined, '2', undefined, '2']);
      expect(await sky.eventsAbout('bg-p7')).toHaveLength(1);
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
        return { name, id: name.toUpperCase(), installationId: undefined, grantId: undefined, ended: false };
      };
      await sky.sweep({ list, inspect });
      await sky.sweep({ list, inspect });
      expect(pages).toHaveLength(20);
      expect(looks).toHaveLength(1000);
      expect(sky.heard.alarms).toEqual([expect.stringContaining('and 990 more')]);
    });

    it('is not made again before its time, and then by one process only', async () => {
      await sky.sweep();
      // A listing that is signed by a clock five minutes behind is asked for twice.
      const isListing = ({ action, outcome }: { action: string; outcome: string }) =>
        action === 'ListRoles' && outcome === 'ok';
      const listings = () => sky.desk.aws.dials.log().filter(isListing).length;
      const before = listings();
      await sky.sweep({}, { everyMs: 5 * MINUTE });
      expect(listings()).toBe(before);
      sky.desk.wait(5 * MINUTE);
      sky.desk.aws.dials.add({ kind: 'hold_before', action: 'ListRoles' });
      const [one, other] = [aProcess(), aProcess()];
      const first = one.pass();
      await sky.desk.aws.dials.whenHeld(60_000);
      expect(await other.pass()).toBe(false);
      sky.desk.aws.dials.releaseAll();
      expect(await first).toBe(true);
      expect(listings()).toBe(before + 1);
    });

    it('is cut off when its process stops, and lets go of its lock', async () => {
      sky.desk.wait(5 * MINUTE);
      sky.desk.aws.dials.add({ kind: 'hold_before', action: 'ListRoles' });
      const stopped = aProcess();
      const pass = stopped.pass();
      await sky.desk.aws.dials.whenHeld(60_000);
      await stopped.stop();
      expect(await pass).toBe(false);
      sky.desk.aws.dials.releaseAll('drop');
      expect(await aProcess().pass()).toBe(true);
    });
  });

  describe('a copy of this database', () => {
    /** Another database with this installation's id and policy, and none of its rows: made before anything was asked. */
    const copied = async (work: (store: Store) => Promise<void>): Promise<void> => {
      const database = await freshDatabase({ copied: true });
      await withClient(database.adminUrl, (admin) =>
        admin.query('UPDATE installation SET installation_id = $1', [sky.installationId]),
      );
      const store = openStore({ definitions: DEFINITIONS, url: database.appUrl, logger: sky.desk.logger });
      const policy = (await sky.desk.store.policyInForce())?.policy;
      if (policy === undefined) throw new Error('no policy');
      await applyPolicy(store, policy, canonical(policy), 'operator:test', undefined);
      try {
        await work(store);
      } finally {
        await store.close();
        await database.drop();
      }
    };

    it('looks at no cloud until somebody says what it is', async () => {
      await copied(async (store) => {
        await sky.ghost('S1');
        const before = sky.desk.aws.dials.log().length;
        await sky.sweep({}, { store });
        expect(sky.desk.aws.dials.log()).toHaveLength(before);
      });
    });

    it('as staging, reports what production opened and touches none of it', async () => {
      await sky.desk.opened('S2');
      await copied(async (store) => {
        await store.adopt('copy', 'operator:test');
        await sky.sweep({}, { store });
        await sky.sweep({}, { store });
        expect(sky.isUntouched('S2')).toBe(true);
        expect(sky.heard.alarms).toEqual([expect.stringMatching(/bg-s2 \(of installation .*touch none/)]);
      });
    });

    /** Roles of ours, with all that they let through. */
    const standingNow = () =>
      sky.desk.aws
        .roles(sky.accountId)
        .filter(({ name }) => name.startsWith('bg-'))
        .map(({ name, policies }) => ({ name, policies }));

    it('as a restored backup that lost many rows, touches nothing and calls people', async () => {
      for (const id of ['M1', 'M2', 'M3']) await sky.desk.opened(id);
      const before = standingNow();
      expect(before.length).toBeGreaterThan(3);
      await copied(async (store) => {
        await store.adopt('moved', 'operator:test');
        await sky.sweep({}, { store });
      });
      expect(standingNow()).toEqual(before);
      expect(sky.heard.alarms).toEqual([
        expect.stringMatching(/I touch none: rows are probably missing, as after a restore/),
      ]);
    });

    it('as a restored backup that lost few rows, closes what they opened', async () => {
      for (const { request } of await sky.desk.store.list({ limit: 100 })) {
        const plan = request.state === 'pending' ? undefined : request.grants[0]?.plan;
        if (plan) await sky.desk.deps.providers.aws.deleteTombstone({ ...plan, cleanUpAt: new Date(0) }, soon());
      }
      await sky.desk.opened('S3');
      await copied(async (store) => {
        await store.adopt('moved', 'operator:test');
        await sky.sweep({}, { store });
      });
      expect(sky.isShut('S3')).toBe(true);
      expect(sky.heard.alarms).toEqual([expect.stringMatching(/bg-s3 .* closed now/)]);
    });
  });

  describe('an account that does not answer about single objects', () => {
    const SILENT = '444455556666';
    /** Says nothing about W1 and W2, in its way; remembers what it was asked. */
    const silent = (say: (signal: AbortSignal) => Promise<never>) => {
      const asked: string[] = [];
      const observe: Provider['observe'] = async (plan, signal) => {
        if (!['bg-w1', 'bg-w2'].includes(plan.name)) return await sky.desk.deps.providers.aws.observe(plan, signal);
        asked.push(plan.name);
        return await say(signal);
      };
      return { asked, observe };
    };
    const unavailable = () => Promise.reject(new Failure('PROVIDER_UNAVAILABLE', 'no answer'));
    const never = (signal: AbortSignal) =>
      new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    /** The desk's store, with W1 and W2 in the account that is silent. */
    const apart = (): Store => {
      const { cloud } = sky.desk.store;
      const there = <T extends NamedGrant>(one: T): T =>
        ['W1', 'W2'].includes(one.requestId) ? { ...one, account: SILENT } : one;
      const missed: typeof cloud.missed = async (...rest) => (await cloud.missed(...rest)).map(there);
      const expectedObjects: typeof cloud.expectedObjects = async (...rest) =>
        (await cloud.expectedObjects(...rest)).map(there);
      return { ...sky.desk.store, cloud: { ...cloud, missed, expectedObjects } };
    };

    it('is asked once in a pass, holds up no other account, and stops no part that comes after', async () => {
      for (const id of ['W1', 'W2', 'W3']) {
        await sky.desk.opened(id);
        await sky.vanish(id);
      }
      await sky.sweep();
      sky.desk.wait(6 * MINUTE);
      await sky.ghost('W4');
      const away = silent(unavailable);
      await sky.sweep({ observe: away.observe }, { store: apart() });
      expect(away.asked).toHaveLength(1);
      expect(await sky.stateOf('W3')).toBe('revoking');
      expect(sky.isShut('W4')).toBe(true);
      const limits: Partial<CloudPass>[] = [{ oneMs: 500 }, { partMs: 2_000 }];
      for (const limit of limits) {
        const hung = silent(never);
        let listed = 0;
        const list: Provider['list'] = (...rest) => {
          listed += 1;
          return sky.desk.deps.providers.aws.list(...rest);
        };
        await sky.sweep({ observe: hung.observe, list }, { store: apart(), ...limit });
        expect([hung.asked.length, listed]).toEqual([1, 1]);
      }
    });
  });

  describe('an account that cannot be listed', () => {
    it('stops no other, and is told of when it fails for the second time in a row', async () => {
      const inForce = await sky.desk.store.policyInForce();
      const [account] = inForce?.policy.accounts ?? [];
      if (inForce === undefined || account === undefined) throw new Error('no policy');
      const brokerRole = 'arn:aws:iam::444455556666:role/breakglass-broker';
      const lost = { ...account, id: '444455556666', brokerRole };
      const policy = { ...inForce.policy, accounts: [lost, account] };
      await applyPolicy(sky.desk.store, policy, canonical(policy), 'operator:test', inForce);
      await sky.ghost('U1');
      await sky.sweep();
      expect(sky.isShut('U1')).toBe(true);
      expect(sky.heard.alarms).toEqual([expect.stringMatching(/bg-u1/)]);
      await sky.sweep();
      await sky.sweep();
      expect(sky.heard.alarms.slice(1)).toEqual([
        expect.stringMatching(/cannot list .* 444455556666 \(PROVIDER_DENIED_US\)/),
      ]);
    });
  });
});
