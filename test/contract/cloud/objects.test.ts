import type { Plan } from '../../../src/core/request/request.ts';
import type { CloudObject } from '../../../src/ports/provider.ts';
import { CLOUDS_UNDER_TEST } from './clouds.ts';
import { codeOf, given, soon } from './given.ts';
import { ALWAYS } from './rig.ts';

describe.each(CLOUDS_UNDER_TEST)('a cloud: $name', (cloud) => {
  const on = given(cloud);
  const [firstEnding] = cloud.ending;
  if (firstEnding === undefined) throw new Error('an ending writes something');

  const inspect = (name: string) => on.rig.provider.inspect(on.rig.account, name, soon());
  const orphanOf = (plan: Plan) => ({
    name: plan.name,
    id: on.rig.standing(plan.name)?.id ?? '',
    installationId: plan.installationId,
  });
  const closeOrphan = (orphan: CloudObject & { readonly installationId: string }, by = on.rig.provider) =>
    by.closeOrphan(on.rig.account, orphan, soon());

  async function listed(): Promise<readonly CloudObject[]> {
    const all: CloudObject[] = [];
    let cursor: string | undefined;
    do {
      const { objects, next } = await on.rig.provider.list(on.rig.account, cursor, soon());
      all.push(...objects);
      cursor = next;
    } while (cursor !== undefined);
    return all;
  }

  describe('listing what stands in our place (D2)', () => {
    it('shows each object once over all pages, whoever made it, and none that was deleted', async () => {
      const plans: Plan[] = [];
      for (let made = 0; made < 7; made += 1) plans.push(await on.opened());
      const gone = await on.opened();
      await on.rig.deleteByHand(gone);
      await on.rig.foreign('bg-by-hand');
      const names = (await listed()).map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      expect(names).toEqual(expect.arrayContaining([...plans.map(({ name }) => name), 'bg-by-hand']));
      expect(names).not.toContain(gone.name);
      for (const { name, id } of await listed()) expect(id).toBe(on.rig.standing(name)?.id);
    });

    it('refuses a cursor that is none, so that the listing can begin anew', async () => {
      const call = on.rig.provider.list(on.rig.account, 'from another age', soon());
      expect(await codeOf(call)).toBe('PROVIDER_REFUSED');
    });

    it('knows this process, and says that another cloud’s accounts are not its own', async () => {
      expect(await on.rig.provider.identity([on.rig.account], soon())).toBe(true);
      const elsewhere = { ...on.rig.account, provider: 'elsewhere' };
      expect(await on.rig.provider.identity([elsewhere], soon())).toBe(false);
    });
  });

  it('says of one whose it is, for which grant, and that it is open; of what an ending left, that it is not', async () => {
    const plan = await on.opened();
    const { name, id, installationId } = orphanOf(plan);
    expect(await inspect(name)).toEqual({ name, id, installationId, grantId: plan.grantId, ended: false });
    await on.rig.provider.close(plan, soon());
    expect((await inspect(name))?.ended ?? true).toBe(true);
    expect(await inspect('bg-none')).toBeUndefined();
  });

  describe('closing one without a plan (D2, C6)', () => {
    it('stops every session and lets nobody in any more', async () => {
      const plan = await on.opened();
      const session = await on.rig.enter(plan);
      await closeOrphan(orphanOf(plan));
      expect(await on.rig.may(session)).toBe(false);
      expect(await on.isLetIn(plan)).toBe(false);
      expect((await inspect(plan.name))?.ended ?? true).toBe(true);
    });

    it('may be done twice, and from two processes', async () => {
      const plan = await on.opened();
      const orphan = orphanOf(plan);
      await Promise.all([closeOrphan(orphan), closeOrphan(orphan, on.rig.another())]);
      await closeOrphan(orphan);
      expect(await on.isLetIn(plan)).toBe(false);
    });

    it('touches nothing of another installation, nor another object under the name, nor what carries no id', async () => {
      const theirs = await on.opened({ installationId: 'another-installation' });
      const before = on.rig.standing(theirs.name);
      const installationId = on.rig.order(0).installationId;
      expect(await codeOf(closeOrphan({ ...orphanOf(theirs), installationId }))).toBe('PROVIDER_CONFLICT');
      expect(await codeOf(closeOrphan({ ...orphanOf(theirs), id: 'another-id' }))).toBe('PROVIDER_CONFLICT');
      expect(on.rig.standing(theirs.name)).toEqual(before);
      await on.rig.foreign('bg-plumber');
      const plumber = on.rig.standing('bg-plumber');
      if (plumber === undefined) throw new Error('nobody let the plumber in');
      expect(await inspect('bg-plumber')).toMatchObject({ installationId: undefined, ended: false });
      const call = closeOrphan({ name: plumber.name, id: plumber.id, installationId });
      expect(await codeOf(call)).toBe('PROVIDER_CONFLICT');
      expect(on.rig.standing('bg-plumber')).toEqual(plumber);
    });

    it('is not done while the cloud refuses it, and is by the next try', async () => {
      const plan = await on.opened();
      const orphan = orphanOf(plan);
      on.rig.fault('throttle', firstEnding, ALWAYS);
      expect(await codeOf(closeOrphan(orphan))).toBe('PROVIDER_THROTTLED');
      await on.rig.calm();
      await closeOrphan(orphan);
      expect(await on.isLetIn(plan)).toBe(false);
    });
  });
});
