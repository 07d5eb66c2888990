import { LONG } from '../support/long.ts';
import { until } from '../support/until.ts';
import { judge } from './judge.ts';
import { type Life, openTheatre, type Theatre } from './theatre.ts';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await openTheatre();
  await theatre.worker();
}, 120_000);
afterAll(() => theatre.close());

/** Lets somebody press something at a web process that is killed as it commits this. */
async function killedAt(event: string, fate: 'arrives' | 'is lost', press: () => Promise<unknown>): Promise<void> {
  const web = await theatre.web();
  let held = false;
  theatre.gate.judge(({ name }) => {
    const here = !held && name.split('+').includes(event);
    held ||= here;
    return here ? fate : 'passes';
  });
  const pressed = press();
  await until(() => held, `the commit of ${event}`, 30_000);
  await web.kill();
  theatre.gate.judge(() => 'passes');
  theatre.gate.release();
  await pressed;
  theatre.useOwnWeb();
}

const isIn = (life: Life, state: string) =>
  theatre.watch([life], ({ request }) => request.state === state, `it to be ${state}`, 40_000);

const ARRIVES = ['arrives', 'what arrived is worked on, though nobody could put it on the queue'] as const;
const LOST = ['is lost', 'what never arrived can be pressed again'] as const;
/** In `npm test` the one that somebody else must notice; both where everything is tried. */
const FATES = LONG ? [ARRIVES, LOST] : [ARRIVES];

describe('the process that people talk to is killed as it commits', () => {
  it.each(FATES)(
    'a commit that %s: %s (A10, D1)',
    async (fate, _promise) => {
      const [life] = await theatre.ask([fate === 'is lost' ? 0 : 1]);
      if (life === undefined) throw new Error('nothing was asked');
      await killedAt('request_approved', fate, () => theatre.approve([life]));
      if (fate === 'is lost') {
        expect((await theatre.row(life)).request).toMatchObject({ state: 'pending', approvals: [] });
        await theatre.approve([life]);
      }
      await isIn(life, 'active');
      const keys = await theatre.assume(life);
      expect((await theatre.use(life, keys)).allowed).toBe(true);

      await killedAt('end_requested', fate, () => theatre.end([life]));
      if (fate === 'is lost') {
        expect((await theatre.row(life)).request.state).toBe('active');
        await theatre.end([life]);
      }
      await isIn(life, 'closed');
      await theatre.told([life]);
      expect(await judge(theatre, life, { outcomes: ['ended'], keys })).toEqual([]);
      expect(await theatre.verify()).toMatchObject({ broken: undefined, unexplained: [] });
    },
    240_000,
  );
});
