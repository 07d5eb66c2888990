import { until } from '../support/until.ts';
import { judge } from './judge.ts';
import { type Life, openTheatre, type Theatre } from './theatre.ts';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await openTheatre();
  await theatre.worker();
}, 60_000);
afterAll(() => theatre.close());

/** Lets somebody press something at a web process that is killed as it commits this. */
async function killedAt(event: string, fate: 'proceed' | 'drop', press: () => Promise<unknown>): Promise<void> {
  const web = await theatre.web();
  let held = false;
  theatre.gate.judge(({ name }) => {
    const here = !held && name.split('+').includes(event);
    held ||= here;
    return here;
  });
  const pressed = press();
  await until(() => held, `the commit of ${event}`, 10_000);
  await web.kill();
  theatre.gate.judge(() => false);
  theatre.gate.release(fate);
  await pressed;
  theatre.useOwnWeb();
}

const isIn = (life: Life, state: string) =>
  theatre.watch([life], ({ request }) => request.state === state, `it to be ${state}`, 40_000);

describe('the process that people talk to is killed as it commits', () => {
  it.each([
    ['proceed', 'what arrived is worked on, though nobody could put it on the queue'],
    ['drop', 'what never arrived can be pressed again'],
  ] as const)(
    '%s: %s (A10, D1)',
    async (fate, _promise) => {
      const [life] = await theatre.ask([fate === 'drop' ? 0 : 1]);
      if (life === undefined) throw new Error('nothing was asked');
      await killedAt('request_approved', fate, () => theatre.approve([life]));
      if (fate === 'drop') {
        expect((await theatre.row(life)).request).toMatchObject({ state: 'pending', approvals: [] });
        await theatre.approve([life]);
      }
      await isIn(life, 'active');
      const keys = await theatre.assume(life);
      expect((await theatre.use(life, keys)).allowed).toBe(true);

      await killedAt('end_requested', fate, () => theatre.end([life]));
      if (fate === 'drop') {
        expect((await theatre.row(life)).request.state).toBe('active');
        await theatre.end([life]);
      }
      await isIn(life, 'closed');
      await theatre.told([life]);
      expect(await judge(theatre, life, { outcomes: ['ended'], keys })).toEqual([]);
      expect((await theatre.verify()).broken).toBeUndefined();
    },
    120_000,
  );
});
