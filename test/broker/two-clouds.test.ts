import { exportBundle } from '../../src/broker/export-bundle.ts';
import { manualCommands } from '../../src/broker/grant/manual-commands.ts';
import { sweepCloud } from '../../src/broker/sweep/clouds.ts';
import { verifyLog } from '../../src/broker/verify-log.ts';
import { refusalWords } from '../../src/chat/words/words.ts';
import { bundleText, readBundle } from '../../src/core/audit/bundle.ts';
import { CADENCE, fingerprintOf } from '../../src/core/audit/checkpoint.ts';
import { verifyBundle } from '../../src/core/audit/verify-bundle.ts';
import { cloudTermsOf } from '../../src/core/policy/cloud.ts';
import type { Policy } from '../../src/core/policy/policy.ts';
import type { Plan } from '../../src/core/request/request.ts';
import type { Page, Pager } from '../../src/ports/pager.ts';
import { sealOnce } from '../../src/seal/seal-once.ts';
import { openLedger } from '../../src/store/open-ledger.ts';
import { ECHO } from '../adapters/echo-cloud/definition.ts';
import { echoAccount, echoRole } from '../adapters/echo-cloud/inputs.ts';
import { echoProvider } from '../adapters/echo-cloud/provider.ts';
import { EchoServer } from '../adapters/echo-cloud/server.ts';
import { aKey } from '../core/audit/sealed-log.ts';
import { silent } from '../store/silent-logger.ts';
import { type Desk, openDesk } from '../support/desk.ts';
import { digestFor, MINUTE, personActor, SECOND } from '../support/requests.ts';

/** Both clouds call an account so: nothing may go by the account alone. */
const ACCOUNT = '111122223333';

/** AWS's policy with a role of another cloud in it, for the people that there are. */
const withEcho = (policy: Policy): Policy => ({
  ...policy,
  accounts: [...policy.accounts, echoAccount({ id: ACCOUNT })],
  roles: [...policy.roles, echoRole({ account: ACCOUNT, mayAsk: ['payments'] })],
  people: policy.people.map((person, index) => ({
    ...person,
    clouds: { ...person.clouds, echo: { kind: 'badge', number: String(1000 + index) } },
  })),
});

describe('two clouds beside each other in one installation', () => {
  let echo: EchoServer;
  let desk: Desk;
  let policy: Policy;
  const heard: { alarms: string[]; pages: Page[] } = { alarms: [], pages: [] };
  const ECHO_ROLE = { role: 'pump-operator' };

  beforeAll(async () => {
    desk = await openDesk(
      (own) => {
        policy = withEcho(own);
        return policy;
      },
      [
        {
          definition: ECHO,
          open: async ({ clock, now }) => {
            echo = await EchoServer.start(now);
            const own = echoProvider({ url: echo.url, client: echo.client, secret: echo.secret, clock });
            // It says that its schedule stands, whatever it ended: only what the plan promises keeps that from being a proof.
            const observe: typeof own.observe = async (...asked) => ({
              ...(await own.observe(...asked)),
              nativeEndIntact: true,
            });
            return { ...own, observe };
          },
        },
      ],
    );
  });
  afterEach(() => {
    echo.faults.clear();
    echo.faults.releaseAll(true);
    heard.alarms.length = 0;
    heard.pages.length = 0;
  });
  afterAll(async () => {
    await desk.close();
    await echo.close();
  });

  const pager: Pager = {
    name: 'test',
    page: async (page) => void heard.pages.push(page),
    resolve: async () => undefined,
  };
  const sweep = () =>
    sweepCloud(
      {
        ...desk.deps,
        announce: { ...desk.deps.announce, alarm: async (text) => heard.alarms.push(text) > 0 },
        pagers: [pager],
      },
      { everyMs: 0, againMs: 10, oneMs: 2_000, signal: AbortSignal.timeout(60_000) },
    );
  const echoInput = (more: object = {}) => ({
    ...ECHO_ROLE,
    minutes: 15,
    digest: digestFor('pump-operator', policy),
    ...more,
  });
  const planOf = async (id: string): Promise<Plan> => {
    const { request } = await desk.row(id);
    const plan = request.state === 'pending' ? undefined : request.grants[0]?.plan;
    if (plan === undefined) throw new Error(`${id} has no plan`);
    return plan;
  };
  const proofOf = async (id: string) => {
    const { request } = await desk.row(id);
    return request.state === 'closed' ? request.grants[0]?.sessionsEnded?.by : request.state;
  };
  const works = (): boolean => {
    const session = echo.enter('north', 'operator', '1000');
    return session !== undefined && echo.may(session, 'pump.restart');
  };
  const end = async (id: string): Promise<void> => {
    await desk.broker.end(id, personActor('riley'));
    await desk.perform('revoke', id);
    desk.wait(5 * MINUTE);
    await desk.perform('verify_sessions', id);
  };
  /** What opened it once, and no row of ours knows. */
  const ghost = async (provider: 'aws' | 'echo', id: string, installationId: string): Promise<Plan> => {
    const role = provider === 'echo' ? echoInput() : {};
    const { details } = (await desk.ask(`TEMPLATE${provider}${id}`, role)).request;
    const principal = desk.dials.directory.people.find((one) => one.id === 'blake')?.clouds[provider];
    const own = desk.deps.providers[provider];
    if (principal === undefined || own === undefined) throw new Error('Blake has both identities');
    const plan = own.plan({
      grantId: id,
      installationId,
      head: 'a'.repeat(64),
      plannedEnd: new Date((await desk.store.clock.now()).getTime() + 60 * MINUTE),
      offsetMs: 0,
      target: { provider, account: ACCOUNT, principal },
      details,
      approvers: [],
    });
    await own.open(plan, AbortSignal.timeout(60_000));
    await desk.broker.withdraw(details.id, personActor('riley'));
    return plan;
  };

  it('opens, reads back, ends early and proves in each', async () => {
    await Promise.all([desk.opened('A1'), desk.opened('E1', echoInput())]);
    expect([(await desk.row('A1')).request.state, (await desk.row('E1')).request.state]).toEqual(['active', 'active']);
    expect([works(), echo.named('bg-e1')?.badge]).toEqual([true, '1000']);
    expect(desk.role('A1')).toBeDefined();
    await end('E1');
    expect([works(), await proofOf('E1'), await proofOf('A1')]).toEqual([false, 'propagation', 'active']);
    await end('A1');
    expect(await proofOf('A1')).toBe('propagation');
  });

  it('the planned end alone proves it where the cloud ends exactly, and never where it only ends around then (D2, D3)', async () => {
    await Promise.all([desk.opened('A2', { minutes: 15 }), desk.opened('E2', echoInput())]);
    const plans = [await planOf('A2'), await planOf('E2')];
    expect(plans.map(({ nativeEnd }) => nativeEnd)).toEqual(['exact', 'scheduled']);
    desk.wait((plans[1]?.plannedEnd.getTime() ?? 0) - (await desk.store.clock.now()).getTime() + 2 * SECOND);
    // The planned end is past, and the desk has not come around yet.
    expect(works()).toBe(true);
    await Promise.all([desk.perform('expire', 'A2'), desk.perform('expire', 'E2')]);
    expect(works()).toBe(false);
    await desk.perform('verify_sessions', 'A2');
    await expect(desk.perform('verify_sessions', 'E2')).rejects.toThrow('not proven ended yet');
    expect([await proofOf('A2'), await proofOf('E2')]).toEqual(['native_end', 'revoking']);
    desk.wait(5 * MINUTE);
    await desk.perform('verify_sessions', 'E2');
    expect(await proofOf('E2')).toBe('propagation');
  });

  it('each is deleted when its own cloud says so, and not before', async () => {
    await desk.opened('E14', echoInput());
    const { plannedEnd, cleanUpAt } = await planOf('E14');
    expect(cleanUpAt.getTime() - plannedEnd.getTime()).toBeLessThan(12 * 60 * MINUTE);
    await end('E14');
    await expect(desk.perform('delete_tombstone', 'E14')).rejects.toThrow('PROVIDER_REFUSED');
    desk.wait(cleanUpAt.getTime() - (await desk.store.clock.now()).getTime());
    await desk.perform('delete_tombstone', 'E14');
    expect(await desk.eventsOf('E14')).toContain('tombstone_deleted');
  });

  it('more time in each moves its own end', async () => {
    await desk.opened('E3', echoInput());
    const before = (await planOf('E3')).plannedEnd;
    const riley = personActor('riley');
    const avery = personActor('avery');
    if (riley.type !== 'person' || avery.type !== 'person') throw new Error('they are people');
    await desk.broker.extend('E3', riley, { minutes: 15, digest: (await desk.row('E3')).request.details.digest });
    const { request } = await desk.row('E3');
    await desk.broker.approve('E3', avery, (request.state === 'active' && request.extension?.digest) || '');
    await desk.perform('extend', 'E3');
    const after = (await planOf('E3')).plannedEnd;
    expect(after.getTime() - before.getTime()).toBe(15 * MINUTE);
    expect(echo.named('bg-e3')?.end).toBe(((await planOf('E3')).detail as { end: string }).end);
    await end('E3');
  });

  describe('where a cloud holds one object for each person, role and scope', () => {
    it('a second request is refused in words before anything is written, and the first is not touched', async () => {
      await desk.opened('E4', echoInput());
      const before = echo.named('bg-e4');
      const asked = echo.faults.log.length;
      await desk.opened('E5', echoInput());
      const events = await desk.store.events('request/E5');
      expect((await desk.row('E5')).request).toMatchObject({ state: 'closed', outcome: 'refused' });
      expect(events.map(({ data }) => data.why)).toContain('already_held');
      expect(refusalWords('already_held', { name: 'bg-e4' })).toMatch(/once for each person.*bg-e4.*more time/);
      expect(echo.faults.log.slice(asked).filter(({ action }) => action === 'assign')).toEqual([]);
      expect(echo.named('bg-e4')).toEqual(before);
      await end('E4');
      await desk.opened('E6', echoInput());
      expect((await desk.row('E6')).request.state).toBe('active');
      await end('E6');
    });

    it('two that are planned at once are decided by the cloud: one opens, the other fails and ends without touching it (C6)', async () => {
      await Promise.all([desk.approved('E7', echoInput()), desk.approved('E8', echoInput())]);
      echo.faults.add({ kind: 'hold_before', action: 'assign' });
      const first = desk.perform('grant', 'E7');
      await echo.faults.whenHeld();
      await desk.perform('grant', 'E8');
      echo.faults.releaseAll();
      await first;
      expect([(await desk.row('E7')).request.state, (await desk.row('E8')).request.state]).toEqual([
        'revoking',
        'active',
      ]);
      const before = echo.named('bg-e8');
      await desk.perform('revoke', 'E7');
      expect(echo.named('bg-e8')).toEqual(before);
      await end('E8');
    });
  });

  it('an opener that comes after an ending that fenced nothing is found and ended again', async () => {
    await desk.opened('E9', echoInput());
    const plan = await planOf('E9');
    await end('E9');
    await desk.deps.providers.echo?.open(plan, AbortSignal.timeout(60_000));
    expect(works()).toBe(true);
    await sweep();
    expect(works()).toBe(false);
    expect((await desk.eventsOf('E9')).at(-1)).toBe('alarm');
  });

  it('orphans of each are closed in it, in its own words, and what is foreign is not touched, though both call the account alike', async () => {
    const { installationId } = await desk.store.installation();
    const own = await ghost('echo', 'G1', installationId);
    const roleGhost = await ghost('aws', 'G2', installationId);
    const plumber = {
      hall: 'north',
      badge: '7777',
      door: 'vault',
      end: '2999-01-01T00:00:00.000Z',
      label: 'a plumber',
    };
    echo.put({ ...plumber, name: 'bg-plumber' });
    await sweep();
    expect(echo.named(own.name)).toBeUndefined();
    expect(desk.role('G2')?.policies.inline['99-revoked']).toBeDefined();
    expect(echo.named('bg-plumber')).toMatchObject(plumber);
    expect(heard.alarms).toEqual(
      expect.arrayContaining([
        expect.stringMatching(new RegExp(`${own.name} .*closed now`)),
        expect.stringMatching(new RegExp(`${roleGhost.name} .*closed now`)),
        expect.stringMatching(/only passes of this installation should stand.*bg-plumber.*touch none/),
      ]),
    );
    echo.drop('bg-plumber');
  });

  it('open access that vanished from one is lost there after two looks, and nowhere else', async () => {
    await Promise.all([desk.opened('A6'), desk.opened('E11', echoInput())]);
    echo.drop('bg-e11');
    await sweep();
    desk.wait(6 * MINUTE);
    await sweep();
    expect((await desk.row('E11')).request).toMatchObject({ state: 'revoking', cause: 'lost' });
    expect((await desk.row('A6')).request.state).toBe('active');
    await desk.perform('revoke', 'E11');
    desk.wait(5 * MINUTE);
    await desk.perform('verify_sessions', 'E11');
    await end('A6');
  });

  it('one whose server is down holds up nothing of the other, and its ending is done when it is back (D4)', async () => {
    const { installationId } = await desk.store.installation();
    await desk.opened('E12', echoInput());
    const orphan = await ghost('aws', 'G3', installationId);
    const actions = ['look', 'list', 'door', 'assign', 'remove', 'token'];
    for (const action of actions) echo.faults.add({ kind: 'drop_before', action, times: 1000 });
    await desk.opened('A7');
    await desk.broker.end('E12', personActor('riley'));
    await expect(desk.perform('revoke', 'E12')).rejects.toThrow('PROVIDER_UNAVAILABLE');
    await sweep();
    expect(desk.role('G3')?.policies.inline['99-revoked']).toBeDefined();
    expect(orphan.name).toBe('bg-g3');
    await end('A7');
    expect([await proofOf('A7'), (await desk.row('E12')).request.state, works()]).toEqual([
      'propagation',
      'revoking',
      true,
    ]);
    echo.faults.clear();
    await desk.perform('revoke', 'E12');
    expect(works()).toBe(false);
    desk.wait(5 * MINUTE);
    await desk.perform('verify_sessions', 'E12');
  });

  it('what people read and run is in the words of its cloud', async () => {
    await desk.opened('E13', echoInput());
    const { request } = await desk.row('E13');
    expect(manualCommands(desk.deps, request)).toEqual(['echo-desk take-back --hall north --pass bg-e13']);
    const said = cloudTermsOf(desk.deps.clouds, request.details.terms);
    expect(said).toMatchObject({ nativeEnd: 'scheduled', allows: 'valve.turn, pump.restart', words: ECHO.words });
    expect(said.caveats).toEqual(['What was carried out of the hall stays out.']);
    await end('E13');
  });

  it('the log of both explains every row, and the bundle of an incident verifies', async () => {
    const { broken, unexplained } = await verifyLog(desk.store);
    expect([broken, unexplained]).toEqual([undefined, []]);
    const { privateKey, publicKey } = aKey();
    const current = { privateKey, publicKey, fingerprint: fingerprintOf(publicKey) };
    const ledger = openLedger({ url: desk.database.sealUrl, logger: silent });
    try {
      // The clock of the test, which events are written by.
      const now = await desk.store.clock.now();
      const sealed = await ledger.look((view) =>
        sealOnce({ ...view, now }, { keys: { current, next: undefined }, memories: [], cadence: CADENCE }),
      );
      expect(sealed).toMatchObject({ kind: 'sealed' });
    } finally {
      await ledger.close();
    }
    const bundle = await exportBundle(desk.store, 'INC-E2');
    const read = readBundle(Buffer.from(bundle === undefined ? '' : bundleText(bundle)));
    if (!read.ok) throw new Error(read.why);
    const report = verifyBundle(read.bundle, { publicKey });
    expect([report.broken, report.unknown]).toEqual([[], ['no anchors were given']]);
    expect(JSON.stringify(read.bundle)).toContain('"nativeEnd":"scheduled"');
  });
});
