import { SYSTEM_STREAM } from '../../../src/core/events.ts';
import { type Desk, openDesk } from '../../support/desk.ts';
import { KEYS } from '../../support/requests.ts';

const riley = { type: 'person', key: KEYS.riley } as const;

describe('asking and approving', () => {
  let desk: Desk;
  let usual: Desk['dials'];

  beforeAll(async () => {
    desk = await openDesk();
    usual = { ...desk.dials };
  });
  afterEach(async () => {
    Object.assign(desk.dials, usual);
    for (const { request } of await desk.store.list({ states: ['pending'], limit: 10 })) {
      await desk.broker.withdraw(request.details.id, riley);
    }
  });
  afterAll(() => desk.close());

  const refusals = async () =>
    (await desk.store.events(SYSTEM_STREAM)).filter(({ type }) => type === 'request_refused');

  it('A11: records a refused request in the system stream, and leaves its form usable', async () => {
    const input = desk.input({ incident: 'INC-404' });
    desk.dials.incident = 'not_found';
    const refused = await desk.broker.request({ requestId: 'A1', actor: riley, input });
    expect(refused).toMatchObject({ ok: false, refusal: { code: 'incident_not_found', field: 'incident' } });
    expect((await refusals()).at(-1)).toMatchObject({
      actor: KEYS.riley,
      data: { code: 'incident_not_found', incident: 'INC-404', role: 'restart-service', minutes: 30 },
    });
    Object.assign(desk.dials, usual);
    await desk.ask('A1');
    expect((await desk.row('A1')).request.state).toBe('pending');
  });

  it('makes one request of a form that is sent twice at once', async () => {
    const send = () => desk.broker.request({ requestId: 'A2', actor: riley, input: desk.input() });
    const before = (await refusals()).length;
    const answers = await Promise.all([send(), send(), send()]);
    expect(answers.map(({ ok }) => ok)).toEqual([true, true, true]);
    expect(await desk.eventsOf('A2')).toEqual(['request_opened']);
    expect(await refusals()).toHaveLength(before);
  });

  it('does not give one person the request of another whose form id they sent', async () => {
    await desk.ask('A3');
    const actor = { type: 'person', key: KEYS.casey } as const;
    const answer = await desk.broker.request({ requestId: 'A3', actor, input: desk.input() });
    expect(answer.ok).toBe(false);
  });

  it('counts one of two approvals that are clicked at the same instant for one place', async () => {
    const { digest } = (await desk.ask('A4')).request.details;
    const click = (key: (typeof KEYS)['avery' | 'blake']) => desk.broker.approve('A4', { type: 'person', key }, digest);
    const answers = await Promise.all([click(KEYS.avery), click(KEYS.blake)]);
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    const events = await desk.eventsOf('A4');
    expect(events.filter((type) => type === 'approval_recorded')).toHaveLength(1);
    expect(events.filter((type) => type === 'request_approved')).toHaveLength(1);
  });

  it('counts a double click of one person once', async () => {
    const { digest } = (await desk.ask('A5', { role: 'rotate-keys' })).request.details;
    const click = () => desk.broker.approve('A5', { type: 'person', key: KEYS.sasha }, digest);
    const answers = await Promise.all([click(), click()]);
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    expect(answers.find(({ ok }) => !ok)).toMatchObject({ refusal: { code: 'already_approved' } });
  });

  it('B1, B10: shows and reminds nobody whose team the requester joined since: their click would not count', async () => {
    const row = await desk.ask('A8');
    const able = async () => (await desk.broker.view(row)).open?.flatMap(({ people }) => people.map(({ id }) => id));
    expect(await able()).toEqual(['avery', 'blake']);
    const people = usual.directory.people.map((one) =>
      one.id === 'riley' ? { ...one, teams: ['payments', 'platform'] } : one,
    );
    desk.dials.directory = { ...usual.directory, people };
    expect(
      await desk.broker.approve('A8', { type: 'person', key: KEYS.avery }, row.request.details.digest),
    ).toMatchObject({
      refusal: { code: 'same_team' },
    });
    expect(await able()).toEqual([]);
  });

  it('keeps what was decided when the queue does not answer, and tells an operator', async () => {
    desk.dials.queueDown = true;
    const { request } = await desk.approved('A6');
    expect(request.state).toBe('granting');
    expect(desk.queued.some(({ requestId }) => requestId === 'A6')).toBe(false);
    expect(desk.logger.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', fields: expect.objectContaining({ requestId: 'A6' }) }),
    );
  });

  it('puts everything that a row owes on the queue after each change', async () => {
    await desk.approved('A7');
    const names = desk.queued.filter(({ requestId }) => requestId === 'A7').map(({ name }) => name);
    expect(new Set(names)).toEqual(new Set(['invite', 'remind', 'lapse', 'draw', 'post', 'grant']));
  });
});
