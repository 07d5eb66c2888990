import { endure, spotless } from './ordeal.ts';
import { type Phase, pointsOf, titleOf } from './steps.ts';
import { openTheatre, type Theatre } from './theatre.ts';

/*
 * A fixed sample of the crash test, small enough for every run. All steps, and stopped processes: `npm run test:crash`.
 */
const SAMPLE: Readonly<Record<Exclude<Phase, 'proving'>, readonly string[]>> = {
  opening: [
    'before AssumeRole',
    'before CreateRole',
    'after CreateRole',
    'after PutRolePolicy 00-expiry',
    'before AttachRolePolicy look',
    'after ListAttachedRolePolicies 2',
    'commit of access_planned',
    'commit of access_opened',
  ],
  revoking: [
    'before PutRolePolicy 99-revoked',
    'after PutRolePolicy 99-revoked',
    'before UpdateAssumeRolePolicy',
    'after GetRolePolicy 99-revoked',
    'before DeleteRolePolicy 10-grant',
    'commit of access_removed',
    'commit of update requests posted_seq',
  ],
};

let theatre: Theatre;
beforeAll(async () => {
  theatre = await openTheatre();
}, 60_000);
afterAll(() => theatre.close());

it.each(['opening', 'revoking'] as const)(
  'a worker killed at any of these steps of %s is replaced: one role, ended, proven, told once (D1, D3, E1)',
  async (phase) => {
    const points = pointsOf(phase).filter((point) => SAMPLE[phase].includes(titleOf(point)));
    expect(points.map(titleOf).toSorted()).toEqual(SAMPLE[phase].toSorted());
    expect(await endure(theatre, { points, signal: 'SIGKILL' })).toEqual(spotless(points));
  },
  150_000,
);
