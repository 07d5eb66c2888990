import { noted } from '../../../src/broker/request/note-refusal.ts';
import type { Actor } from '../../../src/core/request/command.ts';
import { type Desk, openDesk } from '../../support/desk.ts';
import { KEYS } from '../../support/requests.ts';
import { until } from '../../support/until.ts';

const by = (
  key: (typeof KEYS)[keyof typeof KEYS] | 'slack:T0BREAK:U0STRANGER',
): Extract<Actor, { type: 'person' }> => ({
  type: 'person',
  key,
});

describe('a refused click or command', () => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk();
  });
  afterEach(() => {
    desk.dials.directoryDown = false;
  });
  afterAll(() => desk.close());

  const kept = async (id: string) =>
    (await desk.store.events(`request/${id}`)).filter(({ type }) => type === 'action_refused').map(({ data }) => data);
  const keptAre = (id: string, count: number) => until(async () => (await kept(id)).length >= count, 'the refusal');

  it('is kept with who, what and the code: of everything that a person may be refused', async () => {
    const { digest } = (await desk.opened('N1')).request.details;
    const casey = by(KEYS.casey);
    const quinn = by(KEYS.quinn);
    const refused = [
      await desk.broker.approve('N1', quinn, digest),
      await desk.broker.deny('N1', by(KEYS.jordan), 'no'),
      await desk.broker.withdraw('N1', casey),
      await desk.broker.extend('N1', casey, { minutes: 30, digest }),
      await desk.broker.end('N1', quinn),
      await desk.broker.attest('N1', by(KEYS.sasha), 'I looked'),
    ];
    expect(refused.every(({ ok }) => !ok)).toBe(true);
    await keptAre('N1', 6);
    const all = [...(await kept('N1'))].sort((a, b) => String(a.what).localeCompare(String(b.what)));
    expect(all).toEqual([
      { key: KEYS.quinn, person: 'quinn', what: 'approve', code: 'not_in_this_state' },
      { key: KEYS.sasha, person: 'sasha', what: 'attest', code: 'not_in_this_state' },
      { key: KEYS.jordan, person: 'jordan', what: 'deny', code: 'not_in_this_state' },
      { key: KEYS.quinn, person: 'quinn', what: 'end', code: 'not_yours' },
      { key: KEYS.casey, person: 'casey', what: 'extend', code: 'not_yours' },
      { key: KEYS.casey, person: 'casey', what: 'withdraw', code: 'not_in_this_state' },
    ]);
  });

  it('is kept once for each person and code, however often and however fast they click', async () => {
    await desk.ask('N2');
    const stranger = by('slack:T0BREAK:U0STRANGER');
    const answers = await Promise.all(Array.from({ length: 8 }, () => desk.broker.deny('N2', stranger, 'no')));
    await keptAre('N2', 1);
    for (let again = 0; again < 3; again += 1) answers.push(await desk.broker.deny('N2', stranger, 'no'));
    answers.push(await desk.broker.end('N2', stranger));
    expect(answers.every((one) => !one.ok)).toBe(true);
    // A second code of the same person comes last: once it is there, nothing of the first is under way.
    await keptAre('N2', 2);
    expect(await kept('N2')).toEqual([
      { key: stranger.key, what: 'deny', code: 'not_yours' },
      { key: stranger.key, what: 'end', code: 'not_in_this_state' },
    ]);
  });

  it('is answered though it cannot be kept, and without waiting for that', async () => {
    await desk.ask('N3');
    const change = desk.store.change.bind(desk.store);
    let released = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      released = resolve;
    });
    const store = {
      ...desk.store,
      change: async (...args: Parameters<typeof change>): Promise<never> => {
        await held;
        throw new Error(`cannot keep ${args[0]}`);
      },
    };
    const of = { requestId: 'N3', what: 'deny', actor: by(KEYS.quinn) } as const;
    const answer = desk.broker.deny('N3', by('slack:T0BREAK:U0STRANGER'), 'no');
    await expect(noted({ ...desk.deps, store }, of, answer)).resolves.toMatchObject({
      refusal: { code: 'not_yours' },
    });
    released();
    const said = () => desk.logger.lines.some(({ message }) => message === 'a refusal could not be kept in the log');
    await until(async () => said(), 'the word of it');
  });

  it('names nobody where the directory does not say who it was', async () => {
    await desk.ask('N4');
    desk.dials.directoryDown = true;
    await desk.broker.deny('N4', by(KEYS.quinn), 'no');
    await keptAre('N4', 1);
    expect(await kept('N4')).toEqual([{ key: KEYS.quinn, what: 'deny', code: 'not_yours' }]);
  });

  it('is none where another key of the same person may do it; where none may, it is one refusal (D5)', async () => {
    await desk.ask('N5');
    const elsewhere = { type: 'person', key: 'slack:T0ELSE:U0X' } as const;
    const elsewhereToo = { type: 'person', key: 'slack:T0ELSE:U0Y' } as const;
    expect(await desk.broker.withdraw('N5', [elsewhere, by(KEYS.sasha)])).toMatchObject({ ok: false });
    expect(await desk.broker.withdraw('N5', [elsewhereToo, by(KEYS.riley)])).toMatchObject({ ok: true });
    expect(await desk.broker.end('N5', [by(KEYS.riley), elsewhere])).toMatchObject({ ok: false });
    // The last comes last: once it is there, nothing of the others is under way.
    await keptAre('N5', 2);
    expect(await kept('N5')).toEqual([
      { key: elsewhere.key, what: 'withdraw', code: 'not_yours' },
      { key: KEYS.riley, person: 'riley', what: 'end', code: 'not_in_this_state' },
    ]);
  });

  it('of a request that nobody knows is kept nowhere', async () => {
    expect(await desk.broker.deny('N9', by(KEYS.quinn), 'no')).toMatchObject({ refusal: { code: 'unknown_request' } });
    expect(await desk.store.events('request/N9')).toEqual([]);
  });
});
