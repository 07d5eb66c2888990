import { requestStream } from '../../src/core/events.ts';
import { userOf } from '../../src/demo/driver.ts';
import { accountOf } from './catalog.ts';
import { type Life, openEnvironment, type TestEnvironment } from './environment.ts';
import { judge } from './judge.ts';

let environment: TestEnvironment;
beforeAll(async () => {
  environment = await openEnvironment();
  await environment.worker();
}, 120_000);
afterEach(() => environment.stage.slack.dials.clearFaults());
afterAll(() => environment.close());

async function asked(lane: number): Promise<Life> {
  const [life] = await environment.ask([lane]);
  if (life === undefined) throw new Error('nothing was asked');
  return life;
}

const person = (id: string) => environment.stage.slack.as(userOf(environment.stage, id));
const whispers = (id: string) => person(id).ephemerals().length;
const notified = (id: string, before: number) =>
  person(id).sees('an answer', (one) => one.ephemerals().length > before && one.ephemerals().at(-1)?.words, 30_000);
const eventsOf = async ({ requestId }: Life): Promise<readonly string[]> =>
  (await environment.store.events(requestStream(requestId))).map(({ type }) => type);
const count = (events: readonly string[], name: string): number => events.filter((one) => one === name).length;
const rolesMade = (lane: number): number =>
  environment.stage.aws.dials
    .log()
    .filter(
      ({ action, account, outcome }) => action === 'CreateRole' && account === accountOf(lane) && outcome === 'ok',
    ).length;

const opens = (life: Life) =>
  environment.watch([life], ({ request }) => request.state === 'active', 'it to be open', 30_000);

async function closes(life: Life): Promise<void> {
  await environment.end([life]);
  await environment.watch([life], ({ request }) => request.state === 'closed', 'it to be closed', 30_000);
  await environment.notified([life]);
  expect(await judge(environment, life, { outcomes: ['ended'] })).toEqual([]);
}

describe('clicks that come twice, at once, or while Slack fails', () => {
  it('a replayed approval is told that it is too late, and opens nothing twice (B1, D1)', async () => {
    const life = await asked(0);
    await environment.approve([life]);
    await opens(life);
    const { dials } = environment.stage.slack;
    const click = dials.sent().findLast(({ payload }) => JSON.stringify(payload).includes('bg_approve'));
    const replay = async (): Promise<void> => {
      const before = whispers('sasha');
      await dials.resend(click?.number ?? -1);
      await notified('sasha', before);
    };
    await replay();
    await closes(life);
    await replay();
    expect(count(await eventsOf(life), 'approval_recorded')).toBe(1);
    expect((await environment.row(life)).request).toMatchObject({ state: 'closed', outcome: 'ended' });
    expect(rolesMade(0)).toBe(1);
  }, 200_000);

  it('of two approvers who press at once, one opens it and the other is told (B1, B3)', async () => {
    const life = await asked(1);
    const before = { sasha: whispers('sasha'), kenji: whispers('kenji') };
    await Promise.all([person('sasha').click(life.card, 'bg_approve'), person('kenji').click(life.card, 'bg_approve')]);
    await opens(life);
    const events = await eventsOf(life);
    expect([count(events, 'approval_recorded'), count(events, 'request_approved')]).toEqual([1, 1]);
    const { request } = await environment.row(life);
    const loser = request.approvals[0]?.by.id === 'sasha' ? 'kenji' : 'sasha';
    expect(await notified(loser, before[loser])).toMatch(/\w/);
    await closes(life);
    expect(rolesMade(1)).toBe(1);
  }, 200_000);

  it('a failed look-up of the approver is a no that says so, and the next press counts (B4, G)', async () => {
    const life = await asked(2);
    const before = whispers('sasha');
    environment.stage.slack.dials.fail('users.info', 'before', { status: 503 }, 1_000);
    await environment.approve([life]);
    expect(await notified('sasha', before)).toContain('Nothing was recorded');
    expect((await environment.row(life)).request).toMatchObject({ state: 'pending', approvals: [] });
    environment.stage.slack.dials.clearFaults();
    await environment.approve([life]);
    await opens(life);
    await closes(life);
  }, 200_000);

  it('access opens and ends while Slack takes no message, and the timeline is complete afterwards (D6, E1)', async () => {
    const life = await asked(3);
    for (const method of ['chat.postMessage', 'chat.update', 'chat.postEphemeral', 'conversations.replies']) {
      environment.stage.slack.dials.fail(method, 'before', { status: 503 }, 10_000);
    }
    await environment.approve([life]);
    await opens(life);
    const keys = await environment.assume(life);
    expect((await environment.use(life, keys)).allowed).toBe(true);
    await environment.end([life]);
    await environment.watch([life], ({ request }) => request.state === 'closed', 'it to be closed', 30_000);
    expect((await environment.use(life, keys)).allowed).toBe(false);
    environment.stage.slack.dials.clearFaults();
    await environment.notified([life]);
    expect(await judge(environment, life, { outcomes: ['ended'], keys })).toEqual([]);
  }, 200_000);

  it('answers of Slack that are lost after the work leave no line out and none doubled (E1)', async () => {
    const life = await asked(4);
    environment.stage.slack.dials.fail('chat.postMessage', 'after', { drop: true }, 2);
    await environment.approve([life]);
    await opens(life);
    await closes(life);
  }, 200_000);
});
