import { broker } from '../../../src/broker/broker.ts';
import type { BrokerDeps } from '../../../src/broker/deps.ts';
import type { Policy } from '../../../src/core/policy/policy.ts';
import { DEFINITIONS } from '../../../src/definitions.ts';
import { applyPolicy } from '../../../src/policy-in-force.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { type Desk, openDesk } from '../../support/desk.ts';

describe('a change of the policy is told by the workers, from its event', () => {
  let desk: Desk;
  let notified: string[];
  let down: string | undefined;
  let deps: BrokerDeps;
  beforeAll(async () => {
    desk = await openDesk();
  });
  beforeEach(async () => {
    notified = [];
    down = undefined;
    deps = {
      ...desk.deps,
      announce: {
        ...desk.deps.announce,
        policy: async ({ channel }, { data }) => {
          if (channel === down) throw new Error('Slack is away');
          const { number, oldSecurityChannels, newSecurityChannels } = data;
          const [before, after] = [oldSecurityChannels, newSecurityChannels].map(slackIn);
          notified.push(`${channel} ${number}: ${before} ${after}`);
          return after !== 'C0GONE';
        },
      },
    };
    await broker(desk.deps).notifyAgain();
  });
  afterAll(() => desk.close());

  const slackIn = (channels: unknown): string | undefined => (channels as { readonly slack?: string }).slack;

  /** From a shell that has the database and no chat, as `breakglass apply` may. */
  async function applyElsewhere(change: Partial<Policy>): Promise<number> {
    const store = openStore({ definitions: DEFINITIONS, url: desk.database.appUrl, logger: desk.logger });
    try {
      const before = await store.policyInForce();
      if (before === undefined) throw new Error('no policy');
      return (await applyPolicy(store, { ...before.policy, ...change }, '', 'operator:ana', before)).number;
    } finally {
      await store.close();
    }
  }
  const securityAt = (security: string) => ({ channels: { slack: { default: 'C0DEFAULT', security } } });

  it('in the old and the new security channel, once, whichever process tells', async () => {
    const number = await applyElsewhere(securityAt('C0NEW'));
    await Promise.all([broker(deps).notifyAgain(), broker(deps).notifyAgain()]);
    await broker(deps).notifyAgain();
    expect([...notified].sort()).toEqual([
      `policy_after ${number}: C0SECURITY C0NEW`,
      `policy_before ${number}: C0SECURITY C0NEW`,
    ]);
  });

  it('to each channel until it has taken it, in order, though the other does not answer', async () => {
    const first = await applyElsewhere({ phone: '+1' });
    const second = await applyElsewhere({ phone: '+2' });
    down = 'policy_before';
    await expect(broker(deps).notifyAgain()).rejects.toThrow('Slack is away');
    expect(notified).toEqual([`policy_after ${first}: C0NEW C0NEW`, `policy_after ${second}: C0NEW C0NEW`]);
    down = undefined;
    await broker(deps).notifyAgain();
    expect(notified.slice(2)).toEqual([`policy_before ${first}: C0NEW C0NEW`, `policy_before ${second}: C0NEW C0NEW`]);
  });

  it('and a channel that Slack will never post to is given up with a line in the log', async () => {
    await applyElsewhere(securityAt('C0GONE'));
    const number = await applyElsewhere(securityAt('C0BACK'));
    await broker(deps).notifyAgain();
    expect(notified).toContain(`policy_after ${number}: C0GONE C0BACK`);
    expect(desk.logger.lines.map(({ message }) => message)).toContain(
      'a security channel cannot be told of a change of the policy; tell them yourself',
    );
  });
});
