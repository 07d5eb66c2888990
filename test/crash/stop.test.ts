import { openEnvironment, type TestEnvironment } from './environment.ts';
import { endure, spotless } from './scenario.ts';
import { lotsOf, PHASES, titleOf } from './steps.ts';

/*
 * Every step, or, as part of `npm test`, a few: those of the extension wait for the stopped process's lock, which no
 * ending does.
 */
const SAMPLE: Parameters<typeof lotsOf>[1] = {
  extending: ['before UpdateAssumeRolePolicy', 'after PutRolePolicy 00-expiry'],
  proving: [
    'before GetCallerIdentity',
    'after GetRolePolicy 99-revoked 2',
    'commit of sessions_ended+request_closed, which arrives',
  ],
};

let environment: TestEnvironment;
beforeAll(async () => {
  environment = await openEnvironment();
}, 120_000);
afterAll(() => environment.close());

it.each(PHASES.flatMap((phase) => lotsOf(phase, SAMPLE)))(
  'a worker stopped while $phase, lot $lot of $lots, holds up nothing and does no harm when it wakes (D1, D3, E1)',
  async ({ points }) => {
    console.info(points.map(titleOf).join('\n'));
    expect(await endure(environment, { points, signal: 'SIGSTOP' })).toEqual(spotless(points));
  },
  400_000,
);
