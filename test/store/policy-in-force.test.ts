import { seal } from '../../src/core/audit/log.ts';
import { digestOf, sha256 } from '../../src/core/canonical.ts';
import type { NewEvent } from '../../src/core/events.ts';
import type { Policy } from '../../src/core/policy/policy.ts';
import { policyChanged } from '../../src/core/policy/policy-row.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import { applyPolicy } from '../../src/policy-in-force.ts';
import type { Store } from '../../src/ports/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { freshDatabase, PATIENT, type TestDatabase, withClient } from '../support/database.ts';
import { aPolicy } from '../support/requests.ts';
import { silent } from './silent-logger.ts';

describe('the policy in force', () => {
  let database: TestDatabase;
  let store: Store;
  beforeEach(async () => {
    database = await freshDatabase();
    store = openStore({ definitions: DEFINITIONS, url: database.appUrl, logger: silent, limits: PATIENT });
  });
  afterEach(async () => {
    await store.close();
    await database.drop();
  });

  const apply = async (policy: Policy, actor = 'operator:ana') =>
    applyPolicy(store, policy, '# text', actor, await store.policyInForce());
  /** What a stranger with the app's database role does. */
  const asApp = (sql: string, values: readonly unknown[] = []) =>
    withClient(database.appUrl, (client) => client.query(sql, [...values]));
  const asSuperuser = (sql: string, values: readonly unknown[] = []) =>
    withClient(database.adminUrl, async (client) => {
      await client.query('SET session_replication_role = replica');
      await client.query(sql, [...values]);
    });

  interface Forged {
    readonly number?: number;
    readonly policy: unknown;
    readonly digest?: string;
    readonly appliedBy?: string;
  }
  const insertRow = ({ number = 2, policy, digest = digestOf(policy), appliedBy = 'operator:ana' }: Forged, at: Date) =>
    asApp(
      `INSERT INTO policies (number, digest, policy, document, applied_at, applied_by) VALUES ($1, $2, $3, '', $4, $5)`,
      [number, digest, JSON.stringify(policy), at, appliedBy],
    );
  /** Appends to the system stream, chained as it must be. */
  async function append(event: NewEvent, at: Date, stream = 'system') {
    const last = (await store.events(stream)).at(-1);
    const head = last ? { seq: last.seq, hash: last.hash } : { seq: 0, hash: '0'.repeat(64) };
    const [made] = seal(stream, head, [event], { at, actor: 'operator:ana', checkpoint: 0 });
    await asApp(
      `INSERT INTO events (stream, seq, type, at, actor, data, checkpoint, prev_hash, hash)
       VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8)`,
      [stream, made?.seq, event.type, at, 'operator:ana', JSON.stringify(made?.data), made?.prevHash, made?.hash],
    );
  }

  it('is none at first, then the newest that was applied, with the event that explains its row', async () => {
    expect(await store.policyInForce()).toBeUndefined();
    const [first, second] = [
      aPolicy(),
      aPolicy({ phone: '+1', channels: { slack: { default: 'C0D', security: 'C0NEW' } } }),
    ];
    const applied = await apply(first);
    expect(applied).toMatchObject({ number: 1, digest: digestOf(first), appliedBy: 'operator:ana', doubt: undefined });
    expect(await store.policyInForce()).toEqual(applied);
    await apply(second);
    const inForce = await store.policyInForce();
    expect(inForce).toMatchObject({ number: 2, doubt: undefined, policy: { phone: '+1' } });
    const events = await store.events('system');
    expect(events.map(({ type, data }) => [type, data.number])).toEqual([
      ['policy_changed', 1],
      ['policy_changed', 2],
    ]);
    expect(events[1]?.data).toMatchObject({
      oldDigest: digestOf(first),
      newDigest: digestOf(second),
      documentDigest: sha256('# text'),
      oldSecurityChannels: { slack: first.channels.slack?.security },
      newSecurityChannels: { slack: 'C0NEW' },
    });
  });

  it('is seen at once by every process, and put in force by one of those that race', async () => {
    const other = openStore({ definitions: DEFINITIONS, url: database.appUrl, logger: silent });
    await apply(aPolicy());
    expect((await other.policyInForce())?.number).toBe(1);
    const race = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        store.applyPolicy({
          policy: aPolicy({ phone: `+${n}` }),
          document: '',
          actor: `operator:${n}`,
          previous: 1,
          changes: [],
        }),
      ),
    );
    const won = race.filter((one) => one !== undefined);
    expect(won).toHaveLength(1);
    expect(await other.policyInForce()).toEqual(won[0]);
    expect(await store.policyInForce()).toEqual(won[0]);
    expect(await store.events('system')).toHaveLength(2);
    await other.close();
  });

  describe('opens nothing, and endings go on by the newest that the log explains (findings, 1 #4)', () => {
    const at = new Date('2026-11-29T12:00:00.000Z');
    const lax = aPolicy({ phone: '+666', channels: { slack: { default: 'C0EVIL', security: 'C0EVIL' } } });
    beforeEach(() => apply(aPolicy({ phone: '+1' })));

    const doubted = async () => {
      const fresh = openStore({ definitions: DEFINITIONS, url: database.appUrl, logger: silent });
      const [known, anew] = await Promise.all([store.policyInForce(), fresh.policyInForce()]);
      await fresh.close();
      // Nobody's memory of it differs from the database.
      expect(anew).toEqual(known);
      expect(known?.policy).toMatchObject({ phone: '+1', channels: { slack: { security: 'C0SECURITY' } } });
      return known?.doubt;
    };
    const event = (change: object = {}): NewEvent => ({
      type: 'policy_changed',
      data: {
        ...policyChanged({
          number: 2,
          policy: lax,
          document: '',
          operator: 'operator:ana',
          changes: [],
          before: { digest: digestOf(aPolicy({ phone: '+1' })), securityChannels: { slack: 'C0SECURITY' } },
        }).data,
        ...change,
      },
    });

    it('where a row was inserted with the role of the app, and no event put it there', async () => {
      expect((await store.policyInForce())?.doubt).toBeUndefined();
      await insertRow({ policy: lax }, at);
      expect(await doubted()).toBe('no event in the log put policy 2 in force');
    });

    it.each<[string, object, Partial<Forged>, RegExp]>([
      ['names another digest', { newDigest: 'f'.repeat(64) }, {}, /another policy 2/],
      ['is of another number', { number: 3 }, {}, /no event/],
      ['has its number as a text', { number: '2' }, {}, /no event/],
      ['names another text', { documentDigest: sha256('other') }, {}, /text is not what the log says/],
      [
        'names a channel to be told that is not the old one',
        { oldSecurityChannels: { slack: 'C0EVIL' } },
        {},
        /who was to be told/,
      ],
      ['names no channel to be told', { oldSecurityChannels: undefined }, {}, /who was to be told/],
      [
        'names a new channel that the policy does not',
        { newSecurityChannels: { slack: 'C0X' } },
        {},
        /who was to be told/,
      ],
      ['was written by somebody else', {}, { appliedBy: 'operator:eve' }, /otherwise who/],
      ['fits, but the content does not', {}, { policy: { ...lax, phone: '+667' }, digest: digestOf(lax) }, /content/],
    ])('where the event %s', async (_what, change, forged, why) => {
      await append(event(change), at);
      await insertRow({ policy: lax, ...forged }, at);
      expect(await doubted()).toMatch(why);
    });

    it('where the event is in another stream, or there are two of them', async () => {
      await insertRow({ policy: lax }, at);
      await append(event(), at, 'incident/INC-1');
      expect(await doubted()).toMatch(/no event/);
      await append(event(), at);
      await append(event(), at);
      expect(await doubted()).toMatch(/2 events/);
    });

    it('where a row is edited after it was read and found right, and not once it is as it was', async () => {
      expect((await store.policyInForce())?.doubt).toBeUndefined();
      await asSuperuser(`UPDATE policies SET policy = jsonb_set(policy, '{zones,C,maxMinutes}', '720')`);
      expect((await store.policyInForce())?.doubt).toMatch(/content is not what its digest says/);
      await asSuperuser(`UPDATE policies SET policy = $1`, [JSON.stringify(aPolicy({ phone: '+1' }))]);
      expect((await store.policyInForce())?.doubt).toBeUndefined();
      await asSuperuser(`UPDATE events SET data = jsonb_set(data, '{newDigest}', '"x"') WHERE type = 'policy_changed'`);
      expect((await store.policyInForce())?.doubt).toMatch(/another policy 1/);
    });

    it('until another is applied, whose event names what the log explained last', async () => {
      await insertRow({ policy: lax }, at);
      const mended = await apply(aPolicy({ phone: '+2' }));
      expect(mended.number).toBe(3);
      expect(await store.policyInForce()).toMatchObject({ number: 3, doubt: undefined, policy: { phone: '+2' } });
      const { data } = (await store.events('system')).at(-1) ?? {};
      expect(data).toMatchObject({ oldSecurityChannels: { slack: 'C0SECURITY' } });
      expect(data?.changes).toContain('Nothing was opened by policy 2: no event in the log put policy 2 in force.');
    });

    it('and no number can be taken so far ahead that none is left', async () => {
      await expect(insertRow({ number: 2_147_483_647, policy: lax }, at)).rejects.toThrow(
        'policies_previous_number_fkey',
      );
    });
  });

  it('opens nothing where this version cannot read it whole, and endings go on by what can be read', async () => {
    const { security: _later, ...older } = aPolicy();
    await apply(older as Policy);
    // What came later and decides nothing has its preset.
    expect(await store.policyInForce()).toMatchObject({
      doubt: undefined,
      policy: { security: { teams: [], page: [] } },
    });
    await apply({ ...older, version: 0 } as unknown as Policy);
    const inForce = await store.policyInForce();
    expect(inForce?.doubt).toMatch(/policy 2 was not written whole for this version \(version\)/);
    expect(inForce?.policy).toEqual({ ...older, security: { teams: [], page: [] }, version: 0 });
  });
});
