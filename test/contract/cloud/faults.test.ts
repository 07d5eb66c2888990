import type { Plan } from '../../../src/core/request/request.ts';
import { CLOUDS_UNDER_TEST } from './clouds.ts';
import { codeOf, given, soon } from './given.ts';
import { ALWAYS, HOLDS, nameOf, PASSING } from './rig.ts';

describe.each(CLOUDS_UNDER_TEST)('a cloud: $name', (cloud) => {
  const on = given(cloud);
  const openings = cloud.opening.map((step) => ({ step, at: nameOf(step) }));
  const [firstWrite] = cloud.opening;
  const [firstEnding] = cloud.ending;
  if (firstWrite === undefined || firstEnding === undefined) throw new Error('a cloud writes something');

  describe('an opening', () => {
    it.each(openings.flatMap((one) => PASSING.map((kind) => ({ ...one, kind }))))(
      'rides over a stumble: $kind at $at',
      async ({ kind, step }) => {
        const plan = on.plan();
        on.rig.fault(kind, step);
        await on.rig.provider.open(plan, soon());
        expect(await on.observed(plan)).toMatchObject({ open: true });
      },
    );

    it.each(openings.flatMap((one) => HOLDS.map((kind) => ({ ...one, kind }))))(
      'of a process that dies at $kind $at leaves nobody in for longer than planned; another goes on, or ends it',
      async ({ kind, step }) => {
        const dies = async (plan: Plan) => {
          on.rig.fault(kind, step);
          const dying = new AbortController();
          const died = codeOf(on.rig.another().open(plan, dying.signal));
          await on.rig.whenHeld();
          dying.abort();
          expect(await died).toBe('PROVIDER_UNAVAILABLE');
          on.rig.releaseAll(true);
          on.rig.checkHalfOpen?.(plan);
        };
        const ended = on.plan();
        await dies(ended);
        await on.rig.provider.close(ended, soon());
        expect(await on.observed(ended)).toMatchObject({ ended: true, open: false });
        expect(await on.isLetIn(ended)).toBe(false);

        const plan = on.plan({ seconds: 900 });
        await dies(plan);
        // Whatever stands now carries its own end.
        on.rig.setClock(901_000);
        on.rig.nativeEndPasses();
        expect(await on.isLetIn(plan)).toBe(false);
        on.rig.setClock(0);
        await on.rig.another().open(plan, soon());
        expect(await on.observed(plan, on.rig.another())).toMatchObject({ open: true });
      },
    );

    it('never outlasts its deadline', async () => {
      on.rig.fault('hold_before', firstWrite);
      const deadline = new AbortController();
      const opening = codeOf(on.rig.provider.open(on.plan(), deadline.signal));
      await on.rig.whenHeld();
      deadline.abort();
      expect(await opening).toBe('PROVIDER_UNAVAILABLE');
    });

    it('writes nothing any more after its deadline, not even what it was trying again', async () => {
      const plan = on.plan();
      on.rig.fault('throttle', firstWrite, ALWAYS);
      const deadline = new AbortController();
      const opening = codeOf(on.rig.provider.open(plan, deadline.signal));
      deadline.abort();
      await opening;
      await on.rig.calm();
      expect(await on.observed(plan)).toMatchObject({ found: false });
    });
  });

  describe('throttling and stumbles that do not pass', () => {
    it.each([
      ['throttle', 'PROVIDER_THROTTLED'],
      ['fail_before', 'PROVIDER_UNAVAILABLE'],
      ['drop_before', 'PROVIDER_UNAVAILABLE'],
    ] as const)('(%s) are tried a few times, and left to the job as %s', async (kind, code) => {
      const plan = on.plan();
      on.rig.fault(kind, firstWrite, ALWAYS);
      const mark = on.rig.mark();
      const failure: unknown = await on.rig.provider.open(plan, soon()).catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: 'Failure', code, retry: true });
      const tries = on.rig.asked(mark, firstWrite);
      expect(tries).toBeGreaterThan(1);
      expect(tries).toBeLessThanOrEqual(10);
    });

    it('give no ending up: it fails so that it is tried again, and is done by the next try', async () => {
      const plan = await on.opened();
      on.rig.fault('throttle', firstEnding, ALWAYS);
      const failure: unknown = await on.rig.provider.close(plan, soon()).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'PROVIDER_THROTTLED', retry: true });
      await on.rig.calm();
      await on.rig.provider.close(plan, soon());
      expect(await on.isLetIn(plan)).toBe(false);
    });
  });

  describe('a token server that is silent', () => {
    it('hangs no ending: it is cut off in time, and the same provider ends it when it is tried again', async () => {
      const plan = await on.opened();
      const fresh = on.rig.another();
      on.rig.fault('hold_before', cloud.token);
      const began = performance.now();
      expect(await codeOf(fresh.close(plan, AbortSignal.timeout(500)))).toBe('PROVIDER_UNAVAILABLE');
      expect(performance.now() - began).toBeLessThan(5_000);
      // Still silent to who asked first; whoever asks anew is answered.
      await fresh.close(plan, soon());
      expect(await on.isLetIn(plan)).toBe(false);
    });

    it('answers with a stumble: it is asked again', async () => {
      on.rig.fault('fail_before', cloud.token);
      expect(await codeOf(on.rig.another().observe(on.plan(), soon()))).toBe('allowed');
    });
  });

  it('rejects at once at a signal that is aborted already, writes nothing and leaves no rejection behind', async () => {
    const plan = await on.opened();
    const never = on.plan();
    const { target, details } = on.rig.order(0);
    const { account } = on.rig;
    const fresh = on.rig.another();
    const gone = AbortSignal.abort();
    const stray: unknown[] = [];
    const note = (error: unknown) => void stray.push(error);
    process.on('unhandledRejection', note);
    const mark = on.rig.mark();
    const object = { name: plan.name, id: on.rig.standing(plan.name)?.id ?? '', installationId: plan.installationId };
    for (const provider of [fresh, on.rig.provider]) {
      const calls = [
        () => provider.read(target, details.terms, gone),
        () => provider.open(never, gone),
        () => provider.open(never, gone, true),
        () => provider.extend(plan, plan, gone),
        () => provider.close(plan, gone),
        () => provider.observe(plan, gone),
        () => provider.isEnded(plan, gone),
        () => provider.deleteTombstone({ ...plan, cleanUpAt: new Date(0) }, gone),
        () => provider.list(account, undefined, gone),
        () => provider.inspect(account, plan.name, gone),
        () => provider.closeOrphan(account, object, gone),
        () => provider.identity([account], gone),
      ];
      for (const call of calls)
        expect([call.toString(), await codeOf(call())]).toEqual([call.toString(), 'PROVIDER_UNAVAILABLE']);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    process.off('unhandledRejection', note);
    expect(stray).toEqual([]);
    expect(on.rig.writes(mark)).toEqual([]);
    expect(await on.observed(plan)).toMatchObject({ open: true });
  });

  it('shows no secret in what it rejects with or logs, nor carries the request as a cause', async () => {
    const plan = await on.opened();
    const said: unknown[] = [];
    const failing = async (call: Promise<unknown>) =>
      said.push(
        await call.then(
          () => 'allowed',
          (error: unknown) => error,
        ),
      );
    for (const kind of PASSING) {
      on.rig.fault(kind, firstEnding, ALWAYS);
      await failing(on.rig.another().close(plan, soon()));
      await on.rig.calm();
    }
    on.rig.fault('fail_before', cloud.token, ALWAYS);
    await failing(on.rig.another().close(plan, soon()));
    await on.rig.calm();
    await on.rig.alter(plan);
    await failing(on.rig.provider.open(plan, soon()));
    await failing(on.rig.provider.list(on.rig.account, 'from another age', soon()));
    const text = JSON.stringify([said.map((error) => [String(error), error]), on.rig.logged]);
    for (const secret of on.rig.secrets) expect(text).not.toContain(secret);
    for (const error of said) if (error instanceof Error) expect(error.cause).toBeUndefined();
    expect(said.filter((error) => error instanceof Error).length).toBeGreaterThan(4);
  });
});
