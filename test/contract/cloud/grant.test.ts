import { canonical } from '../../../src/core/canonical.ts';
import type { Plan } from '../../../src/core/request/request.ts';
import { echoTerms } from '../../adapters/echo-cloud/inputs.ts';
import { terms as awsTerms } from '../../clouds/aws/inputs.ts';
import { CLOUDS_UNDER_TEST } from './clouds.ts';
import { codeOf, given, soon } from './given.ts';

describe.each(CLOUDS_UNDER_TEST)('a cloud: $name', (cloud) => {
  const on = given(cloud);

  describe('what it says of itself', () => {
    it('is the same in its definition, its provider and its plans', () => {
      const { definition, provider, account } = on.rig;
      const { target, details } = on.rig.order(0);
      const { terms } = details;
      const plan = on.plan();
      expect([definition.name, provider.cloud, target.provider, account.provider]).toEqual(
        Array.from({ length: 4 }, () => plan.provider),
      );
      const said = definition.capabilities(terms);
      expect([said.nativeEnd, said.propagationSeconds]).toEqual([plan.nativeEnd, plan.propagationSeconds]);
      expect(said.propagationSeconds).toBeGreaterThanOrEqual(definition.floors.propagationSeconds);
      expect(plan.cleanUpAt.getTime()).toBeGreaterThanOrEqual(plan.plannedEnd.getTime());
      expect(definition.lintAccount(account)).toEqual([]);
      expect(definition.lintRole(terms.role, terms.account)).toEqual([]);
      expect(definition.describe(terms.role).allows).not.toBe('');
      expect(definition.endpoints({})).toEqual([]);
      expect(definition.principal.safeParse(target.principal).success).toBe(true);
      expect(definition.principal.safeParse({ kind: 'nobody' }).success).toBe(false);
    });

    it('says what to type and what to run in the place of an ending, without a secret', () => {
      const plan = on.plan();
      const said = JSON.stringify([on.rig.provider.usage(plan), on.rig.provider.manualCommands(plan), plan.hashes]);
      expect(on.rig.provider.manualCommands(plan)).toContain(plan.name);
      expect(on.rig.provider.orphanCommands(plan.name)).toContain(plan.name);
      for (const secret of on.rig.secrets) expect(said).not.toContain(secret);
    });
  });

  it('makes the same plan of the same order, down to the byte, in any process', () => {
    const order = on.rig.order(0);
    const plans = [on.rig.provider, on.rig.another()].map((provider) => provider.plan(order));
    expect(canonical(plans[0])).toBe(canonical(plans[1]));
  });

  it('opens and ends from a plan as a store gives it back', async () => {
    const plan = on.plan();
    const { plannedEnd, cleanUpAt, ...rest } = JSON.parse(JSON.stringify(plan)) as Plan;
    const kept = { ...rest, plannedEnd: new Date(plannedEnd), cleanUpAt: new Date(cleanUpAt) };
    await on.rig.another().open(kept, soon());
    expect(await on.observed(plan)).toMatchObject({ open: true });
    await on.rig.another().close(kept, soon());
    expect(await on.observed(plan)).toMatchObject({ ended: true });
  });

  describe('granting (C1, D1)', () => {
    it('lets nobody in before, the named person while it is open, and nobody after', async () => {
      const plan = on.plan();
      expect(await on.observed(plan)).toMatchObject({ found: false, open: false, altered: [] });
      expect(await on.isLetIn(plan)).toBe(false);
      await on.rig.provider.open(plan, soon(), true);
      expect(await on.observed(plan)).toMatchObject({
        found: true,
        open: true,
        ended: false,
        pastEnd: false,
        nativeEndIntact: true,
        altered: [],
      });
      expect(await on.isLetIn(plan)).toBe(true);
      expect(await on.rig.enter(plan, 'stranger')).toBeUndefined();
      await on.rig.provider.close(plan, soon());
      expect(await on.isLetIn(plan)).toBe(false);
    });

    it('writes nothing when all of it stands, from this process or another', async () => {
      const plan = await on.opened();
      const mark = on.rig.mark();
      await on.rig.provider.open(plan, soon());
      await on.rig.another().open(plan, soon());
      expect(on.rig.writes(mark)).toEqual([]);
    });

    it('by two processes at once is granting once', async () => {
      const plan = on.plan();
      await Promise.all([on.rig.provider.open(plan, soon()), on.rig.another().open(plan, soon())]);
      expect(await on.observed(plan)).toMatchObject({ open: true });
    });

    it.each([
      ['another installation id', { installationId: 'another-installation' }],
      ['another end', { seconds: 7200 }],
    ])('does not take over what carries %s', async (_what, change) => {
      const theirs = await on.opened(change);
      const ours = on.later(1800);
      expect(ours.name).toBe(theirs.name);
      const before = on.rig.standing(theirs.name);
      expect(await codeOf(on.rig.provider.open(ours, soon()))).toBe('PROVIDER_CONFLICT');
      expect(on.rig.standing(theirs.name)).toEqual(before);
    });

    it('opens nothing more on what somebody gave more rights, and says how it differs (C4)', async () => {
      const plan = await on.opened();
      await on.rig.alter(plan);
      expect(await codeOf(on.rig.provider.open(plan, soon()))).toBe('PROVIDER_CONFLICT');
      const seen = await on.observed(plan);
      expect(seen).toMatchObject({ found: true, open: false, ended: false });
      expect(seen.altered.map(({ part }) => part)).toEqual(['permissions']);
    });
  });

  describe('reading the target before', () => {
    it('says how far its clock is, that there is room, and that nothing changed; and writes nothing', async () => {
      const { target, details } = on.rig.order(0);
      const mark = on.rig.mark();
      on.rig.setClock(3_600_000);
      const reading = await on.rig.another().read(target, details.terms, soon());
      expect(Math.round(reading.offsetMs / 60_000)).toBe(60);
      expect(reading.room.length).toBeGreaterThan(0);
      for (const { used, quota } of reading.room) expect(used).toBeLessThan(quota);
      expect(reading.changedDefinitions).toEqual([]);
      expect(on.rig.writes(mark)).toEqual([]);
    });

    it('names what was pinned and changed since; nothing opens by it, and it shows on what is open (C4)', async () => {
      const open = await on.opened();
      await on.rig.changeDefinition();
      const { target, details } = on.rig.order(0);
      expect((await on.rig.provider.read(target, details.terms, soon())).changedDefinitions).toHaveLength(1);
      expect(await codeOf(on.rig.provider.open(on.plan(), soon()))).toBe('PINNED_POLICY_CHANGED');
      expect((await on.observed(open)).altered.map(({ part }) => part)).toEqual(['definition']);
    });

    it('refuses the terms of another account, and another cloud’s', async () => {
      const { target, details } = on.rig.order(0);
      const elsewhere = { ...target, account: 'elsewhere' };
      expect(await codeOf(on.rig.provider.read(elsewhere, details.terms, soon()))).toBe('PROVIDER_REFUSED');
      const others = [echoTerms(), awsTerms()].find(({ role }) => role.provider !== cloud.name) ?? details.terms;
      const there = { ...target, account: others.account.id };
      expect(await codeOf(on.rig.provider.read(there, others, soon()))).toBe('PROVIDER_REFUSED');
      const order = { ...on.rig.order(0), details: { ...details, terms: others } };
      expect(await codeOf((async () => on.rig.provider.plan(order))())).toBe('PROVIDER_REFUSED');
    });
  });

  describe('two grants at once', () => {
    it('live beside each other and end separately', async () => {
      const first = await on.opened();
      const second = await on.opened();
      expect([await on.isLetIn(first), await on.isLetIn(second)]).toEqual([true, true]);
      await on.rig.provider.close(first, soon());
      expect([await on.isLetIn(first), await on.isLetIn(second)]).toEqual([false, true]);
    });

    it('of one person for one role: each its own object, or the second is refused and the first not touched (C6)', async () => {
      const key = 4000;
      const first = await on.opened({ key });
      const second = on.plan({ key });
      const { target, details } = on.rig.order(0, { key });
      const { heldAs } = await on.rig.provider.read(target, details.terms, soon());
      expect(heldAs).toBe(cloud.isOnePerKey ? first.name : undefined);
      const before = on.rig.standing(first.name);
      const opening = await codeOf(on.rig.provider.open(second, soon()));
      expect(opening).toBe(cloud.isOnePerKey ? 'PROVIDER_CONFLICT' : 'allowed');
      await on.rig.provider.close(second, soon());
      expect(await on.observed(second)).toMatchObject({ ended: true });
      expect(on.rig.standing(first.name)).toEqual(before);
      expect(await on.isLetIn(first)).toBe(true);
      await on.rig.provider.close(first, soon());
      // Free again.
      const third = await on.opened({ key });
      expect(await on.isLetIn(third)).toBe(true);
    });
  });
});
