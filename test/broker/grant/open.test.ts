import { type Desk, openDesk } from '../../support/desk.ts';
import { KEYS, MINUTE } from '../../support/requests.ts';

const outcomeOf = async (desk: Desk, id: string): Promise<string> => {
  const { request } = await desk.row(id);
  return request.state === 'closed' ? request.outcome : request.state;
};

describe('opening a grant', () => {
  let desk: Desk;
  let usual: Desk['dials'];

  beforeAll(async () => {
    desk = await openDesk();
    usual = { ...desk.dials };
  });
  afterEach(() => {
    Object.assign(desk.dials, usual);
    desk.aws.dials.clear();
    desk.aws.dials.setClockOffset(0);
  });
  afterAll(() => desk.close());

  /** Approved and planned, and then the worker died: no answer from CreateRole ever reached it. */
  const plannedOnly = async (id: string): Promise<void> => {
    await desk.approved(id);
    desk.aws.dials.add({ kind: 'fail_before', action: 'CreateRole', times: 20 });
    await expect(desk.perform('grant', id)).rejects.toThrow('PROVIDER_UNAVAILABLE');
    desk.aws.dials.clear();
    expect(await desk.eventsOf(id)).toContain('access_planned');
  };

  it('opens access after approval, and says so only after the cloud read it back', async () => {
    const { request } = await desk.opened('O1');
    expect(request.state).toBe('active');
    expect(desk.role('O1')).toBeDefined();
    expect(await desk.eventsOf('O1')).toEqual([
      'request_opened',
      'approval_recorded',
      'request_approved',
      'access_planned',
      'access_opened',
    ]);
  });

  it('goes on from the plan of a worker that died before it wrote to the cloud', async () => {
    await plannedOnly('O2');
    await desk.perform('grant', 'O2', desk.another());
    expect(await outcomeOf(desk, 'O2')).toBe('active');
    const events = await desk.eventsOf('O2');
    expect(events.filter((type) => type === 'access_planned')).toHaveLength(1);
  });

  it('opens once when two workers do the same job at the same time', async () => {
    await desk.approved('O3');
    const both = await Promise.allSettled([desk.perform('grant', 'O3'), desk.perform('grant', 'O3', desk.another())]);
    expect(both.some(({ status }) => status === 'fulfilled')).toBe(true);
    const events = await desk.eventsOf('O3');
    expect(events.filter((type) => type === 'access_planned')).toHaveLength(1);
    expect(events.filter((type) => type === 'access_opened')).toHaveLength(1);
  });

  it('opens nothing once the time to open is over, however late the worker comes', async () => {
    await desk.approved('O4');
    desk.wait(5 * MINUTE);
    await desk.perform('grant', 'O4');
    expect(await outcomeOf(desk, 'O4')).toBe('grant_failed');
    expect(desk.role('O4')).toBeUndefined();
  });

  it('undoes a plan whose time to open is over, since something may stand in the cloud', async () => {
    await plannedOnly('O5');
    desk.wait(5 * MINUTE);
    await desk.perform('grant', 'O5');
    expect(await outcomeOf(desk, 'O5')).toBe('revoking');
    expect(desk.role('O5')).toBeUndefined();
  });

  it('waits for a directory that is down, and is refused when it stays so', async () => {
    await desk.approved('O6');
    desk.dials.directoryDown = true;
    await expect(desk.perform('grant', 'O6')).rejects.toThrow('directory_unavailable');
    expect(await outcomeOf(desk, 'O6')).toBe('granting');
    desk.wait(5 * MINUTE);
    await desk.perform('grant', 'O6');
    expect(await outcomeOf(desk, 'O6')).toBe('refused');
    expect(desk.role('O6')).toBeUndefined();
  });

  it('B4: opens nothing when an approver does not count any more', async () => {
    await desk.approved('O7');
    const { people } = desk.dials.directory;
    desk.dials.directory = { ...desk.dials.directory, people: people.filter(({ id }) => id !== 'avery') };
    await desk.perform('grant', 'O7');
    expect(await outcomeOf(desk, 'O7')).toBe('refused');
    expect(await desk.eventsOf('O7')).toContain('approval_voided');
    expect(desk.role('O7')).toBeUndefined();
  });

  it.each([
    ['the requester is no member of the chat any more', () => ({ accounts: { [KEYS.riley]: 'deleted' as const } })],
    ['the approver is a guest now', () => ({ accounts: { [KEYS.avery]: 'guest' as const } })],
    ['the incident was closed', () => ({ incident: { id: 'INC-1', title: '', state: 'closed' as const } })],
  ])('B4: opens nothing when %s', async (why, turn) => {
    const id = `P${why.length}`;
    await desk.approved(id);
    Object.assign(desk.dials, turn());
    await desk.perform('grant', id);
    expect(await outcomeOf(desk, id)).toBe('refused');
    expect(desk.role(id)).toBeUndefined();
  });

  it('leaves an opening to others while this process must open nothing, and fails it when its time is over', async () => {
    await desk.approved('O11');
    desk.dials.openingOff = 'breakglass.yaml: line 3 is wrong';
    await expect(desk.perform('grant', 'O11')).rejects.toThrow('not opened by this process');
    expect(await outcomeOf(desk, 'O11')).toBe('granting');
    desk.wait(5 * MINUTE);
    await desk.perform('grant', 'O11');
    expect((await desk.row('O11')).request.state).toBe('closed');
    expect(desk.role('O11')).toBeUndefined();
  });

  it('opens nothing from a plan while this process must open nothing', async () => {
    await plannedOnly('O12');
    desk.dials.openingOff = 'breakglass.yaml: line 3 is wrong';
    await expect(desk.perform('grant', 'O12')).rejects.toThrow('not opened by this process');
    expect(desk.role('O12')).toBeUndefined();
  });

  it('opens nothing where the clock is far from ours, and raises an alarm', async () => {
    await desk.approved('O8');
    desk.aws.dials.setClockOffset(2 * MINUTE);
    await desk.perform('grant', 'O8');
    expect(await outcomeOf(desk, 'O8')).toBe('refused');
    expect(await desk.eventsOf('O8')).toContain('alarm');
    expect(desk.role('O8')).toBeUndefined();
  });
});
