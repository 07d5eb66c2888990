import { LONG } from '../support/long.ts';
import { until } from '../support/until.ts';
import { type Life, openEnvironment, type TestEnvironment } from './environment.ts';
import { judge } from './judge.ts';

let environment: TestEnvironment;
beforeAll(async () => {
  environment = await openEnvironment();
  await environment.worker();
}, 120_000);
afterAll(() => environment.close());

/** Lets somebody press something at a web process that is killed as it commits this. */
async function killedAt(event: string, fate: 'arrives' | 'is lost', press: () => Promise<unknown>): Promise<void> {
  const web = await environment.web();
  let held = false;
  environment.gate.judge(({ name }) => {
    const here = !held && name.split('+').includes(event);
    held ||= here;
    return here ? fate : 'passes';
  });
  const pressed = press();
  await until(() => held, `the commit of ${event}`, 30_000);
  await web.kill();
  environment.gate.judge(() => 'passes');
  environment.gate.release();
  await pressed;
  environment.useOwnWeb();
}

const isIn = (life: Life, state: string) =>
  environment.watch([life], ({ request }) => request.state === state, `it to be ${state}`, 40_000);

const ARRIVES = ['arrives', 'what arrived is worked on, though nobody could put it on the queue'] as const;
const LOST = ['is lost', 'what never arrived can be pressed again'] as const;
/** In `npm test` the one that somebody else must notice; both where everything is tried. */
const FATES = LONG ? [ARRIVES, LOST] : [ARRIVES];

describe('the process that people talk to is killed as it commits', () => {
  it.each(FATES)(
    'a commit that %s: %s (A10, D1)',
    async (fate, _promise) => {
      const [life] = await environment.ask([fate === 'is lost' ? 0 : 1]);
      if (life === undefined) throw new Error('nothing was asked');
      await killedAt('request_approved', fate, () => environment.approve([life]));
      if (fate === 'is lost') {
        expect((await environment.row(life)).request).toMatchObject({ state: 'pending', approvals: [] });
        await environment.approve([life]);
      }
      await isIn(life, 'active');
      const keys = await environment.assume(life);
      expect((await environment.use(life, keys)).allowed).toBe(true);

      await killedAt('end_requested', fate, () => environment.end([life]));
      if (fate === 'is lost') {
        expect((await environment.row(life)).request.state).toBe('active');
        await environment.end([life]);
      }
      await isIn(life, 'closed');
      await environment.notified([life]);
      expect(await judge(environment, life, { outcomes: ['ended'], keys })).toEqual([]);
      expect(await environment.verify()).toMatchObject({ broken: undefined, unexplained: [] });
    },
    240_000,
  );
});
