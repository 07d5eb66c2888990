import { watchPeople } from '../../../src/broker/sweep/people.ts';
import type { ChatKey } from '../../../src/core/policy/directory.ts';
import { digestShown } from '../../../src/core/request/extension.ts';
import { type Desk, openDesk } from '../../support/desk.ts';
import { KEYS } from '../../support/requests.ts';

describe('looking at people who hold access', () => {
  let desk: Desk;
  let usual: Desk['dials'];

  beforeAll(async () => {
    desk = await openDesk();
    usual = { ...desk.dials };
  });
  afterEach(() => {
    Object.assign(desk.dials, usual);
  });
  afterAll(() => desk.close());

  const stateOf = async (id: string): Promise<string> => (await desk.row(id)).request.state;
  const suspend = (who: string): void => {
    const { people } = desk.dials.directory;
    desk.dials.directory = {
      ...desk.dials.directory,
      people: people.map((person) => (person.id === who ? { ...person, suspended: true } : person)),
    };
  };
  /** Nobody but this request holds access. */
  const alone = async (id: string): Promise<void> => {
    await desk.opened(id);
    expect(await stateOf(id)).toBe('active');
  };

  it('ends nothing while everybody is as they were', async () => {
    await alone('W1');
    await desk.broker.watchPeople();
    expect(await stateOf('W1')).toBe('active');
    await desk.broker.end('W1', { type: 'operator', name: 'test' });
  });

  it('ends nothing when the directory or the chat does not answer', async () => {
    await alone('W2');
    desk.dials.directoryDown = true;
    await desk.broker.watchPeople();
    desk.dials.directoryDown = false;
    desk.dials.accounts = { [KEYS.riley]: 'down' };
    await desk.broker.watchPeople();
    expect(await stateOf('W2')).toBe('active');
    await desk.broker.end('W2', { type: 'operator', name: 'test' });
  });

  it('hears the directory of everybody at once, though the chat hangs at each question', async () => {
    await alone('W7');
    let asked = 0;
    const account = async () => {
      asked += 1;
      await new Promise((resolve) => setTimeout(resolve, 60));
      throw new Error('the chat hangs');
    };
    const look = () => watchPeople({ ...desk.deps, announce: { ...desk.deps.announce, account } }, 50);
    await look();
    // The requester; whoever approved it would be the next to be waited for.
    expect(asked).toBe(1);
    suspend('avery');
    await look();
    expect((await desk.row('W7')).request.changedApprovers).toEqual(['avery']);
    await desk.broker.end('W7', { type: 'operator', name: 'test' });
  });

  describe('of people who are in two chats', () => {
    const other: ChatKey = 'pigeon:L1:riley';
    const inTwoChats = (): void => {
      const { people } = desk.dials.directory;
      const chats = { slack: [{ workspace: 'T0BREAK', user: 'U0RILEY' }], pigeon: [{ loft: 'L1', user: 'riley' }] };
      desk.dials.directory = {
        ...desk.dials.directory,
        people: people.map((person) => (person.id === 'riley' ? { ...person, chats } : person)),
      };
    };

    it('ends the access of whoever the other chat calls deleted, in whichever they asked', async () => {
      await alone('W8');
      inTwoChats();
      desk.dials.accounts = { [other]: 'stranger' };
      await desk.broker.watchPeople();
      expect(await stateOf('W8')).toBe('active');
      desk.dials.accounts = { [other]: 'deleted' };
      await desk.broker.watchPeople();
      expect((await desk.row('W8')).request).toMatchObject({ state: 'revoking', cause: 'requester_barred' });
    });

    it('ends nobody for a chat that hangs for ever, waits no longer than its bound, and hears the other chat', async () => {
      await alone('W9');
      inTwoChats();
      const look = (accounts: Partial<Record<ChatKey, 'deleted'>>) => {
        const account = async (key: ChatKey) =>
          key === other ? new Promise<never>(() => undefined) : (accounts[key] ?? ('member' as const));
        return watchPeople({ ...desk.deps, announce: { ...desk.deps.announce, account } }, 200);
      };
      const from = performance.now();
      await look({});
      expect(performance.now() - from).toBeLessThan(5_000);
      expect(await stateOf('W9')).toBe('active');
      await look({ [KEYS.riley]: 'deleted' });
      expect(await stateOf('W9')).toBe('revoking');
    });
  });

  it('posts that an approver was suspended, once, and ends nothing', async () => {
    await alone('W3');
    suspend('avery');
    await desk.broker.watchPeople();
    await desk.broker.watchPeople();
    expect(await stateOf('W3')).toBe('active');
    expect((await desk.eventsOf('W3')).filter((type) => type === 'approver_changed')).toHaveLength(1);
    await desk.broker.end('W3', { type: 'operator', name: 'test' });
  });

  it('posts that somebody changed who approved more time, before it is written and after', async () => {
    await alone('W6');
    const { digest } = (await desk.row('W6')).request.details;
    const riley = { type: 'person', key: KEYS.riley } as const;
    const asked = await desk.broker.extend('W6', riley, { minutes: 30, digest });
    if (!asked.ok) throw new Error(asked.refusal.code);
    const approved = await desk.broker.approve(
      'W6',
      { type: 'person', key: KEYS.blake },
      digestShown(asked.row.request),
    );
    expect(approved.ok).toBe(true);
    suspend('blake');
    await desk.broker.watchPeople();
    expect((await desk.row('W6')).request.changedApprovers).toEqual(['blake']);
    await desk.broker.end('W6', { type: 'operator', name: 'test' });
  });

  it('ends the access of a requester who was suspended, at once', async () => {
    await alone('W4');
    suspend('riley');
    await desk.broker.watchPeople();
    const { request } = await desk.row('W4');
    expect(request).toMatchObject({ state: 'revoking', cause: 'requester_barred' });
  });

  it('ends the access of a requester whose chat account is gone', async () => {
    await alone('W5');
    desk.dials.accounts = { [KEYS.riley]: 'deleted' };
    await desk.broker.watchPeople();
    expect(await stateOf('W5')).toBe('revoking');
  });
});
