import { GRANT_SECONDS } from '../../src/core/decide-approve.ts';
import { type RequestEventName, requestStream } from '../../src/core/events.ts';
import { until } from '../support/until.ts';
import { accountOf } from './catalog.ts';
import { judge } from './judge.ts';
import { endure, spotless } from './ordeal.ts';
import { pointsOf, titleOf } from './steps.ts';
import { type Life, openTheatre, type Theatre } from './theatre.ts';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await openTheatre();
}, 120_000);
afterAll(() => theatre.close());

/** For a worker whose clock port is past `grantBy` of everything approved just now. */
const LATE = { clockOffsetMs: (GRANT_SECONDS + 1) * 1000 };
const BROKEN = { policyText: 'zones: [this is no policy' };

const rolesIn = (lane: number) =>
  theatre.stage.aws.roles(accountOf(lane)).filter(({ path }) => path === '/breakglass/');
const eventsOf = async ({ requestId }: Life, name: RequestEventName) =>
  (await theatre.store.events(requestStream(requestId))).filter(({ type }) => type === name);

async function askedWithNobodyAtWork(lane: number): Promise<Life> {
  const worker = await theatre.worker();
  const [life] = await theatre.ask([lane]);
  await worker.stop();
  if (life === undefined) throw new Error('nothing was asked');
  return life;
}

describe('workers that come after the time to open', () => {
  it('open nothing: the request is closed and no role was ever made (A10)', async () => {
    const life = await askedWithNobodyAtWork(0);
    await theatre.approve([life]);
    await theatre.watch([life], ({ request }) => request.state === 'granting', 'the approval', 30_000);
    const worker = await theatre.worker({ lowered: LATE });
    await theatre.watch([life], ({ request }) => request.state === 'closed', 'the request to be closed', 40_000);
    await theatre.told([life]);
    await worker.stop();
    expect((await theatre.row(life)).request).toMatchObject({ outcome: 'grant_failed' });
    expect(rolesIn(0)).toEqual([]);
    expect(await eventsOf(life, 'grant_failed')).toMatchObject([{ data: { why: 'grant_window_closed' } }]);
    expect(await judge(theatre, life, { outcomes: ['grant_failed'] })).toEqual([]);
    expect(await theatre.verify()).toMatchObject({ broken: undefined, unexplained: [] });
  }, 200_000);

  it('undo what an earlier worker had planned, and prove it (D1, D3)', async () => {
    const first = await theatre.worker({ gated: true });
    const [life] = await theatre.ask([1]);
    if (life === undefined) throw new Error('nothing was asked');
    let held = false;
    theatre.holds.start(({ name, side }) => {
      if (name !== 'CreateRole' || side !== 'before') return false;
      held = true;
      return true;
    });
    await theatre.approve([life]);
    await until(() => held, 'the opener to be held', 25_000);
    await first.kill();
    theatre.holds.letGo();
    const worker = await theatre.worker({ lowered: LATE });
    await theatre.watch([life], ({ request }) => request.state === 'closed', 'the request to be closed', 60_000);
    await theatre.told([life]);
    await worker.stop();
    expect(await judge(theatre, life, { outcomes: ['grant_failed'] })).toEqual([]);
  }, 200_000);
});

describe('a restart onto a broken policy file', () => {
  it('still ends what is open, with both proofs (D1, D3)', async () => {
    const chosen = [
      'before PutRolePolicy 99-revoked',
      'after PutRolePolicy 99-revoked',
      'before UpdateAssumeRolePolicy',
      'after GetRolePolicy 99-revoked',
      'before DeleteRolePolicy 10-grant',
      'commit of access_removed, which is lost',
      'commit of update requests posted_seq, which is lost',
    ];
    const points = pointsOf('revoking').filter((point) => chosen.includes(titleOf(point)));
    expect(points).toHaveLength(chosen.length);
    expect(await endure(theatre, { points, signal: 'SIGKILL', successor: BROKEN })).toEqual(spotless(points));
  }, 400_000);

  it('opens nothing new, says so, and leaves it to a worker that may (G)', async () => {
    const life = await askedWithNobodyAtWork(8);
    const broken = await theatre.worker({ lowered: BROKEN });
    await theatre.approve([life]);
    await until(() => broken.log().includes('not opened by this process'), 'the worker to say why', 40_000);
    await broken.stop();
    expect(rolesIn(8)).toEqual([]);
    expect((await theatre.row(life)).request).toMatchObject({ state: 'granting', grants: [{ id: life.requestId }] });

    const worker = await theatre.worker();
    await theatre.watch([life], ({ request }) => request.state === 'active', 'it to be open', 40_000);
    await theatre.end([life]);
    await theatre.watch([life], ({ request }) => request.state === 'closed', 'it to be closed', 40_000);
    await theatre.told([life]);
    expect(await judge(theatre, life, { outcomes: ['ended'] })).toEqual([]);
    await worker.stop();
  }, 400_000);
});
