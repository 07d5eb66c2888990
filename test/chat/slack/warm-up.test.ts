import { warmUp } from '../../../src/chat/slack/warm-up.ts';
import { cloudTermsOf } from '../../../src/core/policy/cloud.ts';
import type { Terms } from '../../../src/core/policy/terms.ts';
import { DEFINITIONS } from '../../../src/definitions.ts';
import { fileDirectory } from '../../../src/directory/file.ts';
import type { Store } from '../../../src/ports/store.ts';
import { openInstallation, type TestInstallation } from './installation.ts';

const capabilities = (terms: Terms) => cloudTermsOf(DEFINITIONS.clouds, terms);

describe('the rehearsal before anybody is heard (A3)', () => {
  let installation: TestInstallation;
  const written: string[] = [];
  beforeAll(async () => {
    installation = await openInstallation();
  });
  afterAll(() => installation.close());
  /** What only reads; whatever else is called is noted. */
  const watched = (store: Store): Store => {
    const READS = ['policyInForce', 'freeze', 'chat'];
    const noting = (name: PropertyKey, of: object) =>
      new Proxy(of, {
        apply: (target, self, given) => {
          written.push(String(name));
          return Reflect.apply(target as never, self, given);
        },
      });
    const chat = Object.fromEntries(Object.entries(store.chat).map(([name, call]) => [name, noting(name, call)]));
    const rest = Object.entries(store).map(([name, call]) =>
      typeof call === 'function' && !READS.includes(name) ? [name, noting(name, call)] : [name, call],
    );
    return { ...Object.fromEntries(rest), chat } as Store;
  };

  it('opens a form for each command it plays, and calls nobody, writes nothing and says nothing meanwhile', async () => {
    const { store, slack, logs } = installation;
    const before = { calls: slack.dials.calls().length, logs: logs.length };
    const { typed, opened, lastMs } = await warmUp({
      store: watched(store),
      directory: fileDirectory,
      capabilities,
    });
    expect(typed).toBeGreaterThanOrEqual(60);
    expect(opened).toBe(typed);
    expect(lastMs).toBeGreaterThan(0);
    expect(written).toEqual([]);
    expect({ calls: slack.dials.calls().length, logs: logs.length }).toEqual(before);
  });

  it('B11: opens forms alone, and freezes, lifts and ends nothing, whatever roles are called', async () => {
    const { store, broker, announce, slack } = installation;
    const called: string[] = [];
    const recording = Object.fromEntries(
      Object.keys(broker).map((name) => [
        name,
        async () => {
          called.push(name);
          throw new Error('not in a rehearsal');
        },
      ]),
    );
    const before = slack.dials.calls().length;
    const inForce = await store.policyInForce();
    const [role] = inForce?.policy.roles ?? [];
    if (inForce === undefined || role === undefined) throw new Error('no policy');
    const ids = ['freeze', 'freeze-all', 'Freeze_', 'thaw', 'end', 'deny', 'list', 'help', 'status', 'extend', 'plain'];
    const roles = ids.map((id) => ({ ...role, id }));
    const policyInForce = async () => ({ ...inForce, policy: { ...inForce.policy, roles } });
    const given = {
      broker: recording,
      announce,
      store: watched({ ...store, policyInForce }),
      directory: fileDirectory,
      capabilities,
    };
    const { typed, opened } = await warmUp(given);
    expect({ opened, called, written }).toEqual({ opened: typed, called: [], written: [] });
    expect(await store.freeze()).toBeUndefined();
    expect(slack.dials.calls()).toHaveLength(before);
  });

  it('leaves it where no policy is in force, or nobody of it can be heard', async () => {
    const { store } = installation;
    const nobody = { directory: fileDirectory, capabilities };
    const none = { typed: 0, opened: 0, firstMs: 0, lastMs: 0 };
    expect(await warmUp({ ...nobody, store: { ...store, policyInForce: async () => undefined } })).toEqual(none);
    const empty = { read: async () => ({ directory: { people: [], teams: [], onCall: {} }, ageMs: 0 }) };
    expect(await warmUp({ ...nobody, store, directory: empty })).toEqual(none);
  });
});
