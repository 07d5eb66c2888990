import { gather } from '../../../src/broker/gather.ts';
import { whyNotRead } from '../../../src/broker/why-not-read.ts';
import type { ChatKey } from '../../../src/core/policy/directory.ts';
import type { ChatAccount } from '../../../src/core/request/facts.ts';
import { type Desk, openDesk } from '../../support/desk.ts';
import { type CastName, KEYS } from '../../support/requests.ts';

/* What the chats say of the other accounts of those who act is asked of each, side by side, and waited for within bounds. */

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
  const { directory } = desk.dials;
  desk.dials.directory = {
    ...directory,
    people: directory.people.map((one) => ({
      ...one,
      chats: { ...one.chats, pigeon: [{ loft: 'L1', user: one.id }] },
    })),
  };
});
afterEach(() => {
  desk.dials.accounts = {};
});
afterAll(() => desk.close());

const pigeonOf = (name: CastName): ChatKey => `pigeon:L1:${name}`;
const riley = { type: 'person', key: KEYS.riley } as const;

it('asks each other account of whoever acts, and of those who approved, once', async () => {
  const asked: ChatKey[] = [];
  const account = async (key: ChatKey): Promise<ChatAccount> => {
    asked.push(key);
    return key === pigeonOf('avery') ? 'guest' : 'member';
  };
  const deps = { ...desk.deps, announce: { ...desk.deps.announce, account } };
  const signal = AbortSignal.timeout(10_000);
  const { linked } = await gather(deps, { key: KEYS.riley, approvers: [pigeonOf('blake'), KEYS.avery], signal });
  expect(asked.sort()).toEqual(
    [KEYS.riley, pigeonOf('riley'), KEYS.blake, pigeonOf('blake'), KEYS.avery, pigeonOf('avery')].sort(),
  );
  expect(Object.keys(linked ?? {}).sort()).toEqual([pigeonOf('riley'), KEYS.blake, pigeonOf('avery')].sort());
  expect(linked?.[pigeonOf('avery')]).toMatchObject({ ok: true, value: 'guest' });
});

it('refuses whoever another chat calls deleted, to ask and to read, and says which', async () => {
  desk.dials.accounts = { [pigeonOf('riley')]: 'deleted' };
  const input = desk.input();
  const refused = await desk.broker.request({ requestId: 'L1', actor: riley, input });
  const refusal = { code: 'account_deleted', detail: { chat: 'pigeon' } };
  expect(refused).toMatchObject({ ok: false, refusal });
  expect(await whyNotRead(desk.deps, riley)).toEqual(refusal);
});

it('opens while the other chat answers nothing, and ends whatever it says', async () => {
  desk.dials.accounts = { [pigeonOf('riley')]: 'down', [pigeonOf('avery')]: 'down' };
  await desk.opened('L2');
  desk.dials.accounts = { [pigeonOf('riley')]: 'deleted', [KEYS.riley]: 'down' };
  expect((await desk.broker.end('L2', riley)).ok).toBe(true);
});

it('opens nothing for a requester, or on the word of an approver, whom the other chat has barred since', async () => {
  await desk.approved('L3');
  desk.dials.accounts = { [pigeonOf('riley')]: 'deleted' };
  await desk.perform('grant', 'L3');
  expect((await desk.row('L3')).request).toMatchObject({ state: 'closed', outcome: 'refused' });
  desk.dials.accounts = {};
  await desk.approved('L4');
  desk.dials.accounts = { [pigeonOf('avery')]: 'guest' };
  await desk.perform('grant', 'L4');
  expect((await desk.row('L4')).request).toMatchObject({ state: 'closed', outcome: 'refused' });
});

it('waits for a chat that hangs no longer than two seconds', async () => {
  const account = async (key: ChatKey): Promise<ChatAccount> =>
    key === pigeonOf('riley') ? new Promise<never>(() => undefined) : 'member';
  const deps = { ...desk.deps, announce: { ...desk.deps.announce, account } };
  const from = performance.now();
  const { linked, account: own } = await gather(deps, { key: KEYS.riley, signal: AbortSignal.timeout(10_000) });
  expect(performance.now() - from).toBeLessThan(8_000);
  expect(linked?.[pigeonOf('riley')]).toMatchObject({ ok: false });
  expect(own).toMatchObject({ ok: true, value: 'member' });
});
