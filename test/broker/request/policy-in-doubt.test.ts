import { broker } from '../../../src/broker/broker.ts';
import { digestOf } from '../../../src/core/canonical.ts';
import type { Policy } from '../../../src/core/policy/policy.ts';
import { applyPolicy } from '../../../src/policy-in-force.ts';
import { withClient } from '../../support/database.ts';
import { type Desk, openDesk } from '../../support/desk.ts';
import { type CastName, KEYS, MINUTE } from '../../support/requests.ts';

/** What only opening may be asked of; an attacker with the app's database role puts it in force (findings, 1 #4). */
const requesterAlone = (policy: Policy): Policy => ({
  ...policy,
  channels: { slack: { default: 'C0EVIL', security: 'C0EVIL' } },
  zones: {
    ...policy.zones,
    B: { ...policy.zones.B, approvals: [{ who: 'requester', name: 'me', assurance: 'chat' }] },
  },
});

describe('a policy that the log does not explain opens nothing at any moment, and keeps nothing open (B4)', () => {
  let desk: Desk;
  let good: Policy;
  beforeAll(async () => {
    desk = await openDesk();
    const inForce = await desk.store.policyInForce();
    if (inForce === undefined) throw new Error('no policy');
    good = { ...inForce.policy, security: { teams: ['security'], page: [] } };
    await applyPolicy(desk.store, good, '', 'operator:test', inForce);
  });
  afterEach(async () => {
    desk.aws.dials.clear();
    await withClient(desk.database.adminUrl, async (admin) => {
      await admin.query('SET session_replication_role = replica');
      await admin.query('DELETE FROM policies WHERE number > 2');
    });
    expect((await desk.store.policyInForce())?.doubt).toBeUndefined();
  });
  afterAll(() => desk.close());

  const insert = (policy: unknown = requesterAlone(good)) =>
    withClient(desk.database.appUrl, (app) =>
      app.query(
        `INSERT INTO policies (number, digest, policy, document, applied_at, applied_by)
         VALUES (3, $1, $2, '', now(), 'operator:test')`,
        [digestOf(policy), JSON.stringify(policy)],
      ),
    );
  const person = (name: CastName) => ({ type: 'person', key: KEYS[name] }) as const;
  const off = { ok: false, refusal: { code: 'opening_off', detail: { because: expect.stringMatching(/policy 3/) } } };
  const stateOf = async (id: string) => (await desk.row(id)).request.state;

  it.each<[string, () => Policy]>([
    ['another one', () => requesterAlone(good)],
    ['the same content', () => good],
  ])('asking, approving and asking for more time: %s inserted with the role of the app', async (what, policy) => {
    const id = what.slice(0, 1).toUpperCase();
    await desk.opened(`${id}1`);
    const { digest } = (await desk.ask(`${id}2`)).request.details;
    await insert(policy());
    await expect(desk.ask(`${id}3`)).rejects.toThrow('opening_off');
    expect(await desk.broker.approve(`${id}2`, person('avery'), digest)).toMatchObject(off);
    const { request } = await desk.row(`${id}1`);
    const more = { minutes: 30, digest: request.details.digest };
    expect(await desk.broker.extend(`${id}1`, person('riley'), more)).toMatchObject(off);
    // Ending asks none of it.
    expect((await desk.broker.deny(`${id}2`, person('avery'), 'no')).ok).toBe(true);
    expect((await desk.broker.end(`${id}1`, person('riley'))).ok).toBe(true);
    await desk.perform('revoke', `${id}1`);
    expect(await desk.eventsOf(`${id}1`)).toContain('access_removed');
  });

  it('opening, before the plan and after it', async () => {
    await desk.approved('O1');
    await desk.approved('O2');
    desk.aws.dials.add({ kind: 'fail_before', action: 'CreateRole', times: 20 });
    await expect(desk.perform('grant', 'O2')).rejects.toThrow('PROVIDER_UNAVAILABLE');
    desk.aws.dials.clear();
    expect(await desk.eventsOf('O2')).toContain('access_planned');
    await insert();
    await desk.perform('grant', 'O1');
    expect((await desk.row('O1')).request).toMatchObject({ state: 'closed', outcome: 'refused' });
    await expect(desk.perform('grant', 'O2')).rejects.toThrow('no event in the log put policy 3 in force');
    expect([desk.role('O1'), desk.role('O2')]).toEqual([undefined, undefined]);
    desk.wait(5 * MINUTE);
    await desk.perform('grant', 'O2');
    expect(await stateOf('O2')).toBe('revoking');
  });

  it('more time, before the plan and after it', async () => {
    const approved = async (id: string) => {
      const { request } = await desk.opened(id);
      await desk.broker.extend(id, person('riley'), { minutes: 30, digest: request.details.digest });
      const { request: asked } = await desk.row(id);
      const { digest } = (asked.state === 'active' && asked.extension) || { digest: '' };
      expect((await desk.broker.approve(id, person('avery'), digest)).ok).toBe(true);
    };
    await approved('M1');
    await approved('M2');
    desk.aws.dials.add({ kind: 'fail_before', action: 'TagRole', times: 20 });
    await expect(desk.perform('extend', 'M2')).rejects.toThrow('PROVIDER_UNAVAILABLE');
    desk.aws.dials.clear();
    await insert();
    await desk.perform('extend', 'M1');
    expect(await desk.eventsOf('M1')).toContain('extension_failed');
    await expect(desk.perform('extend', 'M2')).rejects.toThrow('no event in the log put policy 3 in force');
    expect(await desk.eventsOf('M2')).not.toContain('access_extended');
  });

  it('is said once an episode, in the channel of the policy that the log explains, until it was heard', async () => {
    const alarms: string[] = [];
    let down = true;
    const watching = broker({
      ...desk.deps,
      announce: {
        ...desk.deps.announce,
        page: async () => false,
        alarm: async (text) => {
          if (down) throw new Error('Slack is away');
          const channel = (await desk.store.policyInForce())?.policy.channels.slack?.security;
          alarms.push(`${channel}: ${text}`);
          return true;
        },
      },
    });
    await insert();
    await watching.notifyAgain();
    down = false;
    for (let pass = 0; pass < 3; pass += 1) await watching.notifyAgain();
    expect(alarms).toEqual([
      expect.stringMatching(
        /^C0SECURITY: Nothing is opened, since no event in the log put policy 3 in force\. Endings go on/,
      ),
    ]);
    await withClient(desk.database.adminUrl, async (admin) => {
      await admin.query('SET session_replication_role = replica');
      await admin.query('DELETE FROM policies WHERE number > 2');
    });
    await watching.notifyAgain();
    await insert();
    await watching.notifyAgain();
    expect(alarms).toHaveLength(2);
  });
});
