import { ECHO } from '../../adapters/echo-cloud/definition.ts';
import { detailsOf, echoAccount, echoTerms } from '../../adapters/echo-cloud/inputs.ts';
import { echoProvider } from '../../adapters/echo-cloud/provider.ts';
import { EchoServer } from '../../adapters/echo-cloud/server.ts';
import type { CloudUnderTest } from './rig.ts';

export const ECHO_UNDER_TEST: CloudUnderTest = {
  name: 'echo',
  opening: [{ action: 'assign' }],
  ending: [{ action: 'remove' }],
  extending: [{ action: 'move' }],
  token: { action: 'token' },
  isFenced: false,
  isOnePerKey: true,
  open: async () => {
    const echo = await EchoServer.start();
    const logged: string[] = [];
    const another = () =>
      echoProvider({
        url: echo.url,
        client: echo.client,
        secret: echo.secret,
        clock: { now: async () => new Date() },
        again: (code) => void logged.push(code),
      });
    const account = echoAccount();
    const doors = new Map(echo.doors);
    const hall = account.hall;
    const WRITES = ['assign', 'move', 'remove'];
    return {
      definition: ECHO,
      provider: another(),
      another,
      account,
      secrets: [echo.secret, 'echo-token-'],
      logged,
      order: (n, { key = n, seconds = 1800, ...change } = {}) => ({
        grantId: `GRANT${n}`,
        installationId: 'installation-of-ours',
        head: 'a'.repeat(64),
        plannedEnd: new Date(Date.now() + seconds * 1000),
        offsetMs: 0,
        target: { provider: 'echo', account: account.id, principal: badge(key) },
        details: detailsOf(echoTerms()),
        approvers: [],
        ...change,
      }),
      fault: (kind, { action }, times = 1) => echo.faults.add({ kind, action, times }),
      whenHeld: () => echo.faults.whenHeld(),
      held: () => echo.faults.held,
      releaseAll: (drop) => echo.faults.releaseAll(drop),
      calm: async () => {
        echo.faults.clear();
        echo.faults.releaseAll(true);
        echo.clockOffsetMs = 0;
        for (const [name, opens] of doors) echo.doors.set(name, opens);
      },
      mark: () => echo.faults.log.length,
      writes: (since) =>
        echo.faults.log
          .slice(since)
          .map(({ action }) => action)
          .filter((action) => WRITES.includes(action)),
      asked: (since, { action }) => echo.faults.log.slice(since).filter((one) => one.action === action).length,
      setClock: (ms) => {
        echo.clockOffsetMs = ms;
      },
      nativeEndPasses: () => echo.runJob(),
      enter: async (plan, as = 'holder') => {
        const { door, badge: number } = plan.detail as { door: string; badge: string };
        return echo.enter(hall, door, as === 'holder' ? number : '9999');
      },
      may: async (session) => echo.may(session as string, 'pump.restart'),
      alter: async (plan) => {
        const pass = echo.named(plan.name);
        if (pass !== undefined) echo.put({ ...pass, door: 'reader' });
      },
      deleteByHand: async (plan) => echo.drop(plan.name),
      reopenByHand: ({ name, detail }) => {
        const { opens: _opens, ...pass } = detail as unknown as Parameters<EchoServer['put']>[0] & { opens: unknown };
        echo.put({ ...pass, name });
      },
      foreign: async (name) =>
        echo.put({
          name,
          hall,
          badge: '7777',
          door: name,
          end: '2999-01-01T00:00:00.000Z',
          label: 'by hand, for the plumber',
        }),
      standing: (name) => {
        const pass = echo.named(name);
        return pass && { name, id: pass.id, content: JSON.stringify(pass) };
      },
      changeDefinition: async () => void echo.doors.set('operator', ['vault.open']),
      close: () => echo.close(),
    };
  },
};

const badge = (key: number) => ({ kind: 'badge', number: String(1000 + key) }) as const;
