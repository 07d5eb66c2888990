import { type RequestEventName, requestStream } from '../../src/core/events.ts';
import { GRANT_SECONDS } from '../../src/core/request/decide-approve.ts';
import { until } from '../support/until.ts';
import { accountOf } from './catalog.ts';
import { type Life, openEnvironment, type TestEnvironment } from './environment.ts';
import { judge } from './judge.ts';
import { endure, spotless } from './scenario.ts';
import { pointsOf, titleOf } from './steps.ts';

let environment: TestEnvironment;
beforeAll(async () => {
  environment = await openEnvironment();
}, 120_000);
afterAll(() => environment.close());

/** For a worker whose clock port is past `grantBy` of everything approved just now. */
const LATE = { clockOffsetMs: (GRANT_SECONDS + 1) * 1000 };
const BROKEN = { policyText: 'zones: [this is no policy' };

const rolesIn = (lane: number) =>
  environment.stage.aws.roles(accountOf(lane)).filter(({ path }) => path === '/breakglass/');
const eventsOf = async ({ requestId }: Life, name: RequestEventName) =>
  (await environment.store.events(requestStream(requestId))).filter(({ type }) => type === name);

async function askedWithNobodyAtWork(lane: number): Promise<Life> {
  const worker = await environment.worker();
  const [life] = await environment.ask([lane]);
  await worker.stop();
  if (life === undefined) throw new Error('nothing was asked');
  return life;
}

describe('workers that come after the time to open', () => {
  it('open nothing: the request is closed and no role was ever made (A10)', async () => {
    const life = await askedWithNobodyAtWork(0);
    await environment.approve([life]);
    await environment.watch([life], ({ request }) => request.state === 'granting', 'the approval', 30_000);
    const worker = await environment.worker({ lowered: LATE });
    await environment.watch([life], ({ request }) => request.state === 'closed', 'the request to be closed', 40_000);
    await environment.notified([life]);
    await worker.stop();
    expect((await environment.row(life)).request).toMatchObject({ outcome: 'grant_failed' });
    expect(rolesIn(0)).toEqual([]);
    expect(await eventsOf(life, 'grant_failed')).toMatchObject([{ data: { why: 'grant_window_closed' } }]);
    expect(await judge(environment, life, { outcomes: ['grant_failed'] })).toEqual([]);
    expect(await environment.verify()).toMatchObject({ broken: undefined, unexplained: [] });
  }, 200_000);

  it('undo what an earlier worker had planned, and prove it (D1, D3)', async () => {
    const first = await environment.worker({ gated: true });
    const [life] = await environment.ask([1]);
    if (life === undefined) throw new Error('nothing was asked');
    let held = false;
    environment.holds.start(({ name, side }) => {
      if (name !== 'CreateRole' || side !== 'before') return false;
      held = true;
      return true;
    });
    await environment.approve([life]);
    await until(() => held, 'the opener to be held', 25_000);
    await first.kill();
    environment.holds.letGo();
    const worker = await environment.worker({ lowered: LATE });
    await environment.watch([life], ({ request }) => request.state === 'closed', 'the request to be closed', 60_000);
    await environment.notified([life]);
    await worker.stop();
    expect(await judge(environment, life, { outcomes: ['grant_failed'] })).toEqual([]);
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
    expect(await endure(environment, { points, signal: 'SIGKILL', successor: BROKEN })).toEqual(spotless(points));
  }, 400_000);

  it('opens nothing new, says so, and leaves it to a worker that may (G)', async () => {
    const life = await askedWithNobodyAtWork(8);
    const broken = await environment.worker({ lowered: BROKEN });
    await environment.approve([life]);
    await until(() => broken.log().includes('not opened by this process'), 'the worker to say why', 40_000);
    await broken.stop();
    expect(rolesIn(8)).toEqual([]);
    expect((await environment.row(life)).request).toMatchObject({
      state: 'granting',
      grants: [{ id: life.requestId }],
    });

    const worker = await environment.worker();
    await environment.watch([life], ({ request }) => request.state === 'active', 'it to be open', 40_000);
    await environment.end([life]);
    await environment.watch([life], ({ request }) => request.state === 'closed', 'it to be closed', 40_000);
    await environment.notified([life]);
    expect(await judge(environment, life, { outcomes: ['ended'] })).toEqual([]);
    await worker.stop();
  }, 400_000);
});
