import { openEnvironment, type TestEnvironment } from './environment.ts';
import { endure, spotless } from './scenario.ts';
import { lotsOf, PHASES, titleOf } from './steps.ts';

/*
 * Every step, or, as part of `npm test`, a fixed sample of them (late.test.ts has one of the ending).
 * `npm run test:crash` takes all.
 */
const SAMPLE: Parameters<typeof lotsOf>[1] = {
  opening: [
    'before AssumeRole',
    'before CreateRole',
    'after CreateRole',
    'after PutRolePolicy 00-expiry',
    'before AttachRolePolicy look',
    'after ListAttachedRolePolicies',
    'commit of access_planned, which arrives',
    'commit of access_opened, which is lost',
  ],
  extending: [
    'commit of extension_planned, which is lost',
    'commit of extension_planned, which arrives',
    'after PutRolePolicy 10-grant',
    'before UpdateAssumeRolePolicy',
    'after PutRolePolicy 00-expiry',
    'commit of access_extended, which is lost',
  ],
};

let environment: TestEnvironment;
beforeAll(async () => {
  environment = await openEnvironment();
}, 120_000);
afterAll(() => environment.close());

it.each(PHASES.flatMap((phase) => lotsOf(phase, SAMPLE)))(
  'a worker killed while $phase, lot $lot of $lots, is replaced: one role, ended, proven, told once (D1, D3, E1)',
  async ({ points }) => {
    console.info(points.map(titleOf).join('\n'));
    expect(await endure(environment, { points, signal: 'SIGKILL' })).toEqual(spotless(points));
  },
  400_000,
);
