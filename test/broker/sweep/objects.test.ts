import type { Plan } from '../../../src/core/request/request.ts';
import type { Role as CloudRole } from '../../../src/demo/aws/accounts.ts';
import type { Provider } from '../../../src/ports/provider.ts';
import { type CloudDesk, openCloudDesk, REVOKED, soon } from '../../support/cloud-desk.ts';
import { HOUR, KEYS, MINUTE } from '../../support/requests.ts';

const OPERATOR = { type: 'operator', name: 'test' } as const;

describe('what should stand in the clouds as we left it (C4, D3)', () => {
  let sky: CloudDesk;

  beforeAll(async () => {
    sky = await openCloudDesk();
  });
  afterEach(async () => {
    for (const id of open.splice(0)) await end(id);
    await sky.tidy();
  });
  afterAll(() => sky.desk.close());

  const open: string[] = [];
  const opened = async (id: string): Promise<CloudRole> => {
    await sky.desk.opened(id);
    open.push(id);
    return sky.roleOf(id);
  };
  /** From open to closed, by both proofs. */
  const end = async (id: string): Promise<void> => {
    await sky.desk.broker.end(id, OPERATOR);
    await sky.desk.perform('revoke', id);
    sky.desk.wait(5 * MINUTE);
    await sky.desk.perform('verify_sessions', id);
  };
  const closed = async (id: string): Promise<CloudRole> => {
    await sky.desk.opened(id);
    await end(id);
    return sky.roleOf(id);
  };
  const alarmsOf = async (id: string) =>
    (await sky.desk.store.events(`request/${id}`)).filter(({ type }) => type === 'alarm').map(({ data }) => data);
  const alteredIn = async (id: string) => (await alarmsOf(id)).map(({ altered }) => altered);
  const put = (role: CloudRole, name: string, document: string) => {
    role.policies = { ...role.policies, inline: { ...role.policies.inline, [name]: document } };
  };
  const ALLOW = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}';
  const planOf = async (id: string): Promise<Plan> => {
    const { request } = await sky.desk.row(id);
    const plan = request.state === 'pending' ? undefined : request.grants[0]?.plan;
    if (plan === undefined) throw new Error(`${id} has no plan`);
    return plan;
  };

  describe('open access', () => {
    it('is not written to while it is what was opened', async () => {
      await opened('W1');
      const { version } = await sky.desk.row('W1');
      await sky.sweep();
      expect((await sky.desk.row('W1')).version).toBe(version);
    });

    it('that somebody changed is told once for each part, stays open, and says so until its end', async () => {
      const role = await opened('W2');
      put(role, 'extra', ALLOW);
      await sky.sweep();
      await sky.sweep();
      expect(await alteredIn('W2')).toEqual([[{ part: 'permissions', name: 'extra' }]]);
      role.policies = { ...role.policies, trust: ALLOW };
      await sky.sweep();
      expect(await alteredIn('W2')).toEqual([[{ part: 'permissions', name: 'extra' }], [{ part: 'entry' }]]);
      const grants = [{ altered: [{ part: 'permissions', name: 'extra' }, { part: 'entry' }] }];
      expect((await sky.desk.row('W2')).request).toMatchObject({ state: 'active', grants });
      await sky.desk.broker.end('W2', OPERATOR);
      expect((await sky.desk.row('W2')).request).toMatchObject({ state: 'revoking', grants });
      await sky.desk.perform('revoke', 'W2');
      open.length = 0;
      sky.desk.wait(5 * MINUTE);
      await sky.desk.perform('verify_sessions', 'W2');
    });

    it('is not told to differ by one stale read', async () => {
      await opened('W3');
      let looks = 0;
      const observe: Provider['observe'] = async (...rest) => {
        looks += 1;
        const seen = await sky.desk.deps.providers.aws.observe(...rest);
        return looks === 1 ? { ...seen, altered: [{ part: 'end' }] } : seen;
      };
      await sky.sweep({ observe });
      expect(looks).toBe(2);
      expect(await alarmsOf('W3')).toEqual([]);
    });

    it('is not told to differ while more time is written to it, nor when it is there', async () => {
      await opened('W4');
      const { details } = (await sky.desk.row('W4')).request;
      await sky.desk.broker.extend('W4', { type: 'person', key: KEYS.riley }, { minutes: 15, digest: details.digest });
      const { request } = await sky.desk.row('W4');
      const digest = request.state === 'active' ? (request.extension?.digest ?? '') : '';
      await sky.desk.broker.approve('W4', { type: 'person', key: KEYS.avery }, digest);
      // Tags and permissions are written, the trust is not.
      sky.desk.aws.dials.add({ kind: 'fail_before', action: 'UpdateAssumeRolePolicy', times: 20 });
      await expect(sky.desk.perform('extend', 'W4')).rejects.toThrow('PROVIDER_UNAVAILABLE');
      await sky.sweep();
      expect(await alarmsOf('W4')).toEqual([]);
      put(sky.roleOf('W4'), 'extra', ALLOW);
      await sky.sweep();
      expect(await alteredIn('W4')).toEqual([[{ part: 'permissions', name: 'extra' }]]);
      const { extra: _extra, ...inline } = sky.roleOf('W4').policies.inline;
      sky.roleOf('W4').policies = { ...sky.roleOf('W4').policies, inline };
      sky.desk.aws.dials.clear();
      await sky.desk.perform('extend', 'W4');
      await sky.sweep();
      expect(await alarmsOf('W4')).toHaveLength(1);
    });

    it('past its end is not told to be shut: the row only does not know of it yet', async () => {
      await opened('W5');
      await sky.desk.deps.providers.aws.close(await planOf('W5'), soon());
      sky.desk.wait(31 * MINUTE);
      await sky.sweep();
      expect(await alarmsOf('W5')).toEqual([]);
    });
  });

  /** Everything that lets somebody in again, or leaves the name to whoever is late. */
  const UNDONE: Readonly<Record<string, (role: CloudRole) => void | Promise<void>>> = {
    'its Deny is deleted': (role) => {
      const { [REVOKED]: _revoked, ...inline } = role.policies.inline;
      role.policies = { ...role.policies, inline };
    },
    'its Deny is rewritten': (role) => put(role, REVOKED, ALLOW),
    'its trust lets somebody in': (role) => {
      role.policies = { ...role.policies, trust: role.policies.trust.replace('"Deny"', '"Allow"') };
    },
    'it is deleted': async (role) => {
      const id = role.name.replace('bg-', '').toUpperCase();
      await sky.desk.deps.providers.aws.deleteTombstone({ ...(await planOf(id)), cleanUpAt: new Date(0) }, soon());
    },
  };

  describe('a tombstone', () => {
    it.each(Object.entries(UNDONE))('is closed again where %s, and its request stays closed', async (what, undo) => {
      const id = `T1-${what.replace(/\W/g, '').toUpperCase()}`;
      await undo(await closed(id));
      await sky.sweep();
      await sky.sweep();
      expect(sky.isShut(id)).toBe(true);
      expect(await alarmsOf(id)).toEqual([expect.objectContaining({ what: 'closed_again', grantId: id })]);
      expect((await sky.desk.row(id)).request).toMatchObject({ state: 'closed', outcome: 'ended' });
      expect(sky.heard.pages).toEqual([]);
    });

    it('D6: that cannot be closed pages people, with what they can run, until it is', async () => {
      const role = await closed('T2');
      const { boundary } = role.policies;
      put(role, REVOKED, ALLOW);
      // The broker may write policies only to roles that carry their boundary.
      role.policies = { ...role.policies, boundary: undefined };
      await sky.sweep();
      expect(sky.heard.pages).toEqual([
        expect.objectContaining({ commands: [expect.stringContaining('--role-name bg-t2')] }),
      ]);
      expect(await alarmsOf('T2')).toEqual([]);
      role.policies = { ...role.policies, boundary };
      await sky.sweep();
      expect(sky.isShut('T2')).toBe(true);
      expect(sky.heard.resolved).toEqual([`${sky.installationId}/cloud-tombstones`]);
      expect(await alarmsOf('T2')).toHaveLength(1);
    });

    it('is left to its deletion from shortly before that is due', async () => {
      await closed('T3');
      const { plannedEnd } = await planOf('T3');
      sky.desk.wait(plannedEnd.getTime() + 12 * HOUR - 5 * MINUTE - (await sky.desk.store.clock.now()).getTime());
      await UNDONE['it is deleted']?.(sky.roleOf('T3'));
      await sky.sweep();
      expect(sky.desk.role('T3')).toBeUndefined();
      expect(await alarmsOf('T3')).toEqual([]);
    });

    it('of another installation is not touched', async () => {
      put(await closed('T4'), REVOKED, ALLOW);
      const { store } = sky.desk;
      const other = {
        ...store,
        installation: async () => ({ ...(await store.installation()), installationId: 'a-copy' }),
      };
      await sky.sweep({}, { store: other });
      expect(sky.isShut('T4')).toBe(true);
      expect(sky.roleOf('T4').policies.inline[REVOKED]).toBe(ALLOW);
    });
  });

  it('is looked at in turn: a pass that is cut off is gone on with, and the next begins anew', async () => {
    for (const id of ['Z1', 'Z2', 'Z3']) await closed(id);
    const looked: string[] = [];
    const isEnded: Provider['isEnded'] = async (plan, signal) => {
      looked.push(plan.grantId);
      return await sky.desk.deps.providers.aws.isEnded(plan, signal);
    };
    await sky.desk.store.cloud.noteWatched('Z1');
    await sky.sweep({ isEnded });
    expect(looked).toEqual(['Z2', 'Z3']);
    await sky.sweep({ isEnded });
    expect(looked.slice(2)).toEqual(expect.arrayContaining(['Z1', 'Z2', 'Z3']));
  });
});
