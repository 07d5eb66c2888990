import type { Plan } from '../../../src/core/request/request.ts';
import { CLOUDS_UNDER_TEST } from './clouds.ts';
import { codeOf, given, soon } from './given.ts';
import { HOLDS, nameOf, PASSING, type Step, type Stumble } from './rig.ts';

const SECONDS = 900;
const LATER = 1800;

describe.each(CLOUDS_UNDER_TEST)('a cloud: $name', (cloud) => {
  const on = given(cloud);
  const steps = cloud.extending.map((step) => ({ step, at: nameOf(step) }));
  const lastStep = steps.at(-1)?.step;
  let from: Plan;
  let to: Plan;
  beforeEach(async () => {
    from = await on.opened({ seconds: SECONDS });
    to = on.later(LATER);
  });
  const extend = (by = on.rig.provider) => by.extend(from, to, soon());
  const pastOldEnd = () => {
    on.rig.setClock((SECONDS + 1) * 1000);
    on.rig.nativeEndPasses();
  };

  describe('more time (C2)', () => {
    it('keeps a session that is out past the old end, and nobody past the new one', async () => {
      const session = await on.rig.enter(from);
      await extend();
      expect(await on.observed(to)).toMatchObject({ open: true, nativeEndIntact: true, pastEnd: false, altered: [] });
      pastOldEnd();
      expect(await on.rig.may(session)).toBe(true);
      expect(await on.isLetIn(to)).toBe(true);
      on.rig.setClock((LATER + 1) * 1000);
      on.rig.nativeEndPasses();
      expect(await on.rig.may(session)).toBe(false);
      expect(await on.isLetIn(to)).toBe(false);
    });

    it('keeps name and grant, and writes nothing when all of it stands', async () => {
      expect([to.name, to.grantId]).toEqual([from.name, from.grantId]);
      await extend();
      const mark = on.rig.mark();
      await extend(on.rig.another());
      expect(on.rig.writes(mark)).toEqual([]);
    });

    it('ends early by the newest plan and by the one before', async () => {
      await extend();
      await on.rig.provider.close(from, soon());
      expect(await on.observed(to)).toMatchObject({ ended: true });
      await on.rig.provider.close(to, soon());
      expect(await on.isLetIn(to)).toBe(false);
    });
  });

  it.each(steps.flatMap((one) => PASSING.map((kind) => ({ ...one, kind }))))(
    'rides over a stumble: $kind at $at',
    async ({ kind, step }) => {
      on.rig.fault(kind, step);
      await extend();
      expect(await on.observed(to)).toMatchObject({ open: true });
    },
  );

  describe('a process that dies', () => {
    const deaths = steps.flatMap((one) => HOLDS.map((kind) => ({ ...one, kind })));

    /** Killed at this write; what was sent is lost or done, as the side says. */
    async function dies(kind: Stumble, step: Step): Promise<void> {
      on.rig.fault(kind, step);
      const dying = new AbortController();
      const died = codeOf(on.rig.another().extend(from, to, dying.signal));
      await on.rig.whenHeld();
      dying.abort();
      expect(await died).toBe('PROVIDER_UNAVAILABLE');
      on.rig.releaseAll(true);
    }

    it.each(deaths)('at $kind $at leaves the old end armed until the last write', async ({ kind, step }) => {
      const session = await on.rig.enter(from);
      await dies(kind, step);
      const isMoved = step === lastStep && kind === 'hold_after';
      pastOldEnd();
      expect(await on.rig.may(session)).toBe(isMoved);
    });

    it.each(deaths)('at $kind $at leaves what another worker finishes', async ({ kind, step }) => {
      await dies(kind, step);
      await extend();
      expect(await on.observed(to)).toMatchObject({ open: true });
    });

    it.each(deaths)('at $kind $at leaves nothing that an ending does not take away', async ({ kind, step }) => {
      await dies(kind, step);
      await on.rig.provider.close(to, soon());
      expect(await on.observed(to)).toMatchObject({ ended: true, open: false });
      expect(await on.isLetIn(from)).toBe(false);
    });
  });

  it.each(steps)('held at $at while another ends it gives nobody anything once released', async ({ step }) => {
    const session = await on.rig.enter(from);
    on.rig.fault('hold_before', step);
    const extending = codeOf(extend(on.rig.another()));
    await on.rig.whenHeld();
    await on.rig.provider.close(to, soon());
    on.rig.releaseAll();
    expect(await extending).toBe('PROVIDER_CONFLICT');
    expect(await on.rig.may(session)).toBe(false);
    await on.rig.provider.close(to, soon());
    expect(await on.observed(to)).toMatchObject({ open: false, ended: true });
    expect(await on.isLetIn(to)).toBe(false);
  });

  it('stops at its deadline, and the old end stays armed', async () => {
    const [first] = cloud.extending;
    if (first === undefined) throw new Error('an extension writes something');
    on.rig.fault('hold_before', first);
    const deadline = new AbortController();
    const extending = codeOf(on.rig.provider.extend(from, to, deadline.signal));
    await on.rig.whenHeld();
    deadline.abort();
    expect(await extending).toBe('PROVIDER_UNAVAILABLE');
    on.rig.releaseAll(true);
    expect(await on.observed(from)).toMatchObject({ nativeEndIntact: true });
  });

  describe('what is not what was opened is never extended', () => {
    it.each<[what: string, change: () => Promise<unknown>]>([
      ['holds what nobody approved', async () => on.rig.alter(from)],
      [
        'carries another installation id',
        async () => {
          await on.rig.deleteByHand(from);
          const { name } = from;
          from = on.plan({ seconds: SECONDS, installationId: 'another-installation' });
          to = on.later(LATER);
          expect(to.name).not.toBe(name);
          await on.rig.provider.open(from, soon());
          from = on.later(SECONDS);
        },
      ],
      [
        'has neither of the two ends',
        async () => {
          from = on.later(SECONDS + 300);
          to = on.later(LATER + 300);
        },
      ],
    ])('it %s', async (_what, change) => {
      await change();
      const mark = on.rig.mark();
      expect(await codeOf(extend())).toBe('PROVIDER_CONFLICT');
      expect(on.rig.writes(mark)).toEqual([]);
    });

    it('it was ended: nothing is written that opens it', async () => {
      await on.rig.provider.close(from, soon());
      const mark = on.rig.mark();
      expect(await codeOf(extend())).toBe(cloud.isFenced ? 'PROVIDER_CONFLICT' : 'READ_BACK_DIFFERS');
      expect(on.rig.writes(mark)).toEqual([]);
      expect(await on.isLetIn(to)).toBe(false);
    });

    it('what it refers to changed since it was approved (C4)', async () => {
      await on.rig.changeDefinition();
      expect(await codeOf(extend())).toBe('PINNED_POLICY_CHANGED');
    });
  });
});
