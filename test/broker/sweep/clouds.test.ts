import { type AwsAccount, awsAccountOf } from '../../../src/clouds/aws/policy/schema.ts';
import type { Provider } from '../../../src/ports/provider.ts';
import { type CloudDesk, openCloudDesk, REVOKED, soon } from '../../support/cloud-desk.ts';
import { HOUR, MINUTE } from '../../support/requests.ts';

describe('comparing the clouds with the rows (D2, C6)', () => {
  let sky: CloudDesk;

  beforeAll(async () => {
    sky = await openCloudDesk();
  });
  afterEach(() => sky.tidy());
  afterAll(() => sky.desk.close());

  describe('ours without a row', () => {
    it('is closed and read back, and security hears of it once', async () => {
      await sky.ghost('G1');
      await sky.sweep();
      await sky.sweep();
      expect(sky.isShut('G1')).toBe(true);
      expect(sky.heard.alarms).toEqual([expect.stringMatching(/bg-g1 in account .* closed now/)]);
      expect(await sky.eventsAbout('bg-g1')).toMatchObject([
        { type: 'orphan_revoked', actor: 'system:cloud-sweep', data: { grantId: 'G1', wasOpen: true } },
      ]);
    });

    it('is closed too where a request of that id exists that was never planned', async () => {
      await sky.desk.approved('G2');
      await sky.ghost('G2');
      await sky.sweep();
      expect(sky.isShut('G2')).toBe(true);
      expect(await sky.stateOf('G2')).toBe('granting');
    });

    it('is left as it is where somebody closed it by hand, and reported', async () => {
      const plan = await sky.ghost('G3');
      await sky.desk.deps.providers.aws.close(plan, soon());
      const before = sky.desk.aws.dials.log().at(-1)?.seq;
      await sky.sweep();
      await sky.sweep();
      const written = sky.desk.aws.dials.log(before).filter(({ action }) => /^(Put|Update|Create|Delete)/.test(action));
      expect(written).toEqual([]);
      expect(sky.heard.alarms).toEqual([expect.stringMatching(/explains bg-g3, .* Nothing gets through/)]);
      expect(await sky.eventsAbout('bg-g3')).toMatchObject([{ type: 'orphan_revoked', data: { wasOpen: false } }]);
    });

    it('is closed and told of anew when somebody opens it again', async () => {
      await sky.ghost('G4');
      await sky.sweep();
      const role = sky.roleOf('G4');
      const { [REVOKED]: _revoked, ...inline } = role.policies.inline;
      role.policies = { ...role.policies, inline };
      await sky.sweep();
      expect(sky.isShut('G4')).toBe(true);
      expect(sky.heard.alarms).toHaveLength(2);
    });

    it('D6: that cannot be closed is said once, and tried by each pass until it is', async () => {
      await sky.ghost('G5');
      const role = sky.roleOf('G5');
      const { boundary } = role.policies;
      // The broker may write policies only to roles that carry their boundary.
      role.policies = { ...role.policies, boundary: undefined };
      await sky.sweep();
      await sky.sweep();
      expect(sky.heard.alarms).toEqual([
        expect.stringMatching(/bg-g5 .*could not close it \(PROVIDER_DENIED_US\).*by hand/),
      ]);
      expect(sky.heard.pages).toEqual([
        expect.objectContaining({ commands: [expect.stringContaining('--role-name bg-g5')] }),
      ]);
      role.policies = { ...role.policies, boundary };
      await sky.sweep();
      expect(sky.isShut('G5')).toBe(true);
      expect(sky.heard.alarms.at(-1)).toMatch(/closed now/);
      expect((await sky.eventsAbout('bg-g5')).map(({ type }) => type)).toEqual(['alarm', 'orphan_revoked']);
    });

    it('is told of once though the process dies between closing and writing it down', async () => {
      await sky.ghost('G6');
      const dying = new AbortController();
      const closeOrphan: Provider['closeOrphan'] = async (...rest) => {
        await sky.desk.deps.providers.aws.closeOrphan(...rest);
        dying.abort(new Error('killed'));
        throw new Error('killed');
      };
      await expect(sky.sweep({ closeOrphan }, { signal: dying.signal })).rejects.toThrow('killed');
      expect(sky.heard.alarms).toEqual([]);
      await sky.sweep();
      await sky.sweep();
      expect(sky.heard.alarms).toEqual([expect.stringMatching(/bg-g6 .* closed now/)]);
      expect(await sky.eventsAbout('bg-g6')).toMatchObject([{ type: 'orphan_revoked', data: { wasOpen: true } }]);
    });

    it('is told of when the chat answers again', async () => {
      await sky.ghost('G7');
      sky.heard.chatDown = true;
      await sky.sweep();
      expect(sky.isShut('G7')).toBe(true);
      sky.heard.chatDown = false;
      await sky.sweep();
      expect(sky.heard.alarms).toEqual([expect.stringMatching(/bg-g7 /)]);
    });

    it('is not closed when its plan is there by the time that it would be', async () => {
      await sky.desk.approved('G9');
      await sky.ghost('G9');
      let looks = 0;
      const inspect: Provider['inspect'] = async (...rest) => {
        looks += 1;
        // The second look is the one before closing. The opening itself fails: the name is taken.
        if (looks === 2) await sky.desk.perform('grant', 'G9').catch(() => undefined);
        return await sky.desk.deps.providers.aws.inspect(...rest);
      };
      await sky.sweep({ inspect });
      await sky.sweep();
      expect(sky.isUntouched('G9')).toBe(true);
      expect(sky.heard.alarms).toEqual([]);
    });

    it('is never what was opened while the cloud was being listed: the rows are asked afterwards', async () => {
      const list: Provider['list'] = async (...rest) => {
        await sky.desk.opened('G8');
        return await sky.desk.deps.providers.aws.list(...rest);
      };
      await sky.sweep({ list });
      expect(sky.isUntouched('G8')).toBe(true);
      expect(sky.heard.alarms).toEqual([]);
    });
  });

  describe('what is not ours', () => {
    it('is reported once and never touched, whether it carries another installation id or none', async () => {
      await sky.ghost('F1', '0123456789abcdef');
      await sky.ghost('F2');
      const unmarked = sky.roleOf('F2');
      const { tags } = unmarked.policies;
      unmarked.policies = { ...unmarked.policies, tags: [] };
      await sky.sweep();
      await sky.sweep();
      expect([sky.isUntouched('F1'), sky.isUntouched('F2')]).toEqual([true, true]);
      expect(sky.heard.alarms).toEqual([
        expect.stringMatching(
          /bg-f1 \(of installation 0123456789abcdef\), bg-f2 \(without an installation id\).*touch none/,
        ),
      ]);
      expect(await sky.eventsAbout('bg-f1')).toHaveLength(1);
      unmarked.policies = { ...unmarked.policies, tags };
    });

    it('is never what was ours and closed, though it may not be read any more: nothing is told again', async () => {
      await sky.ghost('F4');
      await sky.sweep();
      const inspect: Provider['inspect'] = (account, name, signal) =>
        sky.desk.deps.providers.aws.inspect(
          { ...awsAccountOf(account), externalId: 'not-the-right-one' } as AwsAccount,
          name,
          signal,
        );
      await sky.sweep({ inspect });
      await sky.sweep();
      expect(sky.heard.alarms).toEqual([expect.stringMatching(/bg-f4 .* closed now/)]);
      expect((await sky.eventsAbout('bg-f4')).map(({ type }) => type)).toEqual(['orphan_revoked']);
    });

    it('is what may not even be read: reported once, left alone, and looked at again until it may', async () => {
      await sky.ghost('F3');
      const inspect: Provider['inspect'] = (account, name, signal) =>
        sky.desk.deps.providers.aws.inspect(
          { ...awsAccountOf(account), externalId: 'not-the-right-one' } as AwsAccount,
          name,
          signal,
        );
      await sky.sweep({ inspect });
      await sky.sweep({ inspect });
      expect(sky.heard.alarms).toEqual([expect.stringMatching(/bg-f3 \(without an installation id\)/)]);
      expect(sky.isUntouched('F3')).toBe(true);
      await sky.sweep();
      expect(sky.isShut('F3')).toBe(true);
    });
  });

  describe('more than three of ours', () => {
    it('stop it: none is touched and people are called once, until few are left', async () => {
      const plans = [];
      for (const id of ['T1', 'T2', 'T3', 'T4']) plans.push(await sky.ghost(id));
      await sky.sweep();
      await sky.sweep();
      expect(['T1', 'T2', 'T3', 'T4'].every(sky.isUntouched)).toBe(true);
      expect(sky.heard.alarms).toEqual([expect.stringMatching(/More than 3 roles .* I touch none.* I did not read/)]);
      expect((await sky.eventsAbout('bg-t1')).map(({ type }) => type)).toEqual(['cloud_sweep_stopped']);
      expect(sky.heard.pages).toEqual([expect.objectContaining({ key: `${sky.installationId}/cloud-sweep` })]);
      const [manualCommands, gone] = plans;
      if (manualCommands === undefined || gone === undefined) throw new Error('no plans');
      // One that somebody closed says as well that rows are missing; one that is gone does not.
      await sky.desk.deps.providers.aws.close(manualCommands, soon());
      await sky.sweep();
      expect(['T2', 'T3', 'T4'].every(sky.isUntouched)).toBe(true);
      await sky.desk.deps.providers.aws.deleteTombstone(gone, soon());
      await sky.sweep();
      expect(['T1', 'T3', 'T4'].map(sky.isShut)).toEqual([true, true, true]);
      expect(sky.heard.alarms).toHaveLength(4);
      expect(sky.heard.resolved).toEqual([`${sky.installationId}/cloud-sweep`]);
    });

    it('call people until somebody is reached, and anew where it was over and comes back at once', async () => {
      sky.desk.wait(6 * MINUTE);
      const four = () => Promise.all(['U1', 'U2', 'U3', 'U4'].map((id) => sky.ghost(id)));
      const plans = await four();
      sky.heard.nobodyThere = true;
      await sky.sweep();
      await sky.sweep();
      expect(sky.heard.pages).toEqual([]);
      sky.heard.nobodyThere = false;
      await sky.sweep();
      await sky.sweep();
      expect(sky.heard.pages).toHaveLength(1);
      for (const plan of plans) await sky.desk.deps.providers.aws.deleteTombstone(plan, soon());
      await sky.sweep();
      expect(sky.heard.resolved).toEqual([`${sky.installationId}/cloud-sweep`]);
      await four();
      await sky.sweep();
      sky.desk.wait(6 * MINUTE);
      await sky.sweep();
      await sky.sweep();
      expect(sky.heard.pages).toHaveLength(2);
      expect(['U1', 'U2', 'U3', 'U4'].every(sky.isUntouched)).toBe(true);
    });
  });

  it('explains no role by a request whose tombstone is deleted: who makes it anew finds it closed', async () => {
    await sky.desk.opened('B1');
    await sky.desk.broker.end('B1', { type: 'operator', name: 'test' });
    await sky.desk.perform('revoke', 'B1');
    sky.desk.wait(13 * HOUR);
    await sky.desk.perform('verify_sessions', 'B1');
    await sky.desk.perform('delete_tombstone', 'B1');
    await sky.ghost('B1');
    await sky.sweep();
    expect(sky.isShut('B1')).toBe(true);
  });

  describe('open access', () => {
    it('that a listing leaves out is read by name, and nothing happens', async () => {
      sky.desk.aws.dials.setListLag(HOUR);
      await sky.desk.opened('L1');
      for (let minutes = 0; minutes < 18; minutes += 6) {
        await sky.sweep();
        sky.desk.wait(6 * MINUTE);
      }
      expect(await sky.stateOf('L1')).toBe('active');
      expect(sky.heard.alarms).toEqual([]);
    });

    it('is lost only after two looks by name five minutes apart, with a closed role in its place, and its ending is proven', async () => {
      await sky.desk.opened('L2');
      const plan = await sky.vanish('L2');
      await sky.sweep();
      sky.desk.wait(4 * MINUTE);
      await sky.sweep();
      expect(await sky.stateOf('L2')).toBe('active');
      expect(sky.desk.role('L2')).toBeUndefined();
      sky.desk.wait(MINUTE);
      await sky.sweep();
      expect((await sky.desk.row('L2')).request).toMatchObject({ state: 'revoking', cause: 'lost' });
      expect(sky.isShut('L2')).toBe(true);
      // Whoever was late with opening it meets the closed role.
      await expect(sky.desk.deps.providers.aws.open(plan, soon())).rejects.toThrow('PROVIDER_CONFLICT');
      expect(await sky.desk.eventsOf('L2')).toContain('access_lost');
      await sky.desk.perform('revoke', 'L2');
      sky.desk.wait(5 * MINUTE);
      await sky.desk.perform('verify_sessions', 'L2');
      expect((await sky.desk.row('L2')).request).toMatchObject({ state: 'closed', outcome: 'ended' });
    });

    it('that is there again at the second look was never lost, and a later miss counts anew', async () => {
      await sky.desk.opened('L3');
      const plan = await sky.vanish('L3');
      await sky.sweep();
      // Not listed yet: only the read by name shows it.
      sky.desk.aws.dials.setListLag(HOUR);
      await sky.desk.deps.providers.aws.open(plan, soon());
      sky.desk.wait(6 * MINUTE);
      await sky.sweep();
      await sky.vanish('L3');
      await sky.sweep();
      expect(await sky.stateOf('L3')).toBe('active');
      sky.desk.wait(6 * MINUTE);
      await sky.sweep();
      expect(await sky.stateOf('L3')).toBe('revoking');
    });

    it('stays as it is while the closed role cannot be written', async () => {
      await sky.desk.opened('L4');
      await sky.vanish('L4');
      await sky.sweep();
      sky.desk.wait(6 * MINUTE);
      sky.desk.aws.dials.add({ kind: 'fail_before', action: 'CreateRole', times: 100 });
      await sky.sweep();
      expect(await sky.stateOf('L4')).toBe('active');
      sky.desk.aws.dials.clear();
      await sky.sweep();
      expect(await sky.stateOf('L4')).toBe('revoking');
    });

    it.each([
      ['the process dies', 'L6', true],
      ['something fails', 'L7', false],
    ])('D5: is recorded as lost though %s between barring it and telling its row', async (_what, id, dies) => {
      await sky.desk.opened(id);
      await sky.vanish(id);
      await sky.sweep();
      sky.desk.wait(6 * MINUTE);
      const dying = new AbortController();
      const close: Provider['close'] = async (...rest) => {
        await sky.desk.deps.providers.aws.close(...rest);
        if (dies) dying.abort(new Error('killed'));
        throw new Error('cut off');
      };
      const cut = sky.sweep({ close }, { signal: dying.signal });
      await (dies ? expect(cut).rejects.toThrow('killed') : cut);
      expect([await sky.stateOf(id), sky.isShut(id)]).toEqual(['active', true]);
      // What the next listing shows is the closed role that took the name.
      await sky.sweep({ observe: () => Promise.reject(new Error('not now')) });
      expect(await sky.stateOf(id)).toBe('active');
      await sky.sweep();
      expect((await sky.desk.row(id)).request).toMatchObject({ state: 'revoking', cause: 'lost' });
      expect(await sky.desk.eventsOf(id)).toContain('access_lost');
    });

    it('that somebody closed by hand is neither lost nor an orphan: its row ends it', async () => {
      await sky.desk.opened('L5');
      const { request } = await sky.desk.row('L5');
      const plan = request.state === 'active' ? request.grants[0]?.plan : undefined;
      if (plan === undefined) throw new Error('not open');
      await sky.desk.deps.providers.aws.close(plan, soon());
      await sky.sweep();
      sky.desk.wait(6 * MINUTE);
      await sky.sweep();
      expect(await sky.stateOf('L5')).toBe('active');
      expect(sky.heard.alarms).toEqual([]);
    });
  });
});
