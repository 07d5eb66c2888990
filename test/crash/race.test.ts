import { requestStream } from '../../src/core/events.ts';
import type { Row } from '../../src/core/request/work.ts';
import type { SigningKeys } from '../../src/demo/aws/sigv4.ts';
import { LONG } from '../support/long.ts';
import { until } from '../support/until.ts';
import { accountOf, laneOf } from './catalog.ts';
import { openEnvironment, type TestEnvironment } from './environment.ts';
import { judge } from './judge.ts';

/** Where an opener is held: before each of its writes, and at an answer without which it confirms nothing. */
const HELD = [
  { name: 'CreateRole', nth: 1, side: 'before' },
  { name: 'PutRolePolicy 00-expiry', nth: 1, side: 'before' },
  { name: 'PutRolePolicy 10-grant', nth: 1, side: 'before' },
  { name: 'AttachRolePolicy look', nth: 1, side: 'before' },
  { name: 'ListAttachedRolePolicies', nth: 1, side: 'after' },
] as const;

let environment: TestEnvironment;
beforeEach(async () => {
  environment = await openEnvironment();
}, 120_000);
afterEach(() => environment.close());

const isRemoved = ({ request }: Row): boolean =>
  (request.state === 'revoking' || request.state === 'closed') &&
  request.grants.every(({ accessRemoved }) => accessRemoved !== undefined);

describe('an end that overtakes the opening (A10, D1)', () => {
  // In `npm test` the harder of the two; both where everything is tried.
  it.each(LONG ? (['stopped', 'alive'] as const) : (['stopped'] as const))(
    'stands, whatever the opener writes afterwards; the opener is %s meanwhile',
    async (opener) => {
      const first = await environment.worker({ gated: true });
      const lives = await environment.ask(HELD.map((_, lane) => lane));
      const reached = new Set<number>();
      let over = false;
      environment.holds.start(({ name, nth, side }, account, { params }) => {
        const lane = laneOf(account);
        const point = HELD[lane];
        // A write that is tried again after 8 s is held as well. Endings make a missing role, too, with another trust.
        const free = side === 'before' ? params.AssumeRolePolicyDocument?.includes('"Deny"') : over;
        const here = !free && point?.name === name && nth >= point.nth && point.side === side;
        if (here) reached.add(lane);
        return here;
      });
      await environment.approve(lives);
      await until(() => reached.size === HELD.length, 'every opener to be held', 30_000);
      // Whoever is quick has a session before anything is confirmed.
      const keys = new Map<number, SigningKeys>();
      for (const life of lives.slice(1)) keys.set(life.lane, await environment.assume(life));
      if (opener === 'stopped') first.freeze();
      // Alive, but cut off from the queue: the ending must be another's.
      else environment.gate.judge(({ name }) => (name.startsWith('queue') ? 'arrives' : 'passes'));

      await environment.worker();
      // Whoever ends it reads the same things as the opener: from here on nobody else's reads are held.
      over = true;
      await environment.end(lives);
      await environment.watch(lives, isRemoved, 'access to be removed', 60_000);
      environment.holds.letGo();
      environment.gate.judge(() => 'passes');
      environment.gate.release();
      if (opener === 'stopped') first.thaw();
      // It finishes what it had in hand; once it has ended, nothing more can be written.
      await first.stop();

      for (const life of lives) {
        const session = keys.get(life.lane);
        const used = session === undefined ? 'never had one' : (await environment.use(life, session)).allowed;
        const again = await environment.assume(life).catch(({ name }: Error) => name);
        const events = (await environment.store.events(requestStream(life.requestId))).map(({ type }) => type);
        expect({ held: HELD[life.lane]?.name, used, again, opened: events.includes('access_opened') }).toEqual({
          held: HELD[life.lane]?.name,
          used: session === undefined ? 'never had one' : false,
          again: 'AccessDenied',
          opened: false,
        });
        const [role, ...others] = environment.stage.aws
          .roles(accountOf(life.lane))
          .filter(({ path }) => path === '/breakglass/');
        expect(others).toEqual([]);
        expect(Object.keys(role?.policies.inline ?? {})).toContain('99-revoked');
        expect(events).toContain('access_removed');
        // Only one that had already read back its opening may still say so, and it is recorded as late.
        if (HELD[life.lane]?.side === 'before') expect(events).not.toContain('late_confirmation');
      }
      expect(await environment.verify()).toMatchObject({ broken: undefined, unexplained: [] });

      if (!LONG) return;
      // The proof waits until no opener can write any more.
      await environment.watch(lives, ({ request }) => request.state === 'closed', 'all to be closed', 120_000);
      await environment.notified(lives);
      for (const life of lives) {
        expect(await judge(environment, life, { outcomes: ['ended'], keys: keys.get(life.lane) })).toEqual([]);
      }
    },
    240_000,
  );
});
