import { GAP_MS } from '../../src/core/audit/checkpoint.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import { openMonitor, type Part } from '../../src/health/monitor.ts';
import * as parts from '../../src/health/parts.ts';
import { applyPolicy } from '../../src/policy-in-force.ts';
import type { Store } from '../../src/ports/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { watchSessions } from '../../src/watch-sessions.ts';
import { silent } from '../store/silent-logger.ts';
import { freshDatabase, PATIENT, type TestDatabase, withClient } from '../support/database.ts';
import { aPolicy } from '../support/requests.ts';
import { until } from '../support/until.ts';

const state = async (part: Part): Promise<string> => {
  const { state, says } = await part.look();
  return `${state}: ${says}`;
};

describe('the parts that the database is asked about', () => {
  let database: TestDatabase;
  let store: Store;
  beforeAll(async () => {
    database = await freshDatabase();
    store = openStore({ definitions: DEFINITIONS, url: database.appUrl, logger: silent, limits: PATIENT });
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });
  /** Past every trigger and right. */
  const asSuperuser = (sql: string) =>
    withClient(database.adminUrl, async (client) => {
      await client.query('SET session_replication_role = replica');
      await client.query(sql);
    });
  const signedAgo = (ago: string) =>
    asSuperuser(`DELETE FROM checkpoints; INSERT INTO checkpoints (number, previous, at, header, hash, signature, public_key)
      VALUES (1, repeat('0', 64), clock_timestamp() - interval '${ago}',
        jsonb_build_object('number', 1, 'previous', repeat('0', 64)), repeat('a', 64), 'a', 'a')`);

  it('the database is good where it answers, and its part fails where it does not', async () => {
    expect(await state(parts.databasePart(store))).toBe('good: The database answers.');
    const ping = () => Promise.reject(new Error('gone'));
    await expect(parts.databasePart({ ping }).look()).rejects.toThrow('gone');
  });

  it('the clock is red where it reads no date, and where it does not answer', async () => {
    expect(await state(parts.clockPart(store))).toMatch(/^good/);
    for (const now of [null, undefined, new Date(Number.NaN), '29.11.2026 16:00:00']) {
      const clock = { now: async () => now as unknown as Date };
      expect(await state(parts.clockPart({ clock }))).toMatch(/^red: The database's clock reads no date/);
    }
  });

  it('the sessions are red from a doubt on until the next look, and while nobody has looked yet (D6)', async () => {
    let found: readonly string[] = [];
    const watch = watchSessions({ readBack: async () => found, logger: silent });
    const monitor = openMonitor({ logger: silent });
    monitor.add(parts.sessionsPart(watch.off));
    const says = async () => (await monitor.report()).parts.sessions;
    try {
      expect(await says()).toMatchObject({ state: 'red' });
      await watch.first;
      expect(await says()).toMatchObject({ state: 'good' });
      found = ['DateStyle is German'];
      watch.doubt(found);
      expect(await says()).toMatchObject({
        state: 'red',
        says: expect.stringMatching(/^Nothing is opened: .* The log says what\.$/),
      });
      found = [];
      await until(async () => (await says())?.state === 'good', 'the sessions to be well');
    } finally {
      watch.stop();
    }
  });

  it('the sweep is red before the first, good after one, and red three intervals after the last (D2)', async () => {
    const part = parts.sweepPart(store);
    expect(await state(part)).toBe('red: No worker has swept yet: start one.');
    await store.noteSweep(60_000);
    expect(await state(part)).toMatch(/^good: The last sweep came to its end \d s ago\.$/);
    await asSuperuser(`UPDATE sweeps SET at = at - interval '150 s'`);
    expect(await state(part)).toMatch(/^good/);
    await asSuperuser(`UPDATE sweeps SET at = at - interval '40 s'`);
    expect(await state(part)).toMatch(/^red: The last sweep came to its end \d+ s ago, and one is due every 60 s/);
    await asSuperuser(`UPDATE sweeps SET at = clock_timestamp() + interval '1 h'`);
    expect(await state(part)).toMatch(/^red: The last sweep is dated (3599|3600) s ahead of the database's clock/);
    await asSuperuser(`UPDATE sweeps SET at = clock_timestamp() + interval '4 s'`);
    expect(await state(part)).toMatch(/^good/);
    await store.noteSweep(60_000);
    expect(await state(part)).toMatch(/^good/);
  });

  it('the policy is red where none is in force, where the log does not explain it, and where our own file is wrong', async () => {
    let openingOff: string | undefined;
    const part = parts.policyPart(store.policyInForce, () => openingOff);
    expect(await state(part)).toMatch(/^red: No policy is in force/);
    await applyPolicy(store, aPolicy(), '# text', 'operator:ana', undefined);
    expect(await state(part)).toBe('good: Policy 1 is in force.');
    openingOff = 'the policy file of this process is wrong: /home/ana/secret.yaml';
    expect(await state(part)).toMatch(/^red: Nothing is opened: this process's own policy file is wrong/);
    openingOff = undefined;
    await asSuperuser(`UPDATE policies SET policy = jsonb_set(policy, '{organisation}', '"Somebody else"')`);
    expect(await state(part)).toMatch(/^red: Nothing is opened by policy 1/);
  });

  it('the sealer is nobody’s business before it first signed, and red when events or silence go unsigned too long (E4)', async () => {
    const part = parts.sealerPart(store, GAP_MS);
    expect(await state(part)).toMatch(/^elsewhere/);
    await asSuperuser(`UPDATE events SET at = at - interval '1 h'`);
    await signedAgo('15 min');
    expect(await state(part)).toMatch(/^good: The log was last signed 9\d\d s ago/);
    await signedAgo('17 min');
    expect(await state(part)).toMatch(/^red: The log was last signed 10\d\d s ago: look at the sealer/);
    await signedAgo('-1 h');
    expect(await state(part)).toMatch(/^red: The log was last signed (3599|3600) s ahead of the database's clock/);
    await signedAgo('8 min');
    await store.record('operator:ana', [{ type: 'alarm', data: {} }]);
    expect(await state(part)).toMatch(/^good/);
    await asSuperuser(`UPDATE events SET at = clock_timestamp() - interval '6 min' WHERE type = 'alarm'`);
    expect(await state(part)).toMatch(/^red: The log was last signed 4\d\d s ago, and has events that are not signed/);
  });

  it('the queue is red once a due job has waited a minute', async () => {
    expect(await state(parts.queuePart(async () => 59_999))).toMatch(/^good/);
    expect(await state(parts.queuePart(async () => 60_000))).toBe(
      'red: A job that is due has waited 60 s: look at the workers.',
    );
  });

  it('the cloud is asked by workers alone, and only where a policy names an account', async () => {
    expect(await state(parts.cloudPart(undefined))).toMatch(/^elsewhere: This process calls no cloud/);
    expect(await state(parts.cloudPart(async () => false))).toMatch(/^elsewhere: No policy names an account/);
    expect(await state(parts.cloudPart(async () => true))).toMatch(/^good/);
  });

  it('the installation is red where the database is a copy, or its role may do more than it should', async () => {
    expect(await state(parts.installationPart(store))).toMatch(/^good/);
    const asOwner = openStore({ definitions: DEFINITIONS, url: database.ownerUrl, logger: silent, limits: PATIENT });
    expect(await state(parts.installationPart(asOwner))).toMatch(/^red: Nothing is opened: the database role/);
    await asOwner.close();
    await asSuperuser(`UPDATE installation SET system_identifier = 'another'`);
    expect(await state(parts.installationPart(store))).toMatch(/^red: This database is a copy/);
  });
});
