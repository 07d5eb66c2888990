import { until } from '../../support/until.ts';
import { CLOUDS_UNDER_TEST } from './clouds.ts';
import { codeOf, given, soon } from './given.ts';
import { HOLDS, nameOf, PASSING } from './rig.ts';

const LONG_AGO_SECONDS = -13 * 3600;

describe.each(CLOUDS_UNDER_TEST)('a cloud: $name', (cloud) => {
  const on = given(cloud);
  const endings = cloud.ending.map((step) => ({ step, at: nameOf(step) }));
  const openings = cloud.opening.map((step) => ({ step, at: nameOf(step) }));

  describe('ending (D2, D3)', () => {
    it('stops a session that is out, lets nobody in again, and says what it read back as it was planned', async () => {
      const plan = await on.opened();
      const session = await on.rig.enter(plan);
      expect(await on.rig.may(session)).toBe(true);
      const news: unknown[] = [];
      const closed = await on.rig.provider.close(plan, soon(), (early) => news.push(early));
      expect(Object.keys(closed.hashes)).not.toEqual([]);
      expect(plan.hashes).toMatchObject(closed.hashes);
      expect(news).toEqual([closed]);
      expect(await on.rig.may(session)).toBe(false);
      expect(await on.isLetIn(plan)).toBe(false);
      expect(await on.observed(plan)).toMatchObject({ open: false, ended: true });
      expect(await on.rig.provider.isEnded(plan, soon())).toBe(true);
    });

    it('can be done twice, from a second process, and at once', async () => {
      const plan = await on.opened();
      const [first, second] = await Promise.all([
        on.rig.provider.close(plan, soon()),
        on.rig.another().close(plan, soon()),
      ]);
      expect([second, await on.rig.another().close(plan, soon())]).toEqual([first, first]);
    });

    it('needs nothing to stand: what was never opened, or deleted by hand, is ended', async () => {
      const never = on.plan();
      await on.rig.provider.close(never, soon());
      const gone = await on.opened();
      await on.rig.deleteByHand(gone);
      expect(await on.observed(gone)).toMatchObject({ found: false, open: false });
      await on.rig.provider.close(gone, soon());
      for (const plan of [never, gone]) expect(await on.observed(plan)).toMatchObject({ open: false, ended: true });
    });

    it('asks nobody whose it is: another installation’s id on it holds nothing up', async () => {
      const plan = await on.opened({ installationId: 'another-installation' });
      const ours = on.later(1800);
      expect(ours.name).toBe(plan.name);
      await on.rig.provider.close(ours, soon());
      expect(await on.isLetIn(plan)).toBe(false);
    });

    it('that somebody takes back shows, and is made again', async () => {
      const plan = await on.opened();
      await on.rig.provider.close(plan, soon());
      on.rig.reopenByHand(plan);
      expect(await on.rig.provider.isEnded(plan, soon())).toBe(false);
      expect(await on.observed(plan)).toMatchObject({ ended: false });
      await on.rig.provider.close(plan, soon());
      expect(await on.isLetIn(plan)).toBe(false);
    });

    it('is told of only when it was read back: what was answered, and stands open again, is not ended (D3)', async () => {
      const plan = await on.opened();
      for (const step of cloud.ending.slice(0, 2)) on.rig.fault('hold_after', step);
      const news: unknown[] = [];
      const closing = codeOf(on.rig.another().close(plan, soon(), (early) => news.push(early)));
      await until(() => on.rig.held() === Math.min(2, cloud.ending.length), 'every write of the ending to be done');
      on.rig.reopenByHand(plan);
      on.rig.releaseAll();
      expect([await closing, news]).toEqual(['READ_BACK_DIFFERS', []]);
      await on.rig.provider.close(plan, soon());
      expect(await on.isLetIn(plan)).toBe(false);
    });

    it.each(endings.flatMap((one) => PASSING.map((kind) => ({ ...one, kind }))))(
      'rides over a stumble: $kind at $at',
      async ({ kind, step }) => {
        const plan = await on.opened();
        on.rig.fault(kind, step);
        await on.rig.provider.close(plan, soon());
        expect(await on.observed(plan)).toMatchObject({ ended: true, open: false });
        on.rig.checkEnded?.(plan);
        expect(await on.isLetIn(plan)).toBe(false);
      },
    );

    it.each(endings.flatMap((one) => HOLDS.map((kind) => ({ ...one, kind }))))(
      'of a process that dies at $kind $at is finished by another',
      async ({ kind, step }) => {
        const plan = await on.opened();
        on.rig.fault(kind, step);
        const dying = new AbortController();
        const died = codeOf(on.rig.another().close(plan, dying.signal));
        await on.rig.whenHeld();
        dying.abort();
        await died;
        on.rig.releaseAll(true);
        await on.rig.provider.close(plan, soon());
        const nativeEndIntact = plan.nativeEnd === 'exact';
        expect(await on.observed(plan)).toMatchObject({ ended: true, nativeEndIntact });
        on.rig.checkEnded?.(plan);
        expect(await on.isLetIn(plan)).toBe(false);
      },
    );
  });

  describe('an opener that comes after the ending', () => {
    it.each(openings)(
      'held at $at opens nothing that a look does not find and an ending not take away',
      async ({ step }) => {
        const plan = on.plan();
        on.rig.fault('hold_before', step);
        const opening = codeOf(on.rig.another().open(plan, soon()));
        await on.rig.whenHeld();
        await on.rig.provider.close(plan, soon());
        on.rig.releaseAll();
        const opened = await opening;
        const isEnded = await on.rig.provider.isEnded(plan, soon());
        if (cloud.isFenced) expect([opened, isEnded]).toEqual(['PROVIDER_CONFLICT', true]);
        // Never is it open while a look says that it ended.
        expect(await on.isLetIn(plan)).toBe(!isEnded);
        await on.rig.provider.close(plan, soon());
        expect(await on.observed(plan)).toMatchObject({ ended: true, open: false });
        expect(await on.isLetIn(plan)).toBe(false);
      },
    );

    it('begins anew: it is stopped, or what it opens shows', async () => {
      const plan = on.plan();
      await on.rig.provider.close(plan, soon());
      const opened = await codeOf(on.rig.another().open(plan, soon()));
      expect(opened).toBe(cloud.isFenced ? 'PROVIDER_CONFLICT' : 'allowed');
      expect(await on.rig.provider.isEnded(plan, soon())).toBe(cloud.isFenced);
      await on.rig.provider.close(plan, soon());
      expect(await on.isLetIn(plan)).toBe(false);
    });

    it('after its end opens nothing that the cloud does not end', async () => {
      const plan = on.plan({ seconds: -60 });
      await codeOf(on.rig.another().open(plan, soon()));
      on.rig.nativeEndPasses();
      expect(await on.isLetIn(plan)).toBe(false);
    });
  });

  it('ends by itself, with nobody alive, as its plan promises: exactly, or some time after (D1)', async () => {
    const plan = await on.opened({ seconds: 900 });
    const session = await on.rig.enter(plan);
    on.rig.setClock(901_000);
    // A provider of its own: a client may keep what it learnt of a clock.
    expect(await on.observed(plan, on.rig.another())).toMatchObject({ pastEnd: true, nativeEndIntact: true });
    expect(await on.rig.may(session)).toBe(plan.nativeEnd === 'scheduled');
    on.rig.nativeEndPasses();
    expect(await on.rig.may(session)).toBe(false);
    expect(await on.rig.enter(plan)).toBeUndefined();
    expect(await on.observed(plan, on.rig.another())).toMatchObject({ pastEnd: true });
  });

  it('tells that the end is past by its own clock and the end as written there', async () => {
    // Planned when the cloud was seen an hour ahead: by our own clock the end was half an hour ago.
    const plan = on.plan({ seconds: -1800, offsetMs: 3_600_000 });
    expect(await on.observed(plan, on.rig.another())).toMatchObject({ pastEnd: false });
    on.rig.setClock(3_600_000);
    expect(await on.observed(plan, on.rig.another())).toMatchObject({ pastEnd: true });
  });

  describe('what an ending left', () => {
    it('stays until the plan lets it go', async () => {
      const plan = await on.opened();
      await on.rig.provider.close(plan, soon());
      const before = on.rig.standing(plan.name);
      expect(await codeOf(on.rig.provider.deleteTombstone(plan, soon()))).toBe('PROVIDER_REFUSED');
      expect(on.rig.standing(plan.name)).toEqual(before);
    });

    it('is deleted then, and found done the second time', async () => {
      const plan = on.plan({ seconds: LONG_AGO_SECONDS });
      await on.rig.provider.close(plan, soon());
      await on.rig.provider.deleteTombstone(plan, soon());
      await on.rig.another().deleteTombstone(plan, soon());
      expect(on.rig.standing(plan.name)).toBeUndefined();
    });

    it('lets whoever was late go with it', async () => {
      const plan = on.plan({ seconds: LONG_AGO_SECONDS });
      await on.rig.provider.close(plan, soon());
      on.rig.reopenByHand(plan);
      await on.rig.provider.deleteTombstone(plan, soon());
      expect(on.rig.standing(plan.name)).toBeUndefined();
    });

    it('is not deleted where another installation’s stands (C6)', async () => {
      const theirs = await on.opened({ installationId: 'another-installation' });
      const ours = on.later(LONG_AGO_SECONDS);
      const before = on.rig.standing(theirs.name);
      expect(await codeOf(on.rig.provider.deleteTombstone(ours, soon()))).toBe('PROVIDER_CONFLICT');
      expect(on.rig.standing(theirs.name)).toEqual(before);
    });
  });
});
